//! Attempts to log a program in.

use std::time::Duration;

use countersign_flow::Timestamp;
use countersign_flow::cli_login::attempt::{Attempt, AttemptState};
use countersign_flow::cli_login::user::{Merge, User, merge};
use countersign_flow::id::{CliAttemptId, PlatformId, UserId};
use countersign_flow::limit::Limit;
use diesel::prelude::*;

use super::super::audit::{Action, Actor, Record};
use super::super::schema::{cli_attempts, cli_sessions, users};
use super::super::{AnyConnection, Bucket, Store, StoreError, Tx};
use super::sessions::{LiveSession, NewSession, SessionKey, Standing};
use super::{CliRefusal, Costs, millis};

/// An attempt to be made.
#[derive(Clone, Debug)]
pub struct NewAttempt {
    /// Its id.
    pub id: CliAttemptId,
    /// What is stored of its polling code.
    pub polling_digest: [u8; 32],
    /// What is stored of its login code.
    pub login_digest: [u8; 32],
    /// What the program calls itself.
    pub client_name: Option<String>,
    /// The refresh token of the anonymous user that the program has been, as its digest.
    pub anonymous: Option<[u8; 32]>,
    /// Its life.
    pub ttl: Duration,
}

/// What a poll is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polled {
    /// No session, and why.
    Told(AttemptState),
    /// The session was made, for this user.
    Session(UserId),
}

/// What becomes of an anonymous user's work when a person approves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bring {
    /// It stays where it is.
    Nothing,
    /// It is merged into the approver's.
    Merge,
    /// As [`Bring::Merge`]; but if the approver is new, and was made on the page of this attempt, the anonymous user is
    /// upgraded in its place, with this session.
    OrUpgrade(NewSession),
}

/// An attempt as its page shows it.
#[derive(Clone, Debug)]
pub struct ShownAttempt {
    /// Its id.
    pub id: CliAttemptId,
    /// The tenant.
    pub platform: PlatformId,
    /// What the program calls itself.
    pub client_name: Option<String>,
    /// Where it stands.
    pub state: AttemptState,
    /// Whether there is anonymous work to bring along.
    pub has_anonymous: bool,
    /// When it expires.
    pub expires: Timestamp,
}

/// What approving changed for the approver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completed {
    /// Its session goes on.
    Approved,
    /// The anonymous user was upgraded, and the new session has taken the place of the approver's.
    Upgraded,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = cli_attempts)]
struct AttemptRow {
    id: String,
    platform_id: String,
    client_name: Option<String>,
    anonymous_session: Option<String>,
    claimed_at: Option<i64>,
    approved_by: Option<String>,
    approved_at: Option<i64>,
    denied_at: Option<i64>,
    used_at: Option<i64>,
    expires_at: i64,
}

/// An attempt, and what it is called.
struct Found {
    id: CliAttemptId,
    platform: PlatformId,
    client_name: Option<String>,
    attempt: Attempt,
}

impl AttemptRow {
    fn found(self) -> Result<Found, StoreError> {
        fn corrupt<E>(_: E) -> StoreError {
            StoreError::Corrupt("attempt")
        }
        let approved = match (self.approved_at, self.approved_by) {
            (Some(at), Some(by)) => Some((Timestamp::from_millis(at), by.parse().map_err(corrupt)?)),
            _ => None,
        };
        Ok(Found {
            id: self.id.parse().map_err(corrupt)?,
            platform: self.platform_id.parse().map_err(corrupt)?,
            client_name: self.client_name,
            attempt: Attempt {
                expires: Timestamp::from_millis(self.expires_at),
                denied: millis(self.denied_at),
                approved,
                used: millis(self.used_at),
                anonymous: self.anonymous_session.map(|id| id.parse()).transpose().map_err(corrupt)?,
                claimed: millis(self.claimed_at),
            },
        })
    }
}

/// Which code an attempt is found by.
#[derive(Clone, Copy)]
enum By {
    Polling([u8; 32]),
    Login([u8; 32]),
}

impl Store {
    /// Makes an attempt; returns when it expires.
    ///
    /// # Errors
    /// [`StoreError::Limited`]; a [`CliRefusal`] of the anonymous refresh token.
    pub async fn start_attempt(
        &self,
        platform: PlatformId,
        new: NewAttempt,
        costs: Costs,
    ) -> Result<Timestamp, StoreError> {
        self.counted(platform, costs, move |tx| {
            let anonymous = match new.anonymous {
                None => None,
                Some(digest) => match tx.cli_session_standing(platform, SessionKey::Refresh(digest))? {
                    Standing::Unknown => return Err(CliRefusal::AnonymousTokenUnknown.into()),
                    Standing::Over => return Err(CliRefusal::AnonymousTokenExpired.into()),
                    Standing::Live(live) if !live.user.is_anonymous() => {
                        return Err(CliRefusal::AnonymousTokenNamed.into());
                    }
                    Standing::Live(live) => Some(live.id.to_string()),
                },
            };
            let expires = tx.now.plus(new.ttl);
            diesel::insert_into(cli_attempts::table)
                .values((
                    cli_attempts::id.eq(new.id.to_string()),
                    cli_attempts::platform_id.eq(platform.to_string()),
                    cli_attempts::polling_digest.eq(new.polling_digest.as_slice()),
                    cli_attempts::login_digest.eq(new.login_digest.as_slice()),
                    cli_attempts::client_name.eq(&new.client_name),
                    cli_attempts::anonymous_session.eq(anonymous),
                    cli_attempts::created_at.eq(tx.now.as_millis()),
                    cli_attempts::expires_at.eq(expires.as_millis()),
                ))
                .execute(tx.conn)?;
            tx.audit_attempt(platform, new.id, Actor::Platform, Action::StartAttempt)?;
            Ok(expires)
        })
        .await
    }

    /// Tells a program how its attempt stands. The first poll after an approval gets `session`, and no other: the attempt
    /// is used in the same conditional update (32 polls may race). If the approving session or its user has ended
    /// meanwhile, the attempt is denied.
    ///
    /// # Errors
    /// [`CliRefusal::PollingCode`], which takes from `miss`; [`StoreError::Limited`] by the attempt's own limit.
    pub async fn poll_attempt(
        &self,
        platform: PlatformId,
        polling_digest: [u8; 32],
        session: NewSession,
        limit: Limit,
        miss: Costs,
    ) -> Result<Polled, StoreError> {
        let polled = self
            .write(Some(platform), move |tx| {
                let Some(found) = tx.locked_attempt(Some(platform), By::Polling(polling_digest))? else {
                    return Ok(None);
                };
                tx.take(Bucket::Poll(found.id), limit)?;
                tx.poll(&found, &session).map(Some)
            })
            .await?;
        match polled {
            Some(polled) => Ok(polled),
            None => self.counted(platform, miss, |_| Err(CliRefusal::PollingCode.into())).await,
        }
    }

    /// The attempt of a login code, whoever's, for its page.
    ///
    /// # Errors
    /// [`CliRefusal::LoginCode`].
    pub async fn shown_attempt(&self, login_digest: [u8; 32]) -> Result<ShownAttempt, StoreError> {
        self.read(None, move |tx| {
            let found = tx.attempt(None, By::Login(login_digest))?.ok_or(CliRefusal::LoginCode)?;
            let has_anonymous = tx.anonymous_of(&found)?.is_some();
            Ok(ShownAttempt {
                id: found.id,
                platform: found.platform,
                client_name: found.client_name,
                state: found.attempt.state(tx.now),
                has_anonymous,
                expires: found.attempt.expires,
            })
        })
        .await
    }

    /// Whether a login code stands for an attempt that began anonymously, and whose user is still there to be claimed.
    ///
    /// # Errors
    /// [`CliRefusal::LoginCode`]; [`StoreError::Limited`].
    pub async fn has_anonymous(
        &self,
        platform: PlatformId,
        login_digest: [u8; 32],
        costs: Costs,
    ) -> Result<bool, StoreError> {
        self.counted(platform, costs, move |tx| {
            let found = tx.open_attempt(platform, login_digest)?;
            Ok(tx.anonymous_of(&found)?.is_some())
        })
        .await
    }

    /// Gives a session of the anonymous user to whoever holds the login code, once. The program's own session goes on.
    ///
    /// # Errors
    /// [`CliRefusal::LoginCode`], [`CliRefusal::NoAnonymousSession`]; [`StoreError::Limited`].
    pub async fn claim_anonymous(
        &self,
        platform: PlatformId,
        login_digest: [u8; 32],
        session: NewSession,
        costs: Costs,
    ) -> Result<UserId, StoreError> {
        self.counted(platform, costs, move |tx| {
            let found = tx.open_attempt(platform, login_digest)?;
            let anonymous = tx.locked_anonymous_of(&found)?.ok_or(CliRefusal::NoAnonymousSession)?;
            let user = anonymous.user.id;
            let unclaimed = cli_attempts::table.find(found.id.to_string()).filter(cli_attempts::claimed_at.is_null());
            let claimed =
                diesel::update(unclaimed).set(cli_attempts::claimed_at.eq(tx.now.as_millis())).execute(tx.conn)?;
            if claimed != 1 {
                return Err(CliRefusal::NoAnonymousSession.into());
            }
            tx.audit_attempt(platform, found.id, Actor::Platform, Action::ClaimAnonymous)?;
            tx.open_cli_session(platform, user, &session, Actor::Platform)?;
            Ok(user)
        })
        .await
    }

    /// Approves an attempt in the name of a live session, and brings anonymous work along if that was chosen. Of racing
    /// approvals and refusals one gets through.
    ///
    /// # Errors
    /// [`CliRefusal::LoginCode`], [`CliRefusal::RefreshToken`]; [`StoreError::Limited`].
    pub async fn complete_attempt(
        &self,
        platform: PlatformId,
        login_digest: [u8; 32],
        approver: SessionKey,
        bring: Bring,
        costs: Costs,
    ) -> Result<Completed, StoreError> {
        self.counted(platform, costs, move |tx| {
            let found = tx.open_attempt(platform, login_digest)?;
            let approver = tx.live_cli_session(platform, approver)?.ok_or(CliRefusal::RefreshToken)?;
            let anonymous = if bring == Bring::Nothing { None } else { tx.anonymous_of(&found)? };
            let mut ids = vec![approver.user.id];
            ids.extend(anonymous.as_ref().map(|anonymous| anonymous.user.id));
            tx.lock_users(&ids)?;
            // What was read before the lock may have ended while it was waited for.
            let key = SessionKey::Id(approver.id);
            let approver = tx.live_cli_session(platform, key)?.ok_or(CliRefusal::RefreshToken)?;
            let anonymous = if anonymous.is_some() { tx.anonymous_of(&found)? } else { None };
            let mut by = approver.id;
            let mut completed = Completed::Approved;
            if let Some(anonymous) = anonymous {
                match bring {
                    Bring::OrUpgrade(session) if tx.is_made_for(approver.user.id, found.id)? => {
                        tx.upgrade_in_place_of(platform, &anonymous.user, &approver, &session)?;
                        by = session.id;
                        completed = Completed::Upgraded;
                    }
                    _ => tx.merge(platform, &anonymous.user, &approver)?,
                }
            }
            let waiting = cli_attempts::table
                .find(found.id.to_string())
                .filter(cli_attempts::approved_at.is_null())
                .filter(cli_attempts::denied_at.is_null());
            let approved = diesel::update(waiting)
                .set((cli_attempts::approved_at.eq(tx.now.as_millis()), cli_attempts::approved_by.eq(by.to_string())))
                .execute(tx.conn)?;
            if approved != 1 {
                return Err(CliRefusal::LoginCode.into());
            }
            tx.audit_attempt(platform, found.id, Actor::CliSession(by), Action::ApproveAttempt)?;
            Ok(completed)
        })
        .await
    }

    /// Refuses an attempt, in the name of whoever holds its login code.
    ///
    /// # Errors
    /// [`CliRefusal::LoginCode`]; [`StoreError::Limited`].
    pub async fn deny_attempt(
        &self,
        platform: PlatformId,
        login_digest: [u8; 32],
        costs: Costs,
    ) -> Result<(), StoreError> {
        self.counted(platform, costs, move |tx| {
            let found = tx.open_attempt(platform, login_digest)?;
            let waiting = cli_attempts::table
                .find(found.id.to_string())
                .filter(cli_attempts::approved_at.is_null())
                .filter(cli_attempts::denied_at.is_null());
            if diesel::update(waiting).set(cli_attempts::denied_at.eq(tx.now.as_millis())).execute(tx.conn)? != 1 {
                return Err(CliRefusal::LoginCode.into());
            }
            tx.audit_attempt(platform, found.id, Actor::Platform, Action::DenyAttempt)
        })
        .await
    }
}

impl Tx<'_> {
    fn attempt(&mut self, platform: Option<PlatformId>, by: By) -> Result<Option<Found>, StoreError> {
        let mut query = cli_attempts::table.select(AttemptRow::as_select()).into_boxed();
        query = match by {
            By::Polling(digest) => query.filter(cli_attempts::polling_digest.eq(digest.to_vec())),
            By::Login(digest) => query.filter(cli_attempts::login_digest.eq(digest.to_vec())),
        };
        if let Some(platform) = platform {
            query = query.filter(cli_attempts::platform_id.eq(platform.to_string()));
        }
        let row: Option<AttemptRow> = query.first(self.conn).optional()?;
        row.map(AttemptRow::found).transpose()
    }

    /// As [`Tx::attempt`], with effects on the attempt made serial.
    fn locked_attempt(&mut self, platform: Option<PlatformId>, by: By) -> Result<Option<Found>, StoreError> {
        let found = self.attempt(platform, by)?;
        let (Some(id), AnyConnection::Postgres(conn)) = (found.as_ref().map(|found| found.id), &mut *self.conn) else {
            return Ok(found);
        };
        let _: Option<String> = cli_attempts::table
            .find(id.to_string())
            .select(cli_attempts::id)
            .for_no_key_update()
            .first(conn)
            .optional()?;
        self.settle_time()?;
        self.attempt(platform, by)
    }

    /// The attempt of a login code that nobody has decided on, locked.
    fn open_attempt(&mut self, platform: PlatformId, login_digest: [u8; 32]) -> Result<Found, StoreError> {
        let found = self.locked_attempt(Some(platform), By::Login(login_digest))?;
        let now = self.now;
        found.filter(|found| found.attempt.is_open(now)).ok_or_else(|| CliRefusal::LoginCode.into())
    }

    /// The anonymous session that an attempt began with, if it is live, unclaimed, and its user still anonymous.
    fn anonymous_of(&mut self, found: &Found) -> Result<Option<LiveSession>, StoreError> {
        let Some(session) = found.attempt.unclaimed() else { return Ok(None) };
        let live = self.live_cli_session(found.platform, SessionKey::Id(session))?;
        Ok(live.filter(|live| live.user.is_anonymous()))
    }

    fn locked_anonymous_of(&mut self, found: &Found) -> Result<Option<LiveSession>, StoreError> {
        let Some(before) = self.anonymous_of(found)? else { return Ok(None) };
        self.lock_users(&[before.user.id])?;
        self.anonymous_of(found)
    }

    fn poll(&mut self, found: &Found, session: &NewSession) -> Result<Polled, StoreError> {
        let Attempt { approved: Some((_, by)), .. } = found.attempt else {
            return Ok(Polled::Told(found.attempt.state(self.now)));
        };
        let state = found.attempt.state(self.now);
        if state != AttemptState::Approved {
            return Ok(Polled::Told(state));
        }
        let mut approver = self.live_cli_session(found.platform, SessionKey::Id(by))?;
        if let Some(live) = &approver {
            self.lock_users(&[live.user.id])?;
            approver = self.live_cli_session(found.platform, SessionKey::Id(by))?;
        }
        let Some(approver) = approver else { return Ok(Polled::Told(AttemptState::Denied)) };
        let unused = cli_attempts::table
            .find(found.id.to_string())
            .filter(cli_attempts::used_at.is_null())
            .filter(cli_attempts::approved_at.is_not_null())
            .filter(cli_attempts::expires_at.gt(self.now.as_millis()));
        let used = diesel::update(unused).set(cli_attempts::used_at.eq(self.now.as_millis())).execute(self.conn)?;
        if used != 1 {
            return Ok(Polled::Told(AttemptState::Used));
        }
        let user = approver.user.id;
        self.open_cli_session(found.platform, user, session, Actor::CliSession(by))?;
        self.audit_attempt(found.platform, found.id, Actor::CliSession(by), Action::UseAttempt)?;
        Ok(Polled::Session(user))
    }

    /// Merges an anonymous user's work into the approver's, as [`merge`] says; its sessions end.
    fn merge(&mut self, platform: PlatformId, anonymous: &User, approver: &LiveSession) -> Result<(), StoreError> {
        let Merge::Into { client_metadata } = merge(anonymous, &approver.user) else { return Ok(()) };
        if let Some(metadata) = client_metadata {
            let (from, to) = (anonymous.id.to_string(), approver.user.id.to_string());
            diesel::update(users::table.find(to)).set(users::client_metadata.eq(metadata)).execute(self.conn)?;
            diesel::update(users::table.find(from))
                .set(users::client_metadata.eq(None::<String>))
                .execute(self.conn)?;
        }
        self.end_cli_sessions(anonymous.id)?;
        self.audit_user(platform, anonymous.id, Actor::User(approver.user.id), Action::MergedInto)
    }

    /// Whether a user was made on the page of this attempt, and nothing has been done with it but signing in there.
    fn is_made_for(&mut self, user: UserId, attempt: CliAttemptId) -> Result<bool, StoreError> {
        let made: i64 = users::table
            .find(user.to_string())
            .filter(users::made_for_attempt.eq(attempt.to_string()))
            .filter(users::client_metadata.is_null())
            .filter(users::server_metadata.is_null())
            .count()
            .get_result(self.conn)?;
        let sessions: i64 = cli_sessions::table
            .filter(cli_sessions::user_id.eq(user.to_string()))
            .filter(cli_sessions::ended_at.is_null())
            .count()
            .get_result(self.conn)?;
        Ok(made == 1 && sessions == 1)
    }

    /// Makes the anonymous user the named one that the approver had just become: it gets the address, its earlier sessions
    /// end (C2), and the approver's user, which nobody else has seen, ends.
    fn upgrade_in_place_of(
        &mut self,
        platform: PlatformId,
        anonymous: &User,
        approver: &LiveSession,
        session: &NewSession,
    ) -> Result<(), StoreError> {
        let actor = Actor::User(anonymous.id);
        self.end_user(platform, approver.user.id, Actor::User(approver.user.id))?;
        let email = approver.user.primary_email.as_deref().ok_or(StoreError::Corrupt("user"))?;
        self.upgrade(platform, anonymous.id, email)?;
        self.open_cli_session(platform, anonymous.id, session, actor)
    }

    /// Makes a named user of an anonymous one whose address was proven. Its id stays, its earlier sessions end (C2).
    pub(super) fn upgrade(&mut self, platform: PlatformId, user: UserId, email: &str) -> Result<(), StoreError> {
        self.end_cli_sessions(user)?;
        let anonymous =
            users::table.find(user.to_string()).filter(users::named_at.is_null()).filter(users::ended_at.is_null());
        let named = diesel::update(anonymous).set(users::named_at.eq(self.now.as_millis())).execute(self.conn)?;
        if named != 1 {
            return Err(CliRefusal::SessionEnded.into());
        }
        self.set_email(user, Some((email, true)))?;
        self.audit_user(platform, user, Actor::User(user), Action::UpgradeUser)
    }

    fn audit_attempt(
        &mut self,
        platform: PlatformId,
        id: CliAttemptId,
        actor: Actor,
        action: Action,
    ) -> Result<(), StoreError> {
        self.audit(Record { platform, account: None, actor, action, resource: &id.to_string() })
    }
}
