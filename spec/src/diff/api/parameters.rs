//! Parameters and headers.

use super::super::finding::{Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::tree::{At, Tree};
use super::super::verdict::Direction;
use super::operation::Call;
use super::{Api, is_deprecated};
use crate::node::Node;

/// A parameter with what identifies it.
struct Parameter<'a> {
    name: &'a str,
    place: &'a str,
    at: At<'a>,
}

impl<'a> Parameter<'a> {
    fn is_same(&self, other: &Parameter<'_>) -> bool {
        let same_name = match self.place {
            "header" => self.name.eq_ignore_ascii_case(other.name),
            _ => self.name == other.name,
        };
        same_name && self.place == other.place
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

    /// How it is written in a request, with the defaults filled in.
    fn serialization(&self) -> (&'a str, bool, bool, bool) {
        let text = |key: &str| self.at.node.get(key).and_then(Node::as_str);
        let flag = |key: &str| self.at.node.get(key).and_then(Node::as_bool);
        let style = text("style").unwrap_or(match self.place {
            "query" | "cookie" => "form",
            _ => "simple",
        });
        let explode = flag("explode").unwrap_or(style == "form");
        (style, explode, flag("allowReserved").unwrap_or(false), self.at.node.get("content").is_some())
    }
}

impl<'a> Api<'_, '_, 'a> {
    pub(super) fn parameters(
        &mut self,
        call: Call<'a>,
        (old_item, old): (At<'a>, At<'a>),
        (new_item, new): (At<'a>, At<'a>),
        found: &mut Found,
    ) {
        let direction = call.direction;
        let old = parameters(self.comparison.base.tree, old_item, old);
        let new = parameters(self.comparison.head.tree, new_item, new);
        let renamed = renamed_variables(call);
        let mut met = vec![false; new.len()];
        for one in &old {
            let new_name = renamed.iter().find(|(was, _)| one.place == "path" && *was == one.name).map(|(_, is)| *is);
            let wanted = Parameter { name: new_name.unwrap_or(one.name), ..*one };
            let Some(index) = new.iter().position(|other| wanted.is_same(other)) else {
                found.add(
                    Finding::new(Kind::ParameterRemoved, direction, (Side::Base, one.at.loc), one.shown() + " is gone")
                        .about(code(one.name))
                        .harmless_on_the_wire(direction == Direction::ToClient && !one.is_required())
                        .was_deprecated(is_deprecated(one.at.node)),
                );
                continue;
            };
            met[index] = true;
            if let Some(is) = new_name {
                let message = format!("the path parameter {} is called {} now", code(one.name), code(is));
                let place = (Side::Head, new[index].at.loc);
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
            let finding = Finding::new(kind, direction, (Side::Head, one.at.loc), message);
            found.add(finding.about(code(one.name)));
        }
    }

    fn parameter(&mut self, old: &Parameter<'a>, new: &Parameter<'a>, direction: Direction, found: &mut Found) {
        let place = (Side::Head, new.at.loc);
        let mut add = |kind, verb: &str| {
            let finding = Finding::new(kind, direction, place, format!("{} {verb}", new.shown()));
            found.add(finding.about(code(new.name)));
        };
        match (old.is_required(), new.is_required()) {
            (false, true) => add(Kind::ParameterBecameRequired, "is required now"),
            (true, false) => add(Kind::ParameterBecameOptional, "is no longer required"),
            _ => {}
        }
        if old.serialization() != new.serialization() {
            add(Kind::ParameterSerializationChanged, "is written another way");
        }
        match (is_deprecated(old.at.node), is_deprecated(new.at.node)) {
            (false, true) => add(Kind::Deprecated, "is deprecated"),
            (true, false) => add(Kind::NoLongerDeprecated, "is no longer deprecated"),
            _ => {}
        }
        self.schema(old.at, new.at, direction, found);
        if old.at.node.get("content").is_some() && new.at.node.get("content").is_some() {
            self.content(old.at, new.at, direction, found);
        }
    }

    /// The headers of a response.
    pub(super) fn headers(&mut self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let old = headers(self.comparison.base.tree, old);
        let new = headers(self.comparison.head.tree, new);
        for (name, old_at) in &old {
            let Some((_, new_at)) = new.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)) else {
                let message = format!("the header {} is gone", code(name));
                found.add(
                    Finding::new(Kind::HeaderRemoved, direction, (Side::Base, old_at.loc), message)
                        .about(code(name))
                        .harmless_on_the_wire(direction == Direction::ToClient && !is_required(*old_at))
                        .was_deprecated(is_deprecated(old_at.node)),
                );
                continue;
            };
            let (kind, verb) = match (is_required(*old_at), is_required(*new_at)) {
                (false, true) => (Some(Kind::HeaderBecameRequired), "is required now"),
                (true, false) => (Some(Kind::HeaderBecameOptional), "is no longer required"),
                _ => (None, ""),
            };
            if let Some(kind) = kind {
                let message = format!("the header {} {verb}", code(name));
                let finding = Finding::new(kind, direction, (Side::Head, new_at.loc), message);
                found.add(finding.about(code(name)));
            }
            self.schema(*old_at, *new_at, direction, found);
        }
        for (name, at) in new.iter().filter(|(name, _)| !old.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)))
        {
            let (kind, required) = match is_required(*at) {
                true => (Kind::RequiredHeaderAdded, ", required"),
                false => (Kind::HeaderAdded, ""),
            };
            let message = format!("the header {} is new{required}", code(name));
            let finding = Finding::new(kind, direction, (Side::Head, at.loc), message);
            found.add(finding.about(code(name)));
        }
    }
}

fn is_required(at: At<'_>) -> bool {
    at.node.get("required").and_then(Node::as_bool) == Some(true)
}

/// Those of the operation, and those of the path item that it does not replace.
fn parameters<'a>(tree: &Tree<'a>, item: At<'a>, operation: At<'a>) -> Vec<Parameter<'a>> {
    let mut all: Vec<Parameter<'a>> = Vec::new();
    for holder in [operation, item] {
        let listed = tree.child(holder, "parameters").map(|at| tree.items(at)).unwrap_or_default();
        let own: Vec<_> = listed.into_iter().filter_map(|at| parameter(tree.resolve(at)?)).collect();
        for one in own {
            if !all.iter().any(|known| known.is_same(&one)) && !is_reserved(&one) {
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

fn parameter(at: At<'_>) -> Option<Parameter<'_>> {
    let text = |key| at.node.get(key).and_then(Node::as_str);
    Some(Parameter { name: text("name")?, place: text("in")?, at })
}

fn headers<'a>(tree: &Tree<'a>, response: At<'a>) -> Vec<(&'a str, At<'a>)> {
    let all = tree.child(response, "headers").map(|at| tree.entries(at)).unwrap_or_default();
    all.into_iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"))
        .filter_map(|(name, at)| Some((name, tree.resolve(at)?)))
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
