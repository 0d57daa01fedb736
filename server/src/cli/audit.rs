//! `countersign audit …`

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use countersign_flow::audit::{Link, Row};
use countersign_flow::json;
use countersign_flow::sealing::MasterKeys;
use serde_json::{Value, json};

use super::{Deployment, wait};
use crate::audit::verify::verify;
use crate::keys;
use crate::store::Store;

/// The audit log and the chain that seals it
#[derive(Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    deployment: Deployment,
}

#[derive(Subcommand)]
enum Command {
    /// Check that no row was altered, deleted or reordered since it was sealed. Needs the master key
    Verify {
        /// A server's log, or the lines of it that hold checkpoints: what was cut off at the end is found by it
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Print every row as a line of JSON, with what seals it
    Export,
}

impl Audit {
    pub(crate) fn run(&self) -> Result<()> {
        match &self.command {
            Command::Verify { checkpoint } => {
                let masters = MasterKeys::new(self.deployment.master_key()?);
                let mut log = match checkpoint {
                    None => None,
                    Some(path) => {
                        Some(BufReader::new(File::open(path).with_context(|| format!("opening {}", path.display()))?))
                    }
                };
                let store = self.deployment.open()?;
                let report = wait(async {
                    let keyring = keys::open_all(&store, &masters).await?;
                    verify(&store, &keyring, log.as_mut().map(|log| log as _)).await
                })?;
                println!("sealed rows       {}", report.sealed);
                println!("waiting rows      {}", report.waiting);
                println!("checkpoints       {}", report.checkpoints);
                if checkpoint.is_some() {
                    println!("kept checkpoints  {}", report.kept);
                }
                for fault in &report.faults {
                    println!("fault: {fault}");
                }
                match report.faults.len() {
                    0 => println!("the audit log is as it was sealed"),
                    count => bail!("the audit log is not as it was sealed: {count} faults"),
                }
                Ok(())
            }
            Command::Export => {
                let store = self.deployment.open()?;
                wait(export(&store))
            }
        }
    }
}

/// Platform by platform: the sealed rows by position, then those that wait.
async fn export(store: &Store) -> Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for platform in store.audited_platforms().await? {
        let mut position = 0;
        loop {
            let page = store.links_after(&platform, position).await?;
            let Some((last, _)) = page.last() else { break };
            position = last.position;
            for (link, row) in page {
                writeln!(out, "{}", line(&platform, row.as_ref(), Some(&link))).context("writing")?;
            }
        }
        let mut after: Option<Row> = None;
        loop {
            let (page, _) = store.unsealed_after(&platform, after.as_ref()).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.row.clone());
            for unsealed in page {
                writeln!(out, "{}", line(&platform, Some(&unsealed.row), None)).context("writing")?;
            }
        }
    }
    out.flush().context("writing")
}

fn line(platform: &str, row: Option<&Row>, link: Option<&Link>) -> String {
    json::canonical(&json!({
        "platform": platform,
        "position": link.map(|link| link.position),
        "row": row.map_or(Value::Null, Row::to_json),
        "rowId": row.map(|row| &row.id).or_else(|| link.map(|link| &link.audit_id)),
        "rowDigest": link.map(|link| hex::encode(link.row_digest)),
        "link": link.map(|link| hex::encode(link.link)),
    }))
}
