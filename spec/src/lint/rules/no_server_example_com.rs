//! ## What it finds
//! A server at `example.com` or `localhost`.
//! ## Why it matters
//! Nobody can call it.
//! ## Fix
//! Write the address that clients call.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("no-server-example.com", Check::Object(&[Kind::Server], check))
    .aliases(&["oas3-server-not-example.com"]);

fn check(server: Site<'_>, report: &mut Report<'_>) {
    let Some(url) = server.text("url") else { return };
    let host = url.split_once("://").map_or("", |(_, rest)| rest).split(['/', ':']).next().unwrap_or_default();
    if host == "example.com" || host.ends_with(".example.com") || host == "localhost" {
        report.member(server, "url", format!("`{host}` is not a server that clients can call"));
    }
}
