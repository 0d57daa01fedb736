//! `POST /api/v1/auth/sessions/current/refresh`

use countersign_api::types::UserAccess;
use countersign_api::{Request, operations};

use crate::callers::cli_login::ProjectCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    server: &Server,
    caller: &ProjectCaller,
    _: Request<operations::RefreshCurrentSession>,
) -> Result<operations::RefreshCurrentSessionOutcome, ApiError> {
    let ended = || ApiError::unauthorized("The session is not live.");
    let session = caller.session.as_ref().ok_or_else(ended)?;
    let access_token = server.access_token(caller.platform.id, session.user.id, session.id).await?;
    Ok(UserAccess { access_token })
}
