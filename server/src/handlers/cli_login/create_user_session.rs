//! `POST /api/v1/auth/sessions`

use std::time::Duration;

use countersign_api::types::UserTokens;
use countersign_api::{Request, operations};
use countersign_flow::id::UserId;

use crate::callers::cli_login::ProjectCaller;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    server: &Server,
    caller: &ProjectCaller,
    request: Request<operations::CreateUserSession>,
) -> Result<operations::CreateUserSessionOutcome, ApiError> {
    let (body, platform) = (request.input.body, caller.platform.id);
    let user: UserId = body.user_id.parse().map_err(|cause| ApiError::not_found().because(cause))?;
    let tokens = match body.expires_in_millis.and_then(|millis| u64::try_from(millis).ok()) {
        Some(millis) => server.new_tokens_for(Duration::from_millis(millis)),
        None => server.new_tokens(),
    };
    server.store.add_cli_session(platform, user, tokens.session).await?;
    let access_token = server.access_token(platform, user, tokens.session.id).await?;
    Ok(UserTokens { access_token, refresh_token: tokens.refresh_token() })
}
