//! Callers of the token door: API keys, access tokens and workspace tokens.
#![expect(clippy::unused_async, reason = "callers are refused until credentials are kept in the store")]

use std::time::Duration;

use countersign_api::Credentials;

use crate::error::ApiError;
use crate::server::Server;
use crate::store::platforms::Platform;

/// What a caller of the token door presents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenCredential {
    /// An API key.
    ApiKey,
    /// An access token of a pair.
    AccessToken,
    /// A workspace token (`relay_ws_`), in either header.
    WorkspaceToken,
}

/// A caller with a key or token of an organisation.
#[derive(Clone, Debug)]
pub struct TokenCaller {
    /// The organisation.
    pub platform: Platform,
    /// What was presented.
    pub credential: TokenCredential,
}

impl Server {
    pub(crate) async fn token_caller(&self, credentials: Credentials<'_>) -> Result<TokenCaller, ApiError> {
        if !credentials.are_complete() {
            return Err(ApiError::missing_authorization());
        }
        Err(ApiError::unavailable(Duration::from_mins(1)))
    }
}
