//! ## What it finds
//! A request body whose schema is written in place, whatever its media type.
//! ## Why it matters
//! It has no name: generators invent one, and it cannot be referred to.
//! ## Fix
//! Move it to a file of its own and refer to it.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("no-inline-request-schema", Check::Object(&[Kind::RequestBody], check));

fn check(body: Site<'_>, report: &mut Report<'_>) {
    for schema in content_schemas(body).into_iter().filter(|schema| is_inline(*schema)) {
        report.key(schema, "the schema of the request is written in place");
    }
}

/// Whether a schema is neither a reference, nor so simple that a name would add nothing.
pub(crate) fn is_inline(schema: Site<'_>) -> bool {
    if schema.is_reference() || !schema.is_mapping() {
        return false;
    }
    let types = schema::types(schema);
    let is_scalar = !types.is_empty() && types.iter().all(|name| !matches!(*name, "object" | "array"));
    let is_list_of_named = types == ["array"] && schema.get("items").is_some_and(Site::is_reference);
    let is_any = schema.entries().all(|(key, _)| matches!(key, "description" | "example" | "examples" | "title"));
    let is_open_object = types == ["object"] && !schema.has("properties") && !schema.has("allOf");
    !(is_scalar || is_list_of_named || is_any || is_open_object)
}
