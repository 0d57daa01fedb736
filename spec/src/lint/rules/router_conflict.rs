//! ## What it finds
//! Paths that our router refuses together: a literal and a variable at one position, or variables of different names.
//! ## Why it matters
//! The server would not start.
//! ## Fix
//! Give the literal a segment of its own, and the variable one name.
use crate::lint::prelude::*;
use std::collections::HashMap;

pub(crate) const RULE: Rule = Rule::error("router-conflict", Check::Object(&[Kind::Paths], check)).ours_only();

fn check(paths: Site<'_>, report: &mut Report<'_>) {
    // The segments that may follow each beginning of a path, with the path that brought them.
    let mut next: HashMap<String, HashMap<&str, &str>> = HashMap::new();
    for (path, item) in paths.entries().filter(|(path, _)| path.starts_with('/')) {
        let mut beginning = String::new();
        let mut conflict = None;
        for segment in path.split('/').skip(1) {
            let known = next.entry(beginning.clone()).or_default();
            let is_variable = segment.starts_with('{');
            let other = known.iter().find(|(other, _)| **other != segment && (is_variable || other.starts_with('{')));
            if conflict.is_none() {
                conflict = other.map(|(_, path)| *path);
            }
            known.entry(segment).or_insert(path);
            beginning = beginning + "/" + if is_variable { "{}" } else { segment };
        }
        if let Some(other) = conflict {
            report.key(item, format!("the router refuses `{path}` beside `{other}`"));
        }
    }
}
