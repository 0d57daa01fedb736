//! ## What it finds
//! A parameter without a description.
//! ## Why it matters
//! The name alone seldom says what a value means and what happens without it.
//! ## Fix
//! Add a `description`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("parameter-description", Check::Object(&[Kind::Parameter], check))
    .aliases(&["oas3-parameter-description"])
    .ours_only();

fn check(parameter: Site<'_>, report: &mut Report<'_>) {
    let text = parameter.follow("description").and_then(Site::str);
    if parameter.is_mapping() && text.is_none_or(|text| text.trim().is_empty()) {
        let name = parameter.text("name").unwrap_or_default();
        report.member(parameter, "description", format!("the parameter `{name}` has no description"));
    }
}
