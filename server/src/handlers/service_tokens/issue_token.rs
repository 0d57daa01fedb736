//! `POST /v1/tokens`

use countersign_api::types::TokenPair;
use countersign_api::{Request, operations};
use countersign_flow::service_token::Class;

use super::issue::{Common, for_identity};
use crate::callers::service_tokens::TokenCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    server: &Server,
    caller: &TokenCaller,
    request: Request<operations::IssueToken>,
) -> Result<TokenPair, ApiError> {
    caller.require(&["relayauth:token:create"])?;
    let body = request.input.body;
    let common = Common {
        scopes: body.scopes,
        audience: body.audience,
        access_secs: body.expires_in,
        refresh_secs: body.refresh_token_ttl_seconds,
    };
    let issued = for_identity(server, caller, Class::Identity, &body.identity_id, common).await?;
    let pair = server.pair(&issued)?;
    Ok(TokenPair {
        access_token: pair.access,
        refresh_token: pair.refresh,
        access_token_expires_at: pair.access_expires,
        refresh_token_expires_at: pair.refresh_expires,
        token_type: pair.scheme,
    })
}
