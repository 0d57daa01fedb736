//! ## What it finds
//! An operation without a description.
//! ## Why it matters
//! A summary says what; only a description says when, why, and what else happens.
//! ## Fix
//! Add a `description`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("operation-description", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    let text = op.site().follow("description").and_then(Site::str);
    if text.is_none_or(|text| text.trim().is_empty()) {
        report.member(op.site(), "description", format!("`{}` has no description", op.title()));
    }
}
