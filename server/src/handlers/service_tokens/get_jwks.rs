//! `GET /.well-known/jwks.json`

use std::time::Duration;

use countersign_api::{Request, operations};

use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    _: &Server,
    _: Request<operations::GetJwks>,
) -> Result<operations::GetJwksOutcome, ApiError> {
    Err(ApiError::unavailable(Duration::from_mins(1)))
}
