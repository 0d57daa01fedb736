//! Bounds of numbers, lengths and counts, and keywords that are compared as a whole.

use super::super::finding::{Finding, Found};
use super::super::policy::Kind;
use super::super::schema::{Bound, Limit, Shape, Types};
use super::Comparison;
use super::schema::Sides;
use crate::number::Number;
use std::collections::BTreeSet;

impl<'a> Comparison<'_, 'a> {
    pub(super) fn bounds(&self, sides: Sides<'_, 'a>, found: &mut Found) {
        let both = sides.base.effective_types() & sides.head.effective_types();
        // Of listed values, only the list matters.
        let listed = sides.base.values.is_some() || sides.head.values.is_some();
        for (bound, _) in Bound::ALL {
            let is_number = matches!(bound, Bound::Minimum | Bound::Maximum);
            // Lengths are judged with the pattern.
            if bound.types() == Types::STRING || !both.may_be(bound.types()) || (is_number && listed) {
                continue;
            }
            let implied = |by: &Shape<'a>, other: &Shape<'a>| is_implied(bound, by, other);
            let implied = (implied(sides.base, sides.head), implied(sides.head, sides.base));
            self.bound(sides, bound, implied, found);
        }
        // One item is unlike all others.
        let repeats = |shape: &Shape<'a>| shape.limit(Bound::MaxItems).is_none_or(|limit| limit.value > 1.0);
        let matters = both.may_be(Types::ARRAY) && (repeats(sides.base) || repeats(sides.head));
        let (old, new) = (sides.base.unique_items, sides.head.unique_items);
        if matters && old.is_some() != new.is_some() {
            let (kind, verb) = match new {
                Some(_) => (Kind::ConstraintTightened, "must be unique now"),
                None => (Kind::ConstraintLoosened, "may repeat now"),
            };
            let place = self.either(old, new, sides.head.at);
            let message = format!("the items of {} {verb}", self.subject(place));
            found.add(Finding::new(kind, sides.direction, place, message));
        }
    }

    /// One bound. `is_implied` tells that everything which BASE admits is within HEAD's bound whatever the bounds say,
    /// `was_implied` the reverse.
    pub(super) fn bound(
        &self,
        sides: Sides<'_, 'a>,
        bound: Bound,
        (is_implied, was_implied): (bool, bool),
        found: &mut Found,
    ) {
        let (old, new) = (sides.base.limit(bound), sides.head.limit(bound));
        let is_tighter = |one: &Option<Limit<'a>>, other: &Option<Limit<'a>>| match (one, other) {
            (Some(one), Some(other)) => one.is_tighter(other, bound),
            (one, None) => one.is_some(),
            (None, Some(_)) => false,
        };
        let kind = match (is_tighter(&new, &old), is_tighter(&old, &new)) {
            (true, _) if !is_implied => Kind::ConstraintTightened,
            (_, true) if !was_implied => Kind::ConstraintLoosened,
            _ => return,
        };
        let place = self.either(old.map(|limit| limit.at), new.map(|limit| limit.at), sides.head.at);
        let (keyword, subject) = (bound.keyword(), self.subject(place));
        let shown = |limit: Limit<'a>| {
            let exclusive = if limit.exclusive { " (exclusive)" } else { "" };
            format!("{}{exclusive}", Number::new(limit.value, true))
        };
        let message = match (old, new) {
            (None, Some(new)) => format!("`{keyword}` of {subject} is {} now", shown(new)),
            (Some(old), None) => format!("`{keyword}` of {subject} is gone, it was {}", shown(old)),
            (Some(old), Some(new)) => format!("`{keyword}` of {subject} was {} and is {}", shown(old), shown(new)),
            (None, None) => return,
        };
        found.add(Finding::new(kind, sides.direction, place, message));
    }

    /// Keywords of which nothing simple can be proven.
    pub(super) fn others(&self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        if base.others.is_empty() && head.others.is_empty() {
            return;
        }
        let both = base.effective_types() & head.effective_types();
        let is_listed = base.values.is_some() || head.values.is_some();
        let keywords: BTreeSet<&str> =
            base.others.keys().chain(head.others.keys()).map(|(keyword, _)| *keyword).collect();
        for keyword in keywords {
            let only = |one: &Shape<'a>, other: &Shape<'a>| {
                let mut missing =
                    one.others.iter().filter(|(key, _)| key.0 == keyword && !other.others.contains_key(*key));
                missing.next().map(|(_, at)| *at)
            };
            let (old, new) = (only(base, head), only(head, base));
            let kind = match (old, new) {
                (None, None) => continue,
                // Of listed values, only the list matters.
                _ if keyword == "multipleOf" && (is_listed || !both.may_be(Types::NUMBER)) => continue,
                _ if keyword == "multipleOf" => match multiple(sides, old, new) {
                    Some(kind) => kind,
                    None => continue,
                },
                (None, _) => Kind::ConstraintTightened,
                (_, None) => Kind::ConstraintLoosened,
                _ => Kind::ConstraintChanged,
            };
            let verb = match (old, new) {
                (None, _) => "was added to",
                (_, None) => "was taken from",
                _ => "was changed in",
            };
            let place = self.either(old, new, head.at);
            let message = format!("`{keyword}` {verb} {}", self.subject(place));
            found.add(Finding::new(kind, direction, place, message));
        }
    }
}

/// Whether a shape meets a keyword that is compared as a whole.
pub(super) fn is_met(inner: &Shape<'_>, keyword: &str, text: &str) -> bool {
    inner.others.keys().filter(|(other, _)| *other == keyword).any(|(_, other)| {
        let multiples = || Some(is_multiple(other.parse().ok()?, text.parse().ok()?));
        other == text || (keyword == "multipleOf" && multiples() == Some(true))
    })
}

/// Whether a number is a whole multiple of another. Binary fractions are not quite what was written.
pub(super) fn is_multiple(number: f64, divisor: f64) -> bool {
    let quotient = number / divisor;
    (quotient - quotient.round()).abs() <= quotient.abs().max(1.0) * 1e-12
}

fn multiple(sides: Sides<'_, '_>, old: Option<super::At<'_>>, new: Option<super::At<'_>>) -> Option<Kind> {
    let whole = |shape: &Shape<'_>| !shape.effective_types().has(Types::NUMBER);
    // Whole numbers are multiples of one.
    let implied = |shape| if whole(shape) { Some(1.0) } else { None };
    let value = |at: Option<super::At<'_>>| at.and_then(|at| at.node.as_f64()).filter(|value| *value > 0.0);
    let divides = |divisor: Option<f64>, number: Option<f64>| match (divisor, number) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(divisor), Some(number)) => is_multiple(number, divisor),
    };
    let (old, new) = (value(old).or(implied(sides.base)), value(new).or(implied(sides.head)));
    match (divides(new, old), divides(old, new)) {
        (true, true) => None,
        (true, false) => Some(Kind::ConstraintLoosened),
        (false, true) => Some(Kind::ConstraintTightened),
        (false, false) => Some(Kind::ConstraintChanged),
    }
}

/// Whether whatever `by` admits is within `of`'s bound, by something else than that bound.
fn is_implied(bound: Bound, by: &Shape<'_>, of: &Shape<'_>) -> bool {
    let Some(limit) = of.limit(bound) else { return true };
    // As many members as must be there.
    let members = f64::from(u32::try_from(by.required.len()).unwrap_or(u32::MAX));
    let range = RANGES.iter().find(|(format, _, _)| by.formats.contains_key(format));
    match bound {
        Bound::MinProperties => members >= limit.value,
        Bound::MaxProperties => {
            let declared = f64::from(u32::try_from(by.properties.len()).unwrap_or(u32::MAX));
            by.closed.is_some() && by.additional.is_empty() && declared <= limit.value
        }
        Bound::Minimum => range.is_some_and(|(_, least, _)| limit.value <= *least && !limit.exclusive),
        Bound::Maximum => range.is_some_and(|(_, _, most)| limit.value >= *most && !limit.exclusive),
        _ => false,
    }
}

/// Formats of whole numbers, with the least and the greatest of them.
#[expect(clippy::cast_precision_loss, reason = "the nearest double is what a document can say")]
const RANGES: [(&str, f64, f64); 2] =
    [("int32", i32::MIN as f64, i32::MAX as f64), ("int64", i64::MIN as f64, i64::MAX as f64)];
