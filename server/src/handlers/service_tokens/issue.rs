//! What the four issuers of pairs have in common.

use chrono::{DateTime, Utc};
use countersign_flow::Timestamp;
use countersign_flow::service_token::path::PathPattern;
use countersign_flow::service_token::scope::Scopes;
use countersign_flow::service_token::{Asked, Class, FamilyId, IdentityId, path_scopes};

use crate::callers::service_tokens::TokenCaller;
use crate::clock::entropy;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::StoreError;
use crate::store::token_families::{Issue, IssueTo, TokenFamily};

/// The most audiences of a token, and the longest.
const MOST_AUDIENCES: usize = 20;
const LONGEST_AUDIENCE: usize = 256;

/// The most paths of a token.
const MOST_PATHS: usize = 50;

/// What every issuer may be asked for.
pub(super) struct Common {
    pub(super) scopes: Option<Vec<String>>,
    pub(super) audience: Option<Vec<String>>,
    pub(super) access_secs: Option<i64>,
    pub(super) refresh_secs: Option<i64>,
}

/// The members that only path tokens have.
pub(super) struct OfPaths {
    pub(super) paths: Vec<String>,
    pub(super) agent_id: Option<String>,
    pub(super) agent_name: Option<String>,
    pub(super) delegation_not_after: Option<DateTime<Utc>>,
}

/// Reads a list of scopes.
pub(super) fn scopes(texts: &[String]) -> Result<Scopes, ApiError> {
    Scopes::parse(texts).map_err(|place| ApiError::invalid_scope(&format!("body/scopes/{place}")))
}

/// An identity in a request. What isn't an id of ours names none that there is.
pub(super) fn identity(id: &str) -> Result<IdentityId, ApiError> {
    id.parse().map_err(|_| StoreError::NotFound("identity").into())
}

impl Common {
    fn into_issue(self, server: &Server, caller: &TokenCaller, class: Class, to: IssueTo) -> Result<Issue, ApiError> {
        if let Some(audience) = &self.audience {
            let fits = |name: &String| !name.is_empty() && name.len() <= LONGEST_AUDIENCE;
            if audience.is_empty() || audience.len() > MOST_AUDIENCES || !audience.iter().all(fits) {
                let message = "must have 1 to 20 names of at most 256 bytes";
                return Err(ApiError::invalid("body/audience", message));
            }
        }
        let scopes = self.scopes.as_deref().map(scopes).transpose()?.map(Asked::These);
        // The document lets no number below 1 through.
        let secs = |secs: i64| u64::try_from(secs).unwrap_or(1);
        Ok(Issue {
            grantor: caller.grantor.clone(),
            class,
            family: FamilyId::mint(server.now(), &mut entropy()),
            to,
            workspace: caller.grantor.workspace.clone(),
            scopes,
            paths: None,
            audience: self.audience,
            access_secs: self.access_secs.map(secs),
            refresh_secs: self.refresh_secs.map(secs),
            delegation_not_after: None,
        })
    }
}

/// Issues a pair for an identity or an agent.
pub(super) async fn for_identity(
    server: &Server,
    caller: &TokenCaller,
    class: Class,
    id: &str,
    common: Common,
) -> Result<TokenFamily, ApiError> {
    // Scopes that can't be parsed are told before an identity that isn't there.
    let issue = common.into_issue(server, caller, class, IssueTo::New(unused(server), String::new()))?;
    issued(server, Issue { to: IssueTo::Identity(identity(id)?), ..issue }).await
}

/// Issues a pair for paths of a workspace.
pub(super) async fn for_paths(
    server: &Server,
    caller: &TokenCaller,
    class: Class,
    workspace: Option<String>,
    of_paths: OfPaths,
    common: Common,
) -> Result<TokenFamily, ApiError> {
    let paths = read_paths(&of_paths.paths)?;
    let unused = unused(server);
    let issue = common.into_issue(server, caller, class, IssueTo::New(unused, String::new()))?;
    let asked = match issue.scopes {
        Some(Asked::These(scopes) | Asked::AtMost(scopes)) => Some(scopes),
        None => None,
    };
    let scopes = Some(path_scopes(&paths, asked)?);
    let to = match (of_paths.agent_id, of_paths.agent_name) {
        (Some(id), _) => IssueTo::Identity(identity(&id)?),
        (None, Some(name)) if !name.trim().is_empty() => IssueTo::New(unused, name),
        (None, _) => return Err(ApiError::invalid("body", "must have `agentId` or `agentName`")),
    };
    // A workspace token is for its own workspace, whatever else is asked for.
    let own = caller.grantor.workspace.as_ref();
    if own.is_some() && workspace.is_some() && own != workspace.as_ref() {
        return Err(StoreError::NotFound("workspace").into());
    }
    let delegation_not_after = of_paths.delegation_not_after.map(|end| Timestamp::from_millis(end.timestamp_millis()));
    let workspace = workspace.or(issue.workspace);
    issued(server, Issue { to, workspace, scopes, paths: Some(paths), delegation_not_after, ..issue }).await
}

fn read_paths(texts: &[String]) -> Result<Vec<PathPattern>, ApiError> {
    if texts.is_empty() || texts.len() > MOST_PATHS {
        return Err(ApiError::invalid_path("body/paths", "must have 1 to 50 paths"));
    }
    let mut paths: Vec<PathPattern> = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        let path = text.parse();
        let path = path.map_err(|fault| ApiError::invalid_path(&format!("body/paths/{place}"), fault))?;
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn unused(server: &Server) -> IdentityId {
    IdentityId::mint(server.now(), &mut entropy())
}

async fn issued(server: &Server, issue: Issue) -> Result<TokenFamily, ApiError> {
    let lifetimes = server.rules.tokens;
    server.signing(|signer| server.store.issue_tokens(issue.clone(), lifetimes, signer)).await
}
