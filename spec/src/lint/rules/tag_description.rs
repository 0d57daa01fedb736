//! ## What it finds
//! A tag without a description.
//! ## Why it matters
//! Tags are the chapters of the documentation; a chapter needs a sentence on what it is about.
//! ## Fix
//! Add a `description`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("tag-description", Check::Object(&[Kind::Tag], check));

fn check(tag: Site<'_>, report: &mut Report<'_>) {
    if tag.is_mapping() && tag.get("description").is_none_or(|text| text.str() == Some("")) {
        report.member(
            tag,
            "description",
            format!("the tag `{}` has no description", tag.text("name").unwrap_or_default()),
        );
    }
}
