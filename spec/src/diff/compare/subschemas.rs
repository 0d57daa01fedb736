//! Keywords that hold schemas of something else than members and items: of names, of members that fit a pattern, of the
//! value in some case, or of what the value must not be.

use super::super::finding::{Finding, Found, Side};
use super::super::language::{Inclusion, Language};
use super::super::policy::Kind;
use super::super::schema::{Condition, Contains, Shape, Types};
use super::super::tree::At;
use super::Comparison;
use super::inclusion::{BACK, FORTH};
use super::schema::Sides;

/// What a keyword demands on one side only, or in different ways: where, and whether what BASE admits is admitted by
/// HEAD, and the other way round.
#[derive(Clone, Copy)]
struct Change<'a> {
    keyword: &'static str,
    base: Option<At<'a>>,
    head: Option<At<'a>>,
    forth: bool,
    back: bool,
}

/// A keyword with a key in it.
type Key<'a> = (&'static str, &'a str);

impl<'a> Comparison<'_, 'a> {
    pub(super) fn subschemas(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, .. } = sides;
        if !(base.nested.is_empty() && head.nested.is_empty()) {
            self.nested(sides, found);
        }
        if !(base.contains.is_empty() && head.contains.is_empty()) {
            self.contains(sides, found);
        }
        if !(base.dependent_required.is_empty() && head.dependent_required.is_empty()) {
            self.dependent_required(sides, found);
        }
        if !(base.nots.is_empty() && head.nots.is_empty()) {
            self.nots(sides, found);
        }
        if !(base.conditions.is_empty() && head.conditions.is_empty()) {
            self.conditions(sides, found);
        }
    }

    fn nested(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        let both = base.effective_types() & head.effective_types();
        let holds = |key: &Key<'a>| if key.0 == "contentSchema" { Types::STRING } else { Types::OBJECT };
        let pattern = self.pattern_changed(sides, found);
        let is_settled =
            |key: &Key<'a>| !both.may_be(holds(key)) || pattern.is_some_and(|(was, is)| *key == was || *key == is);
        for (key, schemas) in base.nested.iter().filter(|(key, _)| !is_settled(key)) {
            match head.nested.get(key) {
                Some(others) => self.schemas((schemas, base.at), (others, head.at), direction, found),
                // Other members are ruled out, or have a schema.
                None if key.0 == "patternProperties" && head.closed.is_some() => {
                    self.keyword_changed(sides, Change::new(key.0, Some(schemas[0]), None, (false, true)), found);
                }
                None if key.0 == "patternProperties" && !head.additional.is_empty() => {
                    self.schemas((schemas, base.at), (&head.additional, head.at), direction, found);
                }
                None => {
                    let back = self.is_within((&[], head.at), (schemas, base.at), BACK);
                    self.keyword_changed(sides, Change::new(key.0, Some(schemas[0]), None, (true, back)), found);
                }
            }
        }
        for (key, schemas) in head.nested.iter().filter(|(key, _)| !base.nested.contains_key(*key) && !is_settled(key))
        {
            if key.0 == "patternProperties" && base.closed.is_some() {
                self.keyword_changed(sides, Change::new(key.0, None, Some(schemas[0]), (true, false)), found);
            } else if key.0 == "patternProperties" && !base.additional.is_empty() {
                self.schemas((&base.additional, base.at), (schemas, head.at), direction, found);
            } else {
                let forth = self.is_within((&[], base.at), (schemas, head.at), FORTH);
                self.keyword_changed(sides, Change::new(key.0, None, Some(schemas[0]), (forth, true)), found);
            }
        }
    }

    /// One pattern of names that took the place of another.
    fn pattern_changed(&mut self, sides: Sides<'_, 'a>, found: &mut Found) -> Option<(Key<'a>, Key<'a>)> {
        let Sides { base, head, direction } = sides;
        let lone = |one: &Shape<'a>, other: &Shape<'a>| -> Option<Key<'a>> {
            let is_lone = |key: &&Key<'a>| key.0 == "patternProperties" && !other.nested.contains_key(*key);
            let mut lone = one.nested.keys().filter(is_lone);
            lone.next().filter(|_| lone.next().is_none()).copied()
        };
        let (was, is) = (lone(base, head)?, lone(head, base)?);
        let (old, new) = (base.nested.get(&was)?, head.nested.get(&is)?);
        self.schemas((old, base.at), (new, head.at), direction, found);
        let names = |pattern| Language { patterns: vec![pattern], ..Language::default() };
        let mut is_within = |one, other| self.languages.is_within(&names(one), &names(other)) == Inclusion::Proven;
        let (forth, back) = (is_within(was.1, is.1), is_within(is.1, was.1));
        let admitted = match (base.closed, head.closed) {
            (Some(_), Some(_)) => (forth, back),
            // Where other members may be anything, more names that must meet a schema are more to meet.
            (None, None) if base.additional.is_empty() && head.additional.is_empty() => (back, forth),
            _ => (false, false),
        };
        self.keyword_changed(sides, Change::new(was.0, Some(old[0]), Some(new[0]), admitted), found);
        Some((was, is))
    }

    fn contains(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        if !(base.effective_types() & head.effective_types()).may_be(Types::ARRAY) {
            return;
        }
        if let ([old], [new]) = (base.contains.as_slice(), head.contains.as_slice())
            && (old.least, old.most) == (new.least, new.most)
            && old.most.is_none()
        {
            return self.schemas((&[old.at], old.at), (&[new.at], new.at), direction, found);
        }
        let (mut old_only, mut new_only) = (None, None);
        for new in &head.contains {
            if !base.contains.iter().any(|old| self.is_contains_within(old, new, FORTH)) {
                new_only = new_only.or(Some(new.at));
            }
        }
        for old in &base.contains {
            if !head.contains.iter().any(|new| self.is_contains_within(new, old, BACK)) {
                old_only = old_only.or(Some(old.at));
            }
        }
        let all = |list: &[Contains<'a>]| list.first().map(|one| one.at);
        let places = (all(&base.contains), all(&head.contains));
        self.unproven("contains", sides, places, (old_only, new_only), found);
    }

    fn dependent_required(&self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, .. } = sides;
        if !(base.effective_types() & head.effective_types()).may_be(Types::OBJECT) {
            return;
        }
        let lone = |one: &Shape<'a>, other: &Shape<'a>| {
            let known = |(key, name): &(&'a str, &'a str)| {
                other.dependent_required.contains_key(&(*key, *name)) || other.required.contains_key(name)
            };
            one.dependent_required.iter().find(|(pair, _)| !known(pair)).map(|(_, at)| *at)
        };
        let all = |shape: &Shape<'a>| shape.dependent_required.values().next().copied();
        self.unproven("dependentRequired", sides, (all(base), all(head)), (lone(base, head), lone(head, base)), found);
    }

    fn nots(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, .. } = sides;
        let (mut old_only, mut new_only) = (None, None);
        let both = base.effective_types() & head.effective_types();
        for new in &head.nots {
            let covered = |old: &At<'a>| self.is_within((&[*new], *new), (&[*old], *old), BACK);
            if !base.nots.iter().any(covered) && self.rules_out(*new, Side::Head, both) {
                new_only = new_only.or(Some(*new));
            }
        }
        for old in &base.nots {
            let covered = |new: &At<'a>| self.is_within((&[*old], *old), (&[*new], *new), FORTH);
            if !head.nots.iter().any(covered) && self.rules_out(*old, Side::Base, both) {
                old_only = old_only.or(Some(*old));
            }
        }
        let places = (base.nots.first().copied(), head.nots.first().copied());
        self.unproven("not", sides, places, (old_only, new_only), found);
    }

    /// Whether a schema admits anything of these types.
    fn rules_out(&mut self, not: At<'a>, side: Side, types: Types) -> bool {
        let shapes = self.shapes(side);
        let id = shapes.of(&[not], not);
        shapes.get(id).strict_types().may_be(types)
    }

    fn conditions(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        let mut rest: Vec<Condition<'a>> = head.conditions.clone();
        let mut lone: Vec<Condition<'a>> = Vec::new();
        for old in &base.conditions {
            let alike = rest.iter().position(|new| self.are_equal(old.condition, new.condition));
            let Some(index) = alike else {
                lone.push(*old);
                continue;
            };
            let new = rest.remove(index);
            for (keyword, old, new) in [("then", old.then, new.then), ("else", old.otherwise, new.otherwise)] {
                match (old, new) {
                    (None, None) => {}
                    (Some(old), Some(new)) => self.schemas((&[old], old), (&[new], new), direction, found),
                    (old, new) => {
                        let (base, head) = ((old.as_slice(), base.at), (new.as_slice(), head.at));
                        let (forth, back) = (self.is_within(base, head, FORTH), self.is_within(head, base, BACK));
                        self.keyword_changed(sides, Change::new(keyword, old, new, (forth, back)), found);
                    }
                }
            }
        }
        let (mut old_only, mut new_only) = (None, None);
        for new in &rest {
            if !lone.iter().any(|old| self.is_condition_within(old, new, FORTH)) {
                new_only = new_only.or(Some(new.condition));
            }
        }
        for old in &lone {
            if !rest.iter().any(|new| self.is_condition_within(new, old, BACK)) {
                old_only = old_only.or(Some(old.condition));
            }
        }
        let places = (lone.first().map(|one| one.condition), rest.first().map(|one| one.condition));
        self.unproven("if", sides, places, (old_only, new_only), found);
    }

    /// A keyword that holds several demands: those of either side that the other side is not proven to meet.
    fn unproven(
        &self,
        keyword: &'static str,
        sides: Sides<'_, 'a>,
        (old, new): (Option<At<'a>>, Option<At<'a>>),
        (old_only, new_only): (Option<At<'a>>, Option<At<'a>>),
        found: &mut Found,
    ) {
        let proven = (new_only.is_none(), old_only.is_none());
        self.keyword_changed(sides, Change::new(keyword, old_only.or(old), new_only.or(new), proven), found);
    }

    fn keyword_changed(&self, sides: Sides<'_, 'a>, change: Change<'a>, found: &mut Found) {
        let Change { keyword, base, head, forth, back } = change;
        let (kind, effect) = match (forth, back) {
            (true, true) => return,
            (true, false) => (Kind::ConstraintLoosened, "allows more"),
            (false, true) => (Kind::ConstraintTightened, "allows less"),
            (false, false) => (Kind::ConstraintChanged, "was changed"),
        };
        let place = self.either(base, head, sides.head.at);
        let subject = self.subject(place);
        let message = match (base, head) {
            (None, _) => format!("`{keyword}` was added to {subject}"),
            (_, None) => format!("`{keyword}` was taken from {subject}"),
            _ => format!("`{keyword}` of {subject} {effect}"),
        };
        found.add(Finding::new(kind, sides.direction, place, message));
    }
}

impl<'a> Change<'a> {
    fn new(keyword: &'static str, base: Option<At<'a>>, head: Option<At<'a>>, (forth, back): (bool, bool)) -> Self {
        Self { keyword, base, head, forth, back }
    }
}
