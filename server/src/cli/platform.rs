//! `countersign platform …`

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use countersign_flow::id::PlatformId;
use countersign_flow::oidc::Audience;
use countersign_flow::secret::ClientSecret;
use countersign_flow::webauthn::RelyingParty;

use super::service_tokens::{IdentityCommand, KeyCommand, WorkspaceCommand};
use super::{Deployment, wait};
use crate::clock::{Clock, entropy};
use crate::oidc::Oidc;
use crate::store::Mode;
use crate::store::platform_settings::Capability;
use crate::store::platforms::Platform as Tenant;

/// The tenants and their client credentials
#[derive(Args)]
pub(crate) struct Platform {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    deployment: Deployment,
}

#[derive(Subcommand)]
enum Command {
    /// Add a platform, and print its client id and secret. The secret is shown this once
    Create {
        /// What the platform is called in lists
        name: String,
    },
    /// List the platforms
    List,
    /// Replace a platform's secret, and print the new one. The earlier one ends at once
    RotateSecret {
        /// The platform's id
        id: String,
    },
    /// Let a platform's client do more than the ordinary: `delegated-stamp` lets delegated keys sign
    Grant {
        /// The platform's id
        id: String,
        /// What it may do
        capability: Capable,
    },
    /// Take such a permission back
    Withdraw {
        /// The platform's id
        id: String,
        /// What it may do no longer
        capability: Capable,
    },
    /// Say for whom a platform's passkeys are made, in place of what was said before
    RelyingParty {
        /// The platform's id
        id: String,
        /// The relying party's id: a domain
        rp_id: String,
        /// An origin of its pages, such as `https://app.example.com`; give each with this option
        #[arg(long = "origin", required = true)]
        origins: Vec<String>,
    },
    /// Accept ID tokens of an issuer that are made for this client id of the platform
    AddAudience {
        /// The platform's id
        id: String,
        /// The issuer: `google`, `apple`, or the URL of one in the settings
        issuer: String,
        /// The client id, `aud` of the tokens
        audience: String,
    },
    /// Accept them no longer
    RemoveAudience {
        /// The platform's id
        id: String,
        /// The issuer: `google`, `apple`, or the URL of one in the settings
        issuer: String,
        /// The client id, `aud` of the tokens
        audience: String,
    },
    /// API keys and workspace tokens, which issue service tokens
    #[command(subcommand)]
    Key(KeyCommand),
    /// Workspaces, which identities are in
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Identities, which service tokens are for
    #[command(subcommand)]
    Identity(IdentityCommand),
    /// Refuse a platform's credentials from now on
    Disable {
        /// The platform's id
        id: String,
    },
}

/// A permission, as it is written on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum Capable {
    DelegatedStamp,
}

impl From<Capable> for Capability {
    fn from(capable: Capable) -> Self {
        match capable {
            Capable::DelegatedStamp => Self::DelegatedStamp,
        }
    }
}

impl Platform {
    /// The audience of an issuer in the settings.
    fn audience(&self, issuer: &str, audience: &str) -> Result<Audience> {
        let (config, _) = self.deployment.locate()?;
        let oidc = Oidc::new(&config.oidc, self.deployment.mode().unwrap_or(Mode::Production))?;
        let issuer = oidc.issuer(issuer).with_context(|| format!("`{issuer}` is no issuer of the settings"))?;
        if audience.is_empty() {
            bail!("an audience must not be empty");
        }
        Ok(Audience { issuer: issuer.to_owned(), audience: audience.to_owned() })
    }

    pub(crate) fn run(&self) -> Result<()> {
        let store = self.deployment.open()?;
        wait(async {
            match &self.command {
                Command::Create { name } => {
                    if name.trim().is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
                        bail!("a platform's name must have 1 to 100 characters, and no line breaks");
                    }
                    let (platform, secret) = Tenant::mint(name, Clock.now(), &mut entropy());
                    let platform = store.add_platform(platform).await?;
                    println!("platform      {}", platform.id);
                    println!("client id     {}", platform.client_id);
                    println!("client secret {}", secret.as_str());
                }
                Command::List => {
                    for platform in store.platforms().await? {
                        let state = if platform.disabled.is_some() { "disabled" } else { "enabled" };
                        let created = platform.created.to_rfc3339();
                        println!("{}  {}  {state}  {created}  {}", platform.id, platform.client_id, platform.name);
                    }
                }
                Command::RotateSecret { id } => {
                    let secret = ClientSecret::mint(&mut entropy());
                    store.replace_platform_secret(parse(id)?, secret.digest()).await?;
                    println!("client secret {}", secret.as_str());
                }
                Command::Grant { id, capability } => {
                    store.set_capability(parse(id)?, (*capability).into(), true).await?;
                    println!("granted");
                }
                Command::Withdraw { id, capability } => {
                    store.set_capability(parse(id)?, (*capability).into(), false).await?;
                    println!("withdrawn");
                }
                Command::RelyingParty { id, rp_id, origins } => {
                    RelyingParty::new(rp_id, None, origins.clone()).context(
                        "a relying party is a domain in lower case and the exact origins of its pages, such as \
                         https://app.example.com",
                    )?;
                    store.set_relying_party(parse(id)?, rp_id.clone(), origins.clone()).await?;
                    println!("set");
                }
                Command::AddAudience { id, issuer, audience } => {
                    store.set_audience(parse(id)?, self.audience(issuer, audience)?, true).await?;
                    println!("added");
                }
                Command::RemoveAudience { id, issuer, audience } => {
                    store.set_audience(parse(id)?, self.audience(issuer, audience)?, false).await?;
                    println!("removed");
                }
                Command::Key(command) => command.run(&store).await?,
                Command::Workspace(command) => command.run(&store).await?,
                Command::Identity(command) => command.run(&store).await?,
                Command::Disable { id } => {
                    store.disable_platform(parse(id)?).await?;
                    println!("disabled");
                }
            }
            Ok(())
        })
    }
}

pub(super) fn parse(id: &str) -> Result<PlatformId> {
    id.parse().context("a platform's id is a UUID, as `countersign platform list` prints it")
}
