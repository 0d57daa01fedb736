//! ## What it finds
//! An operation with a parameter `limit` or `cursor` whose 200 object has no boolean `hasMore`.
//! ## Why it matters
//! Clients page through all lists with the same code, and must know when to stop.
//! ## Fix
//! Add `hasMore`, and require it.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("pagination-envelope-has-hasMore", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    for schema in super::pagination_envelope_has_data::envelopes(op) {
        if schema::property(schema, "hasMore").is_none_or(|more| !schema::is(more, "boolean")) {
            report.key(schema.end(), "the page has no boolean `hasMore`");
        }
    }
}
