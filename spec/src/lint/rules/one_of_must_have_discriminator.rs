//! ## What it finds
//! A `oneOf` of objects without a `discriminator`.
//! ## Why it matters
//! Clients must try every branch, and a value can fit several.
//! ## Fix
//! Add a property that names the branch, and a `discriminator` with a mapping. A union of `null` and something, or of
//! texts and numbers, needs none.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("oneOf-must-have-discriminator", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let Some(union) = schema.get("oneOf").filter(|union| union.is_sequence()) else { return };
    let objects = union.items().filter(|branch| schema::is(*branch, "object") || is_union(*branch)).count();
    if objects > 1 && !schema.has("discriminator") {
        report.key(union, "the union has no discriminator");
    }
}

fn is_union(branch: Site<'_>) -> bool {
    branch.end().has("oneOf")
}
