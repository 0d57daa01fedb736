//! Two shapes without unions, keyword by keyword.

use super::super::finding::{Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::schema::{Shape, ShapeId, Types};
use super::super::verdict::Direction;
use super::{Comparison, either};

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
        if base.deprecated != head.deprecated {
            let kind = if head.deprecated { Kind::Deprecated } else { Kind::NoLongerDeprecated };
            let subject = self.head.tree.subject(head.at.loc);
            let verb = if head.deprecated { "is deprecated" } else { "is no longer deprecated" };
            let place = (Side::Head, head.at.loc);
            found.add(Finding::new(kind, direction, place, format!("{subject} {verb}")).about(subject));
        }
        if !self.types(sides, found) {
            return;
        }
        self.values(sides, found);
        self.formats(sides, found);
        self.texts(sides, found);
        self.bounds(sides, found);
        self.others(sides, found);
        self.defaults(sides, found);
        if let (Some(old), Some(new)) = (base.heirs, head.heirs) {
            self.heirs(old, new, direction, found);
        }
        let both = base.effective_types() & head.effective_types();
        if both.has(Types::OBJECT) {
            self.members(sides, found);
        }
        if both.has(Types::ARRAY) && !(base.items.is_empty() && head.items.is_empty()) {
            self.schemas((&base.items, base.at), (&head.items, head.at), direction, found);
        }
        for (key, schemas) in &base.nested {
            match head.nested.get(key) {
                Some(others) => self.schemas((schemas, base.at), (others, head.at), direction, found),
                None => self.nested_changed(sides, key.0, Some(schemas[0]), None, found),
            }
        }
        for (key, schemas) in head.nested.iter().filter(|(key, _)| !base.nested.contains_key(*key)) {
            self.nested_changed(sides, key.0, None, Some(schemas[0]), found);
        }
    }

    fn nested_changed(
        &self,
        sides: Sides<'_, 'a>,
        keyword: &str,
        base: Option<super::At<'a>>,
        head: Option<super::At<'a>>,
        found: &mut Found,
    ) {
        let verb = if head.is_some() { "added to" } else { "taken from" };
        let message = format!("`{keyword}` was {verb} {}", self.subject(sides));
        let place = either(base, head, sides.head.at);
        found.add(Finding::new(Kind::ConstraintChanged, sides.direction, place, message));
    }

    /// What the two shapes are about, as a reader would call it.
    pub(super) fn subject(&self, sides: Sides<'_, 'a>) -> String {
        self.head.tree.subject(sides.head.at.loc)
    }

    /// Whether the rest of the two shapes can be compared.
    fn types(&self, sides: Sides<'_, 'a>, found: &mut Found) -> bool {
        let Sides { base, head, direction } = sides;
        let (old, new) = (base.effective_types(), head.effective_types());
        let (plain_old, plain_new) = (old.without_null(), new.without_null());
        let place = either(base.types_at, head.types_at, head.at);
        let mut goes_on = true;
        if plain_old != plain_new {
            let kind = match (plain_old.is_within(plain_new), plain_new.is_within(plain_old)) {
                (true, _) => Kind::TypeWidened,
                (_, true) => Kind::TypeNarrowed,
                _ => Kind::TypeChanged,
            };
            let message = format!("{} was {plain_old} and is {plain_new}", self.subject(sides));
            found.add(Finding::new(kind, direction, place, message));
            let all = Types::ALL.without_null();
            goes_on = kind != Kind::TypeChanged && plain_old != all && plain_new != all;
        }
        let had_all = plain_old == Types::ALL.without_null() || plain_new == Types::ALL.without_null();
        if !had_all && old.has(Types::NULL) != new.has(Types::NULL) {
            let (kind, verb) = if new.has(Types::NULL) {
                (Kind::BecameNullable, "may be null now")
            } else {
                (Kind::NoLongerNullable, "may no longer be null")
            };
            let place = either(base.nullable.or(base.types_at), head.nullable.or(head.types_at), head.at);
            found.add(Finding::new(kind, direction, place, format!("{} {verb}", self.subject(sides))));
        }
        goes_on
    }

    fn defaults(&self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        let text = |at: super::At<'a>| at.node.to_json().to_string();
        let (old, new) = (base.default.map(text), head.default.map(text));
        if old == new {
            return;
        }
        let subject = self.subject(sides);
        let (kind, message) = match (old, new) {
            (None, Some(new)) => (Kind::DefaultAdded, format!("{subject} has the default {} now", code(new))),
            (Some(old), Some(new)) => {
                (Kind::DefaultChanged, format!("the default of {subject} was {} and is {}", code(old), code(new)))
            }
            (old, _) => {
                (Kind::DefaultChanged, format!("the default of {subject} is gone: {}", code(old.unwrap_or_default())))
            }
        };
        found.add(Finding::new(kind, direction, either(base.default, head.default, head.at), message));
    }
}
