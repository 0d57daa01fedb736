//! ## What it finds
//! Two branches of one union with the same title.
//! ## Why it matters
//! Nobody can tell them apart in documentation.
//! ## Fix
//! Rename one.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("unique-schema-title", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let mut seen: Vec<(&str, Site<'_>)> = Vec::new();
    for branch in schema::branches(schema).into_iter().map(Site::end) {
        let Some(title) = branch.get("title") else { continue };
        let Some(text) = title.str() else { continue };
        match seen.iter().find(|(known, other)| *known == text && *other != branch) {
            Some((_, other)) => drop(report.add(title, format!("`{}` has the same title `{text}`", other.name()))),
            None => seen.push((text, branch)),
        }
    }
}
