//! ## What it finds
//! An operation with more than one tag.
//! ## Why it matters
//! It stands in several chapters of the documentation, and in several modules of clients.
//! ## Fix
//! Keep the tag of the resource.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("operation-singular-tag", Check::Operation(check)).ours_only();

fn check(op: Op<'_>, report: &mut Report<'_>) {
    if let Some(tags) = op.site().get("tags").filter(|tags| tags.len() > 1) {
        report.key(tags, format!("`{}` has {} tags", op.title(), tags.len()));
    }
}
