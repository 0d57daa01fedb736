//! ## What it finds
//! Two paths that differ only in the names of their variables.
//! ## Why it matters
//! They are one path; which of the two answers depends on the router.
//! ## Fix
//! Join them into one path.
use crate::lint::prelude::*;
use std::collections::HashMap;

pub(crate) const RULE: Rule = Rule::error("no-identical-paths", Check::Object(&[Kind::Paths], check));

fn check(paths: Site<'_>, report: &mut Report<'_>) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (path, item) in paths.entries().filter(|(path, _)| path.starts_with('/')) {
        if let Some(first) = seen.insert(without_names(path), path) {
            report.key(item, format!("`{path}` is the same path as `{first}`"));
        }
    }
}

/// `/a/{x}...{y}` is `/a/{}...{}`.
fn without_names(path: &str) -> String {
    let mut in_name = false;
    let keep = |c: &char| {
        in_name = if *c == '{' { true } else { in_name && *c != '}' };
        !in_name || *c == '{'
    };
    path.chars().filter(keep).collect()
}
