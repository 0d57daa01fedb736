//! Sealing the audit log in the background, and checking what was sealed.
//!
//! ```text
//! trigger: row --> queue      the effect's own transaction
//! Sealer:  queue --> links    within a second, in batches, on every replica
//!          heads --> checkpoint, signed: to its table, and to the log
//! verify:  rows, links, checkpoints, and checkpoints that were kept elsewhere
//! ```

pub mod verify;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use countersign_flow::audit::{Checkpoint, Head, Statement};

use crate::config::AuditRules;
use crate::server::Keys;
use crate::store::Store;
use crate::store::audit_chain::{Heads, StoredCheckpoint};

/// The message of a checkpoint's line in the log.
pub const LOG_MESSAGE: &str = "audit checkpoint";

/// Seals what was written, round by round.
pub(crate) struct Sealer {
    store: Store,
    keys: Arc<Keys>,
    rules: AuditRules,
    /// The heads that this process has put into a checkpoint. Another replica's checkpoints may have later ones: then
    /// ours says some of them again, which does no harm.
    stated: BTreeMap<String, Head>,
}

impl Sealer {
    pub(crate) const fn new(store: Store, keys: Arc<Keys>, rules: AuditRules) -> Self {
        Self { store, keys, rules, stated: BTreeMap::new() }
    }

    /// Seals until `stop` is done with, and then the rest.
    pub(crate) async fn run(mut self, mut stop: tokio::sync::oneshot::Receiver<()>) {
        // Far more often than checkpoints are due, so that they are made on time; asking costs a read.
        let ask = (self.rules.checkpoint / 10).clamp(Duration::from_millis(100), Duration::from_secs(5));
        let mut asked = tokio::time::Instant::now();
        loop {
            let stopping = tokio::time::timeout(self.rules.seal, &mut stop).await.is_ok();
            self.seal_all().await;
            if stopping || asked.elapsed() >= ask {
                asked = tokio::time::Instant::now();
                if let Err(cause) = self.state_heads(stopping).await {
                    tracing::warn!(cause = format!("{cause:#}"), "no checkpoint of the audit log was made");
                }
            }
            if stopping {
                return;
            }
        }
    }

    async fn seal_all(&self) {
        loop {
            match self.store.seal().await {
                Ok(0) => return,
                Ok(_) => tokio::task::yield_now().await,
                Err(cause) => {
                    tracing::warn!(%cause, "the audit log was not sealed");
                    return;
                }
            }
        }
    }

    /// Makes a checkpoint if it is time for one, or if the server stops and there is something to state.
    async fn state_heads(&mut self, stopping: bool) -> Result<()> {
        let Heads { now, last, heads } = self.store.audit_heads().await?;
        let due = last.as_ref().is_none_or(|last| last.at <= now.minus(self.rules.checkpoint));
        let moved: BTreeMap<String, Head> =
            heads.into_iter().filter(|(platform, head)| self.stated.get(platform) != Some(head)).collect();
        let last_words = stopping && !moved.is_empty();
        if !due && !last_words {
            return Ok(());
        }
        let (key, kid) = self.keys.audit().context("there is no audit key")?;
        let statement = Statement {
            sequence: last.as_ref().map_or(1, |last| last.sequence.saturating_add(1)),
            at: now.as_millis(),
            previous: last.as_ref().map(|last| last.checkpoint.seal()),
            heads: moved.iter().map(|(platform, head)| (platform.clone(), (*head).into())).collect(),
        };
        let checkpoint = Checkpoint::sign(&statement, key, kid);
        let new = StoredCheckpoint { sequence: statement.sequence, at: now, checkpoint: checkpoint.clone() };
        if self.store.add_checkpoint(new).await? {
            self.stated.extend(moved);
            tracing::info!(
                statement = checkpoint.statement,
                kid = checkpoint.kid,
                signature = hex::encode(&checkpoint.signature),
                "{LOG_MESSAGE}"
            );
        }
        Ok(())
    }
}
