//! `POST /v1/tokens/introspect`

use countersign_api::types::TokenIntrospection;
use countersign_api::{Request, operations};
use countersign_flow::service_token::TokenType;

use crate::callers::service_tokens::TokenCaller;
use crate::error::ApiError;
use crate::server::Server;
use crate::tokens::{self, Place};

pub(crate) async fn handle(
    server: &Server,
    caller: &TokenCaller,
    request: Request<operations::IntrospectToken>,
) -> Result<TokenIntrospection, ApiError> {
    introspect(server, caller, &request.input.body.token).await
}

/// The claims of a token of the caller's organisation that would be taken now.
pub(super) async fn introspect(
    server: &Server,
    caller: &TokenCaller,
    token: &str,
) -> Result<TokenIntrospection, ApiError> {
    caller.require(&["relayauth:token:read"])?;
    let Ok(accepted) = server.accept(token.trim(), Place::Introspection).await? else { return Ok(None) };
    let (found, now) = server.store.token_family(accepted.id.family).await?;
    let live = found.filter(|found| {
        accepted.is_of(found)
            && found.subject.organisation == caller.grantor.platform
            && found.ended.is_none()
            && accepted.expires > now
            // A refresh token serves once.
            && (accepted.id.token_type == TokenType::Access || accepted.id.generation == found.family.generation)
    });
    live.map(|_| tokens::typed(accepted.claims)).transpose()
}
