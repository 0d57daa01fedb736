//! `countersign platform key …`, `… workspace …` and `… identity …`: what service tokens are issued with and for.

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use countersign_flow::id::PlatformId;
use countersign_flow::service_token::scope::Scopes;
use countersign_flow::service_token::{IdentityId, KeyKind, ServiceKey};

use super::platform::parse as platform_id;
use crate::clock::{Clock, entropy, random_uuid};
use crate::store::Store;
use crate::store::service_keys::{NewIdentity, NewServiceKey};

/// API keys and workspace tokens.
#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// Add an API key, or with --workspace a workspace token, and print it. It is shown this once
    Add {
        /// The platform's id
        id: String,
        /// What it may do, such as `relayauth:token:create:*`; give each with this option
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        /// The workspace, for a workspace token
        #[arg(long, value_name = "WORKSPACE")]
        workspace: Option<String>,
        /// What people call it
        #[arg(long)]
        name: Option<String>,
    },
    /// Revoke an API key or a workspace token, and all tokens that were issued with it
    Revoke {
        /// The platform's id
        id: String,
        /// The key's id, `key_…` or `wst_…`
        key: String,
    },
}

/// Workspaces.
#[derive(Subcommand)]
pub(super) enum WorkspaceCommand {
    /// Add a workspace, and print its id
    Add {
        /// The platform's id
        id: String,
        /// An id of your own for it: letters, digits, `-`, `_` and `.`; without it one is made
        workspace: Option<String>,
    },
}

/// Identities.
#[derive(Subcommand)]
pub(super) enum IdentityCommand {
    /// Add an identity, and print its id
    Add {
        /// The platform's id
        id: String,
        /// Its workspace
        #[arg(long)]
        workspace: String,
        /// What people call it
        #[arg(long)]
        name: String,
        /// The most that its tokens may do; give each with this option
        #[arg(long = "scope")]
        scopes: Vec<String>,
    },
    /// Refuse an identity's tokens from now on
    Disable {
        /// The platform's id
        id: String,
        /// The identity's id, `agent_…`
        identity: String,
    },
}

impl KeyCommand {
    pub(super) async fn run(&self, store: &Store) -> Result<()> {
        match self {
            Self::Add { id, scopes, workspace, name } => {
                let kind = if workspace.is_some() { KeyKind::WorkspaceToken } else { KeyKind::ApiKey };
                let key = ServiceKey::mint(kind, &mut entropy());
                let new = NewServiceKey {
                    id: kind.mint_id(Clock.now(), &mut entropy()),
                    platform: platform_id(id)?,
                    workspace: workspace.clone(),
                    // An API key has a name wherever it is shown.
                    name: name.clone().or_else(|| workspace.is_none().then(|| "operator".to_owned())),
                    beginning: key.beginning().to_owned(),
                    digest: key.digest(),
                    scopes: parse_scopes(scopes)?,
                };
                let made = store.add_service_key(new, None).await?;
                println!("id  {}", made.id);
                println!("key {}", key.as_str());
            }
            Self::Revoke { id, key } => {
                let key = key.parse().context("a key's id is `key_…` or `wst_…`, as it was printed")?;
                store.revoke_service_key(platform_id(id)?, key, None).await?;
                println!("revoked");
            }
        }
        Ok(())
    }
}

impl WorkspaceCommand {
    pub(super) async fn run(&self, store: &Store) -> Result<()> {
        let Self::Add { id, workspace } = self;
        let workspace = workspace.clone().unwrap_or_else(|| format!("ws_{}", random_uuid().simple()));
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if workspace.is_empty() || workspace.len() > 128 || !workspace.chars().all(fits) {
            bail!("a workspace's id must have 1 to 128 letters, digits, `-`, `_` or `.`");
        }
        store.add_workspace(platform_id(id)?, workspace.clone()).await?;
        println!("workspace {workspace}");
        Ok(())
    }
}

impl IdentityCommand {
    pub(super) async fn run(&self, store: &Store) -> Result<()> {
        match self {
            Self::Add { id, workspace, name, scopes } => {
                let platform: PlatformId = platform_id(id)?;
                if name.trim().is_empty() || name.chars().count() > 256 {
                    bail!("an identity's name must have 1 to 256 characters");
                }
                let new = NewIdentity {
                    id: IdentityId::mint(Clock.now(), &mut entropy()),
                    platform,
                    workspace: workspace.clone(),
                    name: name.clone(),
                    scopes: parse_scopes(scopes)?,
                    sponsor: platform.to_string(),
                };
                println!("identity {}", store.add_identity(new, None).await?.id);
            }
            Self::Disable { id, identity } => {
                let identity = identity.parse().context("an identity's id is `agent_…`")?;
                store.disable_identity(platform_id(id)?, identity).await?;
                println!("disabled");
            }
        }
        Ok(())
    }
}

fn parse_scopes(texts: &[String]) -> Result<Scopes> {
    Scopes::parse(texts).map_err(|place| {
        let text = texts.get(place).map_or("", String::as_str);
        anyhow::anyhow!("`{text}` is not a scope: plane:resource:action or plane:resource:action:constraint")
    })
}
