//! `POST /v1/tokens/revoke`

use countersign_api::{Request, operations};

use crate::callers::service_tokens::TokenCaller;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::StoreError;
use crate::store::token_families::RevokeTokens;

pub(crate) async fn handle(
    server: &Server,
    caller: &TokenCaller,
    request: Request<operations::RevokeToken>,
) -> Result<(), ApiError> {
    caller.require(&["relayauth:token:manage"])?;
    let body = request.input.body;
    // What isn't an id of ours names nothing that there is.
    let unknown = |_| ApiError::from(StoreError::NotFound("token"));
    let target = match (&body.token_id, &body.session_id, &body.identity_id) {
        (Some(id), ..) => RevokeTokens::Token(id.parse().map_err(unknown)?),
        (None, Some(id), _) => RevokeTokens::Family(id.parse().map_err(unknown)?),
        (None, None, Some(id)) => RevokeTokens::Identity(id.parse().map_err(unknown)?),
        (None, None, None) => {
            return Err(ApiError::invalid("body", "must have `tokenId`, `sessionId` or `identityId`"));
        }
    };
    Ok(server.store.revoke_tokens(target, caller.grantor.clone()).await?)
}
