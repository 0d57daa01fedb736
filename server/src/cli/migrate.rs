//! `countersign migrate`

use anyhow::Result;
use clap::Args;

use super::Deployment;
use crate::clock::Clock;
use crate::store::connection::open_or_make;

/// Bring the database to this version's tables
#[derive(Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    deployment: Deployment,
}

impl Migrate {
    pub(crate) fn run(&self) -> Result<()> {
        let (_, location) = self.deployment.locate()?;
        // A new database gets its mark now, so that no later start decides it by accident.
        let (mode, done) = open_or_make(&location, self.deployment.mode(), Clock)?;
        match done.as_slice() {
            [] => println!("the {mode} database is up to date"),
            some => println!("the {mode} database is up to date: ran {}", some.join(", ")),
        }
        Ok(())
    }
}
