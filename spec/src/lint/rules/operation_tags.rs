//! ## What it finds
//! An operation without tags.
//! ## Why it matters
//! Tags are the chapters of the documentation, and the modules of clients.
//! ## Fix
//! Add one that the root document lists.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("operation-tags", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    if op.site().get("tags").is_none_or(|tags| tags.is_sequence() && tags.len() == 0) {
        report.member(op.site(), "tags", format!("`{}` has no tags", op.title()));
    }
}
