//! `POST /api/v1/auth/oauth/token`

use std::time::Duration;

use countersign_api::{Request, operations};

use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    _: &Server,
    _: Request<operations::ExchangeRefreshToken>,
) -> Result<operations::ExchangeRefreshTokenOutcome, ApiError> {
    Err(ApiError::unavailable(Duration::from_mins(1)))
}
