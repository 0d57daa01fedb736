//! The database's own time (S5): what is decided is decided at a moment that never runs backwards.
//!
//! On SQLite every commit moves the last committed time on, which is the mark that no later moment is before. On PostgreSQL
//! the time is the database's clock, which all replicas share. A mark that every commit writes would be a queue for all
//! of them, so there it is moved on in a transaction of its own, after a commit that finds it a second old: of the last
//! second before a step back of that clock, nothing is known.

use std::time::Duration;

use countersign_flow::Timestamp;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::schema::deployment;
use super::{AnyConnection, StoreError};
use crate::clock::Clock;

/// The clock may stand this far before the last committed time before it is distrusted.
const TOLERANCE: Duration = Duration::from_mins(1);
/// On PostgreSQL the last committed time is moved on when it is this old.
const MARK_AGE: Duration = Duration::from_secs(1);

/// The moment of a write.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    /// The statement time.
    pub(super) now: Timestamp,
    /// Whether [`move_on`] is due once the write is committed.
    pub(super) mark_is_old: bool,
}

/// What a database is for, written once at its creation (S1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Tries: codes are `000000`, nothing is sent.
    Sandbox,
    /// The real thing.
    Production,
}

impl Mode {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Production => "production",
        }
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The mark of a database; `None` while it has no tables or no mark.
pub(super) fn marked(conn: &mut AnyConnection) -> Option<Mode> {
    let found: QueryResult<String> = deployment::table.select(deployment::mode).first(conn);
    match found.ok()?.as_str() {
        "sandbox" => Some(Mode::Sandbox),
        "production" => Some(Mode::Production),
        _ => None,
    }
}

/// Marks a new database with its mode, or reads the mark that it has.
///
/// # Errors
/// What the database says.
pub(super) fn mark(conn: &mut AnyConnection, wanted: Mode, clock: Clock) -> Result<Mode, StoreError> {
    conn.transaction(|conn| {
        let found: Option<String> = deployment::table.select(deployment::mode).first(conn).optional()?;
        match found.as_deref() {
            None => {
                // By the clock that it will be compared with.
                let now = match conn {
                    AnyConnection::Postgres(conn) => diesel::select(postgres_clock()).get_result(conn)?,
                    AnyConnection::Sqlite(_) => clock.now().as_millis(),
                };
                diesel::insert_into(deployment::table)
                    .values((
                        deployment::id.eq(1),
                        deployment::mode.eq(wanted.as_str()),
                        deployment::created_at.eq(now),
                        deployment::last_committed_at.eq(now),
                    ))
                    .execute(conn)?;
                Ok(wanted)
            }
            Some("sandbox") => Ok(Mode::Sandbox),
            Some("production") => Ok(Mode::Production),
            Some(_) => Err(StoreError::Corrupt("deployment")),
        }
    })
}

/// The moment of a write, and its first statement. On SQLite it takes the write lock and moves the committed time on, so
/// that SQLite never has to turn a read into a write, which could fail.
pub(super) fn advance(conn: &mut AnyConnection, clock: Clock) -> Result<Moment, StoreError> {
    let (system, committed, mark_is_old) = match conn {
        AnyConnection::Postgres(conn) => {
            let (system, committed) = postgres_times(conn)?;
            (system, committed, system.since(committed) >= MARK_AGE)
        }
        AnyConnection::Sqlite(_) => {
            let system = clock.now();
            let earlier = deployment::table.filter(deployment::last_committed_at.lt(system.as_millis()));
            diesel::update(earlier).set(deployment::last_committed_at.eq(system.as_millis())).execute(conn)?;
            (system, last_committed(conn)?, false)
        }
    };
    let behind = committed.since(system);
    if behind > TOLERANCE {
        return Err(StoreError::ClockStepped(behind));
    }
    Ok(Moment { now: committed.max(system), mark_is_old })
}

/// Moves PostgreSQL's last committed time on, in a transaction of its own. Of several replicas that do so at once, the
/// others find nothing left to do.
pub(super) fn move_on(conn: &mut PgConnection) -> QueryResult<()> {
    let now = postgres_clock();
    let age = i64::try_from(MARK_AGE.as_millis()).unwrap_or(i64::MAX);
    let old = deployment::table.filter((deployment::last_committed_at + age).le(postgres_clock()));
    diesel::update(old).set(deployment::last_committed_at.eq(now)).execute(conn).map(drop)
}

/// The statement time of a read: the later of the clock and the last committed time.
pub(super) fn statement_time(conn: &mut AnyConnection, clock: Clock) -> Result<Timestamp, StoreError> {
    let (system, committed) = match conn {
        AnyConnection::Postgres(conn) => postgres_times(conn)?,
        AnyConnection::Sqlite(_) => (clock.now(), last_committed(conn)?),
    };
    Ok(system.max(committed))
}

/// The statement time once more, for a transaction that has waited for a lock: what was committed meanwhile was committed
/// at a time that its first moment may be before.
pub(super) fn after_wait(conn: &mut PgConnection, now: Timestamp) -> QueryResult<Timestamp> {
    Ok(now.max(Timestamp::from_millis(diesel::select(postgres_clock()).get_result(conn)?)))
}

fn last_committed(conn: &mut AnyConnection) -> Result<Timestamp, StoreError> {
    let millis = deployment::table.select(deployment::last_committed_at).first(conn)?;
    Ok(Timestamp::from_millis(millis))
}

/// PostgreSQL's clock and its last committed time, in one call.
fn postgres_times(conn: &mut PgConnection) -> QueryResult<(Timestamp, Timestamp)> {
    let (system, committed): (i64, i64) =
        deployment::table.select((postgres_clock(), deployment::last_committed_at)).first(conn)?;
    Ok((Timestamp::from_millis(system), Timestamp::from_millis(committed)))
}

/// PostgreSQL's clock as it goes, in milliseconds. `now()` would be the time at which the transaction began.
fn postgres_clock() -> SqlLiteral<BigInt> {
    diesel::dsl::sql("floor(extract(epoch from clock_timestamp()) * 1000)::bigint")
}
