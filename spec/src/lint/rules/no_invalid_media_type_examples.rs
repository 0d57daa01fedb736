//! ## What it finds
//! An example of a request body or response that its schema does not allow. The branch of a union is chosen by its
//! discriminator first, so that one mistake is one finding. Members that are `readOnly` may be left out of requests,
//! those that are `writeOnly` out of responses; what webhooks and callbacks send counts as a response.
//! ## Why it matters
//! Readers copy examples before they read schemas.
//! ## Fix
//! Correct the example, or the schema if the example is what really travels.
use crate::lint::example::{Direction, faults};
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("no-invalid-media-type-examples", Check::Object(&[Kind::MediaType], check))
    .aliases(&["example-matches-schema", "oas3-valid-media-example"]);

fn check(media: Site<'_>, report: &mut Report<'_>) {
    let Some(schema) = media.get("schema") else { return };
    let direction = direction(media);
    for example in examples(media) {
        for fault in faults(example, schema, direction) {
            report.add(fault.at, fault.message);
        }
    }
}

/// The values of `example` and of each of `examples`.
pub(crate) fn examples(owner: Site<'_>) -> Vec<Site<'_>> {
    let named = owner.follow("examples").into_iter().flat_map(Site::entries);
    let values = named.filter_map(|(_, example)| example.end().follow("value"));
    owner.follow("example").into_iter().chain(values).collect()
}

/// Whether a media type stands in a request body or a response, seen from the server.
fn direction(media: Site<'_>) -> Direction {
    let directions = media.tree.directions();
    let schema = media.get("schema");
    let sent = schema.is_some_and(|schema| directions.is_sent(schema));
    let returned = schema.is_some_and(|schema| directions.is_returned(schema));
    match (sent, returned) {
        (true, false) => Direction::Request,
        (false, true) => Direction::Response,
        _ => Direction::Either,
    }
}
