//! Callers of the CLI door: projects, by project id and a key, some with a user's token.
#![expect(clippy::unused_async, reason = "callers are refused until credentials are kept in the store")]

use std::time::Duration;

use countersign_api::Credentials;
use countersign_api::types::AccessType;

use crate::error::ApiError;
use crate::server::Server;
use crate::store::platforms::Platform;

/// A caller with a project's key.
#[derive(Clone, Debug)]
pub struct ProjectCaller {
    /// The project.
    pub platform: Platform,
    /// The rights of the call: those of the key, or fewer if the caller said so.
    pub access: AccessType,
}

impl Server {
    pub(crate) async fn project_caller(&self, credentials: Credentials<'_>) -> Result<ProjectCaller, ApiError> {
        if !credentials.are_complete() {
            return Err(ApiError::unauthorized("The project, a key or a token is missing or wrong."));
        }
        Err(ApiError::unavailable(Duration::from_mins(1)))
    }
}
