//! What is over is deleted in the background, a few rows at a time, so that writers never wait for long.

use countersign_flow::Timestamp;
use diesel::prelude::*;

use super::schema::{limits, otp_issues, pending_requests, sessions, wrong_codes};
use super::{Store, StoreError};

/// Rows of one table that one transaction deletes.
const BATCH: i64 = 200;

/// From when on rows are kept.
#[derive(Clone, Copy, Debug)]
pub struct Horizon {
    /// Pending requests that expired before this moment go.
    pub requests: Timestamp,
    /// Codes that expired before this moment go, with their target keys.
    pub codes: Timestamp,
    /// Wrong codes from before this moment go.
    pub wrong_codes: Timestamp,
    /// Sessions that expired before this moment go. Lineage needs a login's sessions as long as any of them may live.
    pub sessions: Timestamp,
    /// Buckets that were full before this moment go.
    pub limits: Timestamp,
}

impl Store {
    /// Deletes one batch of each table; returns how many rows went.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn purge(&self, horizon: Horizon) -> Result<usize, StoreError> {
        self.write(None, move |tx| {
            let mut gone = 0;
            let ids: Vec<String> = pending_requests::table
                .filter(pending_requests::expires_at.lt(horizon.requests.as_millis()))
                .select(pending_requests::id)
                .limit(BATCH)
                .load(tx.conn)?;
            gone +=
                diesel::delete(pending_requests::table.filter(pending_requests::id.eq_any(ids))).execute(tx.conn)?;
            let ids: Vec<String> = otp_issues::table
                .filter(otp_issues::expires_at.lt(horizon.codes.as_millis()))
                .select(otp_issues::id)
                .limit(BATCH)
                .load(tx.conn)?;
            // Their target keys go with them.
            tx.destroyed_key |= !ids.is_empty();
            gone += diesel::delete(otp_issues::table.filter(otp_issues::id.eq_any(ids))).execute(tx.conn)?;
            let ids: Vec<String> = wrong_codes::table
                .filter(wrong_codes::tried_at.lt(horizon.wrong_codes.as_millis()))
                .select(wrong_codes::id)
                .limit(BATCH)
                .load(tx.conn)?;
            gone += diesel::delete(wrong_codes::table.filter(wrong_codes::id.eq_any(ids))).execute(tx.conn)?;
            let ids: Vec<String> = sessions::table
                .filter(sessions::expires_at.lt(horizon.sessions.as_millis()))
                .select(sessions::id)
                .limit(BATCH)
                .load(tx.conn)?;
            gone += diesel::delete(sessions::table.filter(sessions::id.eq_any(ids))).execute(tx.conn)?;
            let ids: Vec<String> = limits::table
                .filter(limits::full_at.lt(horizon.limits.as_millis()))
                .select(limits::bucket)
                .limit(BATCH)
                .load(tx.conn)?;
            gone += diesel::delete(limits::table.filter(limits::bucket.eq_any(ids))).execute(tx.conn)?;
            Ok(gone)
        })
        .await
    }
}
