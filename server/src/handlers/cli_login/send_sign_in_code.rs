//! `POST /api/v1/auth/otp/send-sign-in-code`

use countersign_api::types::SignInNonce;
use countersign_api::{Request, operations};

use crate::callers::cli_login::ProjectCaller;
use crate::cli_login::SignInRequest;
use crate::error::ApiError;
use crate::server::Server;

pub(crate) async fn handle(
    server: &Server,
    caller: &ProjectCaller,
    request: Request<operations::SendSignInCode>,
) -> Result<operations::SendSignInCodeOutcome, ApiError> {
    let body = request.input.body;
    let to = SignInRequest {
        platform: &caller.platform,
        email: &body.email,
        callback: body.callback_url.as_deref(),
        address: caller.address,
    };
    Ok(SignInNonce { nonce: server.send_sign_in_code(to).await? })
}
