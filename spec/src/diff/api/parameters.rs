//! Parameters of operations.

use super::super::finding::{Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::tree::{At, Tree};
use super::super::verdict::Direction;
use super::item::Item;
use super::operation::Call;
use super::{Api, is_deprecated};
use crate::node::Node;
use foldhash::HashMap;

/// A parameter with what identifies it.
struct Parameter<'a> {
    name: &'a str,
    place: &'a str,
    at: At<'a>,
    /// Where the operation or the path item lists it: maybe a reference.
    listed: At<'a>,
}

impl<'a> Parameter<'a> {
    /// What parameters that mean the same have in common.
    fn identity(&self) -> (&'a str, String) {
        self.identity_as(self.name)
    }

    fn identity_as(&self, name: &str) -> (&'a str, String) {
        let name = if self.place == "header" { name.to_ascii_lowercase() } else { name.to_owned() };
        (self.place, name)
    }

    fn is_required(&self) -> bool {
        self.place == "path" || is_required(self.at)
    }

    fn shown(&self) -> String {
        match self.place {
            "header" => format!("the header {}", code(self.name)),
            place => format!("the {place} parameter {}", code(self.name)),
        }
    }
}

/// How a parameter or a header is written, with the defaults filled in.
#[derive(PartialEq, Eq)]
struct Serialization<'a> {
    style: &'a str,
    explode: bool,
    allow_reserved: bool,
    has_content: bool,
}

impl<'a> Serialization<'a> {
    /// `is_compound` tells whether there may be parts to set apart: one text is written alike, exploded or not.
    fn new(place: &str, at: At<'a>, is_compound: bool) -> Self {
        let flag = |key: &str| at.node.get(key).and_then(Node::as_bool);
        let style = at.node.get("style").and_then(Node::as_str).unwrap_or(match place {
            "query" | "cookie" => "form",
            _ => "simple",
        });
        // Only paths set a single text off from what is around it.
        let style = if is_compound || place == "path" { style } else { "" };
        let explode = is_compound && flag("explode").unwrap_or(style == "form");
        let has_content = at.node.get("content").is_some();
        Self { style, explode, allow_reserved: flag("allowReserved").unwrap_or(false), has_content }
    }
}

impl<'a> Api<'_, '_, 'a> {
    pub(super) fn parameters(
        &mut self,
        call: Call<'a>,
        (old_item, old): (&Item<'a>, At<'a>),
        (new_item, new): (&Item<'a>, At<'a>),
        found: &mut Found,
    ) {
        let direction = call.direction;
        let old = parameters(self.comparison.base.tree, old_item, old);
        let new = parameters(self.comparison.head.tree, new_item, new);
        if old.is_empty() && new.is_empty() {
            return;
        }
        let renamed = renamed_variables(call);
        let places: HashMap<_, _> = new.iter().enumerate().map(|(index, one)| (one.identity(), index)).collect();
        let mut met = vec![false; new.len()];
        for one in &old {
            let new_name = renamed.iter().find(|(was, _)| one.place == "path" && *was == one.name).map(|(_, is)| *is);
            let Some(index) = places.get(&one.identity_as(new_name.unwrap_or(one.name))).copied() else {
                let place = (Side::Base, one.listed.loc());
                found.add(
                    Finding::new(Kind::ParameterRemoved, direction, place, one.shown() + " is gone")
                        .about(code(one.name))
                        .harmless_on_the_wire(direction == Direction::ToClient && !one.is_required())
                        .was_deprecated(is_deprecated(one.at.node)),
                );
                continue;
            };
            met[index] = true;
            if let Some(is) = new_name {
                let message = format!("the path parameter {} is called {} now", code(one.name), code(is));
                let place = (Side::Head, new[index].at.loc());
                let finding = Finding::new(Kind::PathParameterRenamed, direction, place, message);
                found.add(finding.about(format!("{} to {}", code(one.name), code(is))));
            }
            self.parameter(one, &new[index], direction, found);
        }
        for (one, _) in new.iter().zip(met).filter(|(_, met)| !met) {
            let (kind, required) = match one.is_required() {
                true => (Kind::RequiredParameterAdded, ", required"),
                false => (Kind::ParameterAdded, ""),
            };
            let message = format!("{} is new{required}", one.shown());
            let finding = Finding::new(kind, direction, (Side::Head, one.listed.loc()), message);
            found.add(finding.about(code(one.name)));
        }
    }

    fn parameter(&mut self, old: &Parameter<'a>, new: &Parameter<'a>, direction: Direction, found: &mut Found) {
        let place = (Side::Head, new.at.loc());
        let mut add = |kind, verb: &str| {
            let finding = Finding::new(kind, direction, place, format!("{} {verb}", new.shown()));
            found.add(finding.about(code(new.name)));
        };
        match (old.is_required(), new.is_required()) {
            (false, true) => add(Kind::ParameterBecameRequired, "is required now"),
            (true, false) => add(Kind::ParameterBecameOptional, "is no longer required"),
            _ => {}
        }
        let may_be_empty = |at: At<'a>| at.node.get("allowEmptyValue").and_then(Node::as_bool) == Some(true);
        match (may_be_empty(old.at), may_be_empty(new.at)) {
            (true, false) => add(Kind::ConstraintTightened, "may no longer be empty"),
            (false, true) => add(Kind::ConstraintLoosened, "may be empty now"),
            _ => {}
        }
        self.described((old.place, &new.shown()), old.at, new.at, direction, found);
    }

    /// What parameters and headers have in common: how they are written, whether they are deprecated, and their schema.
    fn described(
        &mut self,
        (place, shown): (&str, &str),
        old: At<'a>,
        new: At<'a>,
        direction: Direction,
        found: &mut Found,
    ) {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let (old_schema, new_schema) = (base.child(old, "schema"), head.child(new, "schema"));
        let is_compound = self.comparison.may_be_compound((old_schema, old), (new_schema, new));
        let (was, is) = (Serialization::new(place, old, is_compound), Serialization::new(place, new, is_compound));
        let mut add = |kind, verb: &str| {
            found.add(Finding::new(kind, direction, (Side::Head, new.loc()), format!("{shown} {verb}")).about(shown));
        };
        if was != is {
            add(Kind::ParameterSerializationChanged, "is written another way");
        }
        match (is_deprecated(old.node), is_deprecated(new.node)) {
            (false, true) => add(Kind::Deprecated, "is deprecated"),
            (true, false) => add(Kind::NoLongerDeprecated, "is no longer deprecated"),
            _ => {}
        }
        match (was.has_content, is.has_content) {
            (false, false) => self.schema(old, new, direction, found),
            (true, true) => self.content(old, new, direction, false, found),
            _ => {}
        }
    }

    /// Headers of a response.
    pub(super) fn headers(&mut self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let old = headers(self.comparison.base.tree, old);
        let new = headers(self.comparison.head.tree, new);
        if old.is_empty() && new.is_empty() {
            return;
        }
        let by_name = |all: &[Header<'a>]| -> HashMap<String, usize> {
            all.iter().enumerate().map(|(index, header)| (header.name.to_ascii_lowercase(), index)).collect()
        };
        let (old_places, new_places) = (by_name(&old), by_name(&new));
        for Header { name, at, listed } in &old {
            let Some(header) = new_places.get(&name.to_ascii_lowercase()).map(|index| &new[*index]) else {
                let message = format!("the header {} is gone", code(name));
                found.add(
                    Finding::new(Kind::HeaderRemoved, direction, (Side::Base, listed.loc()), message)
                        .about(code(name))
                        .harmless_on_the_wire(direction == Direction::ToClient && !is_required(*at))
                        .was_deprecated(is_deprecated(at.node)),
                );
                continue;
            };
            let kind = match (is_required(*at), is_required(header.at)) {
                (false, true) => Some((Kind::HeaderBecameRequired, "is required now")),
                (true, false) => Some((Kind::HeaderBecameOptional, "is no longer required")),
                _ => None,
            };
            if let Some((kind, verb)) = kind {
                let message = format!("the header {} {verb}", code(name));
                let finding = Finding::new(kind, direction, (Side::Head, header.at.loc()), message);
                found.add(finding.about(code(name)));
            }
            self.described(("header", &format!("the header {}", code(name))), *at, header.at, direction, found);
        }
        for Header { name, at, listed } in
            new.iter().filter(|one| !old_places.contains_key(&one.name.to_ascii_lowercase()))
        {
            let (kind, required) = match is_required(*at) {
                true => (Kind::RequiredHeaderAdded, ", required"),
                false => (Kind::HeaderAdded, ""),
            };
            let message = format!("the header {} is new{required}", code(name));
            let finding = Finding::new(kind, direction, (Side::Head, listed.loc()), message);
            found.add(finding.about(code(name)));
        }
    }
}

fn is_required(at: At<'_>) -> bool {
    at.node.get("required").and_then(Node::as_bool) == Some(true)
}

/// Those of the operation, and those of the path item that it does not replace.
fn parameters<'a>(tree: &Tree<'a>, item: &Item<'a>, operation: At<'a>) -> Vec<Parameter<'a>> {
    let mut all: Vec<Parameter<'a>> = Vec::new();
    let mut seen = foldhash::HashSet::default();
    for list in [tree.child(operation, "parameters"), item.child(tree, "parameters")].into_iter().flatten() {
        for listed in tree.items(list) {
            if let Some(one) = tree.resolve(listed).and_then(|at| parameter(at, listed))
                && !is_reserved(&one)
                && seen.insert(one.identity())
            {
                all.push(one);
            }
        }
    }
    all
}

/// Headers that OpenAPI describes elsewhere and tells readers to ignore here.
fn is_reserved(one: &Parameter<'_>) -> bool {
    let reserved = ["accept", "content-type", "authorization"];
    one.place == "header" && reserved.iter().any(|name| one.name.eq_ignore_ascii_case(name))
}

fn parameter<'a>(at: At<'a>, listed: At<'a>) -> Option<Parameter<'a>> {
    let text = |key| at.node.get(key).and_then(Node::as_str);
    Some(Parameter { name: text("name")?, place: text("in")?, at, listed })
}

struct Header<'a> {
    name: &'a str,
    at: At<'a>,
    /// Where the response lists it: maybe a reference.
    listed: At<'a>,
}

fn headers<'a>(tree: &Tree<'a>, response: At<'a>) -> Vec<Header<'a>> {
    let all = tree.child(response, "headers").map(|at| tree.entries(at)).unwrap_or_default();
    all.into_iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"))
        .filter_map(|(name, listed)| Some(Header { name, at: tree.resolve(listed)?, listed }))
        .collect()
}

/// Variables that stand at the same place of the path under another name.
fn renamed_variables(call: Call<'_>) -> Vec<(&str, &str)> {
    let was = variables(call.old_path);
    let is = variables(call.path);
    was.into_iter().zip(is).filter(|(was, is)| was != is).collect()
}

fn variables(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}
