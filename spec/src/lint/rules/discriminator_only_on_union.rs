//! ## What it finds
//! A discriminator on a schema that is no union.
//! ## Why it matters
//! It needs `allOf` from the branches back to this base, which tools resolve differently or not at all.
//! ## Fix
//! Make a union with `oneOf`, and put the discriminator there.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("discriminator-only-on-union", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    if let Some(discriminator) = schema.get("discriminator").filter(|_| schema::branches(schema).is_empty()) {
        report.key(discriminator, "the discriminator stands on a schema that is no union");
    }
}
