//! The database's own time (S5): what is decided is decided at a moment that never runs backwards.

use std::time::Duration;

use countersign_flow::Timestamp;
use diesel::prelude::*;

use super::schema::deployment;
use super::{AnyConnection, StoreError};
use crate::clock::Clock;

/// The clock may stand this far before the last committed time before it is distrusted.
const TOLERANCE: Duration = Duration::from_mins(1);

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
                let now = clock.now().as_millis();
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

/// Takes the write lock and moves the committed time on. The first statement of every write: SQLite then never has to
/// turn a read into a write, which could fail.
pub(super) fn advance(conn: &mut AnyConnection, clock: Clock) -> Result<Timestamp, StoreError> {
    let system = system_time(conn, clock)?;
    if matches!(conn, AnyConnection::Postgres(_)) {
        // The database's own clock, which all replicas share, needs no memory; a row that every commit writes would be a
        // queue for all of them.
        return Ok(system);
    }
    let earlier = deployment::table.filter(deployment::last_committed_at.lt(system.as_millis()));
    diesel::update(earlier).set(deployment::last_committed_at.eq(system.as_millis())).execute(conn)?;
    let committed = last_committed(conn)?;
    let behind = committed.since(system);
    if behind > TOLERANCE {
        return Err(StoreError::ClockStepped(behind));
    }
    Ok(committed.max(system))
}

/// The statement time of a read: the later of the clock and the last committed time.
pub(super) fn statement_time(conn: &mut AnyConnection, clock: Clock) -> Result<Timestamp, StoreError> {
    if matches!(conn, AnyConnection::Postgres(_)) {
        return system_time(conn, clock);
    }
    Ok(last_committed(conn)?.max(system_time(conn, clock)?))
}

fn last_committed(conn: &mut AnyConnection) -> Result<Timestamp, StoreError> {
    let millis = deployment::table.select(deployment::last_committed_at).first(conn)?;
    Ok(Timestamp::from_millis(millis))
}

/// PostgreSQL's own clock, which all replicas share; this machine's for SQLite.
fn system_time(conn: &mut AnyConnection, clock: Clock) -> Result<Timestamp, StoreError> {
    match conn {
        AnyConnection::Sqlite(_) => Ok(clock.now()),
        AnyConnection::Postgres(conn) => {
            let now =
                diesel::dsl::sql::<diesel::sql_types::BigInt>("(extract(epoch from clock_timestamp()) * 1000)::bigint");
            Ok(Timestamp::from_millis(diesel::select(now).get_result(conn)?))
        }
    }
}
