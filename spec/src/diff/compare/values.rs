//! `enum`, `const` and `format`.

use super::super::finding::{Finding, Found, Side, listed};
use super::super::language::{Inclusion, Language};
use super::super::policy::Kind;
use super::super::schema::{Bound, Shape, Types, Values};
use super::super::verdict::Direction;
use super::Comparison;
use super::schema::Sides;
use crate::node::Node;
use foldhash::HashSet;

/// Formats of which each is a part of the next.
const WIDER: [(&str, &str); 3] = [("int32", "int64"), ("int32", "double"), ("float", "double")];

/// Whether whatever has the one format has the other.
pub(super) fn is_format_within(narrow: &str, wide: &str) -> bool {
    narrow == wide || WIDER.contains(&(narrow, wide))
}

impl<'a> Comparison<'_, 'a> {
    pub(super) fn values(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        match (&base.values, &head.values) {
            (None, None) => {}
            (Some(old), Some(new)) => {
                // What is listed may be ruled out by what is said beside the list.
                let (old_out, new_out) = (self.ruled_out(base), self.ruled_out(head));
                let only = |one: &Values<'a>, out: &HashSet<&str>, is_missing: &dyn Fn(&str) -> bool| {
                    let texts = one.list.iter().filter(|(text, _)| !out.contains(text.as_str()) && is_missing(text));
                    texts.map(|(text, node)| shown(text, node)).collect::<Vec<_>>()
                };
                let gone = only(old, &old_out, &|text| !new.list.contains_key(text));
                let refused = only(old, &old_out, &|text| new_out.contains(text));
                let added = only(new, &new_out, &|text| !old.list.contains_key(text));
                let allowed = only(new, &new_out, &|text| old_out.contains(text));
                let beside = |shape: &Shape<'a>, values: &Values<'a>| limited_at(shape).unwrap_or(values.at).loc();
                for (kind, names, place, verb) in [
                    (Kind::EnumValueRemoved, gone, self.either(Some(old.at), None, new.at), "loses"),
                    (Kind::EnumValueRemoved, refused, (Side::Head, beside(head, new)), "refuses"),
                    (Kind::EnumValueAdded, added, (Side::Head, new.at.loc()), "gains"),
                    (Kind::EnumValueAdded, allowed, (Side::Base, beside(base, old)), "no longer refuses"),
                ] {
                    if !names.is_empty() {
                        let message = format!("{} {verb} {}", self.subject(place), listed(&names));
                        found.add(Finding::new(kind, direction, place, message).about(listed(&names)));
                    }
                }
                self.value_names(sides, found);
            }
            (None, Some(new)) => {
                let place = (Side::Head, new.at.loc());
                let message = format!("{} is one of a list of values now", self.subject(place));
                let is_same = self.is_spelled_out(base, new);
                found.add(Finding::new(Kind::EnumIntroduced, direction, place, message).covered(is_same));
            }
            (Some(old), None) => {
                let place = self.either(Some(old.at), None, head.at);
                let message = format!("{} is no longer one of a list of values", self.subject(place));
                let is_same = self.is_spelled_out(head, old);
                found.add(Finding::new(Kind::EnumLifted, direction, place, message).covered(is_same));
                self.former_values(sides, found);
            }
        }
    }

    /// Listed values that bounds, lengths or patterns beside the list refuse.
    fn ruled_out<'s>(&mut self, shape: &'s Shape<'a>) -> HashSet<&'s str> {
        if limited_at(shape).is_none() {
            return HashSet::default();
        }
        let values = shape.values.iter().flat_map(|values| &values.list);
        values.filter(|(_, node)| self.admits(shape, node) == Some(false)).map(|(text, _)| text.as_str()).collect()
    }

    /// Whether the texts that a shape admits by its pattern are all in a list.
    fn is_spelled_out(&mut self, shape: &Shape<'a>, values: &Values<'a>) -> bool {
        if shape.patterns.is_empty() || shape.effective_types().without_null() != Types::STRING {
            return false;
        }
        let Some(spelled) = spelled_out(values) else { return false };
        let listed = Language { patterns: vec![&spelled], ..Language::default() };
        self.languages.is_within(&super::texts::language(shape), &listed) == Inclusion::Proven
    }

    /// A list of values that was lifted: does what took its place let the old values through?
    fn former_values(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Some(old) = sides.base.values.as_ref().filter(|_| sides.direction == Direction::ToServer) else { return };
        let (mut refused, mut unclear) = (Vec::new(), Vec::new());
        for (text, node) in &old.list {
            match self.admits(sides.head, node) {
                Some(true) => {}
                Some(false) => refused.push(shown(text, node)),
                None => unclear.push(shown(text, node)),
            }
        }
        let place = self.either(None, limited_at(sides.head), sides.head.at);
        let subject = self.subject(place);
        if !refused.is_empty() {
            let message = format!("{subject} refuses {}", listed(&refused));
            found.add(Finding::new(Kind::ConstraintTightened, sides.direction, place, message));
        }
        if !unclear.is_empty() {
            let message = format!("{subject} may refuse {}", listed(&unclear));
            found.add(Finding::new(Kind::ConstraintChanged, sides.direction, place, message));
        }
    }

    /// Whether a value is one that a shape's types, lists, bounds and patterns admit; `None` if that cannot be told.
    /// Formats are not looked at.
    pub(super) fn admits(&mut self, shape: &Shape<'a>, node: &Node) -> Option<bool> {
        if node.is_null() {
            return Some(shape.effective_types().has(Types::NULL));
        }
        let listed = shape.values.as_ref().is_none_or(|values| values.list.contains_key(&node.to_json().to_string()));
        if !listed || !shape.effective_types().has(Types::of(node)) {
            return Some(false);
        }
        if let Some(text) = node.as_str() {
            return self.languages.admits(&super::texts::language(shape), text);
        }
        if let Some(number) = node.as_f64() {
            let is_within = |bound: Bound| {
                shape.limit(bound).is_none_or(|limit| match bound.is_lower() {
                    _ if number == limit.value => !limit.exclusive,
                    true => number > limit.value,
                    false => number < limit.value,
                })
            };
            let multiples = shape.others.keys().filter(|(keyword, _)| *keyword == "multipleOf");
            let mut divisors = multiples.filter_map(|(_, text)| text.parse().ok());
            let fits = divisors.all(|divisor| super::bounds::is_multiple(number, divisor));
            return Some(fits && is_within(Bound::Minimum) && is_within(Bound::Maximum));
        }
        let is_simple = node.as_bool().is_some() || shape.values.is_some();
        is_simple.then_some(true)
    }

    /// Values of a list that is not complete.
    pub(super) fn known_values(&self, sides: Sides<'_, 'a>, found: &mut Found) {
        let (Some(old), Some(new)) = (sides.base.known_values, sides.head.known_values) else { return };
        let only = |one: super::At<'a>, other: super::At<'a>| -> Vec<String> {
            let text = |node: &Node| node.to_json().to_string();
            let others: HashSet<String> = other.node.items().iter().map(text).collect();
            let lone = one.node.items().iter().filter(|node| !others.contains(&text(node)));
            lone.map(|node| shown(&text(node), node)).collect()
        };
        for (kind, names, place, verb) in [
            (Kind::ExtensibleValueRemoved, only(old, new), (Side::Base, old.loc()), "loses"),
            (Kind::ExtensibleValueAdded, only(new, old), (Side::Head, new.loc()), "gains"),
        ] {
            if !names.is_empty() {
                let message = format!("{} {verb} {}", self.subject(place), listed(&names));
                found.add(Finding::new(kind, sides.direction, place, message).about(listed(&names)));
            }
        }
    }

    fn value_names(&self, sides: Sides<'_, 'a>, found: &mut Found) {
        let (Some(old), Some(new)) = (sides.base.value_names, sides.head.value_names) else { return };
        let names = |at: super::At<'a>| -> Vec<&'a str> { at.node.items().iter().filter_map(Node::as_str).collect() };
        let new_names = names(new);
        let gone: Vec<_> = names(old).into_iter().filter(|name| !new_names.contains(name)).collect();
        if !gone.is_empty() {
            let place = (Side::Head, new.loc());
            let message = format!("the values of {} lose the names {}", self.subject(place), listed(&gone));
            found.add(Finding::new(Kind::EnumNamesChanged, sides.direction, place, message));
        }
    }

    pub(super) fn formats(&self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        if base.formats.is_empty() && head.formats.is_empty() {
            return;
        }
        let old: Vec<_> = base.formats.keys().copied().collect();
        let new: Vec<_> = head.formats.keys().copied().collect();
        let missing = |some: &[&'a str], others: &[&'a str]| {
            some.iter().copied().filter(|one| !others.contains(one)).collect::<Vec<_>>()
        };
        let (gone, added) = (missing(&old, &new), missing(&new, &old));
        if gone.is_empty() && added.is_empty() {
            return;
        }
        let place = |name: Option<&&str>, all: &indexmap::IndexMap<&str, super::At<'a>>| {
            name.and_then(|name| all.get(*name).copied())
        };
        let place = self.either(place(gone.first(), &base.formats), place(added.first(), &head.formats), head.at);
        let subject = self.subject(place);
        let (kind, message) = match (gone.as_slice(), added.as_slice()) {
            ([], new) => (Kind::FormatAdded, format!("{subject} must have the format {} now", listed(new))),
            (old, []) => (Kind::FormatRemoved, format!("{subject} no longer has the format {}", listed(old))),
            (old, new) => {
                let is = |narrow: &[&str], wide: &[&str]| matches!((narrow, wide), ([narrow], [wide]) if is_format_within(narrow, wide));
                let kind = match () {
                    () if is(old, new) => Kind::FormatWidened,
                    () if is(new, old) => Kind::FormatNarrowed,
                    () => Kind::FormatChanged,
                };
                (kind, format!("the format of {subject} was {} and is {}", listed(old), listed(new)))
            }
        };
        found.add(Finding::new(kind, direction, place, message));
    }
}

/// Where a shape says more of its values than their types.
fn limited_at<'a>(shape: &Shape<'a>) -> Option<super::At<'a>> {
    let steps = || shape.others.iter().find(|((keyword, _), _)| *keyword == "multipleOf").map(|(_, at)| *at);
    let bounds = || shape.bounds.values().next().map(|limit| limit.at);
    shape.patterns.values().next().copied().or_else(bounds).or_else(steps)
}

/// A pattern that matches the values of a list and nothing else, if all of them are texts.
fn spelled_out(values: &Values<'_>) -> Option<String> {
    let mut pattern = "^(?:".to_owned();
    for (index, node) in values.list.values().enumerate() {
        pattern.extend((index > 0).then_some('|'));
        for c in node.as_str()?.chars() {
            pattern.extend((!c.is_alphanumeric() && c.is_ascii_graphic()).then_some('\\'));
            pattern.push(c);
        }
    }
    Some(pattern + ")$")
}

/// A value as a reader would write it.
fn shown(json: &str, node: &Node) -> String {
    node.as_str().unwrap_or(json).to_owned()
}
