//! ## What it finds
//! A boolean parameter whose name does not begin with `is`, `has`, `should`, `can` or `include`.
//! ## Why it matters
//! `?archived=true` could ask for archived things, or for all with their state.
//! ## Fix
//! Write for example `isArchived` or `includeArchived`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("boolean-parameter-prefixes", Check::Object(&[Kind::Parameter], check));

const PREFIXES: [&str; 5] = ["is", "has", "should", "can", "include"];

fn check(parameter: Site<'_>, report: &mut Report<'_>) {
    let is_boolean = parameter.follow("schema").is_some_and(|schema| schema::types(schema).contains(&"boolean"));
    let Some(name) = parameter.text("name").filter(|_| is_boolean) else { return };
    if !casing::words(name).first().is_some_and(|first| PREFIXES.contains(&first.as_str())) {
        let prefixes = PREFIXES.join(", ");
        report.member(parameter, "name", format!("`{name}` is boolean, but begins with none of {prefixes}"));
    }
}
