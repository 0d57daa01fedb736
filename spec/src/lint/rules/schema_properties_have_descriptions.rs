//! ## What it finds
//! A property without a description, neither in place nor in the schema that it refers to.
//! ## Why it matters
//! The name alone seldom says what a value means, in which unit, and who sets it.
//! ## Fix
//! Add a `description` that says more than the name does.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::warning("schema-properties-have-descriptions", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    for (name, property) in schema.get("properties").into_iter().flat_map(Site::entries) {
        let described = schema::parts(property)
            .into_iter()
            .any(|part| part.follow("description").and_then(Site::str).is_some_and(|text| !text.trim().is_empty()));
        if !described && property.is_mapping() {
            report.key(property, format!("`{name}` has no description"));
        }
    }
}
