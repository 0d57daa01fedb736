//! `GET /v1/tokens/introspect`

use std::time::Duration;

use countersign_api::{Request, operations};

use crate::callers::service_tokens::TokenCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    _: &Server,
    _: &TokenCaller,
    _: Request<operations::IntrospectTokenByQuery>,
) -> Result<operations::IntrospectTokenByQueryOutcome, ApiError> {
    Err(ApiError::unavailable(Duration::from_mins(1)))
}
