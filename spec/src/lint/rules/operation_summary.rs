//! ## What it finds
//! An operation without a summary.
//! ## Why it matters
//! It is the title of the operation in documentation.
//! ## Fix
//! Say in a few words what the operation does, beginning with a verb.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("operation-summary", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    if op.site().text("summary").is_none_or(|text| text.trim().is_empty()) {
        report.member(op.site(), "summary", format!("`{}` has no summary", op.title()));
    }
}
