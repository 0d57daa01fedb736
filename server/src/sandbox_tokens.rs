//! What service tokens are tried with in a sandbox: keys, a workspace and identities, of two platforms.

use anyhow::{Context as _, Result};
use countersign_flow::id::PlatformId;
use countersign_flow::service_token::scope::Scopes;
use countersign_flow::service_token::{IdentityId, KeyKind, ServiceKey};
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, entropy, random_uuid};
use crate::store::Store;
use crate::store::service_keys::{NewIdentity, NewServiceKey};

/// What the strong key may do.
const STRONG: &[&str] = &[
    "relayauth:token:create:*",
    "relayauth:token:manage:*",
    "relayauth:token:read:*",
    "relayauth:api-key:manage:*",
    "relayauth:role:read:*",
    "relayfile:*:*:*",
];

/// What the weak key may do.
const WEAK: &[&str] = &["relayauth:role:read:*"];

/// What the workspace token may do.
const WORKSPACE: &[&str] =
    &["relayauth:token:create:*", "relayauth:role:read:*", "relayfile:fs:read:*", "relayfile:fs:write:*"];

/// What the identities may do.
const IDENTITY: &[&str] = &["relayauth:role:read:*", "relayfile:fs:read:*"];

/// What service tokens are tried with.
#[derive(Clone, Serialize, Deserialize)]
pub struct ProvisionedTokens {
    /// An API key that may issue tokens and make keys.
    pub api_key: String,
    /// An API key that may do neither.
    pub weak_api_key: String,
    /// A workspace.
    pub workspace_id: String,
    /// Its token.
    pub workspace_token: String,
    /// An identity of the workspace.
    pub identity_id: String,
    /// An identity of another platform.
    pub other_org_identity: String,
}

impl ProvisionedTokens {
    /// Makes all of it.
    ///
    /// # Errors
    /// The database can't be written.
    pub async fn make(store: &Store, platform: PlatformId, other: PlatformId) -> Result<Self> {
        let workspace_id = add_workspace(store, platform).await?;
        let other_workspace = add_workspace(store, other).await?;
        Ok(Self {
            api_key: add_key(store, platform, None, "strong", STRONG).await?,
            weak_api_key: add_key(store, platform, None, "weak", WEAK).await?,
            workspace_token: add_key(store, platform, Some(&workspace_id), "workspace", WORKSPACE).await?,
            identity_id: add_identity(store, platform, &workspace_id).await?,
            other_org_identity: add_identity(store, other, &other_workspace).await?,
            workspace_id,
        })
    }

    /// As shell assignments.
    #[must_use]
    pub fn environment(&self) -> String {
        format!(
            "API_KEY={}\nWEAK_API_KEY={}\nWORKSPACE_ID={}\nWORKSPACE_TOKEN={}\nIDENTITY_ID={}\nOTHER_ORG_IDENTITY={}\n",
            self.api_key,
            self.weak_api_key,
            self.workspace_id,
            self.workspace_token,
            self.identity_id,
            self.other_org_identity,
        )
    }
}

async fn add_workspace(store: &Store, platform: PlatformId) -> Result<String> {
    let id = format!("ws_{}", random_uuid().simple());
    store.add_workspace(platform, id.clone()).await?;
    Ok(id)
}

async fn add_key(
    store: &Store,
    platform: PlatformId,
    workspace: Option<&str>,
    name: &str,
    scopes: &[&str],
) -> Result<String> {
    let kind = if workspace.is_some() { KeyKind::WorkspaceToken } else { KeyKind::ApiKey };
    let key = ServiceKey::mint(kind, &mut entropy());
    let new = NewServiceKey {
        id: kind.mint_id(Clock.now(), &mut entropy()),
        platform,
        workspace: workspace.map(str::to_owned),
        name: Some(name.to_owned()),
        beginning: key.beginning().to_owned(),
        digest: key.digest(),
        scopes: parse(scopes)?,
    };
    store.add_service_key(new, None).await?;
    Ok(key.as_str().to_owned())
}

async fn add_identity(store: &Store, platform: PlatformId, workspace: &str) -> Result<String> {
    let id = IdentityId::mint(Clock.now(), &mut entropy());
    let new = NewIdentity {
        id,
        platform,
        workspace: workspace.to_owned(),
        name: "sandbox".to_owned(),
        scopes: parse(IDENTITY)?,
        sponsor: "sandbox".to_owned(),
    };
    store.add_identity(new, None).await?;
    Ok(id.to_string())
}

fn parse(scopes: &[&str]) -> Result<Scopes> {
    Scopes::parse(scopes).ok().context("a scope of the sandbox is malformed")
}
