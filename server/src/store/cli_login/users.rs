//! Users of CLI login.

use countersign_flow::Timestamp;
use countersign_flow::cli_login::user::User;
use countersign_flow::id::{CliAttemptId, CliSessionId, PlatformId, UserId};
use countersign_flow::secret::one_spelling;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use super::super::audit::{Action, Actor, Record};
use super::super::schema::users;
use super::super::{AnyConnection, Store, StoreError, Tx};
use super::sessions::{NewSession, SessionKey};
use super::{CliRefusal, Costs, millis};

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Its id.
    pub id: UserId,
    /// Whether it is anonymous.
    pub anonymous: bool,
    /// Its address, and whether a code has proven it.
    pub email: Option<(String, bool)>,
    /// What it is called.
    pub display_name: Option<String>,
    /// JSON.
    pub client_metadata: Option<String>,
    /// JSON.
    pub server_metadata: Option<String>,
    /// The attempt on whose page it signs up.
    pub made_for: Option<CliAttemptId>,
}

impl NewUser {
    /// A user without anything.
    #[must_use]
    pub const fn anonymous(id: UserId) -> Self {
        Self {
            id,
            anonymous: true,
            email: None,
            display_name: None,
            client_metadata: None,
            server_metadata: None,
            made_for: None,
        }
    }
}

/// What is to be different. The inner `None` sets a member back to null.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What it is called.
    pub display_name: Option<Option<String>>,
    /// JSON.
    pub client_metadata: Option<Option<String>>,
    /// JSON.
    pub server_metadata: Option<Option<String>>,
    /// Its address, which counts as proven or not.
    pub primary_email: Option<Option<(String, bool)>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(super) struct UserRow {
    id: String,
    named_at: Option<i64>,
    primary_email: Option<String>,
    email_verified_at: Option<i64>,
    display_name: Option<String>,
    client_metadata: Option<String>,
    server_metadata: Option<String>,
    signed_up_at: i64,
}

impl UserRow {
    pub(super) fn user(self) -> Result<User, StoreError> {
        Ok(User {
            id: self.id.parse().map_err(|_| StoreError::Corrupt("user"))?,
            named: millis(self.named_at),
            primary_email: self.primary_email,
            email_verified: millis(self.email_verified_at),
            display_name: self.display_name,
            client_metadata: self.client_metadata,
            server_metadata: self.server_metadata,
            signed_up: Timestamp::from_millis(self.signed_up_at),
        })
    }
}

impl Store {
    /// Makes an anonymous user with a session.
    ///
    /// # Errors
    /// [`StoreError::Limited`].
    pub async fn sign_up_anonymously(
        &self,
        platform: PlatformId,
        id: UserId,
        session: NewSession,
        costs: Costs,
    ) -> Result<(), StoreError> {
        self.counted(platform, costs, move |tx| {
            tx.add_user(platform, &NewUser::anonymous(id), Actor::Platform)?;
            tx.open_cli_session(platform, id, &session, Actor::Platform)?;
            Ok(())
        })
        .await
    }

    /// Makes a user on behalf of a server of the platform.
    ///
    /// # Errors
    /// [`CliRefusal::EmailTaken`].
    pub async fn add_user(&self, platform: PlatformId, new: NewUser) -> Result<User, StoreError> {
        self.write(Some(platform), move |tx| {
            tx.add_user(platform, &new, Actor::Platform)?;
            tx.user(platform, new.id)?.ok_or(StoreError::Corrupt("user"))
        })
        .await
    }

    /// A platform's user. One that has ended is none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn user(&self, platform: PlatformId, id: UserId) -> Result<Option<User>, StoreError> {
        self.read(Some(platform), move |tx| tx.user(platform, id)).await
    }

    /// Changes a user, in the name of a session that still lives, or of the project's server.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`CliRefusal::EmailTaken`]; [`CliRefusal::SessionEnded`].
    pub async fn change_user(
        &self,
        platform: PlatformId,
        id: UserId,
        changes: Changes,
        by: Option<CliSessionId>,
    ) -> Result<User, StoreError> {
        self.write(Some(platform), move |tx| {
            tx.lock_users(&[id])?;
            // An upgrade or a sign-out may have ended it since the caller was let in (S3, C2).
            if let Some(session) = by {
                tx.live_cli_session(platform, SessionKey::Id(session))?.ok_or(CliRefusal::SessionEnded)?;
            }
            let actor = by.map_or(Actor::Platform, Actor::CliSession);
            let before = tx.user(platform, id)?.ok_or(StoreError::NotFound("user"))?;
            let row = users::table.find(id.to_string()).filter(users::ended_at.is_null());
            let display_name = changes.display_name.unwrap_or(before.display_name);
            let client_metadata = changes.client_metadata.unwrap_or(before.client_metadata);
            let server_metadata = changes.server_metadata.unwrap_or(before.server_metadata);
            diesel::update(row)
                .set((
                    users::display_name.eq(display_name),
                    users::client_metadata.eq(client_metadata),
                    users::server_metadata.eq(server_metadata),
                    // Whoever has written to it, it is no longer one that only a page has seen.
                    users::made_for_attempt.eq(None::<String>),
                ))
                .execute(tx.conn)?;
            // The address that it has stays as proven as it is.
            let same = |email: &Option<(String, bool)>| {
                let spelled = |email: &str| one_spelling(email);
                email.as_ref().map(|(email, _)| spelled(email)) == before.primary_email.as_deref().map(spelled)
            };
            if let Some(email) = changes.primary_email.filter(|email| !same(email)) {
                let email = email.as_ref().map(|(email, verified)| (email.as_str(), *verified));
                tx.set_email(id, email)?;
            }
            tx.audit_user(platform, id, actor, Action::ChangeUser)?;
            tx.user(platform, id)?.ok_or(StoreError::Corrupt("user"))
        })
        .await
    }

    /// Ends a user and its sessions. What it said of itself is gone.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn end_user(&self, platform: PlatformId, id: UserId) -> Result<(), StoreError> {
        self.write(Some(platform), move |tx| {
            tx.lock_users(&[id])?;
            tx.user(platform, id)?.ok_or(StoreError::NotFound("user"))?;
            tx.end_user(platform, id, Actor::Platform)
        })
        .await
    }
}

impl Tx<'_> {
    pub(super) fn user(&mut self, platform: PlatformId, id: UserId) -> Result<Option<User>, StoreError> {
        let row: Option<UserRow> = users::table
            .find(id.to_string())
            .filter(users::platform_id.eq(platform.to_string()))
            .filter(users::ended_at.is_null())
            .select(UserRow::as_select())
            .first(self.conn)
            .optional()?;
        row.map(UserRow::user).transpose()
    }

    /// The user who has proven that an address is its own.
    pub(super) fn owner_of_email(&mut self, platform: PlatformId, email: &str) -> Result<Option<UserId>, StoreError> {
        let id: Option<String> = users::table
            .filter(users::platform_id.eq(platform.to_string()))
            .filter(users::email_key.eq(one_spelling(email)))
            .filter(users::email_verified_at.is_not_null())
            .filter(users::ended_at.is_null())
            .select(users::id)
            .first(self.conn)
            .optional()?;
        id.map(|id| id.parse().map_err(|_| StoreError::Corrupt("user"))).transpose()
    }

    /// Makes effects on these users serial, in the order of their ids. SQLite's write lock does that for the whole file.
    pub(super) fn lock_users(&mut self, ids: &[UserId]) -> Result<(), StoreError> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        if let AnyConnection::Postgres(conn) = self.conn {
            for id in ids {
                let _: Option<String> =
                    users::table.find(id.to_string()).select(users::id).for_no_key_update().first(conn).optional()?;
            }
        }
        self.settle_time()
    }

    pub(super) fn add_user(&mut self, platform: PlatformId, new: &NewUser, actor: Actor) -> Result<(), StoreError> {
        diesel::insert_into(users::table)
            .values((
                users::id.eq(new.id.to_string()),
                users::platform_id.eq(platform.to_string()),
                users::named_at.eq((!new.anonymous).then_some(self.now.as_millis())),
                users::display_name.eq(&new.display_name),
                users::client_metadata.eq(&new.client_metadata),
                users::server_metadata.eq(&new.server_metadata),
                users::made_for_attempt.eq(new.made_for.map(|attempt| attempt.to_string())),
                users::signed_up_at.eq(self.now.as_millis()),
            ))
            .execute(self.conn)?;
        if let Some((email, verified)) = &new.email {
            self.set_email(new.id, Some((email, *verified)))?;
        }
        self.audit_user(platform, new.id, actor, Action::CreateUser)
    }

    /// Sets a user's address, and whether it counts as proven.
    pub(super) fn set_email(&mut self, id: UserId, email: Option<(&str, bool)>) -> Result<(), StoreError> {
        let verified = email.is_some_and(|(_, verified)| verified).then_some(self.now.as_millis());
        let row = users::table.find(id.to_string());
        // In a savepoint: on PostgreSQL a violation would end the transaction.
        let done = self.conn.transaction(|conn| {
            diesel::update(row)
                .set((
                    users::primary_email.eq(email.map(|(email, _)| email)),
                    users::email_key.eq(email.map(|(email, _)| one_spelling(email))),
                    users::email_verified_at.eq(verified),
                ))
                .execute(conn)
        });
        match done {
            Ok(1) => Ok(()),
            Ok(_) => Err(StoreError::NotFound("user")),
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Err(CliRefusal::EmailTaken.into()),
            Err(cause) => Err(cause.into()),
        }
    }

    pub(super) fn end_user(&mut self, platform: PlatformId, id: UserId, actor: Actor) -> Result<(), StoreError> {
        self.end_cli_sessions(id)?;
        let live = users::table.find(id.to_string()).filter(users::ended_at.is_null());
        diesel::update(live)
            .set((
                users::ended_at.eq(self.now.as_millis()),
                users::primary_email.eq(None::<String>),
                users::email_key.eq(None::<String>),
                users::email_verified_at.eq(None::<i64>),
                users::display_name.eq(None::<String>),
                users::client_metadata.eq(None::<String>),
                users::server_metadata.eq(None::<String>),
            ))
            .execute(self.conn)?;
        self.audit_user(platform, id, actor, Action::EndUser)
    }

    pub(super) fn audit_user(
        &mut self,
        platform: PlatformId,
        id: UserId,
        actor: Actor,
        action: Action,
    ) -> Result<(), StoreError> {
        self.audit(Record { platform, account: None, actor, action, resource: &format!("User:{id}") })
    }
}
