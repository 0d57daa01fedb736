//! ## What it finds
//! A value of an enum that begins with a digit, and the example of an unconstrained text that looks like such a value.
//! ## Why it matters
//! Generated names cannot begin with a digit: every generator invents another one.
//! ## Fix
//! Begin with a letter: `TWO_FACTOR`, not `2_FACTOR`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("enum-value-identifier", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    for value in schema.get("enum").into_iter().flat_map(Site::items) {
        if let Some(text) = value.str().filter(|text| text.starts_with(|c: char| c.is_ascii_digit())) {
            report.add(value, format!("`{text}` begins with a digit"));
        }
    }
    let constraints = ["enum", "const", "pattern", "format", "minLength", "maxLength"];
    if schema::types(schema) != ["string"] || constraints.iter().any(|word| schema.has(word)) {
        return;
    }
    for example in schema::examples(schema) {
        if let Some(text) = example.str().filter(|text| is_like_value(text)) {
            report.add(example, format!("`{text}` looks like a value of an enum, and begins with a digit"));
        }
    }
}

/// `2FA_REQUIRED`, but neither `2026` nor `20_000`.
fn is_like_value(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains('_')
        && text.bytes().any(|byte| byte.is_ascii_uppercase())
        && casing::is_upper_snake(&format!("N{text}"))
}
