//! ## What it finds
//! A schema with `const` and without `type`.
//! ## Why it matters
//! Generators then take the value for anything at all.
//! ## Fix
//! Add the type of the value. `--fix` does it.
use crate::bundle::arena::Content;
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("const-has-type", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let Some(constant) = schema.get("const").filter(|_| is_untyped(schema)) else { return };
    let finding = report.key(constant, "`const` needs a `type`");
    if let Some(name) = type_of(constant) {
        finding.fix(Fix::InsertBefore { at: constant.key_span(), member: format!("type: {name}") });
    }
}

/// Whether neither the schema nor what it joins has a type.
pub(crate) fn is_untyped(schema: Site<'_>) -> bool {
    schema::parts(schema).into_iter().all(|part| schema::types(part).is_empty())
}

/// The type that a value certainly has.
pub(crate) fn type_of(value: Site<'_>) -> Option<&'static str> {
    Some(match value.content() {
        Content::String(_) => "string",
        Content::Bool(_) => "boolean",
        Content::Number(number) if number.as_f64().fract() == 0.0 => "integer",
        Content::Number(_) => "number",
        Content::Null | Content::Sequence(_) | Content::Mapping(_) => return None,
    })
}
