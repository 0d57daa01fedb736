//! `POST /api/v1/auth/otp/sign-in`

use countersign_api::types::SignIn;
use countersign_api::{Request, operations};

use crate::callers::cli_login::ProjectCaller;
use crate::cli_login::TypedCode;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    server: &Server,
    caller: &ProjectCaller,
    request: Request<operations::SignInWithCode>,
) -> Result<operations::SignInWithCodeOutcome, ApiError> {
    let platform = &caller.platform;
    let typed = TypedCode {
        platform,
        code: &request.input.body.code,
        caller: caller.session.as_ref().map(|session| session.id),
        page_of: None,
        address: caller.address,
    };
    let (signed_in, tokens) = server.try_sign_in_code(typed, server.new_tokens()).await?;
    Ok(SignIn {
        access_token: server.access_token(platform.id, signed_in.user, tokens.session.id).await?,
        refresh_token: tokens.refresh_token(),
        is_new_user: signed_in.is_new,
        user_id: signed_in.user.to_string(),
    })
}
