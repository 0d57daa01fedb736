//! ## What it finds
//! An array without `items`, and words that do not fit the schema's type: `items` of an object, `properties` of a text.
//! ## Why it matters
//! The word does nothing, or the values in the list are of no known type.
//! ## Fix
//! Correct the type, or say what the items are.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::error("no-schema-type-mismatch", Check::Object(&[Kind::Schema], check)).aliases(&["array-items"]);

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let types = schema::types(schema);
    if types.is_empty() {
        return;
    }
    if types.contains(&"array") && !schema.has("items") && !schema.has("prefixItems") {
        report.key(schema, "an array needs `items`");
    }
    for (word, wanted) in [("items", "array"), ("properties", "object"), ("additionalProperties", "object")] {
        if schema.has(word) && !types.contains(&wanted) {
            report.member(schema, word, format!("`{word}` says nothing about type {}", types.join(" or ")));
        }
    }
}
