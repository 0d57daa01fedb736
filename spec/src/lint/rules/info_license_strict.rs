//! ## What it finds
//! A license without `url` and without `identifier`.
//! ## Why it matters
//! Names of licenses are not unique: which text holds?
//! ## Fix
//! Add the `url`, or in OpenAPI 3.1 the SPDX `identifier`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("info-license-strict", Check::Object(&[Kind::License], check))
    .aliases(&["license-url", "info-license-url"]);

fn check(license: Site<'_>, report: &mut Report<'_>) {
    if license.is_mapping() && !license.has("url") && !license.has("identifier") {
        let missing = if license.tree.is_3_0() { "no `url`" } else { "neither `url` nor `identifier`" };
        report.key(license, format!("the license has {missing}"));
    }
}
