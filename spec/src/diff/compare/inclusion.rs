//! Whether every value of one schema is one of the other's, strictly as JSON Schema has it.
//!
//! Elsewhere, schemas are compared as what clients and servers send and read. Under `not` and `if` they are conditions,
//! where nothing but their values counts. What cannot be proven in bounded time is not proven.

use super::super::finding::Side;
use super::super::language::Inclusion;
use super::super::schema::{Bound, Condition, Contains, Shape, ShapeId, Shapes, Types, Union};
use super::super::tree::At;
use super::texts::language;
use super::{Comparison, bounds, values};
use foldhash::HashMap;

/// Which document the narrower schema is in, and which the wider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Way {
    inner: Side,
    outer: Side,
}

/// Whatever BASE admits is admitted by HEAD.
pub(super) const FORTH: Way = Way { inner: Side::Base, outer: Side::Head };

/// Whatever HEAD admits was admitted by BASE.
pub(super) const BACK: Way = Way { inner: Side::Head, outer: Side::Base };

impl Way {
    /// Both in one document.
    pub(super) fn alone(side: Side) -> Self {
        Self { inner: side, outer: side }
    }

    fn reversed(self) -> Self {
        Self { inner: self.outer, outer: self.inner }
    }
}

/// How many pairs of shapes all proofs of one comparison may look at together.
const MOST_STEPS: usize = 200_000;

/// How deep a proof may go.
const DEEPEST: usize = 100;

/// How many members of a union are looked at.
const MOST_BRANCHES: usize = 64;

type Question = (ShapeId, ShapeId, Way);

/// What was proven.
#[derive(Default)]
pub(super) struct Proofs {
    known: HashMap<Question, Answer>,
    /// Questions that were answered with yes, which may hang on an assumption that fails later.
    affirmed: Vec<Question>,
    steps: usize,
    depth: usize,
    /// How many steps down into values lead to the present question.
    level: usize,
}

#[derive(Clone, Copy)]
enum Answer {
    Known(bool),
    /// Being proven, with the level at which it was asked. A schema that holds itself is within another if it is so on
    /// that assumption, for the parts of a value end somewhere.
    Open(usize),
}

/// Schemas that a value must meet, with the place of one that names none.
type Schemas<'s, 'a> = (&'s [At<'a>], At<'a>);

impl<'t, 'a> Comparison<'t, 'a> {
    /// Whether whatever meets all of `inner` meets all of `outer`.
    pub(super) fn is_within(&mut self, inner: Schemas<'_, 'a>, outer: Schemas<'_, 'a>, way: Way) -> bool {
        if outer.0.is_empty() {
            return true;
        }
        let inner = self.shapes(way.inner).of(inner.0, inner.1);
        let outer = self.shapes(way.outer).of(outer.0, outer.1);
        self.prove((inner, outer, way))
    }

    /// Whether a schema of BASE and one of HEAD have the same values.
    pub(super) fn are_equal(&mut self, base: At<'a>, head: At<'a>) -> bool {
        self.is_within((&[base], base), (&[head], head), FORTH)
            && self.is_within((&[head], head), (&[base], base), BACK)
    }

    pub(super) fn shapes(&mut self, side: Side) -> &mut Shapes<'t, 'a> {
        match side {
            Side::Base => &mut self.base,
            Side::Head => &mut self.head,
        }
    }

    pub(super) fn prove(&mut self, question: Question) -> bool {
        match self.proofs.known.get(&question) {
            Some(Answer::Known(known)) => return *known,
            Some(Answer::Open(level)) => return *level < self.proofs.level,
            None => {}
        }
        if self.proofs.steps >= MOST_STEPS || self.proofs.depth >= DEEPEST {
            return false;
        }
        self.proofs.steps += 1;
        self.proofs.depth += 1;
        let before = self.proofs.affirmed.len();
        self.proofs.known.insert(question, Answer::Open(self.proofs.level));
        let (inner, outer, way) = question;
        let (inner, outer) = (self.shapes(way.inner).get(inner), self.shapes(way.outer).get(outer));
        let proven = self.is_narrower(&inner, &outer, way);
        self.proofs.depth -= 1;
        self.proofs.known.insert(question, Answer::Known(proven));
        if proven {
            self.proofs.affirmed.push(question);
        } else {
            for hasty in self.proofs.affirmed.drain(before..) {
                self.proofs.known.remove(&hasty);
            }
        }
        proven
    }

    /// The same for two shapes, given as the narrower and the wider.
    fn is_narrower(&mut self, inner: &Shape<'a>, outer: &Shape<'a>, way: Way) -> bool {
        let types = inner.strict_types();
        if types == Types::NONE {
            return true;
        }
        // Null is let in by a union beside its members.
        let unions = outer.unions.iter().all(|union| self.is_within_union(inner, union, way));
        unions
            && types.is_within(outer.strict_types())
            && self.are_values_within(inner, outer)
            && (inner.values.is_some() || self.are_limits_within(inner, outer, types))
            && outer.others.keys().all(|(keyword, text)| bounds::is_met(inner, keyword, text))
            && outer.nots.iter().all(|not| self.is_excluded(inner, *not, way))
            && outer
                .conditions
                .iter()
                .all(|one| inner.conditions.iter().any(|other| self.is_condition_within(other, one, way)))
            && self.are_parts_within(inner, outer, types, way)
    }

    fn are_parts_within(&mut self, inner: &Shape<'a>, outer: &Shape<'a>, types: Types, way: Way) -> bool {
        self.proofs.level += 1;
        let within = (!types.may_be(Types::OBJECT) || self.are_members_within(inner, outer, way))
            && (!types.may_be(Types::ARRAY) || self.are_items_within(inner, outer, way));
        self.proofs.level -= 1;
        within
    }

    fn are_values_within(&mut self, inner: &Shape<'a>, outer: &Shape<'a>) -> bool {
        match (&inner.values, &outer.values) {
            (None, None) => true,
            (Some(values), _) => {
                are_formats_within(inner, outer)
                    && values.list.values().all(|node| self.admits(outer, node) == Some(true))
            }
            (None, Some(_)) => inner.strict_types() == Types::NULL,
        }
    }

    /// Numbers, texts and counts.
    fn are_limits_within(&mut self, inner: &Shape<'a>, outer: &Shape<'a>, types: Types) -> bool {
        let bounded = Bound::ALL.iter().filter(|(bound, _)| types.may_be(bound.types())).all(|(bound, _)| {
            match (inner.limit(*bound), outer.limit(*bound)) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(inner), Some(outer)) => !outer.is_tighter(&inner, *bound),
            }
        });
        if !bounded || !types.may_be(Types::STRING) {
            return bounded && are_formats_within(inner, outer);
        }
        let (narrow, wide) = (language(inner), language(outer));
        are_formats_within(inner, outer)
            && (narrow == wide || self.languages.is_within(&narrow, &wide) == Inclusion::Proven)
    }

    fn are_members_within(&mut self, inner: &Shape<'a>, outer: &Shape<'a>, way: Way) -> bool {
        let required = outer.required.keys().all(|name| inner.required.contains_key(name));
        let demanded = outer.dependent_required.keys().all(|(key, name)| {
            inner.dependent_required.contains_key(&(*key, *name)) || inner.required.contains_key(name)
        });
        if !required || !demanded {
            return false;
        }
        let has_patterns = |shape: &Shape<'a>| shape.nested.keys().any(|(keyword, _)| *keyword == "patternProperties");
        // What a member must meet that is not declared: nothing that is certain, if a pattern may fit its name.
        let rest: &[At<'a>] = if has_patterns(inner) { &[] } else { &inner.additional };
        let declared = outer.properties.iter().all(|(name, schemas)| match inner.properties.get(name) {
            Some(others) => self.is_within((others, inner.at), (schemas, outer.at), way),
            None if inner.closed.is_some() && !has_patterns(inner) => true,
            None => self.is_within((rest, inner.at), (schemas, outer.at), way),
        });
        if !declared {
            return false;
        }
        for (key, schemas) in &outer.nested {
            let others = inner.nested.get(key).map(Vec::as_slice).unwrap_or_default();
            if !self.is_within((others, inner.at), (schemas, outer.at), way) {
                return false;
            }
        }
        let undeclared = inner.properties.iter().filter(|(name, _)| !outer.properties.contains_key(*name));
        if outer.closed.is_some() {
            let patterns = inner.nested.keys().filter(|(keyword, _)| *keyword == "patternProperties");
            return inner.closed.is_some()
                && undeclared.count() == 0
                && patterns.into_iter().all(|key| outer.nested.contains_key(key));
        }
        if outer.additional.is_empty() {
            return true;
        }
        let mut others = undeclared.map(|(_, schemas)| schemas.as_slice()).collect::<Vec<_>>();
        let patterns = inner.nested.iter().filter(|((keyword, _), _)| *keyword == "patternProperties");
        others.extend(
            patterns.filter(|(key, _)| !outer.nested.contains_key(*key)).map(|(_, schemas)| schemas.as_slice()),
        );
        if inner.closed.is_none() {
            others.push(&inner.additional);
        }
        others.into_iter().all(|schemas| self.is_within((schemas, inner.at), (&outer.additional, outer.at), way))
    }

    fn are_items_within(&mut self, inner: &Shape<'a>, outer: &Shape<'a>, way: Way) -> bool {
        if outer.unique_items.is_some() && inner.unique_items.is_none() {
            return false;
        }
        let named = inner.prefix.len().max(outer.prefix.len());
        // One more stands for all that follow.
        let items = (0..=named)
            .all(|index| self.is_within((&inner.item(index), inner.at), (&outer.item(index), outer.at), way));
        items
            && outer
                .contains
                .iter()
                .all(|one| inner.contains.iter().any(|other| self.is_contains_within(other, one, way)))
    }

    pub(super) fn is_contains_within(&mut self, inner: &Contains<'a>, outer: &Contains<'a>, way: Way) -> bool {
        let enough = outer.least <= inner.least
            && (outer.least <= 0.0 || self.is_within((&[inner.at], inner.at), (&[outer.at], outer.at), way));
        let few = outer.most.is_none_or(|most| {
            inner.most.is_some_and(|other| other <= most)
                && self.is_within((&[outer.at], outer.at), (&[inner.at], inner.at), way.reversed())
        });
        enough && few
    }

    /// Whether a schema under `not` of the wider rules out nothing that the narrower admits.
    fn is_excluded(&mut self, inner: &Shape<'a>, not: At<'a>, way: Way) -> bool {
        inner.nots.iter().any(|other| self.is_within((&[not], not), (&[*other], *other), way.reversed()))
    }

    pub(super) fn is_condition_within(&mut self, inner: &Condition<'a>, outer: &Condition<'a>, way: Way) -> bool {
        let (narrow, wide) = (inner.condition, outer.condition);
        let mut is_part = |inner: Option<At<'a>>, outer: Option<At<'a>>| match (inner, outer) {
            (_, None) => true,
            (inner, Some(outer)) => self.is_within((inner.as_slice(), narrow), (&[outer], outer), way),
        };
        let then = is_part(inner.then, outer.then);
        let otherwise = is_part(inner.otherwise, outer.otherwise);
        // Whatever the wider one's condition catches, the narrower one's must have caught, and whatever it lets go.
        let catches = |this: &mut Self| this.is_within((&[wide], wide), (&[narrow], narrow), way.reversed());
        let then = then && (outer.then.is_none() || catches(self));
        then && otherwise && (outer.otherwise.is_none() || self.is_within((&[narrow], narrow), (&[wide], wide), way))
    }

    fn is_within_union(&mut self, inner: &Shape<'a>, outer: &Union<'a>, way: Way) -> bool {
        let same_property = |one: &Union<'a>, other: &Union<'a>| {
            let name = |union: &Union<'a>| union.discriminator.and_then(|at| at.node.get("propertyName")?.as_str());
            name(one).is_some() && name(one) == name(other)
        };
        // A value of two members is refused where only one may fit.
        let is_lenient =
            |one: Option<&Union<'a>>| !outer.is_exclusive || one.is_some_and(|one| same_property(one, outer));
        for union in &inner.unions {
            let too_many = union.branches.len().max(outer.branches.len()) > MOST_BRANCHES;
            if too_many || (union.null.is_some() && outer.null.is_none()) {
                continue;
            }
            let taken: Vec<_> = union.branches.iter().map(|branch| self.takers(*branch, outer, way)).collect();
            if is_lenient(Some(union)) && taken.iter().all(|by| !by.is_empty()) {
                return true;
            }
            // The same members on both sides are told apart alike.
            let mut used: Vec<_> = taken.iter().filter_map(|by| by.first()).map(At::address).collect();
            used.sort_unstable();
            used.dedup();
            if union.is_exclusive && used.len() == taken.len() && used.len() == outer.branches.len() {
                let back = |(branch, by): (&At<'a>, &Vec<At<'a>>)| {
                    self.is_within((&by[..1], by[0]), (&[*branch], *branch), way.reversed())
                };
                if union.branches.iter().zip(&taken).all(back) {
                    return true;
                }
            }
        }
        is_lenient(None) && inner.unions.is_empty() && !self.takers(inner.at, outer, way).is_empty()
    }

    /// The members of the wider union that a schema is within.
    fn takers(&mut self, inner: At<'a>, outer: &Union<'a>, way: Way) -> Vec<At<'a>> {
        let branches = outer.branches.iter().take(MOST_BRANCHES).copied();
        branches.filter(|branch| self.is_within((&[inner], inner), (&[*branch], *branch), way)).collect()
    }
}

fn are_formats_within(inner: &Shape<'_>, outer: &Shape<'_>) -> bool {
    let has = |wide: &str| inner.formats.keys().any(|narrow| values::is_format_within(narrow, wide));
    outer.formats.keys().all(|wide| has(wide))
}
