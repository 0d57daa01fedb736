//! CLI login: projects, users, sessions, attempts and sign-in codes.
//!
//! A call that is limited takes its tokens first, and keeps them taken when it is then refused ([`Store::counted`]): what
//! is refused must cost as much as what isn't. Rows are locked in one order, attempt, then users by id, so that no two
//! transactions wait for each other.

pub mod attempts;
pub mod projects;
mod purge;
pub mod sessions;
pub mod sign_in;
pub mod users;

use std::net::IpAddr;

use countersign_flow::Timestamp;
use countersign_flow::id::PlatformId;
use countersign_flow::limit::Limit;
use diesel::prelude::*;

use super::{AnyConnection, Bucket, Store, StoreError, Tx};

/// Why a call of CLI login changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CliRefusal {
    /// No attempt of the platform has this polling code.
    #[error("the polling code is unknown")]
    PollingCode,
    /// No attempt of the platform that waits for a decision has this login code.
    #[error("the login code opens nothing")]
    LoginCode,
    /// The token that a program began with is no session's.
    #[error("the anonymous refresh token is unknown")]
    AnonymousTokenUnknown,
    /// Its session has expired or ended.
    #[error("the anonymous refresh token has expired")]
    AnonymousTokenExpired,
    /// Its user is not anonymous.
    #[error("the anonymous refresh token is of a named user")]
    AnonymousTokenNamed,
    /// The attempt has no anonymous session that could be claimed.
    #[error("there is no anonymous session to claim")]
    NoAnonymousSession,
    /// No refresh token came.
    #[error("there is no refresh token")]
    RefreshTokenMissing,
    /// The refresh token is no live session's.
    #[error("the refresh token is of no live session")]
    RefreshToken,
    /// The session of the caller's access token has ended meanwhile.
    #[error("the session of the access token is not live")]
    SessionEnded,
    /// The sign-in code is wrong, or there is no such code.
    #[error("the sign-in code is refused")]
    SignInCode,
    /// Another user has proven that the address is its own.
    #[error("the address is another user's")]
    EmailTaken,
    /// Links must not lead there.
    #[error("the callback is not registered")]
    Callback,
}

/// Tokens that a call takes before it does anything.
#[derive(Clone, Debug, Default)]
pub struct Costs(Vec<(Bucket, Limit)>);

impl Costs {
    /// One more bucket to take from.
    #[must_use]
    pub fn and(mut self, bucket: Bucket, limit: Limit) -> Self {
        self.0.push((bucket, limit));
        self
    }

    /// One more bucket for an address, if the caller has one.
    #[must_use]
    pub fn and_of(self, bucket: fn(IpAddr) -> Bucket, address: Option<IpAddr>, limit: Limit) -> Self {
        match address {
            Some(address) => self.and(bucket(address), limit),
            None => self,
        }
    }
}

impl Store {
    /// Takes `costs`, then acts. If the act is refused, its changes are undone and the costs stay.
    async fn counted<T, F>(&self, platform: PlatformId, costs: Costs, act: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.write(Some(platform), move |tx| {
            for (bucket, limit) in costs.0 {
                tx.take(bucket, limit)?;
            }
            let (now, conn) = (tx.now, &mut *tx.conn);
            let done = conn.transaction(|conn| act(&mut Tx::new(conn, now)));
            match done {
                Ok(done) => Ok(Ok(done)),
                Err(refusal @ (StoreError::Cli(_) | StoreError::Refused(_) | StoreError::Limited { .. })) => {
                    Ok(Err(refusal))
                }
                // A fault: nothing of the transaction is to be kept.
                Err(fault) => Err(fault),
            }
        })
        .await?
    }
}

impl Tx<'_> {
    /// Settles the statement time after the first lock of a transaction: nothing on what it locks was committed after it.
    fn settle_time(&mut self) -> Result<(), StoreError> {
        if let AnyConnection::Postgres(conn) = self.conn
            && !self.has_waited
        {
            self.now = super::clock::after_wait(conn, self.now)?;
            self.has_waited = true;
        }
        Ok(())
    }
}

fn millis(stored: Option<i64>) -> Option<Timestamp> {
    stored.map(Timestamp::from_millis)
}
