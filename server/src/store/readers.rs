//! Reader connections.

use std::sync::Mutex;

use diesel::prelude::*;

use super::connection::{AnyConnection, Location};
use super::{StoreError, Tx, clock};
use crate::clock::Clock;

/// Idle connections that are kept. As many as the blocking threads that a small machine runs at once.
const MOST_IDLE: usize = 16;

pub(super) struct Readers {
    location: Location,
    clock: Clock,
    idle: Mutex<Vec<AnyConnection>>,
}

impl Readers {
    pub(super) fn new(location: Location, clock: Clock) -> Self {
        Self { location, clock, idle: Mutex::new(Vec::new()) }
    }

    /// Runs a read in a transaction, so that all of it sees one state of the database.
    pub(super) fn run<T>(&self, read: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let mut conn = match idle {
            Some(conn) => conn,
            None => self.location.connect().map_err(|cause| StoreError::Unavailable(format!("{cause:#}")))?,
        };
        let clock = self.clock;
        let done = conn.transaction(|conn| {
            let now = clock::statement_time(conn, clock)?;
            read(&mut Tx { conn, now, destroyed_key: false })
        });
        // A connection that lost its database is not kept: the next read opens a new one.
        if !matches!(done, Err(StoreError::Unavailable(_)))
            && let Ok(mut idle) = self.idle.lock()
            && idle.len() < MOST_IDLE
        {
            idle.push(conn);
        }
        done
    }
}
