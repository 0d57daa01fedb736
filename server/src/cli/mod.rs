//! The command line.

mod audit;
mod credential;
mod keys;
mod login;
mod migrate;
mod platform;
mod serve;
mod service_tokens;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand};
use countersign_flow::sealing::MasterKey;

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::store::connection::open_or_make;
use crate::store::{Bounds, Location, Mode, Store};

/// Countersign authentication server
#[derive(Parser)]
#[command(name = "countersign", version, after_long_help = settings())]
struct Countersign {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    #[command(after_long_help = settings())]
    Serve(Box<serve::Serve>),
    /// Bring the database to this version's tables
    Migrate(migrate::Migrate),
    /// The tenants and their client credentials
    Platform(platform::Platform),
    /// Credentials of wallet users
    Credential(credential::Credential),
    /// The server's own keys
    Keys(keys::Keys),
    /// The audit log and the chain that seals it
    Audit(audit::Audit),
    /// Log in through a browser, and keep the session in a file of mode 0600
    Login(login::Login),
    /// Say who is logged in
    Whoami(login::Whoami),
    /// End the session, and delete its file
    Logout(login::Logout),
}

/// Which deployment a command works on.
#[derive(Args, Clone)]
pub(crate) struct Deployment {
    /// The settings file (TOML). Each setting can also be given as COUNTERSIGN_<SECTION>_<NAME>
    #[arg(long, global = true, value_name = "FILE", env = "COUNTERSIGN_CONFIG")]
    config: Option<PathBuf>,
    /// Work on the sandbox in this folder instead
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

fn settings() -> String {
    format!(
        "Settings, each also as an environment variable (sessions.ttl_secs is COUNTERSIGN_SESSIONS_TTL_SECS):\n{}",
        Config::listing()
    )
}

/// Runs the command line of this process. Exit codes: 0 done, 1 failed, 2 refused to start.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Countersign::parse().command {
        Command::Serve(serve) => return serve.run(),
        Command::Migrate(migrate) => migrate.run(),
        Command::Platform(platform) => platform.run(),
        Command::Credential(credential) => credential.run(),
        Command::Keys(keys) => keys.run(),
        Command::Audit(audit) => audit.run(),
        Command::Login(login) => login.run(),
        Command::Whoami(whoami) => whoami.run(),
        Command::Logout(logout) => logout.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("error: {cause:#}");
            ExitCode::FAILURE
        }
    }
}

impl Deployment {
    /// The settings, and where the database is.
    pub(crate) fn locate(&self) -> Result<(Config, Location)> {
        let config = Config::load(self.config.as_deref(), config::environment())?;
        let location = match &self.data_dir {
            Some(folder) => crate::sandbox::location(folder, &config.database.url)?,
            None if config.database.url.is_empty() => {
                bail!("no database: set database.url, or name a sandbox's folder with --data-dir")
            }
            None => Location::parse(&config.database.url)?,
        };
        Ok((config, location))
    }

    /// The master key that the database's secrets are sealed under.
    pub(crate) fn master_key(&self) -> Result<MasterKey> {
        match &self.data_dir {
            Some(folder) => crate::sandbox::master_key(folder),
            None => crate::keys::master_key(&self.locate()?.0.keys),
        }
    }

    /// What the database must be for, or any.
    pub(crate) const fn mode(&self) -> Option<Mode> {
        if self.data_dir.is_some() { Some(Mode::Sandbox) } else { None }
    }

    /// Opens an existing, migrated database.
    pub(crate) fn open(&self) -> Result<Store> {
        let (_, location) = self.locate()?;
        if let Location::Sqlite(path) = &location
            && !path.exists()
        {
            bail!("there is no database at {}: run `countersign migrate` or `serve` first", path.display());
        }
        open_or_make(&location, self.mode(), Clock)?;
        // Nobody waits for a command as callers wait for a server, and an audit log may be long.
        Store::open(&location, Clock, Bounds { connections: 1, patience: Duration::from_hours(1) })
    }
}

/// Runs a future to its end, for the commands that aren't the server.
pub(crate) fn wait<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}
