//! `oneOf` and `anyOf`: one union on either side, or one that a single schema became, or several joined by `allOf`.

use super::super::finding::{Finding, Found, PairId, Side, code};
use super::super::policy::Kind;
use super::super::schema::{Alternative, Key, Shape, ShapeId, Types, Union};
use super::super::tree::At;
use super::super::verdict::Direction;
use super::Comparison;
use super::inclusion::{BACK, Way};
use super::matching::{MOST_STANDINS, Match};
use super::schema::Sides;
use crate::node::Node;
use foldhash::HashMap;
use std::rc::Rc;

/// How many members are looked at to see whether a value may fit two of them.
const MOST_EXCLUSIVE: usize = 24;

/// The members of one union, or the one schema that a union took the place of.
pub(super) struct Members<'a> {
    pub(super) base: Rc<Vec<Alternative<'a>>>,
    pub(super) head: Rc<Vec<Alternative<'a>>>,
    pub(super) direction: Direction,
}

impl<'a> Comparison<'_, 'a> {
    /// At most one union on either side.
    pub(super) fn alternatives(&mut self, base: ShapeId, head: ShapeId, direction: Direction, found: &mut Found) {
        let (old, new) = (self.base.get(base), self.head.get(head));
        self.deprecation(Sides { base: &old, head: &new, direction }, found);
        self.null(base, head, direction, found);
        let members = Members { base: self.base.alternatives(base), head: self.head.alternatives(head), direction };
        self.exclusiveness(old.unions.first(), new.unions.first(), &members, found);
        let matches = match (old.unions.first(), new.unions.first()) {
            (Some(old), Some(new)) => self.unions(old, new, &members, found),
            (old, new) => {
                let (kind, place, verb) = match (old, new) {
                    (None, Some(new)) => (Kind::BecameUnion, (Side::Head, new.at.loc()), "is a union now"),
                    (Some(old), _) => (Kind::NoLongerUnion, (Side::Base, old.at.loc()), "is no longer a union"),
                    (None, None) => return,
                };
                found.add(Finding::new(kind, direction, place, format!("{} {verb}", self.subject(place))));
                self.by_likeness(&members, found)
            }
        };
        for one in matches {
            self.follow(one, &members, found);
        }
    }

    /// Has the shapes of two matching members compared.
    fn follow(&mut self, one: Match, members: &Members<'a>, found: &mut Found) {
        let Members { base, head, direction } = members;
        let (old, new) = (&base[one.base], &head[one.head]);
        if !old.is_whole && !new.is_whole {
            self.names(&[old.at], &[new.at], *direction, found);
        }
        let outer = self.referred_at;
        self.referred_at = self.reference_to(&[old.at], &[new.at]);
        let pair = self.pair(old.shape, new.shape, *direction);
        self.referred_at = outer;
        if one.is_certain {
            return found.pairs.push(pair);
        }
        // Another member may do as well: one that accepts what was sent, or that was told of what is sent.
        let mut choice = vec![pair];
        match direction {
            Direction::ToServer => {
                let all = head.iter().take(MOST_STANDINS);
                choice.extend(all.filter_map(|new| self.stand_in(old.shape, new.shape, *direction)));
            }
            Direction::ToClient => {
                let all = base.iter().take(MOST_STANDINS);
                choice.extend(all.filter_map(|old| self.stand_in(old.shape, new.shape, *direction)));
            }
        }
        found.choices.push(choice);
    }

    /// Null, which is a matter of the whole and not of its members.
    pub(super) fn null(&mut self, base: ShapeId, head: ShapeId, direction: Direction, found: &mut Found) {
        let is_any = |shape: &Shape<'a>| shape.unions.is_empty() && shape.effective_types() == Types::ALL;
        if is_any(&self.base.get(base)) || is_any(&self.head.get(head)) {
            return;
        }
        let (kind, place, verb) = match (self.base.null_place(base), self.head.null_place(head)) {
            (None, Some(at)) => (Kind::BecameNullable, (Side::Head, at.loc()), "may be null now"),
            (Some(at), None) => (Kind::NoLongerNullable, (Side::Base, at.loc()), "may no longer be null"),
            _ => return,
        };
        found.add(Finding::new(kind, direction, place, format!("{} {verb}", self.subject(place))));
    }

    /// Whether a value that fits two members was fine and no longer is, or the other way round. Members that a
    /// discriminator tells apart do not overlap.
    fn exclusiveness(
        &mut self,
        old: Option<&Union<'a>>,
        new: Option<&Union<'a>>,
        members: &Members<'a>,
        found: &mut Found,
    ) {
        let direction = members.direction;
        let is_exclusive =
            |union: Option<&Union<'a>>| union.is_some_and(|one| one.is_exclusive && property(one).is_none());
        let (was, is) = (is_exclusive(old), is_exclusive(new));
        let turned = |old: &Union<'a>, new: &Union<'a>| property(old).is_none() && property(new).is_none() && was != is;
        let (kind, place, verb) = match (old, new) {
            (Some(old), Some(new)) if turned(old, new) => {
                if self.are_told_apart(&members.head, Side::Head) {
                    return;
                }
                let place = (Side::Head, new.at.loc());
                match is {
                    true => (Kind::ConstraintChanged, place, "may no longer fit two of its members"),
                    false => (Kind::ConstraintLoosened, place, "may fit two of its members now"),
                }
            }
            // Whatever fits two members is refused.
            (_, Some(new)) if is && direction == Direction::ToServer => {
                let place = (Side::Head, new.at.loc());
                if let Some(value) = self.refused_by_two(members, was) {
                    let message = format!("{} refuses {}, which fits two members", self.subject(place), code(value));
                    found.add(Finding::new(Kind::ConstraintTightened, direction, place, message));
                    return;
                }
                if !self.has_redundant_member(members, was) {
                    return;
                }
                (Kind::ConstraintTightened, place, "has a member within another, whose values fit both")
            }
            _ => return,
        };
        found.add(Finding::new(kind, direction, place, format!("{} {verb}", self.subject(place))));
    }

    /// Whether one member of HEAD is proven to be within another, and BASE took some of its values. `was_exclusive` tells
    /// whether BASE refused what fits two of its members.
    fn has_redundant_member(&mut self, members: &Members<'a>, was_exclusive: bool) -> bool {
        let Members { base, head, .. } = members;
        if base.len().max(head.len()) > MOST_EXCLUSIVE || (was_exclusive && self.are_all_known(members)) {
            return false;
        }
        head.iter().any(|one| {
            let types = self.head.get(one.shape).strict_types();
            let was_known = base.iter().any(|old| self.base.get(old.shape).strict_types().may_be(types));
            let mut others = head.iter().filter(|other| other.at.address() != one.at.address());
            was_known
                && others.any(|other| self.prove((one.shape, other.shape, Way::alone(Side::Head))))
                && !(was_exclusive
                    && base.iter().filter(|old| self.prove((one.shape, old.shape, BACK))).nth(1).is_some())
        })
    }

    /// Whether no value fits two members.
    fn are_told_apart(&mut self, members: &[Alternative<'a>], side: Side) -> bool {
        members.len() <= MOST_EXCLUSIVE
            && members.iter().enumerate().all(|(index, one)| {
                members[index + 1..].iter().all(|other| self.are_disjoint(one.shape, other.shape, side))
            })
    }

    fn are_disjoint(&mut self, one: ShapeId, other: ShapeId, side: Side) -> bool {
        let shapes = self.shapes(side);
        let (one, other) = (shapes.get(one), shapes.get(other));
        let lists = |one: &Shape<'a>, other: &Shape<'a>| match (&one.values, &other.values) {
            (Some(one), Some(other)) => !one.list.keys().any(|text| other.list.contains_key(text)),
            _ => false,
        };
        let both = one.strict_types() & other.strict_types();
        if !both.may_be(Types::ALL) || lists(&one, &other) || self.are_limits_disjoint(&one, &other) {
            return true;
        }
        let refuses = |one: &Shape<'a>, other: &Shape<'a>| {
            let is_undeclared = |name: &&&str| !other.properties.contains_key(**name);
            other.closed.is_some() && other.nested.is_empty() && one.required.keys().find(is_undeclared).is_some()
        };
        both == Types::OBJECT
            && (refuses(&one, &other)
                || refuses(&other, &one)
                || one.required.keys().filter(|name| other.required.contains_key(*name)).any(|name| {
                    let (Some(a), Some(b)) = (one.properties.get(name), other.properties.get(name)) else {
                        return false;
                    };
                    let shapes = self.shapes(side);
                    let (a, b) = (shapes.of(a, one.at), shapes.of(b, other.at));
                    let (a, b) = (shapes.get(a), shapes.get(b));
                    lists(&a, &b) || !(a.strict_types() & b.strict_types()).may_be(Types::ALL)
                }))
    }

    /// Matches the members of two unions, and reports those that have no match.
    pub(super) fn unions(
        &mut self,
        old: &Union<'a>,
        new: &Union<'a>,
        members: &Members<'a>,
        found: &mut Found,
    ) -> Vec<Match> {
        match (property(old), property(new)) {
            (Some(was), Some(is)) if was == is => return self.by_key(members, found),
            (None, None) => {}
            _ => self.discriminator(old.discriminator, new.discriminator, new.at, members.direction, found),
        }
        self.by_likeness(members, found)
    }

    /// A discriminator that came, went, or names another property.
    pub(super) fn discriminator(
        &self,
        old: Option<At<'a>>,
        new: Option<At<'a>>,
        fallback: At<'a>,
        direction: Direction,
        found: &mut Found,
    ) {
        let name = |at: At<'a>| at.node.get("propertyName").and_then(Node::as_str);
        let place = self.either(old, new, fallback);
        let subject = self.subject(place);
        let (kind, message) = match (old.and_then(name), new.and_then(name)) {
            (Some(was), Some(is)) if was != is => (
                Kind::DiscriminatorChanged,
                format!("the members of {subject} were told apart by {} and are by {}", code(was), code(is)),
            ),
            (Some(was), None) => {
                let message = format!("the members of {subject} are no longer told apart by {}", code(was));
                (Kind::DiscriminatorRemoved, message)
            }
            (None, Some(is)) => {
                let message = format!("the members of {subject} are told apart by {} now", code(is));
                (Kind::DiscriminatorAdded, message)
            }
            _ => return,
        };
        found.add(Finding::new(kind, direction, place, message));
    }

    /// Schemas that build on one with a discriminator, found through its mapping or by their names.
    pub(super) fn heirs(&mut self, base: &Shape<'a>, head: &Shape<'a>, direction: Direction, found: &mut Found) {
        let (Some(old), Some(new)) = (base.heirs, head.heirs) else {
            let at = |shape: &Shape<'a>| shape.heirs.map(|heirs| heirs.discriminator);
            return self.discriminator(at(base), at(head), head.at, direction, found);
        };
        self.discriminator(Some(old.discriminator), Some(new.discriminator), head.at, direction, found);
        let (old, new) = (self.base.heirs(old), self.head.heirs(new));
        // The first of several with one name.
        let by_name = |all: &[(Key<'a>, At<'a>)]| -> HashMap<&'a str, (Key<'a>, At<'a>)> {
            all.iter().rev().map(|(key, at)| (key.name, (*key, *at))).collect()
        };
        let (old_by_name, new_by_name) = (by_name(&old), by_name(&new));
        for (key, schema) in &old {
            if let Some((new_key, other)) = new_by_name.get(key.name) {
                self.schemas((&[*schema], *schema), (&[*other], *other), direction, found);
                if key.is_mapped && !new_key.is_mapped && self.head.tree.schema_name(other.loc()) != Some(key.name) {
                    found.add(self.no_longer_mapped(*key, direction));
                }
                continue;
            }
            let shape = self.base.of(&[*schema], *schema);
            let message = format!("{} is no longer one of the members", code(key.name));
            found.add(
                Finding::new(Kind::DiscriminatorKeyRemoved, direction, (Side::Base, key.at.loc()), message)
                    .about(code(key.name))
                    .was_deprecated(self.base.get(shape).deprecated.is_some()),
            );
        }
        for (key, _) in new.iter().filter(|(key, _)| !old_by_name.contains_key(key.name)) {
            let message = format!("{} is a new member", code(key.name));
            let finding = Finding::new(Kind::UnionMemberAdded, direction, (Side::Head, key.at.loc()), message);
            found.add(finding.about(code(key.name)));
        }
    }

    /// Stand-ins for a member that came or went.
    pub(super) fn stand_ins(&mut self, one: ShapeId, side: Side, members: &Members<'a>) -> Vec<PairId> {
        let direction = members.direction;
        match side {
            Side::Base => {
                let all = members.head.iter().take(MOST_STANDINS);
                all.filter_map(|new| self.stand_in(one, new.shape, direction)).collect()
            }
            Side::Head => {
                let all = members.base.iter().take(MOST_STANDINS);
                all.filter_map(|old| self.stand_in(old.shape, one, direction)).collect()
            }
        }
    }
}

pub(super) fn property<'a>(union: &Union<'a>) -> Option<&'a str> {
    union.discriminator?.node.get("propertyName").and_then(Node::as_str)
}
