//! ## What it finds
//! An `anyOf` or `oneOf` whose branches only say what is required.
//! ## Why it matters
//! The generator makes types of branches; sets of names are none.
//! ## Fix
//! Make a union of named schemas, or say in the description which members go together and let the server check it.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::error("codegen-safe/anyof-required-sets", Check::Object(&[Kind::Schema], check)).ours_only();

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    for word in ["anyOf", "oneOf"] {
        let Some(union) = schema.get(word).filter(|union| union.len() > 0) else { continue };
        let is_set = |branch: Site<'_>| {
            branch.has("required") && branch.entries().all(|(key, _)| matches!(key, "required" | "not"))
        };
        if union.items().all(is_set) {
            report.key(union, format!("the branches of `{word}` only say what is required"));
        }
    }
}
