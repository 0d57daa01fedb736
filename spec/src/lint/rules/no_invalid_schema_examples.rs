//! ## What it finds
//! An `example`, one of `examples`, or a `default` of a schema that the schema itself does not allow.
//! ## Why it matters
//! Readers copy examples before they read schemas, and mock servers answer with them.
//! ## Fix
//! Correct the example or the schema.
use crate::lint::example::{Direction, faults};
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("no-invalid-schema-examples", Check::Object(&[Kind::Schema], check))
    .aliases(&["example-matches-schema", "oas3-valid-schema-example"]);

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    for example in schema::examples(schema).into_iter().chain(schema.get("default")) {
        for fault in faults(example, schema, Direction::Either) {
            report.add(fault.at, fault.message);
        }
    }
}
