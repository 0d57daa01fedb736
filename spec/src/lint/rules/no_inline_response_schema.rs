//! ## What it finds
//! A response whose schema is written in place, whatever its media type.
//! ## Why it matters
//! It has no name: generators invent one, and it cannot be referred to.
//! ## Fix
//! Move it to a file of its own and refer to it.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("no-inline-response-schema", Check::Object(&[Kind::Response], check));

fn check(response: Site<'_>, report: &mut Report<'_>) {
    let inline = content_schemas(response).into_iter();
    for schema in inline.filter(|schema| super::no_inline_request_schema::is_inline(*schema)) {
        report.key(schema, "the schema of the response is written in place");
    }
}
