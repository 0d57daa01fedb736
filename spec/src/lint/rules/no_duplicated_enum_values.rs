//! ## What it finds
//! A value that stands twice in an `enum`.
//! ## Why it matters
//! Generated code may not compile, and one of the two was probably meant to be another value.
//! ## Fix
//! Remove or correct one.
use crate::lint::prelude::*;
use crate::lint::site::repeated;

pub(crate) const RULE: Rule = Rule::warning("no-duplicated-enum-values", Check::Object(&[Kind::Schema], check))
    .aliases(&["duplicated-entry-in-enum"]);

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    for value in repeated(schema.get("enum").into_iter().flat_map(Site::items)) {
        report.add(value, format!("`{}` stands twice in the enum", value.shown()));
    }
}
