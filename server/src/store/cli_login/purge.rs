//! What is over of CLI login is deleted, a few rows at a time.

use std::time::Duration;

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::super::schema::{cli_attempts, cli_sessions, sign_in_codes, sign_in_wrong_codes, users};
use super::super::{StoreError, Tx};

impl Tx<'_> {
    /// Deletes at most `batch` rows of each table; returns how many went.
    pub(in super::super) fn purge_cli_login(
        &mut self,
        kept: Duration,
        window: Duration,
        batch: i64,
    ) -> Result<usize, StoreError> {
        let (now, over) = (self.now.as_millis(), self.now.minus(kept).as_millis());
        let ids: Vec<String> = cli_attempts::table
            .filter(cli_attempts::expires_at.lt(over))
            .select(cli_attempts::id)
            .limit(batch)
            .load(self.conn)?;
        let mut gone = diesel::delete(cli_attempts::table.filter(cli_attempts::id.eq_any(ids))).execute(self.conn)?;
        let ids: Vec<String> = cli_sessions::table
            .filter(cli_sessions::expires_at.lt(over).or(cli_sessions::ended_at.lt(over)))
            .select(cli_sessions::id)
            .limit(batch)
            .load(self.conn)?;
        gone += diesel::delete(cli_sessions::table.filter(cli_sessions::id.eq_any(ids))).execute(self.conn)?;
        let ids: Vec<String> = sign_in_codes::table
            .filter(sign_in_codes::expires_at.lt(now))
            .select(sign_in_codes::id)
            .limit(batch)
            .load(self.conn)?;
        gone += diesel::delete(sign_in_codes::table.filter(sign_in_codes::id.eq_any(ids))).execute(self.conn)?;
        let ids: Vec<String> = sign_in_wrong_codes::table
            .filter(sign_in_wrong_codes::tried_at.lt(self.now.minus(window).as_millis()))
            .select(sign_in_wrong_codes::id)
            .limit(batch)
            .load(self.conn)?;
        gone += diesel::delete(sign_in_wrong_codes::table.filter(sign_in_wrong_codes::id.eq_any(ids)))
            .execute(self.conn)?;
        let ids: Vec<String> = users::table
            .filter(users::ended_at.lt(over))
            .filter(not(exists(cli_sessions::table.filter(cli_sessions::user_id.eq(users::id)))))
            .select(users::id)
            .limit(batch)
            .load(self.conn)?;
        gone += diesel::delete(users::table.filter(users::id.eq_any(ids))).execute(self.conn)?;
        Ok(gone)
    }
}
