//! Reader connections.

use std::sync::{Arc, Mutex};

use countersign_flow::id::PlatformId;
use diesel::prelude::*;
use tokio::sync::Semaphore;

use super::connection::{AnyConnection, Location, Purpose};
use super::share::Shares;
use super::{Bounds, StoreError, Tx, clock};
use crate::clock::Clock;

pub(super) struct Readers {
    pool: Arc<Pool>,
    turns: Arc<Semaphore>,
    shares: Shares,
}

struct Pool {
    location: Location,
    clock: Clock,
    bounds: Bounds,
    idle: Mutex<Vec<AnyConnection>>,
}

impl Readers {
    pub(super) fn new(location: Location, clock: Clock, bounds: Bounds) -> Self {
        let pool = Arc::new(Pool { location, clock, bounds, idle: Mutex::new(Vec::new()) });
        Self { pool, turns: Arc::new(Semaphore::new(bounds.connections)), shares: Shares::default() }
    }

    /// Runs a read on a blocking thread, when it is its turn.
    pub(super) async fn run<T, F>(&self, platform: Option<PlatformId>, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let share = self.shares.take(platform)?;
        let done = async {
            let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| StoreError::Panicked)?;
            let pool = Arc::clone(&self.pool);
            let done = tokio::task::spawn_blocking(move || {
                let _ = (&share, &turn);
                pool.run(read)
            });
            done.await.unwrap_or(Err(StoreError::Panicked))
        };
        let late = |_| Err(StoreError::Unavailable("a read was not answered in time".to_owned()));
        tokio::time::timeout(self.pool.bounds.patience, done).await.unwrap_or_else(late)
    }
}

impl Pool {
    /// Runs a read in a transaction, so that all of it sees one state of the database.
    fn run<T>(&self, read: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut read = Some(read);
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        if let Some(conn) = idle {
            let done = self.run_on(conn, &mut read);
            // A connection that lay idle may have lost its database, which may be back.
            if read.is_none() || !matches!(done, Err(StoreError::Unavailable(_))) {
                return done;
            }
        }
        let conn = self.location.connect_for(Purpose::Reads, self.bounds.patience);
        self.run_on(conn.map_err(|cause| StoreError::Unavailable(format!("{cause:#}")))?, &mut read)
    }

    fn run_on<T>(
        &self,
        mut conn: AnyConnection,
        read: &mut Option<impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let clock = self.clock;
        let done = conn.transaction(|conn| {
            let now = clock::statement_time(conn, clock)?;
            let read = read.take().ok_or(StoreError::Panicked)?;
            read(&mut Tx::new(conn, now))
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
