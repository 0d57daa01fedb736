//! `POST /v1/tokens/refresh`

use countersign_api::types::{RefreshedTokenPair, TokenClass};
use countersign_api::{Request, operations};
use countersign_flow::service_token::{Class, ServiceKeyId};
use countersign_flow::signed_token::SignedTokenFault;
use serde_json::Value;

use crate::error::{ApiError, TokenRefusal};
use crate::server::Server;
use crate::tokens::Place;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    request: Request<operations::RefreshTokenPair>,
) -> Result<RefreshedTokenPair, ApiError> {
    let token = request.input.body.refresh_token;
    let invalid = |fault: SignedTokenFault| ApiError::from(TokenRefusal::InvalidRefreshToken).because(fault);
    let accepted = server.accept(token.trim(), Place::Refresh).await?.map_err(invalid)?;
    let organisation = accepted.claims.get("org").and_then(Value::as_str).and_then(|org| org.parse().ok());
    let organisation = organisation.ok_or_else(|| invalid(SignedTokenFault::Claim("org")))?;
    let (found, now) = server.store.token_family(accepted.id.family).await?;
    // A family is deleted when its last token is over.
    let found = found.ok_or_else(|| {
        let over = accepted.expires <= now;
        ApiError::from(if over { TokenRefusal::TokenExpired } else { TokenRefusal::InvalidRefreshToken })
    })?;
    if !accepted.is_of(&found) {
        return Err(TokenRefusal::InvalidRefreshToken.into());
    }
    let lifetimes = server.rules.tokens;
    let refreshed =
        server.signing(|signer| server.store.refresh_tokens(organisation, accepted.id, lifetimes, signer)).await??;
    let pair = server.pair(&refreshed)?;
    let (family, subject) = (refreshed.family, refreshed.subject);
    let token_class = match family.class {
        Class::Identity => None,
        Class::Agent => Some(TokenClass::RelayAg),
        Class::Path | Class::WorkspacePath => Some(TokenClass::RelayPa),
    };
    let workspace_token = match refreshed.key {
        ServiceKeyId::WorkspaceToken(id) => Some(id.to_string()),
        ServiceKeyId::ApiKey(_) => None,
    };
    Ok(RefreshedTokenPair {
        access_token: pair.access,
        refresh_token: pair.refresh,
        access_token_expires_at: pair.access_expires,
        refresh_token_expires_at: pair.refresh_expires,
        token_type: pair.scheme,
        agent_id: token_class.map(|_| subject.identity),
        workspace_id: token_class.map(|_| subject.workspace),
        token_class,
        issued_via_workspace_token_id: token_class.and(workspace_token),
        agent_name: refreshed.paths.as_ref().map(|_| refreshed.name),
        paths: refreshed.paths,
        delegation_not_after: family.delegation_not_after.map(wire::time),
    })
}
