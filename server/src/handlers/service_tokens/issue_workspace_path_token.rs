//! `POST /v1/tokens/workspace-path`

use std::time::Duration;

use countersign_api::{Request, operations};

use crate::callers::service_tokens::TokenCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    _: &Server,
    _: &TokenCaller,
    _: Request<operations::IssueWorkspacePathToken>,
) -> Result<operations::IssueWorkspacePathTokenOutcome, ApiError> {
    Err(ApiError::unavailable(Duration::from_mins(1)))
}
