//! ## What it finds
//! A value that stands twice in an `enum`.
//! ## Why it matters
//! Generated code may not compile, and one of the two was probably meant to be another value.
//! ## Fix
//! Remove or correct one.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("no-duplicated-enum-values", Check::Object(&[Kind::Schema], check))
    .aliases(&["duplicated-entry-in-enum"]);

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let values: Vec<Site<'_>> = schema.get("enum").into_iter().flat_map(Site::items).collect();
    let texts_are_unique = {
        let mut seen = std::collections::HashSet::new();
        values.iter().all(|value| value.str().is_some_and(|text| seen.insert(text)))
    };
    if texts_are_unique {
        return;
    }
    for (index, value) in values.iter().enumerate().take(2_000) {
        if values[..index].iter().any(|earlier| earlier.same_value(*value)) {
            report.add(*value, format!("`{}` stands twice in the enum", value.shown()));
        }
    }
}
