//! ## What it finds
//! A schema that allows no additional properties and is joined to others by `allOf`.
//! ## Why it matters
//! It refuses the members of the others, so no value fits, and the generator cannot make one type of them.
//! ## Fix
//! Remove `additionalProperties: false` from the base.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::error("codegen-safe/closed-allof-base", Check::Object(&[Kind::Schema], check)).ours_only();

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    if !schema.get("allOf").is_some_and(|list| list.len() > 1 || schema.has("properties")) {
        return;
    }
    if let Some(closed) = schema.get("additionalProperties").filter(|others| others.bool() == Some(false)) {
        report.key(closed, "the schema refuses the members of the schemas that `allOf` joins to it");
    }
    for part in schema::parts(schema).into_iter().filter(|part| *part != schema) {
        if let Some(closed) = part.get("additionalProperties").filter(|others| others.bool() == Some(false)) {
            report.key(closed, format!("`{}` is joined to others by `allOf`, and refuses their members", part.name()));
        }
    }
}
