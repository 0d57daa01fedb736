//! ## What it finds
//! A text with a pattern that is written in place, in a property, a list or a parameter.
//! ## Why it matters
//! The generator makes a checked type of a pattern, and names it after the component.
//! ## Fix
//! Move the schema to a file of its own.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::error("codegen-safe/unnamed-constrained-string", Check::Object(&[Kind::Schema], check)).ours_only();

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let Some(pattern) = schema.get("pattern") else { return };
    let is_named =
        schema.parent().is_none_or(|parent| parent.kind() == Some(Kind::Schemas) && parent.key() != Some("properties"));
    if !is_named {
        report.key(pattern, "the generator cannot name the type of this text");
    }
}
