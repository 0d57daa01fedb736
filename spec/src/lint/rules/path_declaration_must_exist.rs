//! ## What it finds
//! A path with a variable that has no name, as in `/sessions/{}`.
//! ## Why it matters
//! No parameter can describe it.
//! ## Fix
//! Name the variable.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("path-declaration-must-exist", Check::Object(&[Kind::Paths], check))
    .aliases(&["path-declarations-must-exist"]);

fn check(paths: Site<'_>, report: &mut Report<'_>) {
    for (path, item) in paths.entries().filter(|(path, _)| path.contains("{}")) {
        report.key(item, format!("`{path}` has a variable without a name"));
    }
}
