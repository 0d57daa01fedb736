//! Callers of the CLI door: projects, by project id and a key, some with a user's token.

use std::net::IpAddr;

use countersign_api::Credentials;
use countersign_api::adapter::log_platform;
use countersign_flow::cli_login::code::digest;
use countersign_flow::id::PlatformId;

use crate::cli_login::by_refresh_token;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::cli_login::projects::ProjectKey;
use crate::store::cli_login::sessions::LiveSession;
use crate::store::platforms::Platform;

const ACCESS_TYPE: &str = "x-stack-access-type";
const PROJECT_ID: &str = "x-stack-project-id";
const PUBLISHABLE_KEY: &str = "x-stack-publishable-client-key";
const SERVER_KEY: &str = "x-stack-secret-server-key";
const ACCESS_TOKEN: &str = "x-stack-access-token";
const REFRESH_TOKEN: &str = "x-stack-refresh-token";

/// A caller with a project's key.
#[derive(Clone, Debug)]
pub struct ProjectCaller {
    /// The project.
    pub(crate) platform: Platform,
    /// Whether it has the rights of a server (C4).
    pub(crate) is_server: bool,
    /// The session of the token that came along, where the operation asks for one.
    pub(crate) session: Option<LiveSession>,
    /// Where the call comes from.
    pub(crate) address: Option<IpAddr>,
}

impl Server {
    /// Decides who calls.
    pub(crate) async fn project_caller(&self, credentials: Credentials<'_>) -> Result<ProjectCaller, ApiError> {
        let refused = || ApiError::unauthorized("The project, a key or a token is missing or wrong.");
        let project: PlatformId = credentials.header(PROJECT_ID).and_then(|id| id.parse().ok()).ok_or_else(refused)?;
        let mut rights = None;
        for (name, kind) in [(PUBLISHABLE_KEY, ProjectKey::Publishable), (SERVER_KEY, ProjectKey::Server)] {
            if !credentials.has_header(name) {
                continue;
            }
            // A wrong key is refused also beside a right one: who sends it has mistaken something.
            let key = credentials.header(name).ok_or_else(refused)?;
            let platform = self.store.platform_of_key(project, kind, digest(key)).await?.ok_or_else(refused)?;
            rights = Some((platform, kind == ProjectKey::Server));
        }
        let (platform, has_server_key) = rights.ok_or_else(refused)?;
        if platform.disabled.is_some() {
            return Err(refused());
        }
        // Asking for less is granted, asking for more is not. Another word is told after this, with the other mistakes.
        let is_server = match credentials.header(ACCESS_TYPE) {
            Some("server") if !has_server_key => return Err(refused()),
            Some("client") => false,
            _ => has_server_key,
        };
        let session = self.session_of(platform.id, credentials).await?;
        // What the operation takes must be there in full, and count for what the caller has asked to be.
        let names =
            |set: &[&str]| {
                credentials.operation().security.iter().any(|schemes| {
                    schemes.iter().all(|scheme| set.contains(&scheme.name) || scheme.name == "ProjectId")
                })
            };
        let key = if is_server { "SecretServerKey" } else { "PublishableClientKey" };
        let with_token = ["UserAccessToken", "UserRefreshToken"].iter().any(|token| names(&[key, token]));
        if !(names(&[key]) || session.is_some() && with_token) {
            return Err(refused());
        }
        log_platform(platform.id);
        let address = credentials.peer().map(|peer| self.site.client_address(peer, credentials.headers()));
        Ok(ProjectCaller { platform, is_server, session, address })
    }

    /// The live session of the token that came along, if the operation asks for one. A refresh token goes first: it is the
    /// session's own.
    async fn session_of(
        &self,
        platform: PlatformId,
        credentials: Credentials<'_>,
    ) -> Result<Option<LiveSession>, ApiError> {
        let takes = |name: &str| credentials.operation().security.iter().any(|set| set.iter().any(|s| s.name == name));
        let malformed = || ApiError::unauthorized("A token came twice, or is not text.");
        if takes("UserRefreshToken") && credentials.has_header(REFRESH_TOKEN) {
            let token = credentials.header(REFRESH_TOKEN).ok_or_else(malformed)?;
            let found = self.store.cli_session(platform, by_refresh_token(token)).await?;
            let refused = || ApiError::unauthorized("The refresh token is not that of a live session.");
            return found.map(|(live, _)| Some(live)).ok_or_else(refused);
        }
        if takes("UserAccessToken") && credentials.has_header(ACCESS_TOKEN) {
            let token = credentials.header(ACCESS_TOKEN).ok_or_else(malformed)?;
            return self.session_of_access_token(platform, token).await.map(Some);
        }
        Ok(None)
    }
}
