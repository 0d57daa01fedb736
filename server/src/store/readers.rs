//! Reader connections.

use std::sync::{Arc, Mutex};

use countersign_flow::id::PlatformId;
use diesel::prelude::*;
use tokio::sync::Semaphore;

use super::connection::{AnyConnection, Location};
use super::share::Shares;
use super::{StoreError, Tx, clock};
use crate::clock::Clock;

/// Connections, and so reads at once. More would wait for processors, not for the database.
const CONNECTIONS: usize = 16;

pub(super) struct Readers {
    pool: Arc<Pool>,
    turns: Arc<Semaphore>,
    shares: Shares,
}

struct Pool {
    location: Location,
    clock: Clock,
    idle: Mutex<Vec<AnyConnection>>,
}

impl Readers {
    pub(super) fn new(location: Location, clock: Clock) -> Self {
        let pool = Arc::new(Pool { location, clock, idle: Mutex::new(Vec::new()) });
        Self { pool, turns: Arc::new(Semaphore::new(CONNECTIONS)), shares: Shares::default() }
    }

    /// Runs a read on a blocking thread, when it is its turn.
    pub(super) async fn run<T, F>(&self, platform: Option<PlatformId>, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let share = self.shares.take(platform)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| StoreError::Panicked)?;
        let pool = Arc::clone(&self.pool);
        let done = tokio::task::spawn_blocking(move || {
            let _ = (&share, &turn);
            pool.run(read)
        });
        done.await.unwrap_or(Err(StoreError::Panicked))
    }
}

impl Pool {
    /// Runs a read in a transaction, so that all of it sees one state of the database.
    fn run<T>(&self, read: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
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
        // A connection that lost its database is not kept: the next read opens a new one. (A panic drops it too.)
        if !matches!(done, Err(StoreError::Unavailable(_) | StoreError::Database(_)))
            && let Ok(mut idle) = self.idle.lock()
        {
            idle.push(conn);
        }
        done
    }
}
