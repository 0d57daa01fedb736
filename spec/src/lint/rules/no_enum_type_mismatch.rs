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
    let types = schema::types(schema);
    let Some(values) = schema.get("enum").filter(|values| values.is_sequence() && !types.is_empty()) else { return };
    for value in values.items() {
        let fits = |name: &&str| match *name {
            "string" => value.str().is_some(),
            "boolean" => value.bool().is_some(),
            "number" => value.number().is_some(),
            "integer" => value.number().is_some_and(|number| number.fract() == 0.0),
            "null" => value.is_null(),
            "object" => value.is_mapping(),
            "array" => value.is_sequence(),
            _ => true,
        };
        let fits = types.iter().any(fits) || (value.is_null() && schema.is_true("nullable"));
        if !fits {
            report.add(value, format!("`{}` is not of type {}", value.shown(), types.join(" or ")));
        }
    }
}
