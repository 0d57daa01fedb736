//! `audit verify`: every row, link and checkpoint, page by page, while servers go on writing.

use std::io::BufRead;

use anyhow::{Context as _, Result, bail};
use countersign_flow::audit::{Checkpoint, Statement, Walk};
use countersign_flow::keyring::{KeyPurpose, Keyring};

use super::LOG_MESSAGE;
use crate::store::Store;
use crate::store::audit_chain::PATIENCE;

/// What was looked at, and what was wrong.
#[derive(Debug, Default)]
pub struct Report {
    /// Rows with a link.
    pub sealed: u64,
    /// Rows that wait for theirs, and not for too long.
    pub waiting: u64,
    /// Checkpoints of the database.
    pub checkpoints: u64,
    /// Checkpoints of the log that was given.
    pub kept: u64,
    /// What is wrong: where, and how, one line each.
    pub faults: Vec<String>,
}

/// Checks a database, and against it the checkpoints that a log has kept.
///
/// # Errors
/// The database or the log can't be read, or the log has no checkpoint: nothing can be said.
pub async fn verify(store: &Store, keyring: &Keyring, kept: Option<&mut dyn BufRead>) -> Result<Report> {
    let mut verifier = Verifier { store, keyring, report: Report::default() };
    for platform in store.audited_platforms().await? {
        verifier.chain(&platform).await?;
        verifier.unsealed(&platform).await?;
    }
    for id in store.queued_without_row().await? {
        verifier.report.faults.push(format!("row {id} was deleted before it was sealed"));
    }
    verifier.checkpoints().await?;
    if let Some(kept) = kept {
        verifier.log(kept).await?;
    }
    Ok(verifier.report)
}

struct Verifier<'a> {
    store: &'a Store,
    keyring: &'a Keyring,
    report: Report,
}

impl Verifier<'_> {
    async fn chain(&mut self, platform: &str) -> Result<()> {
        let mut walk = Walk::new(platform);
        loop {
            let page = self.store.links_after(platform, walk.head().position).await?;
            if page.is_empty() {
                return Ok(());
            }
            for (link, row) in &page {
                let faults = walk.step(link, row.as_ref());
                self.report.faults.extend(faults.iter().map(|fault| format!("platform {platform}: {fault}")));
                self.report.sealed += 1;
            }
        }
    }

    async fn unsealed(&mut self, platform: &str) -> Result<()> {
        let mut after = None;
        loop {
            let (page, now) = self.store.unsealed_after(platform, after.as_ref()).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.row.clone());
            for unsealed in page {
                let id = unsealed.row.id;
                if !unsealed.queued {
                    self.fault(platform, format_args!("row {id} has no link, and was taken out of the queue for one"));
                } else if unsealed.row.at < now.minus(PATIENCE).as_millis() {
                    self.fault(
                        platform,
                        format_args!("row {id} has waited for its link too long: does no server run?"),
                    );
                } else {
                    self.report.waiting += 1;
                }
            }
        }
    }

    fn fault(&mut self, platform: &str, what: std::fmt::Arguments<'_>) {
        self.report.faults.push(format!("platform {platform}: {what}"));
    }

    async fn checkpoints(&mut self) -> Result<()> {
        let (mut sequence, mut seal): (u64, Option<String>) = (0, None);
        loop {
            let page = self.store.checkpoints_after(sequence).await?;
            if page.is_empty() {
                return Ok(());
            }
            for stored in page {
                let name = format!("checkpoint {}", stored.sequence);
                let gap = stored.sequence != sequence.saturating_add(1);
                if gap {
                    let (first, last) = (sequence.saturating_add(1), stored.sequence.saturating_sub(1));
                    self.report.faults.push(format!("checkpoints {first} to {last} are missing"));
                }
                if let Some(statement) = self.statement(&name, &stored.checkpoint).await? {
                    if (statement.sequence, statement.at) != (stored.sequence, stored.at.as_millis()) {
                        self.report.faults.push(format!("{name} states another number or time"));
                    }
                    // After a gap the one before is unknown.
                    if !gap && statement.previous != seal {
                        self.report.faults.push(format!("{name} does not follow from the one before it"));
                    }
                }
                (sequence, seal) = (stored.sequence, Some(stored.checkpoint.seal()));
                self.report.checkpoints += 1;
            }
        }
    }

    /// Checks a checkpoint's signature and whether the chains hold what it states.
    async fn statement(&mut self, name: &str, checkpoint: &Checkpoint) -> Result<Option<Statement>> {
        let key = self.keyring.find(KeyPurpose::Audit, &checkpoint.kid).and_then(|entry| entry.p256());
        if !key.is_some_and(|key| checkpoint.is_signed_by(key.public())) {
            self.report.faults.push(format!("{name} is not signed by an audit key of this database"));
            return Ok(None);
        }
        let Some(statement) = checkpoint.read() else {
            self.report.faults.push(format!("{name} can't be read"));
            return Ok(None);
        };
        for (platform, head) in &statement.heads {
            let position = head.position;
            match self.store.link_at(platform, position).await? {
                None => {
                    self.fault(platform, format_args!("position {position}, of {name}, is missing: the tail was cut"));
                }
                Some(link) if hex::encode(link) != head.link => {
                    self.fault(platform, format_args!("position {position}: the link is not that of {name}"));
                }
                Some(_) => {}
            }
        }
        Ok(Some(statement))
    }

    /// Compares the checkpoints in a server's log with the database.
    async fn log(&mut self, log: &mut dyn BufRead) -> Result<()> {
        let (mut number, mut damaged) = (0_u64, false);
        let mut line = Vec::new();
        loop {
            line.clear();
            if log.read_until(b'\n', &mut line).context("reading the log")? == 0 {
                break;
            }
            number += 1;
            let name = format!("the checkpoint in line {number} of the log");
            let kept = match logged(&line) {
                Logged::Other => continue,
                Logged::Damaged => {
                    damaged = true;
                    self.report.faults.push(format!("{name} can't be read"));
                    continue;
                }
                Logged::Checkpoint(kept) => kept,
            };
            self.report.kept += 1;
            let Some(statement) = self.statement(&name, &kept).await? else { continue };
            let sequence = statement.sequence;
            match self.store.checkpoint(sequence).await? {
                None => self.report.faults.push(format!("checkpoint {sequence} is missing: {name} has it")),
                Some(stored) if stored.checkpoint != kept => {
                    self.report.faults.push(format!("checkpoint {sequence} is not {name}"));
                }
                Some(_) => {}
            }
        }
        // A damaged one was there, and is told.
        if self.report.kept == 0 && !damaged {
            bail!("the log has no checkpoint: a server writes one each minute, at level `info`");
        }
        Ok(())
    }
}

/// What a line of a log is.
enum Logged {
    Checkpoint(Checkpoint),
    Damaged,
    Other,
}

fn logged(line: &[u8]) -> Logged {
    let text = String::from_utf8_lossy(line);
    if !text.contains(LOG_MESSAGE) {
        return Logged::Other;
    }
    // Whoever collects logs may put a time or a name before each line.
    let json = text.find('{').and_then(|start| text.get(start..)).unwrap_or_default();
    let Ok(fields) = serde_json::from_str::<serde_json::Value>(json.trim_end()) else { return Logged::Damaged };
    let text = |name: &str| fields.get(name).and_then(serde_json::Value::as_str);
    if text("message") != Some(LOG_MESSAGE) {
        return Logged::Other;
    }
    let signature = text("signature").and_then(|signature| hex::decode(signature).ok());
    match (text("statement"), text("kid"), signature) {
        (Some(statement), Some(kid), Some(signature)) => {
            Logged::Checkpoint(Checkpoint { statement: statement.to_owned(), kid: kid.to_owned(), signature })
        }
        _ => Logged::Damaged,
    }
}
