//! `GET /openapi.json`

use countersign_api::types::OpenapiDocument;

use crate::error::ApiError;

/// The bundle, byte for byte.
const DOCUMENT: &str = include_str!("../../../../openapi/dist/openapi.json");

pub(crate) fn handle() -> Result<OpenapiDocument, ApiError> {
    OpenapiDocument::new(DOCUMENT.to_owned()).map_err(ApiError::internal)
}
