//! ## What it finds
//! A variable in a server's `url` that `variables` does not describe, and a described one that is not in the `url`.
//! ## Why it matters
//! The one cannot be filled in; the other does nothing.
//! ## Fix
//! Describe it, or remove it.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("no-undefined-server-variable", Check::Object(&[Kind::Server], check))
    .aliases(&["oas3-server-variables"]);

fn check(server: Site<'_>, report: &mut Report<'_>) {
    let Some(url) = server.text("url") else { return };
    let used: Vec<&str> = url.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect();
    let described = server.get("variables");
    for name in &used {
        if described.is_none_or(|all| !all.has(name)) {
            report.member(server, "url", format!("the variable `{name}` is not described"));
        }
    }
    for (name, variable) in described.into_iter().flat_map(Site::entries).filter(|(name, _)| !used.contains(name)) {
        report.key(variable, format!("`{url}` has no variable `{name}`"));
    }
}
