//! ## What it finds
//! A path with a `?`.
//! ## Why it matters
//! The query is not part of the path; no request will fit.
//! ## Fix
//! Make query parameters of what stands after the `?`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("path-not-include-query", Check::Object(&[Kind::Paths], check));

fn check(paths: Site<'_>, report: &mut Report<'_>) {
    for (path, item) in paths.entries().filter(|(path, _)| path.starts_with('/') && path.contains('?')) {
        report.key(item, format!("`{path}` holds a query"));
    }
}
