//! ## What it finds
//! A document without `tags`.
//! ## Why it matters
//! Without them the chapters of the documentation have no order and no descriptions.
//! ## Fix
//! List the tags of the operations, each with a description.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("openapi-tags", Check::Object(&[Kind::Root], check)).ours_only();

fn check(root: Site<'_>, report: &mut Report<'_>) {
    if root.get("tags").is_none_or(|tags| tags.is_sequence() && tags.len() == 0) {
        report.member(root, "tags", "the document lists no `tags`");
    }
}
