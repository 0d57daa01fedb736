//! ## What it finds
//! An `info` without `contact`.
//! ## Why it matters
//! Whoever finds a mistake in the interface needs somebody to tell.
//! ## Fix
//! Add `contact` with a `name`, `url` or `email`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("info-contact", Check::Object(&[Kind::Info], check));

fn check(info: Site<'_>, report: &mut Report<'_>) {
    if info.is_mapping() && !info.has("contact") {
        report.key(info, "`info` has no `contact`");
    }
}
