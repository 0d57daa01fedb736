//! ## What it finds
//! An example with both `value` and `externalValue`, or with neither.
//! ## Why it matters
//! They exclude each other, and tools pick either; without both there is nothing to show.
//! ## Fix
//! Keep one.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("no-example-value-and-externalValue", Check::Object(&[Kind::Example], check))
    .aliases(&["oas3-examples-value-or-externalValue"]);

fn check(example: Site<'_>, report: &mut Report<'_>) {
    if example.has("value") && example.has("externalValue") {
        report.key(example, "the example has both `value` and `externalValue`");
    } else if example.is_mapping() && !example.has("value") && !example.has("externalValue") {
        report.key(example, "the example has neither `value` nor `externalValue`");
    }
}
