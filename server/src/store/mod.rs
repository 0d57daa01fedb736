//! Storage: functions named by intent, each of them one transaction.
//!
//! ```text
//! handler -- store.<intent>(domain values) --> closure over a Tx
//!    read:  a reader connection, on a blocking thread
//!    write: the one writer of SQLite, which runs waiting closures in a batch, each in its own savepoint, and commits once;
//!           on PostgreSQL one of several writers, each closure in a transaction of its own
//! ```
//!
//! A write is answered only after its commit has returned. What a write decides on, it reads inside: nothing that was
//! checked before the transaction is trusted in it (S3). All SQL of the server is in this folder; rows don't leave it.
//! The functions are written once, for SQLite and PostgreSQL ([`connection::AnyConnection`]).

pub mod accounts;
pub mod audit;
pub mod audit_chain;
pub mod cards;
pub mod cli_login;
mod clock;
pub mod connection;
pub mod credentials;
pub mod delegated_keys;
mod limits;
pub mod logins;
pub mod otp;
pub mod platform_settings;
pub mod platforms;
pub mod purge;
mod readers;
pub mod requests;
mod schema;
pub mod sends;
pub mod service_keys;
pub mod sessions;
mod share;
pub mod signing_keys;
mod stamps;
pub mod token_families;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use countersign_flow::credential::KindName;
use countersign_flow::id::PlatformId;
use countersign_flow::service_token::{FamilyFault, GrantFault};
use countersign_flow::{FlowError, Timestamp};

pub use clock::Mode;
pub use connection::{AnyConnection, Location};
pub use limits::Bucket;

use crate::clock::Clock;
use diesel::RunQueryDsl as _;
use diesel::sql_types::{BigInt, Text};
use readers::Readers;
use writer::Writer;

/// A transaction: its connection, and the one moment that all of it happens at.
pub struct Tx<'c> {
    /// The connection, inside a transaction.
    pub(crate) conn: &'c mut AnyConnection,
    /// The statement time (S5): never before the last committed one.
    pub(crate) now: Timestamp,
    /// Whether the statement time was settled again under an account's lock.
    has_waited: bool,
    /// Whether a sealed private key was destroyed: once that is committed, its page must not stay in the database's log.
    pub(crate) destroyed_key: bool,
}

impl<'c> Tx<'c> {
    const fn new(conn: &'c mut AnyConnection, now: Timestamp) -> Self {
        Self { conn, now, has_waited: false, destroyed_key: false }
    }

    /// Makes the transaction the only one that holds this name, for what belongs to no account. Always after an
    /// account's lock, and never before it: no two transactions wait for each other. SQLite's write lock does that for the whole file.
    fn lock_name(&mut self, name: &str) -> Result<(), StoreError> {
        if let AnyConnection::Postgres(conn) = self.conn {
            diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, $2))")
                .bind::<Text, _>(name)
                .bind::<BigInt, _>(0_i64)
                .execute(conn)?;
        }
        Ok(())
    }
}

/// Why a store function changed nothing, or, of [`StoreError::Unanswered`] alone, may have.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A rule of the domain, judged inside the transaction.
    #[error(transparent)]
    Refused(#[from] FlowError),
    /// No such row, or another platform's.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The key is held by another live session of the account (W1).
    #[error("the key is held by another live session of the account")]
    KeyHeld,
    /// The ID token has expired, or grown too old, since it was judged.
    #[error("the ID token has expired or is too old by now")]
    TokenEnded,
    /// The counter of a passkey didn't grow: it was copied, or its assertion was.
    #[error("the counter of the passkey did not grow")]
    CounterStands,
    /// The account has a credential like this one.
    #[error("the account already has such a credential: {0}")]
    CredentialExists(KindName),
    /// The account has as many credentials as it may have.
    #[error("the account has as many credentials as it may have")]
    CredentialLimit,
    /// The credential is the only one of its account.
    #[error("the credential is the only one of its account")]
    LastCredential,
    /// A funding source of a card, by its place, belongs to another customer.
    #[error("funding source {0} belongs to another customer")]
    ForeignFundingSource(usize),
    /// The card has a delegated key that signs or may come to.
    #[error("the card has a delegated key")]
    CardHasKey,
    /// The delegated key doesn't sign.
    #[error("the delegated key is not active")]
    KeyNotActive,
    /// The platform's client lacks the capability, or has lost it meanwhile.
    #[error("the client lacks the capability")]
    CapabilityLacking,
    /// The delegated key is revoked already.
    #[error("the delegated key is revoked already")]
    KeyRevoked,
    /// The platform already uses this `platformCustomerId`.
    #[error("the platform already has a customer of this id")]
    CustomerExists,
    /// Another platform has a workspace of this id.
    #[error("another platform has this workspace")]
    WorkspaceTaken,
    /// What the caller presented was revoked meanwhile.
    #[error(transparent)]
    GrantorEnded(#[from] service_keys::Ended),
    /// Scopes go beyond what may be granted.
    #[error(transparent)]
    NotGranted(#[from] GrantFault),
    /// A family of tokens can't begin: its time would be over.
    #[error(transparent)]
    FamilyOver(#[from] FamilyFault),
    /// The key that was to sign was replaced: the new one is to be loaded, and the call repeated.
    #[error("the signing key was replaced")]
    SigningKeyReplaced,
    /// A rule of CLI login.
    #[error(transparent)]
    Cli(#[from] cli_login::CliRefusal),
    /// A limit; the next try is possible after `retry_after`.
    #[error("limit `{limit}` is reached")]
    Limited {
        /// Which limit.
        limit: &'static str,
        /// Time until the next try may succeed.
        retry_after: Duration,
    },
    /// The write queue is full.
    #[error("the write queue is full")]
    QueueFull,
    /// As many calls of this platform wait as its share allows.
    #[error("the platform's share of the queue is full")]
    ShareExceeded,
    /// The database is locked by another process for too long, or gone.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The database went away during the commit, or didn't answer in time: nobody knows what became of the write.
    #[error("the database did not answer: {0}")]
    Unanswered(String),
    /// The clock stands over a minute before the last committed time (S5).
    #[error("the clock has stepped back by {} s", .0.as_secs())]
    ClockStepped(Duration),
    /// A row that can't be read back.
    #[error("a stored {0} can't be read back")]
    Corrupt(&'static str),
    /// A statement failed: a fault of ours.
    #[error("a statement failed: {0}")]
    Database(diesel::result::Error),
    /// A closure panicked: a fault of ours.
    #[error("a store function panicked")]
    Panicked,
}

impl From<diesel::result::Error> for StoreError {
    fn from(cause: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind as Kind, Error};
        match &cause {
            // SQLite says "database is locked" when another process holds the write lock past the busy timeout.
            Error::DatabaseError(
                Kind::ClosedConnection | Kind::UnableToSendCommand | Kind::SerializationFailure,
                info,
            ) => Self::Unavailable(info.message().to_owned()),
            Error::DatabaseError(Kind::Unknown, info)
                if [
                    "database is locked",
                    // PostgreSQL, in English: a lock or a statement took too long, or the server ends or is full.
                    "deadlock detected",
                    "canceling statement",
                    "terminating connection",
                    "server closed the connection",
                    "no connection to the server",
                    "could not receive data",
                    "could not send data",
                    "SSL connection has been closed",
                    "the database system is",
                    "No space left on device",
                    "out of memory",
                    "cannot execute",
                    "disk I/O error",
                    "database or disk is full",
                    "unable to open database file",
                ]
                .iter()
                .any(|message| info.message().contains(message)) =>
            {
                Self::Unavailable(info.message().to_owned())
            }
            _ => Self::Database(cause),
        }
    }
}

/// How many connections a store opens at most, and how long it waits.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections that read. On PostgreSQL as many again write; SQLite has one writer.
    pub connections: usize,
    /// A call that isn't answered by then is answered for the database.
    pub patience: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { connections: 16, patience: Duration::from_secs(15) }
    }
}

/// The database. Clones share it.
#[derive(Clone)]
pub struct Store {
    readers: Arc<Readers>,
    writer: Arc<Writer>,
}

impl Store {
    /// Opens a database that has been [migrated](connection::open_or_make).
    ///
    /// # Errors
    /// The database can't be opened, in words for the operator.
    pub fn open(location: &Location, clock: Clock, bounds: Bounds) -> anyhow::Result<Self> {
        let writer = Writer::start(location, clock, bounds)?;
        let readers = Readers::new(location.clone(), clock, bounds);
        Ok(Self { readers: Arc::new(readers), writer: Arc::new(writer) })
    }

    /// Runs a read in a transaction, on a blocking thread. `share` is the platform whose share of the queue it takes,
    /// `None` for the server's own work.
    pub(crate) async fn read<T, F>(&self, share: Option<PlatformId>, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.run(share, read).await
    }

    /// Runs a write in its own savepoint; returns after its commit. `share` is the platform whose share of the queue it
    /// takes, `None` for the server's own work.
    pub(crate) async fn write<T, F>(&self, share: Option<PlatformId>, write: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.run(share, write).await
    }

    /// Whether the database takes a commit, has every migration, and the clock may be trusted, for `/ready`.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn is_ready(&self) -> Result<(), StoreError> {
        self.write(None, |tx| connection::require_migrated(tx.conn)).await
    }
}
