//! ## What it finds
//! A property of a simple type without an example, neither in place nor in the schema that it refers to.
//! ## Why it matters
//! An example shows at a glance what a pattern takes minutes to read.
//! ## Fix
//! Add an `example`. Objects, unions, and values that are fixed by `const` or a one-value `enum` need none of their own,
//! nor do lists whose items have one.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("schema-properties-have-examples", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    for (name, property) in schema.get("properties").into_iter().flat_map(Site::entries) {
        if property.is_mapping() && !is_shown(property) {
            report.key(property, format!("`{name}` has no example"));
        }
    }
}

fn is_shown(property: Site<'_>) -> bool {
    let parts = schema::parts(property);
    let has = |word: &str| parts.iter().any(|part| part.has(word));
    let is_simple = schema::types(property.end()).iter().all(|name| *name != "object");
    let items = parts.iter().find_map(|part| part.get("items"));
    has("example")
        || has("examples")
        || has("const")
        || has("oneOf")
        || has("anyOf")
        || has("properties")
        || !is_simple
        || schema::pinned_value(property).is_some()
        || items.is_some_and(|items| {
            let parts = schema::parts(items);
            parts
                .iter()
                .any(|part| ["example", "examples", "properties", "oneOf", "anyOf"].iter().any(|word| part.has(word)))
        })
}
