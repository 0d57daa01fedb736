//! Tokens of a session: an opaque refresh token, and access tokens (C5).

use std::time::Duration;

use countersign_flow::Timestamp;
use countersign_flow::cli_login::code::{Opaque, REFRESH_TOKEN_PREFIX, digest};
use countersign_flow::id::{CliSessionId, PlatformId, UserId};
use countersign_flow::keyring::KeyPurpose;
use countersign_flow::signed_token::{self, Expected};
use serde_json::json;

use crate::clock::entropy;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::cli_login::sessions::{LiveSession, NewSession, SessionKey};

/// `token_type` of access tokens.
const ACCESS: &str = "cli_access";

/// A session that isn't stored yet, and its refresh token.
pub(crate) struct NewTokens {
    /// What is stored.
    pub(crate) session: NewSession,
    refresh: Opaque,
}

impl NewTokens {
    /// The refresh token, to be shown once.
    pub(crate) fn refresh_token(&self) -> String {
        self.refresh.as_str().to_owned()
    }
}

impl Server {
    /// A new session of the usual life.
    pub(crate) fn new_tokens(&self) -> NewTokens {
        self.new_tokens_for(self.rules.cli.session_ttl)
    }

    /// A new session of this life, or of the longest.
    pub(crate) fn new_tokens_for(&self, ttl: Duration) -> NewTokens {
        let mut rng = entropy();
        let refresh = Opaque::token(REFRESH_TOKEN_PREFIX, &mut rng);
        let id = CliSessionId::mint(self.now(), &mut rng);
        let ttl = ttl.min(self.rules.cli.session_ttl);
        NewTokens { session: NewSession { id, refresh_digest: refresh.digest(), ttl }, refresh }
    }

    /// An access token of a session.
    pub(crate) async fn access_token(
        &self,
        platform: PlatformId,
        user: UserId,
        session: CliSessionId,
    ) -> Result<String, ApiError> {
        let entry = self.keys.cli_access().ok_or_else(|| ApiError::internal("a key of the server is missing"))?;
        let seconds = self.store.time().await?.as_millis().div_euclid(1_000);
        let life = i64::try_from(self.rules.cli.access_ttl.as_secs()).unwrap_or(i64::MAX);
        let claims = json!({
            "iss": self.site.issuer,
            "aud": platform.to_string(),
            "sub": user.to_string(),
            "sid": session.to_string(),
            "token_type": ACCESS,
            "iat": seconds,
            "exp": seconds.saturating_add(life),
        });
        let claims = claims.as_object().ok_or_else(|| ApiError::internal("claims are no object"))?;
        Ok(signed_token::sign(claims, entry)?)
    }

    /// The session of an access token, if both are live.
    ///
    /// # Errors
    /// It isn't accepted.
    pub(crate) async fn session_of_access_token(
        &self,
        platform: PlatformId,
        token: &str,
    ) -> Result<LiveSession, ApiError> {
        let refused =
            |cause: &dyn std::fmt::Display| ApiError::unauthorized("The access token is not accepted.").because(cause);
        let audience = platform.to_string();
        let expected = Expected { issuer: &self.site.issuer, audience: Some(&audience), token_type: ACCESS };
        let verified =
            signed_token::verify(token, self.keys.keyring(), KeyPurpose::CliAccess).map_err(|cause| refused(&cause))?;
        let now: Timestamp = self.store.time().await?;
        let claims = verified.accept(expected, now).map_err(|cause| refused(&cause))?;
        let claim = |name: &str| claims.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        let session = claim("sid").parse().map_err(|cause| refused(&cause))?;
        let found = self.store.cli_session(platform, SessionKey::Id(session)).await?;
        match found {
            Some((live, _)) if live.user.id.to_string() == claim("sub") => Ok(live),
            _ => Err(refused(&"its session is not live")),
        }
    }
}

/// How a refresh token finds its session.
pub(crate) fn by_refresh_token(token: &str) -> SessionKey {
    SessionKey::Refresh(digest(token))
}
