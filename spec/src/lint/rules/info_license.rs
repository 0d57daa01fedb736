//! ## What it finds
//! An `info` without `license`.
//! ## Why it matters
//! Without one nobody knows what they may do with the document and what is made from it.
//! ## Fix
//! Add `license` with a `name`, and a `url` or an SPDX `identifier`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("info-license", Check::Object(&[Kind::Info], check));

fn check(info: Site<'_>, report: &mut Report<'_>) {
    if info.is_mapping() && !info.has("license") {
        report.key(info, "`info` has no `license`");
    }
}
