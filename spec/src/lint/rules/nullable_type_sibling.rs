//! ## What it finds
//! In OpenAPI 3.0, `nullable` without `type` beside it.
//! ## Why it matters
//! Without a type in the same schema, `nullable` does nothing.
//! ## Fix
//! Add the type.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("nullable-type-sibling", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    if schema.tree.is_3_0() && schema.is_true("nullable") && !schema.has("type") {
        report.member(schema, "nullable", "`nullable` does nothing without `type` beside it");
    }
}
