//! ## What it finds
//! An `info` without `description`.
//! ## Why it matters
//! It is the first text that a reader of the documentation sees.
//! ## Fix
//! Say what the interface is for, how callers identify themselves, and what holds for every operation.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("info-description", Check::Object(&[Kind::Info], check));

fn check(info: Site<'_>, report: &mut Report<'_>) {
    let is_text = info.get("description").is_some_and(|text| text.is_reference() || text.str() != Some(""));
    if info.is_mapping() && !is_text {
        report.member(info, "description", "`info` has no `description`");
    }
}
