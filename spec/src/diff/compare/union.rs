//! `oneOf` and `anyOf`: members are matched by the discriminator, else by what they are.

use super::super::finding::{Effect, Finding, Found, PairId, Side, code};
use super::super::policy::Kind;
use super::super::schema::{Alternative, ShapeId, Union, bare_text};
use super::super::tree::At;
use super::super::verdict::Direction;
use super::{Comparison, schema_component};
use crate::node::Node;
use std::collections::HashSet;
use std::rc::Rc;

/// How many members may stand in for one that is gone.
const MOST_STANDINS: usize = 64;

/// The members of one union, or the one schema that a union took the place of.
struct Members<'a> {
    base: Rc<Vec<Alternative<'a>>>,
    head: Rc<Vec<Alternative<'a>>>,
    direction: Direction,
}

impl<'a> Comparison<'_, 'a> {
    /// At most one union on either side.
    pub(super) fn alternatives(&mut self, base: ShapeId, head: ShapeId, direction: Direction, found: &mut Found) {
        let (old, new) = (self.base.get(base), self.head.get(head));
        let members = Members { base: self.base.alternatives(base), head: self.head.alternatives(head), direction };
        match (old.unions.first(), new.unions.first()) {
            (Some(old), Some(new)) => self.unions(old, new, &members, found),
            (old, new) => {
                let subject = self.head.tree.subject(self.head.get(head).at.loc);
                let (kind, place, verb) = match (old, new) {
                    (None, Some(new)) => (Kind::BecameUnion, (Side::Head, new.at.loc), "is a union now"),
                    (Some(old), _) => (Kind::NoLongerUnion, (Side::Base, old.at.loc), "is no longer a union"),
                    (None, None) => return,
                };
                found.add(Finding::new(kind, direction, place, format!("{subject} {verb}")));
                self.by_likeness(&members, found);
            }
        }
    }

    /// Unions joined by `allOf`: each for itself, and what holds for all.
    pub(super) fn several_unions(&mut self, base: ShapeId, head: ShapeId, direction: Direction, found: &mut Found) {
        let (old, new) = (self.base.get(base), self.head.get(head));
        let (base, head) = (self.base.common(base), self.head.common(head));
        let pair = self.pair(base, head, direction);
        found.pairs.push(pair);
        let mut rest: Vec<&Union<'a>> = new.unions.iter().collect();
        for old in &old.unions {
            let alike = |new: &&&Union<'a>| property(old).is_some() && property(old) == property(new);
            let index = rest.iter().position(|new| alike(&new)).or((!rest.is_empty()).then_some(0));
            if let Some(index) = index {
                let new = rest.remove(index);
                let base = Rc::new(self.base.members(old, None));
                let head = Rc::new(self.head.members(new, None));
                self.unions(old, new, &Members { base, head, direction }, found);
            } else {
                let message = format!("a union was taken from {}", self.base.tree.subject(old.at.loc));
                found.add(Finding::new(Kind::ConstraintLoosened, direction, (Side::Base, old.at.loc), message));
            }
        }
        for new in rest {
            let message = format!("a union was added to {}", self.head.tree.subject(new.at.loc));
            found.add(Finding::new(Kind::ConstraintTightened, direction, (Side::Head, new.at.loc), message));
        }
    }

    fn unions(&mut self, old: &Union<'a>, new: &Union<'a>, members: &Members<'a>, found: &mut Found) {
        let direction = members.direction;
        match (property(old), property(new)) {
            (Some(was), Some(is)) if was == is => return self.by_key(members, found),
            (None, None) => {}
            (was, is) => {
                let subject = self.head.tree.subject(new.at.loc);
                let (kind, message) = match (was, is) {
                    (Some(was), Some(is)) => (
                        Kind::DiscriminatorChanged,
                        format!("the members of {subject} were told apart by {} and are by {}", code(was), code(is)),
                    ),
                    (Some(was), None) => (
                        Kind::DiscriminatorRemoved,
                        format!("the members of {subject} are no longer told apart by {}", code(was)),
                    ),
                    (None, is) => (
                        Kind::DiscriminatorAdded,
                        format!("the members of {subject} are told apart by {} now", code(is.unwrap_or_default())),
                    ),
                };
                let place = super::either(old.discriminator, new.discriminator, new.at);
                found.add(Finding::new(kind, direction, place, message));
            }
        }
        self.by_likeness(members, found);
    }

    fn by_key(&mut self, members: &Members<'a>, found: &mut Found) {
        let Members { base, head, direction } = members;
        let mut paired = HashSet::new();
        for old in base.iter() {
            for (key, at) in &old.keys {
                let Some((new, new_at)) = with_key(head, key) else {
                    let message = format!("{} is no longer one of the members", code(key));
                    found.add(
                        Finding::new(Kind::DiscriminatorKeyRemoved, *direction, (Side::Base, at.loc), message)
                            .about(code(key))
                            .was_deprecated(self.base.get(old.shape).deprecated),
                    );
                    continue;
                };
                let pair = self.pair(old.shape, new.shape, *direction);
                if let (Some(was), Some(is)) = (old.name, new.name)
                    && was != is
                    && schema_component(self.head.tree, was).is_some()
                {
                    let message = format!("{} named {} and names {}", code(key), code(was), code(is));
                    found.add(
                        Finding::new(Kind::DiscriminatorKeyRetargeted, *direction, (Side::Head, new_at.loc), message)
                            .about(code(key))
                            .unless(vec![pair], Effect::Covered),
                    );
                } else if paired.insert(pair) {
                    self.names(&[old.at], &[new.at], *direction, found);
                    found.pairs.push(pair);
                }
            }
        }
        for new in head.iter() {
            for (key, at) in &new.keys {
                if with_key(base, key).is_none() {
                    let message = format!("{} is a new member", code(key));
                    let finding = Finding::new(Kind::UnionMemberAdded, *direction, (Side::Head, at.loc), message);
                    found.add(finding.about(code(key)));
                }
            }
        }
        // A member without any key cannot be chosen, yet may be there.
        let keyless =
            |all: &[Alternative<'a>]| Rc::new(all.iter().filter(|one| one.keys.is_empty()).cloned().collect());
        let rest = Members { base: keyless(base), head: keyless(head), direction: *direction };
        self.by_likeness(&rest, found);
    }

    /// Members without keys: by the name of the component, the title, the whole text, and at last by the properties
    /// that they share.
    fn by_likeness(&mut self, members: &Members<'a>, found: &mut Found) {
        let Members { base, head, direction } = members;
        let mut old: Vec<&Alternative<'a>> = base.iter().collect();
        let mut new: Vec<&Alternative<'a>> = head.iter().collect();
        let mut pairs = Vec::new();
        let text = |one: &Alternative<'a>| bare_text(one.at.node);
        take_matches(&mut old, &mut new, &mut pairs, |a, b| a.name.is_some() && a.name == b.name);
        take_matches(&mut old, &mut new, &mut pairs, |a, b| a.title.is_some() && a.title == b.title);
        if old.len() <= MOST_STANDINS && new.len() <= MOST_STANDINS {
            take_matches(&mut old, &mut new, &mut pairs, |a, b| text(a) == text(b));
            self.take_most_alike(&mut old, &mut new, &mut pairs);
        }
        for (old, new) in pairs {
            if !old.is_whole && !new.is_whole {
                self.names(&[old.at], &[new.at], *direction, found);
            }
            let pair = self.pair(old.shape, new.shape, *direction);
            found.pairs.push(pair);
        }
        for one in old {
            let standins: Vec<PairId> =
                head.iter().take(MOST_STANDINS).map(|new| self.pair(one.shape, new.shape, *direction)).collect();
            let shape = self.base.get(one.shape);
            let name = shown(one, &self.base.tree.subject(one.at.loc));
            let message = format!("{name} is no longer one of the members");
            found.add(
                Finding::new(Kind::UnionMemberRemoved, *direction, (Side::Base, one.at.loc), message)
                    .about(name)
                    .was_deprecated(shape.deprecated)
                    .unless(standins, Effect::Covered),
            );
        }
        for one in new {
            let standins: Vec<PairId> =
                base.iter().take(MOST_STANDINS).map(|old| self.pair(old.shape, one.shape, *direction)).collect();
            let name = shown(one, &self.head.tree.subject(one.at.loc));
            let message = format!("{name} is a new member");
            found.add(
                Finding::new(Kind::UnionMemberAdded, *direction, (Side::Head, one.at.loc), message)
                    .about(name)
                    .unless(standins, Effect::Covered),
            );
        }
    }

    /// Pairs what is left over: those of one type that share the most properties first.
    fn take_most_alike<'m>(
        &self,
        old: &mut Vec<&'m Alternative<'a>>,
        new: &mut Vec<&'m Alternative<'a>>,
        pairs: &mut Vec<(&'m Alternative<'a>, &'m Alternative<'a>)>,
    ) {
        loop {
            let mut best = None;
            for (i, a) in old.iter().enumerate() {
                let a = self.base.get(a.shape);
                for (j, b) in new.iter().enumerate() {
                    let b = self.head.get(b.shape);
                    let shared = a.properties.keys().filter(|name| b.properties.contains_key(*name)).count();
                    let same_type = a.effective_types().without_null() == b.effective_types().without_null();
                    let no_members = a.properties.is_empty() && b.properties.is_empty();
                    let score = if same_type && no_members { 1 } else { shared * usize::from(same_type) };
                    if score > 0 && best.is_none_or(|(most, _, _)| score > most) {
                        best = Some((score, i, j));
                    }
                }
            }
            let Some((_, i, j)) = best else { return };
            pairs.push((old.remove(i), new.remove(j)));
        }
    }

    /// Schemas that build on one with a discriminator, found through its mapping.
    pub(super) fn heirs(&mut self, base: At<'a>, head: At<'a>, direction: Direction, found: &mut Found) {
        let old = self.base.mapping(base);
        let new = self.head.mapping(head);
        for (key, at) in &old {
            let Some((_, new_at)) = new.iter().find(|(name, _)| name == key) else {
                let message = format!("{} is no longer one of the members", code(key));
                let finding = Finding::new(Kind::DiscriminatorKeyRemoved, direction, (Side::Base, at.loc), message);
                found.add(finding.about(code(key)));
                continue;
            };
            if let (Some(one), Some(other)) = (self.base.mapped_schema(*at), self.head.mapped_schema(*new_at)) {
                self.schemas((&[one], one), (&[other], other), direction, found);
            }
        }
        for (key, at) in new.iter().filter(|(key, _)| old.iter().all(|(name, _)| name != key)) {
            let message = format!("{} is a new member", code(key));
            let finding = Finding::new(Kind::UnionMemberAdded, direction, (Side::Head, at.loc), message);
            found.add(finding.about(code(key)));
        }
    }
}

fn with_key<'m, 'a>(members: &'m [Alternative<'a>], key: &str) -> Option<(&'m Alternative<'a>, At<'a>)> {
    members.iter().find_map(|one| Some((one, one.keys.iter().find(|(name, _)| *name == key)?.1)))
}

fn property<'a>(union: &Union<'a>) -> Option<&'a str> {
    union.discriminator?.node.get("propertyName").and_then(Node::as_str)
}

fn shown(member: &Alternative<'_>, subject: &str) -> String {
    match member.name.or(member.title) {
        Some(name) => code(name),
        None => format!("a member of {subject}"),
    }
}

fn take_matches<'m, 'a>(
    old: &mut Vec<&'m Alternative<'a>>,
    new: &mut Vec<&'m Alternative<'a>>,
    pairs: &mut Vec<(&'m Alternative<'a>, &'m Alternative<'a>)>,
    is_match: impl Fn(&Alternative<'a>, &Alternative<'a>) -> bool,
) {
    old.retain(|a| match new.iter().position(|b| is_match(a, b)) {
        Some(index) => {
            pairs.push((*a, new.remove(index)));
            false
        }
        None => true,
    });
}
