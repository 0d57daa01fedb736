//! `countersign platform …`

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use countersign_flow::id::PlatformId;
use countersign_flow::secret::ClientSecret;

use super::{Deployment, wait};
use crate::clock::{Clock, entropy};
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
    /// Refuse a platform's credentials from now on
    Disable {
        /// The platform's id
        id: String,
    },
}

impl Platform {
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
                Command::Disable { id } => {
                    store.disable_platform(parse(id)?).await?;
                    println!("disabled");
                }
            }
            Ok(())
        })
    }
}

fn parse(id: &str) -> Result<PlatformId> {
    id.parse().context("a platform's id is a UUID, as `countersign platform list` prints it")
}
