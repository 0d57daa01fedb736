//! `countersign credential …`

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};

use super::{Deployment, wait};

/// Credentials of wallet users
#[derive(Args)]
pub(crate) struct Credential {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    deployment: Deployment,
}

#[derive(Subcommand)]
enum Command {
    /// Forget a credential's wrong codes, so that it may be used again
    Unlock {
        /// `AuthMethod:<uuid>`
        id: String,
    },
}

impl Credential {
    pub(crate) fn run(&self) -> Result<()> {
        let Command::Unlock { id } = &self.command;
        let id = id.parse().context("a credential's id is AuthMethod:<uuid>")?;
        let store = self.deployment.open()?;
        wait(async { Ok(store.unlock_credential(id).await?) })?;
        println!("unlocked");
        Ok(())
    }
}
