//! What is over is deleted in the background, a few rows at a time, so that writers never wait for long.

use std::time::Duration;

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::schema::{credentials, limits, otp_issues, otp_sends, pending_requests, sessions, wrong_codes};
use super::sends::LONGEST_WINDOW;
use super::{AnyConnection, Store, StoreError};

/// Rows of one table that one transaction deletes.
const BATCH: i64 = 200;

/// The ids that a query selects; on PostgreSQL without those that another transaction is at, and locked. The purge then
/// waits for nobody while others wait for it.
macro_rules! ids {
    ($tx:expr, $query:expr) => {{
        let query = $query;
        let ids: Vec<String> = match &mut *$tx.conn {
            AnyConnection::Postgres(conn) => query.for_update().skip_locked().load(conn)?,
            AnyConnection::Sqlite(conn) => query.load(conn)?,
        };
        ids
    }};
}
pub(super) use ids;

/// How long rows are kept that are over, by the database's time.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Pending requests, after their expiry.
    pub requests: Duration,
    /// Wrong codes: the window of the guessing limit.
    pub wrong_codes: Duration,
    /// Sessions, after their expiry. Lineage needs a login's sessions as long as any of them may live.
    pub sessions: Duration,
    /// Attempts of CLI login after their expiry, and sessions and users of it after their end.
    pub attempts: Duration,
}

impl Store {
    /// Deletes one batch of each table; returns how many rows went.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn purge(&self, keep: Keep) -> Result<usize, StoreError> {
        self.write(None, move |tx| {
            let mut gone = 0;
            let ids = ids!(
                tx,
                pending_requests::table
                    .filter(pending_requests::expires_at.lt(tx.now.minus(keep.requests).as_millis()))
                    .select(pending_requests::id)
                    .limit(BATCH)
            );
            gone +=
                diesel::delete(pending_requests::table.filter(pending_requests::id.eq_any(ids))).execute(tx.conn)?;
            let ids = ids!(
                tx,
                otp_issues::table
                    .filter(otp_issues::expires_at.lt(tx.now.as_millis()))
                    .select(otp_issues::id)
                    .limit(BATCH)
            );
            // Their target keys go with them.
            tx.destroyed_key |= !ids.is_empty();
            gone += diesel::delete(otp_issues::table.filter(otp_issues::id.eq_any(ids))).execute(tx.conn)?;
            let ids = ids!(
                tx,
                wrong_codes::table
                    .filter(wrong_codes::tried_at.lt(tx.now.minus(keep.wrong_codes).as_millis()))
                    .select(wrong_codes::id)
                    .limit(BATCH)
            );
            gone += diesel::delete(wrong_codes::table.filter(wrong_codes::id.eq_any(ids))).execute(tx.conn)?;
            let ids = ids!(
                tx,
                sessions::table
                    .filter(sessions::expires_at.lt(tx.now.minus(keep.sessions).as_millis()))
                    .select(sessions::id)
                    .limit(BATCH)
            );
            gone += diesel::delete(sessions::table.filter(sessions::id.eq_any(ids))).execute(tx.conn)?;
            let ids = ids!(
                tx,
                limits::table.filter(limits::full_at.lt(tx.now.as_millis())).select(limits::bucket).limit(BATCH)
            );
            gone += diesel::delete(limits::table.filter(limits::bucket.eq_any(ids))).execute(tx.conn)?;
            let ids = ids!(
                tx,
                otp_sends::table
                    .filter(otp_sends::reserved_at.lt(tx.now.minus(LONGEST_WINDOW).as_millis()))
                    .select(otp_sends::issue_id)
                    .limit(BATCH)
            );
            gone += diesel::delete(otp_sends::table.filter(otp_sends::issue_id.eq_any(ids))).execute(tx.conn)?;
            gone += tx.purge_cli_login(keep.attempts, keep.wrong_codes, BATCH)?;
            gone += tx.purge_delegated_keys(keep.requests, BATCH)?;
            gone += tx.purge_token_families(BATCH)?;
            gone += tx.purge_signing_keys()?;
            // A revoked credential's nickname is a contact. What refers to it goes first, by the rules above.
            let ids = ids!(
                tx,
                credentials::table
                    .filter(credentials::revoked_at.lt(tx.now.minus(keep.sessions).as_millis()))
                    .filter(not(exists(sessions::table.filter(sessions::credential_id.eq(credentials::id)))))
                    .filter(not(exists(otp_issues::table.filter(otp_issues::credential_id.eq(credentials::id)))))
                    .filter(not(exists(wrong_codes::table.filter(wrong_codes::credential_id.eq(credentials::id)))))
                    .select(credentials::id)
                    .limit(BATCH)
            );
            gone += diesel::delete(credentials::table.filter(credentials::id.eq_any(ids))).execute(tx.conn)?;
            Ok(gone)
        })
        .await
    }
}
