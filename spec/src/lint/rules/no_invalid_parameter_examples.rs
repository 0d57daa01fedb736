//! ## What it finds
//! An example of a parameter or header that its schema does not allow.
//! ## Why it matters
//! Readers copy examples before they read schemas.
//! ## Fix
//! Correct the example or the schema.
use crate::lint::example::{Direction, faults};
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::error("no-invalid-parameter-examples", Check::Object(&[Kind::Parameter, Kind::Header], check))
        .aliases(&["example-matches-schema", "oas3-valid-media-example"]);

fn check(parameter: Site<'_>, report: &mut Report<'_>) {
    let Some(schema) = parameter.get("schema") else { return };
    for example in super::no_invalid_media_type_examples::examples(parameter) {
        for fault in faults(example, schema, Direction::Either) {
            report.add(fault.at, fault.message);
        }
    }
}
