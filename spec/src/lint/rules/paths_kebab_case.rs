//! ## What it finds
//! A segment of a path that is not written in kebab case.
//! ## Why it matters
//! Paths are case-sensitive; one form is one thing less to remember.
//! ## Fix
//! Write `internal-accounts`, not `internalAccounts` or `internal_accounts`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("paths-kebab-case", Check::Object(&[Kind::Paths], check));

fn check(paths: Site<'_>, report: &mut Report<'_>) {
    for (path, item) in paths.entries().filter(|(path, _)| path.starts_with('/')) {
        let literal = path.split(['/', '.', ':']).filter(|part| !part.is_empty() && !part.contains(['{', '}', '?']));
        if let Some(bad) = literal.into_iter().find(|part| !casing::is_kebab(part)) {
            let better = casing::words(bad).join("-");
            report.key(item, format!("`{bad}` in `{path}` is not in kebab case")).help(format!("write `{better}`"));
        }
    }
}
