//! ## What it finds
//! An object schema without a name: written in place in a property, in the items of a list, or in a union.
//! ## Why it matters
//! It cannot be referred to, and every generator invents another name.
//! ## Fix
//! Move it to a file of its own. Parts of an `allOf` may stand in place.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("no-inline-object-schema", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    if !schema.has("properties") {
        return;
    }
    let Some(parent) = schema.parent() else { return };
    let in_place = match (parent.kind(), parent.key()) {
        (Some(Kind::Schemas), key) => key == Some("properties"),
        (Some(Kind::SchemaList), key) => matches!(key, Some("oneOf" | "anyOf" | "prefixItems")),
        (Some(Kind::Schema), _) => matches!(schema.key(), Some("items" | "additionalProperties")),
        (kind, _) => matches!(kind, Some(Kind::Parameter | Kind::Header)),
    };
    if in_place {
        report.key(schema, "the object schema is written in place, without a name");
    }
}
