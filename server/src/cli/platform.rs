//! `countersign platform …`

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use countersign_flow::cli_login::callback::Callback;
use countersign_flow::id::PlatformId;
use countersign_flow::keyring::KeyPurpose;
use countersign_flow::oidc::Audience;
use countersign_flow::sealing::MasterKeys;
use countersign_flow::secret::{ClientSecret, destination_mac};
use countersign_flow::webauthn::RelyingParty;

use super::service_tokens::{IdentityCommand, KeyCommand, WorkspaceCommand};
use super::{Deployment, wait};
use crate::cli_login::ProjectKeys;
use crate::clock::{Clock, entropy};
use crate::keys;
use crate::oidc::Oidc;
use crate::store::platform_settings::Capability;
use crate::store::platforms::Platform as Tenant;
use crate::store::{Mode, Store};

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
    /// Add a platform, and print its client id, secret and project keys. Secrets are shown this once
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
    /// Replace the publishable client key and the secret server key of a platform, and print the new ones. The earlier
    /// ones end at once; a platform of an earlier version gets its first
    RotateProjectKeys {
        /// The platform's id
        id: String,
    },
    /// Let links by email lead to this URL, and to what is below it
    AddCallback {
        /// The platform's id
        id: String,
        /// The URL, such as `https://app.example.com/sign-in`
        url: String,
    },
    /// Let them lead there no longer
    RemoveCallback {
        /// The platform's id
        id: String,
        /// The URL
        url: String,
    },
    /// Let people sign in again by codes to an address that was guessed at too often
    UnlockAddress {
        /// The platform's id
        id: String,
        /// The email address
        address: String,
    },
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
                    print_project_keys(&store, platform.id).await?;
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
                Command::RotateProjectKeys { id } => print_project_keys(&store, parse(id)?).await?,
                Command::AddCallback { id, url } => {
                    store.set_callback(parse(id)?, callback(url)?, true).await?;
                    println!("added");
                }
                Command::RemoveCallback { id, url } => {
                    store.set_callback(parse(id)?, callback(url)?, false).await?;
                    println!("removed");
                }
                Command::UnlockAddress { id, address } => {
                    let keyring = keys::open_all(&store, &MasterKeys::new(self.deployment.master_key()?)).await?;
                    let key = keyring.current(KeyPurpose::DestinationMac).and_then(|entry| entry.mac());
                    let key = key.context("there is no key for addresses: has this server ever been started?")?;
                    let known = store.unlock_address(parse(id)?, destination_mac(key, "email", address)).await?;
                    println!("{}", if known { "unlocked" } else { "nobody has tried a wrong code there" });
                }
                Command::Disable { id } => {
                    store.disable_platform(parse(id)?).await?;
                    println!("disabled");
                }
            }
            Ok(())
        })
    }
}

/// Gives a platform new keys of a project, and prints them.
async fn print_project_keys(store: &Store, platform: PlatformId) -> Result<()> {
    let keys = ProjectKeys::mint();
    keys.give(store, platform).await?;
    println!("publishable client key {}", keys.publishable.as_str());
    println!("secret server key      {}", keys.server.as_str());
    Ok(())
}

fn callback(url: &str) -> Result<Callback> {
    Callback::parse_registered(url).with_context(|| format!("`{url}`"))
}

pub(super) fn parse(id: &str) -> Result<PlatformId> {
    id.parse().context("a platform's id is a UUID, as `countersign platform list` prints it")
}
