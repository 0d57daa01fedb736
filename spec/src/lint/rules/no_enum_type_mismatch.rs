//! ## What it finds
//! A value of an `enum` that is not of the schema's `type`.
//! ## Why it matters
//! The value can never occur.
//! ## Fix
//! Quote it if it is meant as text, or correct the type.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::error("no-enum-type-mismatch", Check::Object(&[Kind::Schema], check)).aliases(&["typed-enum"]);

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    for value in mismatches(schema) {
        let types = schema::types(schema).join(" or ");
        report.add(value, format!("`{}` is not of type {types}", value.shown()));
    }
}

/// The values of an `enum` that are not of the `type` beside it.
pub(crate) fn mismatches(schema: Site<'_>) -> Vec<Site<'_>> {
    let types = schema::types(schema);
    let Some(values) = schema.get("enum").filter(|values| values.is_sequence() && !types.is_empty()) else {
        return Vec::new();
    };
    let fits = |value: &Site<'_>, name: &str| match name {
        "string" => value.str().is_some(),
        "boolean" => value.bool().is_some(),
        "number" => value.number().is_some(),
        "integer" => value.number().is_some_and(|number| number.fract() == 0.0),
        "null" => value.is_null(),
        "object" => value.is_mapping(),
        "array" => value.is_sequence(),
        _ => true,
    };
    let is_allowed = |value: &Site<'_>| {
        types.iter().any(|name| fits(value, name)) || (value.is_null() && schema.is_true("nullable"))
    };
    values.items().filter(|value| !is_allowed(value)).collect()
}
