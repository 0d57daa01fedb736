//! `DELETE /api/v1/auth/sessions/current`

use countersign_api::{Request, operations};

use crate::callers::cli_login::ProjectCaller;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::StoreError;
use crate::store::cli_login::CliRefusal;
use crate::store::cli_login::sessions::SessionKey;

pub(crate) async fn handle(
    server: &Server,
    caller: &ProjectCaller,
    _: Request<operations::EndCurrentSession>,
) -> Result<operations::EndCurrentSessionOutcome, ApiError> {
    let ended = || ApiError::unauthorized("The session is not live.");
    let session = caller.session.as_ref().ok_or_else(ended)?;
    match server.store.sign_out(caller.platform.id, SessionKey::Id(session.id)).await {
        // Another call was faster: the session was live when this one came, and isn't any more.
        Err(StoreError::Cli(CliRefusal::RefreshToken)) => Err(ended()),
        done => Ok(done?),
    }
}
