//! `GET /auth/delegated-keys/{id}`

use countersign_api::operations::GetDelegatedKeyByIdInput;
use countersign_api::types::DelegatedKey;

use crate::error::ApiError;
use crate::server::Server;
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    input: GetDelegatedKeyByIdInput,
) -> Result<DelegatedKey, ApiError> {
    let id = wire::parse(&input.id, "path/id")?;
    wire::delegated_key(&server.store.delegated_key(caller.id, id).await?.ok_or_else(ApiError::not_found)?)
}
