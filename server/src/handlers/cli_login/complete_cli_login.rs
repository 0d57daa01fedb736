//! `POST /api/v1/auth/cli/complete`

use countersign_api::types::{CliLoginCompletion, CliLoginMode, CliSessionState};
use countersign_api::{Request, operations};
use countersign_flow::cli_login::code::digest;

use crate::callers::cli_login::ProjectCaller;
use crate::cli_login::by_refresh_token;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::Bucket;
use crate::store::cli_login::attempts::Bring;
use crate::store::cli_login::{CliRefusal, Costs};

pub(crate) async fn handle(
    server: &Server,
    caller: &ProjectCaller,
    request: Request<operations::CompleteCliLogin>,
) -> Result<operations::CompleteCliLoginOutcome, ApiError> {
    let body = request.input.body;
    let (platform, login_code) = (caller.platform.id, digest(&body.login_code));
    let costs = Costs::default().and_of(Bucket::CliAddress, caller.address, server.rules.cli.address);
    let nothing =
        CliLoginCompletion { cli_session_state: None, access_token: None, refresh_token: None, success: None };
    match body.mode.unwrap_or(CliLoginMode::Complete) {
        CliLoginMode::Check => {
            let has_anonymous = server.store.has_anonymous(platform, login_code, costs).await?;
            let state = if has_anonymous { CliSessionState::Anonymous } else { CliSessionState::None };
            Ok(CliLoginCompletion { cli_session_state: Some(state), ..nothing })
        }
        CliLoginMode::ClaimAnonSession => {
            let tokens = server.new_tokens();
            let user = server.store.claim_anonymous(platform, login_code, tokens.session, costs).await?;
            let access_token = server.access_token(platform, user, tokens.session.id).await?;
            let refresh_token = Some(tokens.refresh_token());
            Ok(CliLoginCompletion { access_token: Some(access_token), refresh_token, ..nothing })
        }
        CliLoginMode::Complete => {
            let token = body.refresh_token.filter(|token| !token.is_empty()).ok_or(CliRefusal::RefreshTokenMissing)?;
            let bring = if body.merge_anonymous_user.unwrap_or(false) { Bring::Merge } else { Bring::Nothing };
            let approver = by_refresh_token(&token);
            server.store.complete_attempt(platform, login_code, approver, bring, costs).await?;
            Ok(CliLoginCompletion { success: Some(true), ..nothing })
        }
    }
}
