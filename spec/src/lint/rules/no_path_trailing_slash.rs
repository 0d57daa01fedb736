//! ## What it finds
//! A path that ends in `/`.
//! ## Why it matters
//! Routers disagree on whether the path without it is the same.
//! ## Fix
//! Remove the slash.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("no-path-trailing-slash", Check::Object(&[Kind::Paths], check))
    .aliases(&["path-keys-no-trailing-slash"]);

fn check(paths: Site<'_>, report: &mut Report<'_>) {
    for (path, item) in paths.entries().filter(|(path, _)| path.len() > 1 && path.ends_with('/')) {
        report.key(item, format!("`{path}` ends in `/`"));
    }
}
