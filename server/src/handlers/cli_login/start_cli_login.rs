//! `POST /api/v1/auth/cli`

use std::time::Duration;

use countersign_api::{Request, operations};

use crate::callers::cli_login::ProjectCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    _: &Server,
    _: &ProjectCaller,
    _: Request<operations::StartCliLogin>,
) -> Result<operations::StartCliLoginOutcome, ApiError> {
    Err(ApiError::unavailable(Duration::from_mins(1)))
}
