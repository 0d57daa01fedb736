//! `GET /auth/sessions`

use countersign_api::operations::ListAuthSessionsInput;
use countersign_api::types::AuthSessionList;

use crate::error::ApiError;
use crate::server::Server;
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    input: ListAuthSessionsInput,
) -> Result<AuthSessionList, ApiError> {
    let account = wire::parse(&input.account_id, "query/accountId")?;
    let sessions = server.store.live_sessions(caller.id, account).await?;
    let data: Result<_, _> = sessions.iter().map(wire::listed_session).collect();
    Ok(AuthSessionList { data: data? })
}
