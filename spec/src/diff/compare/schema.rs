//! Two shapes without unions, keyword by keyword.

use super::super::finding::{Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::schema::{Shape, ShapeId, Types};
use super::super::verdict::Direction;
use super::Comparison;

/// The two shapes that are compared, and who sends the value.
#[derive(Clone, Copy)]
pub(super) struct Sides<'s, 'a> {
    pub(super) base: &'s Shape<'a>,
    pub(super) head: &'s Shape<'a>,
    pub(super) direction: Direction,
}

impl<'a> Comparison<'_, 'a> {
    pub(super) fn compare(&mut self, base: ShapeId, head: ShapeId, direction: Direction) -> Found {
        let mut found = Found::default();
        let (mut base, mut head) = (base, head);
        // A list of types may be written as a union.
        match (self.base.get(base).unions.len(), self.head.get(head).unions.len()) {
            (1, 0) => base = self.base.with_types_for_union(base),
            (0, 1) => head = self.head.with_types_for_union(head),
            _ => {}
        }
        // And a union of constants may gain a member that is none, or lose it.
        match (self.base.get(base).unions.len(), self.head.get(head).unions.len()) {
            (0, 1) => base = self.base.with_union_for_list(base),
            (1, 0) => head = self.head.with_union_for_list(head),
            _ => {}
        }
        let (base_shape, head_shape) = (self.base.get(base), self.head.get(head));
        match (base_shape.unions.len(), head_shape.unions.len()) {
            (0, 0) => {
                let sides = Sides { base: &base_shape, head: &head_shape, direction };
                self.plain(sides, &mut found);
            }
            (0 | 1, 0 | 1) => self.alternatives(base, head, direction, &mut found),
            _ => self.several_unions(base, head, direction, &mut found),
        }
        found
    }

    fn plain(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        self.deprecation(sides, found);
        if !self.types(sides, found) {
            return;
        }
        self.values(sides, found);
        self.known_values(sides, found);
        self.xml(sides, found);
        self.formats(sides, found);
        self.texts(sides, found);
        self.bounds(sides, found);
        self.others(sides, found);
        self.defaults(sides, found);
        self.heirs(base, head, direction, found);
        let both = base.effective_types() & head.effective_types();
        if both.has(Types::OBJECT) {
            self.members(sides, found);
        }
        if both.has(Types::ARRAY) {
            self.items(sides, found);
        }
        self.subschemas(sides, found);
    }

    pub(super) fn deprecation(&self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        let (kind, verb, place) = match (base.deprecated, head.deprecated) {
            (None, Some(at)) => (Kind::Deprecated, "is deprecated", (Side::Head, at.loc())),
            (Some(at), None) => (Kind::NoLongerDeprecated, "is no longer deprecated", (Side::Base, at.loc())),
            _ => return,
        };
        let subject = self.subject(place);
        found.add(Finding::new(kind, direction, place, format!("{subject} {verb}")).about(subject));
    }

    fn items(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        let named = base.prefix.len().max(head.prefix.len());
        // One more stands for all that follow.
        for index in 0..=named {
            let (old, new) = (base.item(index), head.item(index));
            self.schemas((&old, base.at), (&new, head.at), direction, found);
        }
    }

    /// Whether the rest of the two shapes can be compared.
    fn types(&self, sides: Sides<'_, 'a>, found: &mut Found) -> bool {
        let Sides { base, head, direction } = sides;
        let (old, new) = (base.effective_types(), head.effective_types());
        let (plain_old, plain_new) = (old.without_null(), new.without_null());
        let all = Types::ALL.without_null();
        let mut goes_on = true;
        if plain_old != plain_new {
            let kind = match (plain_old.is_within(plain_new), plain_new.is_within(plain_old)) {
                (true, _) => Kind::TypeWidened,
                (_, true) => Kind::TypeNarrowed,
                _ => Kind::TypeChanged,
            };
            let place = self.either(base.types_at, head.types_at, head.at);
            let message = format!("{} was {plain_old} and is {plain_new}", self.subject(place));
            found.add(Finding::new(kind, direction, place, message));
            goes_on = kind != Kind::TypeChanged && plain_old != all && plain_new != all;
        }
        if plain_old != all && plain_new != all && old.has(Types::NULL) != new.has(Types::NULL) {
            let (kind, place, verb) = if new.has(Types::NULL) {
                let place = self.either(base.types_at, head.nullable.or(head.types_at), head.at);
                (Kind::BecameNullable, place, "may be null now")
            } else {
                let unlisted = head.null_unlisted.filter(|_| base.null_unlisted.is_none());
                let place = match base.nullable.filter(|_| unlisted.is_none()) {
                    Some(gone) => (Side::Base, gone.loc()),
                    None => self.either(base.types_at, unlisted.or(head.types_at), head.at),
                };
                (Kind::NoLongerNullable, place, "may no longer be null")
            };
            found.add(Finding::new(kind, direction, place, format!("{} {verb}", self.subject(place))));
        }
        goes_on
    }

    /// How values are written in XML.
    fn xml(&self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        let only = |one: &Shape<'a>, other: &Shape<'a>| {
            one.xml.iter().find(|(text, _)| !other.xml.contains_key(*text)).map(|(_, at)| *at)
        };
        let (old, new) = (only(base, head), only(head, base));
        if self.speaks_xml && (old.is_some() || new.is_some()) {
            let place = self.either(old, new, head.at);
            let message = format!("{} is written another way in XML", self.subject(place));
            found.add(Finding::new(Kind::XmlChanged, direction, place, message));
        }
    }

    fn defaults(&self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        let at = |shape: &Shape<'a>| shape.default.map(|default| default.at);
        let text = |at: super::At<'a>| at.node.to_json().to_string();
        let (old, new) = (at(base).map(text), at(head).map(text));
        if old == new {
            return;
        }
        let place = self.either(at(base), at(head), sides.head.at);
        let subject = self.subject(place);
        let (kind, message) = match (old, new) {
            (None, Some(new)) => (Kind::DefaultAdded, format!("{subject} has the default {} now", code(new))),
            (Some(old), Some(new)) => {
                (Kind::DefaultChanged, format!("the default of {subject} was {} and is {}", code(old), code(new)))
            }
            (old, _) => {
                (Kind::DefaultChanged, format!("the default of {subject} is gone: {}", code(old.unwrap_or_default())))
            }
        };
        found.add(Finding::new(kind, direction, place, message));
    }
}
