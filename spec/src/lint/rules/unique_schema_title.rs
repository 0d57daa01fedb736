//! ## What it finds
//! Two branches of one union with the same title.
//! ## Why it matters
//! Nobody can tell them apart in documentation.
//! ## Fix
//! Rename one.
use crate::lint::prelude::*;
use std::collections::HashMap;

pub(crate) const RULE: Rule = Rule::warning("unique-schema-title", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let mut seen: HashMap<&str, Site<'_>> = HashMap::new();
    for branch in schema::branches(schema).into_iter().map(Site::end) {
        let Some(title) = branch.get("title") else { continue };
        let Some(text) = title.str() else { continue };
        let first = *seen.entry(text).or_insert(branch);
        if first != branch {
            report.add(title, format!("`{}` has the same title `{text}`", first.name()));
        }
    }
}
