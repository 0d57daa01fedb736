//! ## What it finds
//! `minimum` beside `exclusiveMinimum`, or `maximum` beside `exclusiveMaximum`, where both are numbers.
//! ## Why it matters
//! Only the stricter of the two counts; the other misleads.
//! ## Fix
//! Keep one.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("no-mixed-number-range-constraints", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    for (plain, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        let is_number = |word: &str| schema.get(word).and_then(Site::number).is_some();
        if is_number(plain) && is_number(exclusive) {
            report.member(schema, exclusive, format!("`{exclusive}` stands beside `{plain}`"));
        }
    }
}
