//! ## What it finds
//! A document without `servers`, or with an empty list of them.
//! ## Why it matters
//! Clients then call the host that the document came from, which is seldom meant.
//! ## Fix
//! Add a server. If the document is served by the server that it describes, say so with `url: /`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::error("no-empty-servers", Check::Object(&[Kind::Root], check)).aliases(&["oas3-api-servers"]);

fn check(root: Site<'_>, report: &mut Report<'_>) {
    match root.get("servers") {
        None => {
            report.key(root, "the document has no `servers`");
        }
        Some(servers) if servers.is_sequence() && servers.len() == 0 => {
            report.add(servers, "`servers` is empty");
        }
        Some(_) => {}
    }
}
