//! ## What it finds
//! A text in an `enum` that is not in `UPPER_SNAKE_CASE`.
//! ## Why it matters
//! Values look like values, and never like text for people.
//! ## Fix
//! Write `EMAIL_OTP`. Values that another standard prescribes get an override with that reason.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("enum-values-upper-snake-case", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    for value in schema.get("enum").into_iter().flat_map(Site::items) {
        let Some(text) = value.str().filter(|text| !casing::is_upper_snake(text)) else { continue };
        // A value that begins with a digit is the mistake of `enum-value-identifier`.
        if text.starts_with(|c: char| c.is_ascii_digit()) && casing::is_upper_snake(&format!("N{text}")) {
            continue;
        }
        let better = casing::upper_snake(text);
        report.add(value, format!("`{text}` is not in UPPER_SNAKE_CASE")).help(format!("write `{better}`"));
    }
}
