//! Callers of the token door: API keys, access tokens and workspace tokens.

use countersign_api::Credentials;
use countersign_api::adapter::log_platform;
use countersign_flow::secret::secret_digest;
use countersign_flow::service_token::scope::Scopes;
use countersign_flow::service_token::{KeyKind, ServiceKeyId};
use countersign_flow::signed_token::SignedTokenFault;
use http::header::AUTHORIZATION;

use crate::error::{ApiError, TokenRefusal};
use crate::server::Server;
use crate::store::service_keys::{Grantor, GrantorCredential};
use crate::tokens::Place;

/// The header of API keys.
const API_KEY: &str = "x-api-key";

/// The operations that only a workspace token may call.
const OF_WORKSPACES: [&str; 2] = ["issueAgentToken", "issuePathToken"];

/// The operations that only an API key may call.
const OF_API_KEYS: [&str; 2] = ["issueWorkspacePathToken", "createWorkspaceToken"];

/// A caller with a key or token of an organisation.
#[derive(Clone, Debug)]
pub struct TokenCaller {
    /// Who it is, and what it may do.
    pub grantor: Grantor,
}

impl TokenCaller {
    /// Refuses a caller who has none of these scopes.
    ///
    /// # Errors
    /// 403 `insufficient_scope`.
    pub(crate) fn require(&self, scopes: &[&str]) -> Result<(), ApiError> {
        let required = Scopes::parse(scopes).map_err(|_| ApiError::internal("a required scope is malformed"))?;
        if required.iter().any(|scope| self.grantor.scopes.cover(scope)) {
            Ok(())
        } else {
            Err(TokenRefusal::InsufficientScope.into())
        }
    }
}

impl Server {
    pub(crate) async fn token_caller(&self, credentials: Credentials<'_>) -> Result<TokenCaller, ApiError> {
        let operation = credentials.operation().id;
        let malformed = || ApiError::from(TokenRefusal::InvalidAuthorization);
        let takes_bearer = !OF_API_KEYS.contains(&operation);
        let presented = if credentials.has_header(API_KEY) {
            let key = credentials.header(API_KEY).map(str::trim).filter(|key| !key.is_empty());
            Presented::Key(key.ok_or_else(malformed)?)
        } else if takes_bearer && credentials.has_header(AUTHORIZATION.as_str()) {
            Presented::Bearer(credentials.bearer().ok_or_else(malformed)?)
        } else {
            return Err(ApiError::missing_authorization());
        };
        let text = presented.text();
        let is_workspace_token = text.starts_with(KeyKind::WorkspaceToken.prefix());
        if OF_WORKSPACES.contains(&operation) && !is_workspace_token {
            return Err(TokenRefusal::WorkspaceTokenRequired.into());
        }
        let grantor = match presented {
            _ if is_workspace_token && !takes_bearer => return Err(TokenRefusal::InvalidApiKey.into()),
            _ if is_workspace_token => self.key_holder(text, TokenRefusal::InvalidToken).await?,
            Presented::Key(key) => self.key_holder(key, TokenRefusal::InvalidApiKey).await?,
            Presented::Bearer(token) => self.token_holder(token).await?,
        };
        log_platform(grantor.platform);
        Ok(TokenCaller { grantor })
    }

    /// Whoever holds an API key or a workspace token.
    async fn key_holder(&self, secret: &str, unknown: TokenRefusal) -> Result<Grantor, ApiError> {
        // Found by the digest of 256 random bits: how long that takes tells nothing.
        let Some((key, enabled)) = self.store.service_key(secret_digest(secret)).await? else {
            return Err(unknown.into());
        };
        let (credential, revoked) = match key.id {
            ServiceKeyId::ApiKey(id) => (GrantorCredential::ApiKey(id), TokenRefusal::InvalidApiKey),
            ServiceKeyId::WorkspaceToken(id) => {
                (GrantorCredential::WorkspaceToken(id), TokenRefusal::WorkspaceTokenRevoked)
            }
        };
        if key.revoked.is_some() || !enabled {
            return Err(revoked.into());
        }
        Ok(Grantor { platform: key.platform, credential, scopes: key.scopes, workspace: key.workspace })
    }

    /// Whoever holds an access token. What it may do is what its family and its identity may now.
    async fn token_holder(&self, token: &str) -> Result<Grantor, ApiError> {
        let invalid = |fault: SignedTokenFault| ApiError::from(TokenRefusal::InvalidToken).because(fault);
        let accepted = self.accept(token, Place::Bearer).await?.map_err(invalid)?;
        let (found, now) = self.store.token_family(accepted.id.family).await?;
        if accepted.expires <= now {
            return Err(TokenRefusal::TokenExpired.into());
        }
        let found = found.filter(|found| accepted.is_of(found));
        let found = found.ok_or_else(|| ApiError::from(TokenRefusal::InvalidToken).because("unknown family"))?;
        if let Some(ended) = found.ended {
            return Err(TokenRefusal::from(ended).into());
        }
        let identity = found.subject.identity.parse().map_err(ApiError::internal)?;
        Ok(Grantor {
            platform: found.subject.organisation,
            credential: GrantorCredential::AccessToken(accepted.id, identity),
            scopes: found.present_scopes(),
            workspace: Some(found.subject.workspace),
        })
    }
}

/// What is presented, and where.
#[derive(Clone, Copy)]
enum Presented<'a> {
    Key(&'a str),
    Bearer(&'a str),
}

impl<'a> Presented<'a> {
    const fn text(self) -> &'a str {
        match self {
            Self::Key(text) | Self::Bearer(text) => text,
        }
    }
}
