//! ## What it finds
//! Tags of the root document that are not in alphabetical order.
//! ## Why it matters
//! In a long list readers look for a chapter by its name.
//! ## Fix
//! Sort them.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("tags-alphabetical", Check::Object(&[Kind::Tags], check))
    .aliases(&["openapi-tags-alphabetical"])
    .ours_only();

fn check(tags: Site<'_>, report: &mut Report<'_>) {
    let named: Vec<(Site<'_>, String)> =
        tags.items().filter_map(|tag| Some((tag, tag.end().text("name")?.to_lowercase()))).collect();
    if let Some([(_, before), (tag, name)]) = named.array_windows().find(|[a, b]| a.1 > b.1) {
        report.add(*tag, format!("the tag `{name}` stands behind `{before}`"));
    }
}
