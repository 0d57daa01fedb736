//! Sessions of CLI login: each has one refresh token, of which only the digest is kept.

use std::time::Duration;

use countersign_flow::Timestamp;
use countersign_flow::cli_login::user::User;
use countersign_flow::id::{CliSessionId, PlatformId, UserId};
use diesel::prelude::*;

use super::super::audit::{Action, Actor};
use super::super::schema::{cli_sessions, users};
use super::super::{Store, StoreError, Tx};
use super::users::UserRow;
use super::{CliRefusal, Costs};

/// A session to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// Its id.
    pub id: CliSessionId,
    /// What is stored of its refresh token.
    pub refresh_digest: [u8; 32],
    /// Its life.
    pub ttl: Duration,
}

/// A live session and its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSession {
    /// The session.
    pub id: CliSessionId,
    /// Its user, who is live too.
    pub user: User,
}

/// How a session is found.
#[derive(Clone, Copy, Debug)]
pub enum SessionKey {
    /// By its id, which an access token carries.
    Id(CliSessionId),
    /// By the digest of its refresh token.
    Refresh([u8; 32]),
}

impl Store {
    /// A platform's live session, and the statement time.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn cli_session(
        &self,
        platform: PlatformId,
        key: SessionKey,
    ) -> Result<Option<(LiveSession, Timestamp)>, StoreError> {
        self.read(Some(platform), move |tx| Ok(tx.live_cli_session(platform, key)?.map(|live| (live, tx.now)))).await
    }

    /// The time at which tokens are judged.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn time(&self) -> Result<Timestamp, StoreError> {
        self.read(None, |tx| Ok(tx.now)).await
    }

    /// Makes a session of a user on behalf of a server of the platform.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn add_cli_session(
        &self,
        platform: PlatformId,
        user: UserId,
        session: NewSession,
    ) -> Result<(), StoreError> {
        self.write(Some(platform), move |tx| {
            tx.lock_users(&[user])?;
            tx.user(platform, user)?.ok_or(StoreError::NotFound("user"))?;
            tx.open_cli_session(platform, user, &session, Actor::Platform)
        })
        .await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`CliRefusal::RefreshToken`]: it isn't live.
    pub async fn sign_out(&self, platform: PlatformId, key: SessionKey) -> Result<(), StoreError> {
        self.write(Some(platform), move |tx| {
            let live = tx.live_cli_session(platform, key)?.ok_or(CliRefusal::RefreshToken)?;
            tx.lock_users(&[live.user.id])?;
            let open = cli_sessions::table.find(live.id.to_string()).filter(cli_sessions::ended_at.is_null());
            let ended = diesel::update(open).set(cli_sessions::ended_at.eq(tx.now.as_millis())).execute(tx.conn)?;
            if ended != 1 {
                return Err(CliRefusal::RefreshToken.into());
            }
            tx.audit_user(platform, live.user.id, Actor::CliSession(live.id), Action::EndCliSession)
        })
        .await
    }

    /// The live session of a refresh token, counted against `costs` whether there is one or not.
    ///
    /// # Errors
    /// [`CliRefusal::RefreshToken`]; [`StoreError::Limited`].
    pub async fn counted_cli_session(
        &self,
        platform: PlatformId,
        key: SessionKey,
        costs: Costs,
    ) -> Result<(LiveSession, Timestamp), StoreError> {
        self.counted(platform, costs, move |tx| {
            let live = tx.live_cli_session(platform, key)?.ok_or(CliRefusal::RefreshToken)?;
            Ok((live, tx.now))
        })
        .await
    }
}

/// How a session stands of which only the token is known.
pub(super) enum Standing {
    Unknown,
    Over,
    Live(LiveSession),
}

impl Tx<'_> {
    pub(super) fn cli_session_standing(
        &mut self,
        platform: PlatformId,
        key: SessionKey,
    ) -> Result<Standing, StoreError> {
        let mut query = cli_sessions::table
            .inner_join(users::table.on(users::id.eq(cli_sessions::user_id)))
            .filter(cli_sessions::platform_id.eq(platform.to_string()))
            .select((
                cli_sessions::id,
                cli_sessions::expires_at,
                cli_sessions::ended_at,
                users::ended_at,
                UserRow::as_select(),
            ))
            .into_boxed();
        query = match key {
            SessionKey::Id(id) => query.filter(cli_sessions::id.eq(id.to_string())),
            SessionKey::Refresh(digest) => query.filter(cli_sessions::refresh_digest.eq(digest.to_vec())),
        };
        let row = query.first::<(String, i64, Option<i64>, Option<i64>, UserRow)>(self.conn).optional()?;
        let Some((id, expires, ended, user_ended, user)) = row else { return Ok(Standing::Unknown) };
        if ended.is_some() || user_ended.is_some() || expires <= self.now.as_millis() {
            return Ok(Standing::Over);
        }
        let id = id.parse().map_err(|_| StoreError::Corrupt("session"))?;
        Ok(Standing::Live(LiveSession { id, user: user.user()? }))
    }

    pub(super) fn live_cli_session(
        &mut self,
        platform: PlatformId,
        key: SessionKey,
    ) -> Result<Option<LiveSession>, StoreError> {
        Ok(match self.cli_session_standing(platform, key)? {
            Standing::Live(live) => Some(live),
            Standing::Unknown | Standing::Over => None,
        })
    }

    pub(super) fn open_cli_session(
        &mut self,
        platform: PlatformId,
        user: UserId,
        new: &NewSession,
        actor: Actor,
    ) -> Result<(), StoreError> {
        diesel::insert_into(cli_sessions::table)
            .values((
                cli_sessions::id.eq(new.id.to_string()),
                cli_sessions::platform_id.eq(platform.to_string()),
                cli_sessions::user_id.eq(user.to_string()),
                cli_sessions::refresh_digest.eq(new.refresh_digest.as_slice()),
                cli_sessions::created_at.eq(self.now.as_millis()),
                cli_sessions::expires_at.eq(self.now.plus(new.ttl).as_millis()),
            ))
            .execute(self.conn)?;
        self.audit_user(platform, user, actor, Action::OpenCliSession)
    }

    /// Ends all sessions of a user; their access tokens end with them.
    pub(super) fn end_cli_sessions(&mut self, user: UserId) -> Result<(), StoreError> {
        let open = cli_sessions::table
            .filter(cli_sessions::user_id.eq(user.to_string()))
            .filter(cli_sessions::ended_at.is_null());
        diesel::update(open).set(cli_sessions::ended_at.eq(self.now.as_millis())).execute(self.conn)?;
        Ok(())
    }
}
