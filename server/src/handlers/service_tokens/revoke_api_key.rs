//! `POST /v1/api-keys/{id}/revoke`

use std::time::Duration;

use countersign_api::{Request, operations};

use crate::callers::service_tokens::TokenCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    _: &Server,
    _: &TokenCaller,
    _: Request<operations::RevokeApiKey>,
) -> Result<operations::RevokeApiKeyOutcome, ApiError> {
    Err(ApiError::unavailable(Duration::from_mins(1)))
}
