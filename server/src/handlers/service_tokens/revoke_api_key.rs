//! `POST /v1/api-keys/{id}/revoke`

use countersign_api::types::ApiKey;
use countersign_api::{Request, operations};

use crate::callers::service_tokens::TokenCaller;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::StoreError;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &TokenCaller,
    request: Request<operations::RevokeApiKey>,
) -> Result<ApiKey, ApiError> {
    caller.require(&["relayauth:api-key:manage"])?;
    let id = request.input.id.parse().map_err(|_| StoreError::NotFound("api_key"))?;
    let platform = caller.grantor.platform;
    Ok(wire::api_key(server.store.revoke_service_key(platform, id, Some(caller.grantor.clone())).await?))
}
