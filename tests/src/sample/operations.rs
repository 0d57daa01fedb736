//! The state of the server, and its document.

use super::Sample;

pub(super) fn sample(operation: &str) -> Option<Sample<'static>> {
    Some(match operation {
        "getHealth" | "getReadiness" | "getOpenapiJson" | "getOpenapiYaml" => Sample::of(""),
        _ => return None,
    })
}
