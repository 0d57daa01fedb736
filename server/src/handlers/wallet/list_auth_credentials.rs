//! `GET /auth/credentials`

use countersign_api::operations::ListAuthCredentialsInput;
use countersign_api::types::AuthMethodList;

use crate::error::ApiError;
use crate::server::Server;
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    input: ListAuthCredentialsInput,
) -> Result<AuthMethodList, ApiError> {
    let account = wire::parse(&input.account_id, "query/accountId")?;
    let credentials = server.store.credentials(caller.id, account).await?;
    let data: Result<_, _> = credentials.iter().map(wire::auth_method).collect();
    Ok(AuthMethodList { data: data? })
}
