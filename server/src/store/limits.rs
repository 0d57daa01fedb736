//! Token buckets in the database, so that limits hold across replicas and restarts.

use std::fmt;
use std::net::IpAddr;

use countersign_flow::Timestamp;
use countersign_flow::id::{AuthMethodId, CliAttemptId, DelegatedKeyId, InternalAccountId, PlatformId};
use countersign_flow::limit::Limit;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use super::schema::limits;
use super::{AnyConnection, Store, StoreError, Tx};

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// Challenges of a credential.
    Challenge(AuthMethodId),
    /// Verifications of a credential.
    Verify(AuthMethodId),
    /// Failed retries on an account.
    FailedRetry(InternalAccountId),
    /// Stamps by a delegated key.
    Stamp(DelegatedKeyId),
    /// Starts, completions, sign-ups and sign-ins of CLI login from an address.
    CliAddress(IpAddr),
    /// Polls from an address with codes that nobody has.
    PollMiss(IpAddr),
    /// Polls of an attempt.
    Poll(CliAttemptId),
    /// Starts of attempts of a platform.
    Start(PlatformId),
    /// Anonymous sign-ups of a platform.
    SignUp(PlatformId),
    /// Sign-in codes and sign-ins of a platform.
    SignIn(PlatformId),
}

impl Bucket {
    const fn name(self) -> &'static str {
        match self {
            Self::Challenge(_) => "challenge",
            Self::Verify(_) => "verify",
            Self::FailedRetry(_) => "failed-retry",
            Self::Stamp(_) => "stamp",
            Self::CliAddress(_) => "cli-address",
            Self::PollMiss(_) => "poll-miss",
            Self::Poll(_) => "poll",
            Self::Start(_) => "start",
            Self::SignUp(_) => "sign-up",
            Self::SignIn(_) => "sign-in",
        }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Challenge(id) | Self::Verify(id) => write!(f, "{}:{id}", self.name()),
            Self::FailedRetry(id) => write!(f, "{}:{id}", self.name()),
            Self::Stamp(id) => write!(f, "{}:{id}", self.name()),
            Self::CliAddress(address) | Self::PollMiss(address) => write!(f, "{}:{}", self.name(), network(*address)),
            Self::Poll(id) => write!(f, "{}:{id}", self.name()),
            Self::Start(id) | Self::SignUp(id) | Self::SignIn(id) => write!(f, "{}:{id}", self.name()),
        }
    }
}

/// What is counted as one address: an IPv4 address, or the /64 that one holder of IPv6 addresses has at least.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

impl Tx<'_> {
    /// Takes one token, or says when one is back.
    pub(super) fn take(&mut self, bucket: Bucket, limit: Limit) -> Result<(), StoreError> {
        if self.try_to_take(bucket, limit)? {
            return Ok(());
        }
        // The row that came first is there now, and can be locked. Only a purge could have taken it away again.
        if self.try_to_take(bucket, limit)? {
            Ok(())
        } else {
            Err(StoreError::Unavailable("a limit was taken at the same moment".to_owned()))
        }
    }

    /// Takes one token; `false` if the bucket's row was made by another replica at the same moment.
    fn try_to_take(&mut self, bucket: Bucket, limit: Limit) -> Result<bool, StoreError> {
        let key = bucket.to_string();
        let row = limits::table.find(&key).select(limits::full_at);
        let stored: Option<i64> = match self.conn {
            // Not every caller holds the account's lock: who comes second waits, and sees what the first has left.
            AnyConnection::Postgres(conn) => row.for_update().first(conn).optional()?,
            AnyConnection::Sqlite(conn) => row.first(conn).optional()?,
        };
        let full_at = limit
            .take(stored.map(Timestamp::from_millis), self.now)
            .map_err(|retry_after| StoreError::Limited { limit: bucket.name(), retry_after })?
            .as_millis();
        if stored.is_some() {
            let row = limits::table.find(&key);
            diesel::update(row).set(limits::full_at.eq(full_at)).execute(self.conn)?;
            return Ok(true);
        }
        // In a savepoint: on PostgreSQL a violation would end the transaction.
        let inserted = self.conn.transaction(|conn| {
            diesel::insert_into(limits::table)
                .values((limits::bucket.eq(&key), limits::full_at.eq(full_at)))
                .execute(conn)
        });
        match inserted {
            Ok(_) => Ok(true),
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(false),
            Err(cause) => Err(cause.into()),
        }
    }
}

impl Store {
    /// Takes one token by itself, for what is refused and changes nothing else.
    ///
    /// # Errors
    /// [`StoreError::Limited`].
    pub async fn take(&self, platform: PlatformId, bucket: Bucket, limit: Limit) -> Result<(), StoreError> {
        self.write(Some(platform), move |tx| tx.take(bucket, limit)).await
    }
}
