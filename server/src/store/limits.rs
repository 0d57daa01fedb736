//! Token buckets in the database, so that limits hold across replicas and restarts.

use std::fmt;

use countersign_flow::Timestamp;
use countersign_flow::id::{AuthMethodId, DelegatedKeyId, InternalAccountId, PlatformId};
use countersign_flow::limit::Limit;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use super::schema::limits;
use super::{Store, StoreError, Tx};

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
}

impl Bucket {
    const fn name(self) -> &'static str {
        match self {
            Self::Challenge(_) => "challenge",
            Self::Verify(_) => "verify",
            Self::FailedRetry(_) => "failed-retry",
            Self::Stamp(_) => "stamp",
        }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Challenge(id) | Self::Verify(id) => write!(f, "{}:{id}", self.name()),
            Self::FailedRetry(id) => write!(f, "{}:{id}", self.name()),
            Self::Stamp(id) => write!(f, "{}:{id}", self.name()),
        }
    }
}

impl Tx<'_> {
    /// Takes one token, or says when one is back.
    pub(super) fn take(&mut self, bucket: Bucket, limit: Limit) -> Result<(), StoreError> {
        let key = bucket.to_string();
        let stored: Option<i64> = limits::table.find(&key).select(limits::full_at).first(self.conn).optional()?;
        let full_at = limit
            .take(stored.map(Timestamp::from_millis), self.now)
            .map_err(|retry_after| StoreError::Limited { limit: bucket.name(), retry_after })?
            .as_millis();
        let taken = match stored {
            // In a savepoint: on PostgreSQL a violation would end the transaction.
            None => self.conn.transaction(|conn| {
                diesel::insert_into(limits::table)
                    .values((limits::bucket.eq(&key), limits::full_at.eq(full_at)))
                    .execute(conn)
            }),
            Some(before) => {
                let unchanged = limits::table.find(&key).filter(limits::full_at.eq(before));
                diesel::update(unchanged).set(limits::full_at.eq(full_at)).execute(self.conn)
            }
        };
        // On PostgreSQL another replica may have taken a token since the select: then this call may try again.
        match taken {
            Ok(1) => Ok(()),
            Ok(_) | Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                Err(StoreError::Unavailable("a limit was taken at the same moment".to_owned()))
            }
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
