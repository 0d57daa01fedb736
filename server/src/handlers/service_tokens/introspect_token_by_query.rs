//! `GET /v1/tokens/introspect`

use countersign_api::types::TokenIntrospection;
use countersign_api::{Request, operations};

use super::introspect_token::introspect;
use crate::callers::service_tokens::TokenCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    server: &Server,
    caller: &TokenCaller,
    request: Request<operations::IntrospectTokenByQuery>,
) -> Result<TokenIntrospection, ApiError> {
    introspect(server, caller, &request.input.token).await
}
