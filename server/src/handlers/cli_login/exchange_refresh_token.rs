//! `POST /api/v1/auth/oauth/token`

use countersign_api::types::{OauthToken, TokenScheme};
use countersign_api::{Request, operations};
use countersign_flow::cli_login::code::digest;
use countersign_flow::id::PlatformId;

use crate::cli_login::by_refresh_token;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::cli_login::CliRefusal;
use crate::store::cli_login::projects::ProjectKey;

pub(crate) async fn handle(
    server: &Server,
    request: Request<operations::ExchangeRefreshToken>,
) -> Result<operations::ExchangeRefreshTokenOutcome, ApiError> {
    let body = request.input.body;
    let refused = || ApiError::unauthorized("The project is unknown, or its publishable client key is wrong.");
    let project: PlatformId = body.client_id.parse().map_err(|_| refused())?;
    let key = digest(&body.client_secret);
    let found = server.store.platform_of_key(project, ProjectKey::Publishable, key).await?;
    let platform = found.filter(|platform| platform.disabled.is_none()).ok_or_else(refused)?;
    let found = server.store.cli_session(platform.id, by_refresh_token(&body.refresh_token)).await?;
    let (session, _) = found.ok_or(CliRefusal::RefreshToken)?;
    let access_token = server.access_token(platform.id, session.user.id, session.id).await?;
    let expires_in = i64::try_from(server.rules.cli.access_ttl.as_secs()).map_err(ApiError::internal)?;
    Ok(OauthToken { access_token, token_type: TokenScheme::Bearer, expires_in })
}
