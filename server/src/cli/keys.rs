//! `countersign keys …`

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use countersign_flow::jws::Algorithm;
use countersign_flow::keyring::KeyPurpose;
use countersign_flow::sealing::MasterKeys;

use super::{Deployment, wait};
use crate::keys;
use crate::store::Mode;
use crate::store::signing_keys::LastToken;

/// The server's own keys
#[derive(Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    deployment: Deployment,
}

#[derive(Subcommand)]
enum Command {
    /// Make a new key for service tokens. Running servers sign with it at once; earlier keys verify, and stay in the key set,
    /// until the last token that they signed has expired
    Rotate,
    /// List the keys: purpose, algorithm, name, when made, and until when a replaced one verifies
    List,
}

impl Keys {
    pub(crate) fn run(&self) -> Result<()> {
        let masters = MasterKeys::new(self.deployment.master_key()?);
        let (config, _) = self.deployment.locate()?;
        let algorithm: Algorithm = config.rules(self.deployment.mode().unwrap_or(Mode::Production))?.token_algorithm;
        let store = self.deployment.open()?;
        wait(async {
            match &self.command {
                Command::Rotate => {
                    // A master key that isn't this database's is found out before anything is sealed under it.
                    keys::open_all(&store, &masters).await.context("reading the keys that there are")?;
                    let new = keys::make(KeyPurpose::ServiceToken, algorithm, &masters)?;
                    let until = store.replace_signing_keys(new, LastToken::OfFamilies).await?;
                    println!("a new key signs; earlier ones verify until {until}");
                }
                Command::List => {
                    let keyring = keys::open_all(&store, &masters).await?;
                    let mut entries: Vec<_> = keyring.entries().collect();
                    entries.sort_by_key(|entry| (entry.purpose, std::cmp::Reverse(entry.created)));
                    for entry in entries {
                        let algorithm = match (entry.token(), entry.mac()) {
                            (Some(key), _) => key.algorithm().as_str(),
                            (None, Some(_)) => "HS256",
                            (None, None) => Algorithm::Es256.as_str(),
                        };
                        let retires = entry.retires.map(|retires| format!("  until {retires}")).unwrap_or_default();
                        println!("{}  {algorithm}  {}  {}{retires}", entry.purpose, entry.kid(), entry.created);
                    }
                }
            }
            Ok(())
        })
    }
}
