//! ## What it finds
//! Two tags of one name.
//! ## Why it matters
//! Documentation shows only one of the descriptions.
//! ## Fix
//! Join them.
use crate::lint::prelude::*;
use std::collections::HashSet;

pub(crate) const RULE: Rule =
    Rule::warning("no-duplicated-tag-names", Check::Object(&[Kind::Tags], check)).aliases(&["openapi-tags-uniqueness"]);

fn check(tags: Site<'_>, report: &mut Report<'_>) {
    let mut seen = HashSet::new();
    for tag in tags.items() {
        if let Some(name) = tag.text("name").filter(|name| !seen.insert(*name)) {
            report.member(tag, "name", format!("there are two tags `{name}`"));
        }
    }
}
