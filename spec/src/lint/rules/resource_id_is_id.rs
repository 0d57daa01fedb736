//! ## What it finds
//! A schema that requires its own id under its own name: `AuthMethod` with `methodId` or `authMethodId`, and no `id`.
//! ## Why it matters
//! Everywhere else the id of the thing itself is `id`, and `methodId` is that of another.
//! ## Fix
//! Call it `id`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("resource-id-is-id", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let is_named =
        schema.parent().is_none_or(|parent| parent.kind() == Some(Kind::Schemas) && parent.key() == Some("schemas"));
    if !is_named || !schema::is(schema, "object") || schema::property(schema, "id").is_some() {
        return;
    }
    let mut words = casing::words(&schema.name());
    words.retain(|word| !matches!(word.as_str(), "request" | "response"));
    for (name, property) in schema::properties(schema) {
        let Some(stem) = name.strip_suffix("Id").filter(|stem| !stem.is_empty()) else { continue };
        if words.ends_with(&casing::words(stem)) && schema::requires(schema, name) {
            let at = schema.get("properties").and_then(|own| own.get(name)).unwrap_or(property);
            report.key(at, format!("`{name}` of `{}` is its own id", schema.name())).help("call it `id`");
        }
    }
}
