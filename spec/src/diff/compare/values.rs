//! `enum`, `const` and `format`.

use super::super::finding::{Finding, Found, Side, listed};
use super::super::policy::Kind;
use super::super::verdict::Direction;
use super::schema::Sides;
use super::{Comparison, either};
use crate::node::Node;

/// Formats of which each is a part of the next.
const WIDER: [(&str, &str); 2] = [("int32", "int64"), ("float", "double")];

impl<'a> Comparison<'_, 'a> {
    pub(super) fn values(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        match (&base.values, &head.values) {
            (None, None) => {}
            (Some(old), Some(new)) => {
                let only = |one: &super::super::schema::Values<'a>, other: &super::super::schema::Values<'a>| {
                    let texts = one.list.iter().filter(|(text, _)| !other.list.contains_key(*text));
                    texts.map(|(text, node)| shown(text, node)).collect::<Vec<_>>()
                };
                let (gone, added) = (only(old, new), only(new, old));
                let subject = if gone.is_empty() && added.is_empty() { String::new() } else { self.subject(sides) };
                let mut add = |kind, names: &[String], place, verb| {
                    if !names.is_empty() {
                        let message = format!("{subject} {verb} {}", listed(names));
                        found.add(Finding::new(kind, direction, place, message).about(listed(names)));
                    }
                };
                add(Kind::EnumValueRemoved, &gone, (Side::Base, old.at.loc), "loses");
                add(Kind::EnumValueAdded, &added, (Side::Head, new.at.loc), "gains");
                self.value_names(sides, found);
            }
            (None, Some(new)) => {
                let message = format!("{} is one of a list of values now", self.subject(sides));
                found.add(Finding::new(Kind::EnumIntroduced, direction, (Side::Head, new.at.loc), message));
            }
            (Some(old), None) => {
                let message = format!("{} is no longer one of a list of values", self.subject(sides));
                found.add(Finding::new(Kind::EnumLifted, direction, (Side::Base, old.at.loc), message));
                self.former_values(sides, found);
            }
        }
    }

    /// A list of values that was replaced by a pattern or lengths: do they let the old values through?
    fn former_values(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Some(old) = sides.base.values.as_ref().filter(|_| sides.direction == Direction::ToServer) else { return };
        let language = super::texts::language(sides.head);
        let refused: Vec<&str> = old
            .list
            .values()
            .filter_map(|node| node.as_str())
            .filter(|text| self.languages.admits(&language, text) == Some(false))
            .collect();
        if !refused.is_empty() {
            let message = format!("{} refuses {}", self.subject(sides), listed(&refused));
            let at = sides.head.patterns.values().next().copied();
            let place = either(None, at, sides.head.at);
            found.add(Finding::new(Kind::ConstraintTightened, sides.direction, place, message));
        }
    }

    fn value_names(&self, sides: Sides<'_, 'a>, found: &mut Found) {
        let (Some(old), Some(new)) = (sides.base.value_names, sides.head.value_names) else { return };
        let names = |at: super::At<'a>| -> Vec<&'a str> { at.node.items().iter().filter_map(Node::as_str).collect() };
        let new_names = names(new);
        let gone: Vec<_> = names(old).into_iter().filter(|name| !new_names.contains(name)).collect();
        if !gone.is_empty() {
            let message = format!("the values of {} lose the names {}", self.subject(sides), listed(&gone));
            found.add(Finding::new(Kind::EnumNamesChanged, sides.direction, (Side::Head, new.loc), message));
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
        let subject = self.subject(sides);
        let (kind, message) = match (gone.as_slice(), added.as_slice()) {
            ([], new) => (Kind::FormatAdded, format!("{subject} must have the format {} now", listed(new))),
            (old, []) => (Kind::FormatRemoved, format!("{subject} no longer has the format {}", listed(old))),
            (old, new) => {
                let is = |narrow: &[&str], wide: &[&str]| {
                    WIDER.iter().any(|(one, other)| narrow == [*one] && wide == [*other])
                };
                let kind = match () {
                    () if is(old, new) => Kind::FormatWidened,
                    () if is(new, old) => Kind::FormatNarrowed,
                    () => Kind::FormatChanged,
                };
                (kind, format!("the format of {subject} was {} and is {}", listed(old), listed(new)))
            }
        };
        let place = |name: Option<&&str>, all: &indexmap::IndexMap<&str, super::At<'a>>| {
            name.and_then(|name| all.get(*name).copied())
        };
        let place = either(place(gone.first(), &base.formats), place(added.first(), &head.formats), head.at);
        found.add(Finding::new(kind, direction, place, message));
    }
}

/// A value as a reader would write it.
fn shown(json: &str, node: &Node) -> String {
    node.as_str().unwrap_or(json).to_owned()
}
