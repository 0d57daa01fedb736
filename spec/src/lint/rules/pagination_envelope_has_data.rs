//! ## What it finds
//! An operation with a parameter `limit` or `cursor` whose 200 object has no array `data`.
//! ## Why it matters
//! Clients page through all lists with the same code.
//! ## Fix
//! Return the items in `data`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("pagination-envelope-has-data", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    for schema in envelopes(op) {
        if schema::property(schema, "data").is_none_or(|data| !schema::is(data, "array")) {
            report.key(schema.end(), "the page has no array `data`");
        }
    }
}

/// The schemas of the 200 answer of an operation that takes `limit` or `cursor`.
pub(crate) fn envelopes<'a>(op: Op<'a>) -> Vec<Site<'a>> {
    let is_page = |parameter: &Site<'a>| {
        parameter.text("in") == Some("query") && matches!(parameter.text("name"), Some("limit" | "cursor"))
    };
    if op.operation.method != "get" || !op.parameters().iter().any(is_page) {
        return Vec::new();
    }
    op.answer("200").map(Answer::schemas).unwrap_or_default()
}
