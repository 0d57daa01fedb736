//! ## What it finds
//! A dated `info.version` that is not the date in a server's address.
//! ## Why it matters
//! Clients would call one version and read about another.
//! ## Fix
//! Correct whichever was forgotten at the release.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("version-matches-server-path", Check::Object(&[Kind::Root], check));

fn check(root: Site<'_>, report: &mut Report<'_>) {
    let Some(version) = root.get("info").and_then(|info| info.end().get("version")) else { return };
    let Some(date) = version.str().and_then(|text| dates(text).next()) else { return };
    for url in root.get("servers").into_iter().flat_map(Site::items).filter_map(|server| server.text("url")) {
        if dates(url).next().is_some() && !dates(url).any(|other| other == date) {
            report.add(version, format!("the version is {date}, but a server is at `{url}`"));
            return;
        }
    }
}

/// The dates such as `2026-11-20` in a text.
fn dates(text: &str) -> impl Iterator<Item = &str> {
    let fits = |part: &&str| {
        part.len() == 10
            && part
                .bytes()
                .enumerate()
                .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
    };
    text.split(|c: char| !(c.is_ascii_digit() || c == '-')).filter(fits)
}
