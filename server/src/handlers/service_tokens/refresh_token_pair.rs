//! `POST /v1/tokens/refresh`

use std::time::Duration;

use countersign_api::{Request, operations};

use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    _: &Server,
    _: Request<operations::RefreshTokenPair>,
) -> Result<operations::RefreshTokenPairOutcome, ApiError> {
    Err(ApiError::unavailable(Duration::from_mins(1)))
}
