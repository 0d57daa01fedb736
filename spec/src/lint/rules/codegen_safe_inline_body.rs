//! ## What it finds
//! A request or response body whose schema is no reference to a named one.
//! ## Why it matters
//! The generator names types after components.
//! ## Fix
//! Move the schema to a file of its own.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::error("codegen-safe/inline-body", Check::Object(&[Kind::RequestBody, Kind::Response], check)).ours_only();

fn check(body: Site<'_>, report: &mut Report<'_>) {
    for schema in content_schemas(body).into_iter().filter(|schema| super::no_inline_request_schema::is_inline(*schema))
    {
        report.key(schema, "the generator cannot name the schema of this body");
    }
}
