//! ## What it finds
//! A server's `url` that ends in `/`.
//! ## Why it matters
//! Paths begin with `/`, so every address gets two.
//! ## Fix
//! Remove the slash.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("no-server-trailing-slash", Check::Object(&[Kind::Server], check))
    .aliases(&["oas3-server-trailing-slash"]);

fn check(server: Site<'_>, report: &mut Report<'_>) {
    if let Some(url) = server.text("url").filter(|url| url.len() > 1 && url.ends_with('/')) {
        let at = server.get("url").unwrap_or(server);
        let fix = Fix::Replace { at: at.span(), old: url.to_owned(), text: url.trim_end_matches('/').to_owned() };
        report.add(at, format!("`{url}` ends in `/`")).fix(fix);
    }
}
