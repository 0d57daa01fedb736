//! `GET /api/v1/users/{user_id}`

use std::time::Duration;

use countersign_api::{Request, operations};

use crate::callers::cli_login::ProjectCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    _: &Server,
    _: &ProjectCaller,
    _: Request<operations::GetUser>,
) -> Result<operations::GetUserOutcome, ApiError> {
    Err(ApiError::unavailable(Duration::from_mins(1)))
}
