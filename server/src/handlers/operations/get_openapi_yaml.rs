//! `GET /openapi.yaml`

/// The bundle, byte for byte.
const DOCUMENT: &str = include_str!("../../../../openapi/dist/openapi.yaml");

pub(crate) fn handle() -> String {
    DOCUMENT.to_owned()
}
