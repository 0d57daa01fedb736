//! `POST /api/v1/auth/anonymous/sign-up`

use countersign_api::types::UserSession;
use countersign_api::{Request, operations};
use countersign_flow::id::UserId;

use crate::callers::cli_login::ProjectCaller;
use crate::clock::entropy;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::Bucket;
use crate::store::cli_login::Costs;

pub(crate) async fn handle(
    server: &Server,
    caller: &ProjectCaller,
    _: Request<operations::SignUpAnonymously>,
) -> Result<operations::SignUpAnonymouslyOutcome, ApiError> {
    let platform = caller.platform.id;
    let user = UserId::mint(server.now(), &mut entropy());
    let tokens = server.new_tokens();
    let costs = Costs::default()
        .and_of(Bucket::CliAddress, caller.address, server.rules.cli.address)
        .and(Bucket::SignUp(platform), server.rules.cli.sign_ups);
    server.store.sign_up_anonymously(platform, user, tokens.session, costs).await?;
    let access_token = server.access_token(platform, user, tokens.session.id).await?;
    Ok(UserSession { access_token, refresh_token: tokens.refresh_token(), user_id: user.to_string() })
}
