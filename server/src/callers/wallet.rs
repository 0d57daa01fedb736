//! Callers of the wallet door: platforms, by HTTP Basic.

use countersign_api::Credentials;
use countersign_api::adapter::log_platform;
use countersign_flow::secret::secret_matches;

use crate::error::ApiError;
use crate::server::Server;
use crate::store::platforms::Platform;

impl Server {
    pub(crate) async fn wallet_caller(&self, credentials: Credentials<'_>) -> Result<Platform, ApiError> {
        let refused = || ApiError::unauthorized("The client id or the client secret is missing or wrong.");
        let Some(basic) = credentials.basic() else { return Err(refused()) };
        let found = self.store.platform_of_client(basic.id).await?;
        // An unknown client costs the same comparison as a known one.
        let digest = found.as_ref().map_or([0; 32], |platform| platform.secret_digest);
        let matches = secret_matches(&basic.secret, &digest);
        match found {
            Some(platform) if matches && platform.disabled.is_none() => {
                log_platform(platform.id);
                Ok(platform)
            }
            _ => Err(refused()),
        }
    }
}
