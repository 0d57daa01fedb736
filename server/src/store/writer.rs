//! Writers: on SQLite one, which runs waiting closures in a batch, each in its own savepoint, and commits once. The fsync of
//! a commit is what a write waits for there, so whatever has queued up during one shares the next.
//!
//! On PostgreSQL several take closures from the same queue, one to a transaction: account locks of a whole batch, taken in
//! the order of arrival, could deadlock two replicas, and PostgreSQL shares its fsyncs among connections by itself.
//!
//! A caller is answered only after the commit that holds its change has returned; if that commit fails, all of the batch
//! fail. A database that went away is looked for again by the next write.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use countersign_flow::id::PlatformId;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use tokio::sync::oneshot;

use super::connection::{BUSY_MILLIS, Location, Purpose};
use super::share::{Share, Shares};
use super::{AnyConnection, Bounds, StoreError, Tx, clock};
use crate::clock::Clock;

/// The most closures that one commit of SQLite holds.
const LARGEST_BATCH: usize = 64;
/// The most closures that wait.
const LONGEST_QUEUE: usize = 1_024;
/// The log of the database is emptied at most this often.
const FORGET_INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct Writer {
    jobs: mpsc::SyncSender<Box<dyn Job>>,
    shares: Shares,
    patience: Duration,
}

type Queue = Arc<Mutex<mpsc::Receiver<Box<dyn Job>>>>;

/// A closure that waits for its turn, runs, and waits for the commit.
trait Job: Send {
    /// Whether the caller has given up.
    fn is_forsaken(&self) -> bool;
    /// Runs the closure in a savepoint and keeps what it returned.
    fn run(&mut self, tx: &mut Tx<'_>);
    /// Answers the caller: with what the closure returned, or with the batch's failure.
    fn finish(self: Box<Self>, failure: Option<&StoreError>);
}

struct Waiting<T, F> {
    write: Option<F>,
    done: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
    _share: Option<Share>,
}

impl<T, F> Job for Waiting<T, F>
where
    T: Send,
    F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send,
{
    fn is_forsaken(&self) -> bool {
        self.answer.is_closed()
    }

    fn run(&mut self, tx: &mut Tx<'_>) {
        let Some(write) = self.write.take() else { return };
        let now = tx.now;
        let conn = &mut *tx.conn;
        // The panic is caught inside the savepoint, which then is rolled back as by any error; outside it would leave the
        // savepoint open, and the batch with it.
        let ran = conn.transaction(|conn| {
            let mut own = Tx::new(conn, now);
            let done = catch_unwind(AssertUnwindSafe(|| write(&mut own))).unwrap_or(Err(StoreError::Panicked))?;
            Ok((done, own.destroyed_key))
        });
        self.done = Some(ran.map(|(done, destroyed_key)| {
            tx.destroyed_key |= destroyed_key;
            done
        }));
    }

    fn finish(self: Box<Self>, failure: Option<&StoreError>) {
        let done = match (self.done, failure) {
            // What was refused was rolled back, whatever became of the rest.
            (Some(Err(refused)), _) => Err(refused),
            (done, None) => done.unwrap_or(Err(StoreError::Panicked)),
            (_, Some(StoreError::ClockStepped(behind))) => Err(StoreError::ClockStepped(*behind)),
            (Some(Ok(_)), Some(StoreError::Unanswered(cause))) => Err(StoreError::Unanswered(cause.clone())),
            (_, Some(other)) => Err(StoreError::Unavailable(other.to_string())),
        };
        // A caller that has gone away needs no answer.
        let _ = self.answer.send(done);
    }
}

impl Writer {
    /// Starts the threads of the writers. They end when the last handle is dropped, after what is queued.
    pub(super) fn start(location: &Location, clock: Clock, bounds: Bounds) -> Result<Self> {
        let (jobs, queue) = mpsc::sync_channel(LONGEST_QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        // The others connect when they have something to do.
        let mut conn = Some(location.connect_for(Purpose::Writes, bounds.patience)?);
        let writers = match location {
            Location::Sqlite(_) => 1,
            Location::Postgres(_) => bounds.connections,
        };
        for number in 0..writers {
            let (location, conn, queue) = (location.clone(), conn.take(), Arc::clone(&queue));
            let writing =
                Writing { location, conn, clock, bounds, must_forget: false, forgot: None, mark_is_old: false };
            thread::Builder::new()
                .name(format!("store-writer-{number}"))
                .spawn(move || writing.run(&queue))
                .context("starting a writer's thread")?;
        }
        Ok(Self { jobs, shares: Shares::default(), patience: bounds.patience })
    }

    pub(super) async fn run<T, F>(&self, share: Option<PlatformId>, write: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let share = self.shares.take(share)?;
        let (answer, answered) = oneshot::channel();
        let job = Waiting { write: Some(write), done: None, answer, _share: share };
        self.jobs.try_send(Box::new(job)).map_err(|_| StoreError::QueueFull)?;
        match tokio::time::timeout(self.patience, answered).await {
            Ok(answered) => answered.unwrap_or(Err(StoreError::Panicked)),
            Err(_) => Err(StoreError::Unanswered("a write took too long".to_owned())),
        }
    }
}

/// The state of a writer's thread.
struct Writing {
    location: Location,
    /// None until the first write, and after one that failed.
    conn: Option<AnyConnection>,
    clock: Clock,
    bounds: Bounds,
    /// A private key was destroyed since the log was last emptied (S4).
    must_forget: bool,
    forgot: Option<Instant>,
    /// The last committed time is to be moved on.
    mark_is_old: bool,
}

/// Where a batch failed.
enum Failure {
    /// Before any of its closures ran.
    Before(StoreError),
    /// At its commit.
    Commit(StoreError),
}

impl Failure {
    fn into_error(self) -> StoreError {
        match self {
            // The commit was asked for, and no answer came.
            Self::Commit(StoreError::Unavailable(cause)) => StoreError::Unanswered(cause),
            Self::Before(cause) | Self::Commit(cause) => cause,
        }
    }
}

impl Writing {
    fn run(mut self, queue: &Queue) {
        loop {
            let wait = if self.must_forget { FORGET_INTERVAL } else { Duration::from_hours(1) };
            let Ok(next) = queue.lock().map(|queue| queue.recv_timeout(wait)) else { return };
            match next {
                // Whoever was told that it took too long must not find it done.
                Ok(job) if job.is_forsaken() => {}
                Ok(first) => self.commit(vec![first], queue),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
            self.forget_log();
        }
    }

    fn commit(&mut self, mut batch: Vec<Box<dyn Job>>, queue: &Queue) {
        let reused = self.conn.is_some();
        let mut failure = self.try_commit(&mut batch, queue).err();
        // A connection that lay idle may have lost its database, which may be back. Nothing has run on it.
        if reused && matches!(failure, Some(Failure::Before(StoreError::Unavailable(_)))) {
            failure = self.try_commit(&mut batch, queue).err();
        }
        if matches!(failure, Some(Failure::Before(_))) && matches!(self.location, Location::Sqlite(_)) {
            // What waits has waited for the same lock meanwhile: none is to wait its full time again after each other.
            batch.extend(queue.lock().iter().flat_map(|queue| queue.try_iter()));
        }
        let failure = failure.map(Failure::into_error);
        if let Some(cause) = failure.as_ref().filter(|cause| !matches!(cause, StoreError::ClockStepped(_))) {
            tracing::error!(%cause, jobs = batch.len(), "a batch of writes was not committed");
        }
        for job in batch {
            job.finish(failure.as_ref());
        }
        if let Some(AnyConnection::Postgres(conn)) = &mut self.conn
            && std::mem::take(&mut self.mark_is_old)
            && let Err(cause) = clock::move_on(conn)
        {
            tracing::warn!(%cause, "the last committed time was not moved on");
            self.conn = None;
        }
    }

    fn try_commit(&mut self, batch: &mut Vec<Box<dyn Job>>, queue: &Queue) -> Result<(), Failure> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => {
                let conn = self.location.connect_for(Purpose::Writes, self.bounds.patience);
                conn.map_err(|cause| Failure::Before(StoreError::Unavailable(format!("{cause:#}"))))?
            }
        };
        let clock = self.clock;
        let largest = if matches!(conn, AnyConnection::Postgres(_)) { 1 } else { LARGEST_BATCH };
        let (mut next, mut destroyed_key, mut mark_is_old) = (0, false, false);
        let committed = conn.transaction(|conn| {
            let moment = clock::advance(conn, clock)?;
            mark_is_old = moment.mark_is_old;
            while let Some(job) = batch.get_mut(next) {
                let mut tx = Tx::new(conn, moment.now);
                job.run(&mut tx);
                destroyed_key |= tx.destroyed_key;
                next += 1;
                if batch.len() < largest
                    && let Some(job) = queue.lock().ok().and_then(|queue| queue.try_recv().ok())
                {
                    batch.push(job);
                }
            }
            Ok::<_, StoreError>(())
        });
        match committed {
            Ok(()) => {
                self.must_forget |= destroyed_key;
                self.mark_is_old = mark_is_old;
                self.conn = Some(conn);
                Ok(())
            }
            Err(cause @ StoreError::ClockStepped(_)) => {
                self.conn = Some(conn);
                Err(Failure::Before(cause))
            }
            // Nobody can say what state a connection is in that has failed; a new one has none.
            Err(cause) if next == 0 => Err(Failure::Before(cause)),
            Err(cause) => Err(Failure::Commit(cause)),
        }
    }

    /// Copies the log into the database and cuts it to nothing, so that no earlier page image stays on disk. Another
    /// process's reader may hold it up: then it is tried again.
    fn forget_log(&mut self) {
        if !self.must_forget || self.forgot.is_some_and(|last| last.elapsed() < FORGET_INTERVAL) {
            return;
        }
        let conn = match &mut self.conn {
            Some(AnyConnection::Sqlite(conn)) => conn,
            Some(AnyConnection::Postgres(_)) => {
                self.must_forget = false;
                return;
            }
            None => return,
        };
        self.forgot = Some(Instant::now());
        #[derive(QueryableByName)]
        struct Checkpoint {
            #[diesel(sql_type = diesel::sql_types::Integer)]
            busy: i32,
        }
        // A checkpoint waits for readers; the busy timeout that suits writes would hold all writes up.
        let _ = conn.batch_execute("PRAGMA busy_timeout = 50;");
        let done: QueryResult<Checkpoint> = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(conn);
        let _ = conn.batch_execute(&format!("PRAGMA busy_timeout = {BUSY_MILLIS};"));
        self.must_forget = !done.is_ok_and(|checkpoint| checkpoint.busy == 0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use countersign_flow::id::PlatformId;
    use diesel::connection::SimpleConnection as _;
    use diesel::prelude::*;

    use crate::clock::Clock;
    use crate::store::schema::limits;
    use crate::store::{Bounds, Location, Mode, Store, StoreError, Tx, connection, share};

    fn store(folder: &std::path::Path) -> Store {
        let location = Location::Sqlite(folder.join("test.db"));
        connection::open_or_make(&location, Some(Mode::Sandbox), Clock).unwrap();
        Store::open(&location, Clock, Bounds::default()).unwrap()
    }

    fn add(tx: &mut Tx<'_>, bucket: &str) -> Result<(), StoreError> {
        let row = (limits::bucket.eq(bucket), limits::full_at.eq(0));
        diesel::insert_into(limits::table).values(row).execute(tx.conn)?;
        Ok(())
    }

    async fn buckets(store: &Store) -> Vec<String> {
        store
            .read(None, |tx| Ok(limits::table.select(limits::bucket).order(limits::bucket).load(tx.conn)?))
            .await
            .unwrap()
    }

    /// Holds the writer until it is let go, so that what follows waits in one batch.
    fn hold(store: &Store) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), StoreError>>) {
        let (release, released) = mpsc::channel();
        let store = store.clone();
        let held = tokio::spawn(async move {
            store
                .write(None, move |_| {
                    let _ = released.recv();
                    Ok(())
                })
                .await
        });
        (release, held)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_failure_or_panic_in_a_batch_leaves_the_others_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let (release, held) = hold(&store);
        let write = |name: &'static str, end: fn() -> Result<(), StoreError>| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .write(None, move |tx| {
                        add(tx, name)?;
                        end()
                    })
                    .await
            })
        };
        let good = write("good", || Ok(()));
        let refused = write("refused", || Err(StoreError::NotFound("test")));
        let panicked = write("panicked", || panic!("on purpose"));
        let also_good = write("also good", || Ok(()));
        tokio::time::sleep(Duration::from_millis(100)).await;
        release.send(()).unwrap();
        held.await.unwrap().unwrap();
        good.await.unwrap().unwrap();
        also_good.await.unwrap().unwrap();
        assert!(matches!(refused.await.unwrap(), Err(StoreError::NotFound(_))));
        assert!(matches!(panicked.await.unwrap(), Err(StoreError::Panicked)));
        assert_eq!(buckets(&store).await, ["also good", "good"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nobody_of_a_batch_is_told_of_success_when_its_commit_fails() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let (release, held) = hold(&store);
        let innocent = tokio::spawn({
            let store = store.clone();
            async move { store.write(None, |tx| add(tx, "innocent")).await }
        });
        // A foreign key that is judged at the commit, and leads nowhere.
        let culprit = tokio::spawn({
            let store = store.clone();
            async move {
                store
                    .write(None, |tx| {
                        tx.conn.batch_execute(
                            "PRAGMA defer_foreign_keys = ON;
                             INSERT INTO wrong_codes (id, credential_id, tried_at) VALUES ('1', 'nobody', 0);",
                        )?;
                        Ok(())
                    })
                    .await
            }
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        release.send(()).unwrap();
        for done in [held.await, innocent.await, culprit.await] {
            assert!(matches!(done.unwrap(), Err(StoreError::Unavailable(_))));
        }
        assert!(buckets(&store).await.is_empty());
        store.write(None, |tx| add(tx, "afterwards")).await.unwrap();
        assert_eq!(buckets(&store).await, ["afterwards"]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_platform_fills_its_share_of_the_queue_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let (release, held) = hold(&store);
        let flood = PlatformId::from_uuid(uuid::Uuid::from_u128(1));
        let other = PlatformId::from_uuid(uuid::Uuid::from_u128(2));
        tokio::time::sleep(Duration::from_millis(50)).await;
        let waiting: Vec<_> = (0..=share::LARGEST)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.write(Some(flood), |_| Ok(())).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let bystander = tokio::spawn({
            let store = store.clone();
            async move { store.write(Some(other), |_| Ok(())).await }
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        release.send(()).unwrap();
        held.await.unwrap().unwrap();
        bystander.await.unwrap().unwrap();
        let mut refused = 0;
        for done in waiting {
            refused += usize::from(matches!(done.await.unwrap(), Err(StoreError::ShareExceeded)));
        }
        assert_eq!(refused, 1);
        store.write(Some(flood), |_| Ok(())).await.unwrap();
    }
}
