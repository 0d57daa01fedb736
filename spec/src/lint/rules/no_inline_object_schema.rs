//! ## What it finds
//! An object schema without a name: written in place in a property, in the items of a list, in a union, or in a
//! parameter or header.
//! ## Why it matters
//! It cannot be referred to, and every generator invents another name.
//! ## Fix
//! Move it to a file of its own. Parts of an `allOf` may stand in place.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("no-inline-object-schema", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let mut joined = schema.get("allOf").into_iter().flat_map(Site::items);
    if !schema.has("properties") && !joined.any(|part| part.has("properties")) {
        return;
    }
    let Some(parent) = schema.parent() else { return };
    let in_place = match (parent.kind(), parent.key()) {
        (Some(Kind::Schemas), key) => matches!(key, Some("properties" | "patternProperties")),
        (Some(Kind::SchemaList), key) => matches!(key, Some("oneOf" | "anyOf" | "prefixItems")),
        (Some(Kind::Schema), _) => matches!(schema.key(), Some("items" | "additionalProperties")),
        // Bodies have rules of their own; the content of a parameter has not.
        (Some(Kind::MediaType), _) => parent
            .parent()
            .and_then(Site::parent)
            .is_some_and(|owner| matches!(owner.kind(), Some(Kind::Parameter | Kind::Header))),
        (kind, _) => matches!(kind, Some(Kind::Parameter | Kind::Header)),
    };
    if in_place {
        report.key(schema, "the object schema is written in place, without a name");
    }
}
