//! The chain that seals the audit log, and its checkpoints. The rows themselves: [`super::audit`].
//!
//! Sealing takes rows from a queue that a trigger fills. "Every row after the last one that was linked" would not do: on
//! PostgreSQL a row with an earlier number can be committed later, and would never be linked. Only committed rows are
//! seen, so nobody who writes one waits for the sealer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use countersign_flow::Timestamp;
use countersign_flow::audit::{Checkpoint, Digest, Head, Link, Row};
use diesel::prelude::*;

use super::schema::{audit_checkpoints, audit_links, audit_log, audit_unsealed, platforms};
use super::{AnyConnection, Store, StoreError, Tx};

/// Rows that one transaction seals.
const BATCH: i64 = 500;
/// Rows of one page that is read.
const PAGE: i64 = 1_000;
/// A row that has waited this long should have been sealed.
pub const PATIENCE: Duration = Duration::from_mins(1);
/// Held while a batch is sealed on PostgreSQL: one replica seals at a time.
const SEALER_LOCK: i64 = 0x0061_7564_6974;

/// The columns of `audit_log`.
#[derive(Queryable)]
struct Columns {
    id: String,
    platform_id: String,
    account_id: Option<String>,
    actor: String,
    action: String,
    resource: String,
    outcome: String,
    at: i64,
    actor_key: Option<String>,
    digest: Option<String>,
}

impl From<Columns> for Row {
    fn from(columns: Columns) -> Self {
        let Columns { id, platform_id, account_id, actor, action, resource, outcome, at, actor_key, digest } = columns;
        Self { id, platform_id, account_id, actor, action, resource, outcome, at, actor_key, digest }
    }
}

#[derive(Insertable)]
#[diesel(table_name = audit_links)]
struct NewLink {
    platform_id: String,
    position: i64,
    audit_id: String,
    row_digest: Vec<u8>,
    link: Vec<u8>,
}

/// A link as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_links)]
struct StoredLink {
    position: i64,
    audit_id: String,
    row_digest: Vec<u8>,
    link: Vec<u8>,
}

impl TryFrom<StoredLink> for Link {
    type Error = StoreError;

    fn try_from(stored: StoredLink) -> Result<Self, StoreError> {
        Ok(Self {
            position: from_stored(stored.position)?,
            audit_id: stored.audit_id,
            // A value of another length matches no digest, and is told as one that was altered.
            row_digest: stored.row_digest.try_into().unwrap_or_default(),
            link: stored.link.try_into().unwrap_or_default(),
        })
    }
}

/// A checkpoint as it is stored.
#[derive(Clone, Debug)]
pub struct StoredCheckpoint {
    /// Its number, from 1.
    pub sequence: u64,
    /// When it was made.
    pub at: Timestamp,
    /// What it says, and what signs it.
    pub checkpoint: Checkpoint,
}

/// What the next checkpoint is made of.
#[derive(Debug)]
pub struct Heads {
    /// The time of the database.
    pub now: Timestamp,
    /// The checkpoint before it.
    pub last: Option<StoredCheckpoint>,
    /// How far the chains of all platforms have got.
    pub heads: BTreeMap<String, Head>,
}

/// A row that isn't sealed.
#[derive(Debug)]
pub struct Unsealed {
    /// The row.
    pub row: Row,
    /// Whether it waits in the queue.
    pub queued: bool,
}

impl Store {
    /// Seals one batch; returns how many rows it had.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn seal(&self) -> Result<usize, StoreError> {
        // An empty round must not cost a commit.
        let waiting = self
            .read(None, |tx| {
                let queued = audit_unsealed::table
                    .inner_join(audit_log::table.on(audit_log::id.eq(audit_unsealed::audit_id)))
                    .select(audit_unsealed::seq);
                Ok(queued.first::<i64>(tx.conn).optional()?.is_some())
            })
            .await?;
        if waiting { self.write(None, |tx| tx.seal_batch(BATCH)).await } else { Ok(0) }
    }

    /// The last checkpoint, and the heads of all platforms.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn audit_heads(&self) -> Result<Heads, StoreError> {
        self.read(None, |tx| {
            let mut heads = BTreeMap::new();
            let ids: Vec<String> = platforms::table.select(platforms::id).load(tx.conn)?;
            for id in ids {
                let head = tx.audit_head(&id)?;
                if head.position > 0 {
                    heads.insert(id, head);
                }
            }
            let last = audit_checkpoints::table.order(audit_checkpoints::sequence.desc());
            let last = last.first::<CheckpointColumns>(tx.conn).optional()?.map(checkpoint).transpose()?;
            Ok(Heads { now: tx.now, last, heads })
        })
        .await
    }

    /// Adds a checkpoint. `false` when one of its number is there: another replica was faster.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn add_checkpoint(&self, new: StoredCheckpoint) -> Result<bool, StoreError> {
        let sequence = to_stored(new.sequence)?;
        self.write(None, move |tx| {
            let row = (
                audit_checkpoints::sequence.eq(sequence),
                audit_checkpoints::at.eq(new.at.as_millis()),
                audit_checkpoints::statement.eq(new.checkpoint.statement),
                audit_checkpoints::kid.eq(new.checkpoint.kid),
                audit_checkpoints::signature.eq(new.checkpoint.signature),
            );
            // In a savepoint: on PostgreSQL a violation would end the transaction.
            let insert =
                |conn: &mut AnyConnection| diesel::insert_into(audit_checkpoints::table).values(row).execute(conn);
            let added = tx.conn.transaction(insert);
            match added {
                Ok(_) => Ok(true),
                Err(diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::UniqueViolation, _)) => {
                    Ok(false)
                }
                Err(cause) => Err(cause.into()),
            }
        })
        .await
    }

    /// The platforms that rows or links name, whether they exist or not.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn audited_platforms(&self) -> Result<BTreeSet<String>, StoreError> {
        self.read(None, |tx| {
            let mut found = BTreeSet::new();
            // From one to the next by the index: `DISTINCT` would read every row.
            let mut after = String::new();
            while let Some(next) = audit_links::table
                .filter(audit_links::platform_id.gt(&after))
                .select(diesel::dsl::min(audit_links::platform_id))
                .first::<Option<String>>(tx.conn)?
            {
                found.insert(next.clone());
                after = next;
            }
            let mut after = String::new();
            while let Some(next) = audit_log::table
                .filter(audit_log::platform_id.gt(&after))
                .select(diesel::dsl::min(audit_log::platform_id))
                .first::<Option<String>>(tx.conn)?
            {
                found.insert(next.clone());
                after = next;
            }
            Ok(found)
        })
        .await
    }

    /// The links of a platform after a position, in order, each with its row; none at the end. One page is one
    /// statement, so a row and its link are never seen apart because something was committed meanwhile.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn links_after(&self, platform: &str, position: u64) -> Result<Vec<(Link, Option<Row>)>, StoreError> {
        let (platform, position) = (platform.to_owned(), to_stored(position)?);
        self.read(None, move |tx| {
            let page: Vec<(StoredLink, Option<Columns>)> = audit_links::table
                .left_join(audit_log::table.on(audit_log::id.eq(audit_links::audit_id)))
                .filter(audit_links::platform_id.eq(platform))
                .filter(audit_links::position.gt(position))
                .order(audit_links::position)
                .limit(PAGE)
                .select((StoredLink::as_select(), audit_log::all_columns.nullable()))
                .load(tx.conn)?;
            page.into_iter().map(|(link, row)| Ok((link.try_into()?, row.map(Row::from)))).collect()
        })
        .await
    }

    /// Rows of a platform that have no link, by time and id, after one of them.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn unsealed_after(
        &self,
        platform: &str,
        after: Option<&Row>,
    ) -> Result<(Vec<Unsealed>, Timestamp), StoreError> {
        let platform = platform.to_owned();
        let (at, id) = after.map_or((i64::MIN, String::new()), |row| (row.at, row.id.clone()));
        self.read(None, move |tx| {
            let page: Vec<(Columns, Option<String>)> = audit_log::table
                .left_join(audit_links::table.on(audit_links::audit_id.eq(audit_log::id)))
                .left_join(audit_unsealed::table.on(audit_unsealed::audit_id.eq(audit_log::id)))
                .filter(audit_links::audit_id.is_null())
                .filter(audit_log::platform_id.eq(platform))
                .filter(audit_log::at.gt(at).or(audit_log::at.eq(at).and(audit_log::id.gt(id))))
                .order((audit_log::at, audit_log::id))
                .limit(PAGE)
                .select((audit_log::all_columns, audit_unsealed::audit_id.nullable()))
                .load(tx.conn)?;
            let page = page.into_iter().map(|(row, queued)| Unsealed { row: row.into(), queued: queued.is_some() });
            Ok((page.collect(), tx.now))
        })
        .await
    }

    /// The ids of rows that were deleted before they were sealed: the queue still names them.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn queued_without_row(&self) -> Result<Vec<String>, StoreError> {
        self.read(None, |tx| {
            let orphans = audit_unsealed::table
                .left_join(audit_log::table.on(audit_log::id.eq(audit_unsealed::audit_id)))
                .filter(audit_log::id.is_null())
                .order(audit_unsealed::seq)
                .select(audit_unsealed::audit_id);
            Ok(orphans.load(tx.conn)?)
        })
        .await
    }

    /// The checkpoints after a number, in order; none at the end.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn checkpoints_after(&self, sequence: u64) -> Result<Vec<StoredCheckpoint>, StoreError> {
        let sequence = to_stored(sequence)?;
        self.read(None, move |tx| {
            let page = audit_checkpoints::table
                .filter(audit_checkpoints::sequence.gt(sequence))
                .order(audit_checkpoints::sequence)
                .limit(PAGE)
                .load::<CheckpointColumns>(tx.conn)?;
            page.into_iter().map(checkpoint).collect()
        })
        .await
    }

    /// The checkpoint of a number.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn checkpoint(&self, sequence: u64) -> Result<Option<StoredCheckpoint>, StoreError> {
        let Ok(sequence) = i64::try_from(sequence) else { return Ok(None) };
        self.read(None, move |tx| {
            let found = audit_checkpoints::table.find(sequence).first::<CheckpointColumns>(tx.conn).optional()?;
            found.map(checkpoint).transpose()
        })
        .await
    }

    /// The link of a platform at a position.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn link_at(&self, platform: &str, position: u64) -> Result<Option<Digest>, StoreError> {
        let Ok(position) = i64::try_from(position) else { return Ok(None) };
        let platform = platform.to_owned();
        self.read(None, move |tx| {
            let found = audit_links::table.find((platform, position)).select(audit_links::link);
            let found: Option<Vec<u8>> = found.first(tx.conn).optional()?;
            Ok(found.map(|link| link.try_into().unwrap_or_default()))
        })
        .await
    }
}

impl Tx<'_> {
    fn seal_batch(&mut self, rows: i64) -> Result<usize, StoreError> {
        if let AnyConnection::Postgres(conn) = &mut *self.conn {
            // Two replicas that sealed at once would both take the same position.
            let lock = diesel::dsl::sql::<diesel::sql_types::Bool>("pg_try_advisory_xact_lock(");
            let lock = lock.bind::<diesel::sql_types::BigInt, _>(SEALER_LOCK).sql(")");
            if !diesel::select(lock).get_result::<bool>(conn)? {
                return Ok(0);
            }
        }
        let batch: Vec<(i64, Columns)> = audit_unsealed::table
            .inner_join(audit_log::table.on(audit_log::id.eq(audit_unsealed::audit_id)))
            .order(audit_unsealed::seq)
            .limit(rows)
            .select((audit_unsealed::seq, audit_log::all_columns))
            .load(self.conn)?;
        let mut heads: BTreeMap<String, Head> = BTreeMap::new();
        let mut links = Vec::with_capacity(batch.len());
        let mut sealed = Vec::with_capacity(batch.len());
        for (seq, columns) in batch {
            let row = Row::from(columns);
            let digest = row.digest();
            let head = match heads.get(&row.platform_id) {
                Some(head) => *head,
                None => self.audit_head(&row.platform_id)?,
            };
            let head = head.extend(&row.platform_id, &digest);
            links.push(NewLink {
                platform_id: row.platform_id.clone(),
                position: to_stored(head.position)?,
                audit_id: row.id,
                row_digest: digest.to_vec(),
                link: head.link.to_vec(),
            });
            heads.insert(row.platform_id, head);
            sealed.push(seq);
        }
        // Many rows in one statement are written for each backend; the either-or connection has no such statement.
        match &mut *self.conn {
            AnyConnection::Postgres(conn) => diesel::insert_into(audit_links::table).values(&links).execute(conn)?,
            AnyConnection::Sqlite(conn) => diesel::insert_into(audit_links::table).values(&links).execute(conn)?,
        };
        diesel::delete(audit_unsealed::table.filter(audit_unsealed::seq.eq_any(sealed))).execute(self.conn)?;
        Ok(links.len())
    }

    fn audit_head(&mut self, platform: &str) -> Result<Head, StoreError> {
        let last: Option<StoredLink> = audit_links::table
            .filter(audit_links::platform_id.eq(platform))
            .order(audit_links::position.desc())
            .select(StoredLink::as_select())
            .first(self.conn)
            .optional()?;
        let Some(last) = last.map(Link::try_from).transpose()? else { return Ok(Head::default()) };
        Ok(Head { position: last.position, link: last.link })
    }
}

type CheckpointColumns = (i64, i64, String, String, Vec<u8>);

fn checkpoint((sequence, at, statement, kid, signature): CheckpointColumns) -> Result<StoredCheckpoint, StoreError> {
    let checkpoint = Checkpoint { statement, kid, signature };
    Ok(StoredCheckpoint { sequence: from_stored(sequence)?, at: Timestamp::from_millis(at), checkpoint })
}

fn from_stored(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Corrupt("position in the audit chain"))
}

fn to_stored(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Corrupt("position in the audit chain"))
}
