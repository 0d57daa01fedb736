//! Sessions and their lineage.

use std::collections::HashMap;

use countersign_flow::Timestamp;
use countersign_flow::credential::Kind;
use countersign_flow::id::{AuthMethodId, InternalAccountId, PlatformId, SessionId};
use countersign_flow::key::PublicKey;
use countersign_flow::payload::Subject;
use countersign_flow::retry::{Proven, SignedRetry};
use countersign_flow::session::{Login, Session, SessionPolicy};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use super::audit::{Action, Actor, Record};
use super::logins::LoginPolicy;
use super::schema::{credentials, internal_accounts, sessions};
use super::{Store, StoreError, Tx};

/// Bound variables of one statement: far below what either backend takes.
const MOST_VARIABLES: usize = 500;

/// A session with what its answers name of its credential and account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOfCredential {
    /// The session.
    pub session: Session,
    /// The credential's kind.
    pub kind: Kind,
    /// The credential's nickname.
    pub nickname: String,
    /// What payloads about the account name.
    pub subject: Subject,
}

#[derive(Queryable)]
struct SessionRow {
    id: String,
    platform_id: String,
    account_id: String,
    credential_id: String,
    public_key: Vec<u8>,
    login_id: String,
    login_at: i64,
    parent_id: Option<String>,
    created_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
}

fn corrupt<E>(_: E) -> StoreError {
    StoreError::Corrupt("session")
}

impl SessionRow {
    fn session(self) -> Result<Session, StoreError> {
        Ok(Session {
            id: self.id.parse().map_err(corrupt)?,
            account: self.account_id.parse().map_err(corrupt)?,
            credential: self.credential_id.parse().map_err(corrupt)?,
            platform: self.platform_id.parse().map_err(corrupt)?,
            public_key: PublicKey::from_sec1(&self.public_key).map_err(corrupt)?,
            login_id: self.login_id.parse().map_err(corrupt)?,
            login_at: Timestamp::from_millis(self.login_at),
            parent: self.parent_id.map(|parent| parent.parse()).transpose().map_err(corrupt)?,
            created: Timestamp::from_millis(self.created_at),
            expires: Timestamp::from_millis(self.expires_at),
            ended: self.ended_at.map(Timestamp::from_millis),
        })
    }
}

type JoinedRow = (SessionRow, String, String, String, String, String);

fn joined((row, kind, data, nickname, organization_id, user_id): JoinedRow) -> Result<SessionOfCredential, StoreError> {
    Ok(SessionOfCredential {
        session: row.session()?,
        kind: Kind::from_stored(&kind, &data).map_err(corrupt)?,
        nickname,
        subject: Subject {
            organization_id: organization_id.parse().map_err(corrupt)?,
            user_id: user_id.parse().map_err(corrupt)?,
        },
    })
}

/// Sessions with their credential and account, for [`joined`].
macro_rules! joined_sessions {
    () => {
        sessions::table
            .inner_join(credentials::table.on(credentials::id.eq(sessions::credential_id)))
            .inner_join(internal_accounts::table.on(internal_accounts::id.eq(sessions::account_id)))
            .select((
                sessions::all_columns,
                credentials::kind,
                credentials::data,
                credentials::nickname,
                internal_accounts::organization_id,
                internal_accounts::user_id,
            ))
    };
}

impl Store {
    /// A platform's session, ended and expired ones included, and the statement time.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn session(
        &self,
        platform: PlatformId,
        id: SessionId,
    ) -> Result<Option<(SessionOfCredential, Timestamp)>, StoreError> {
        self.read(Some(platform), move |tx| {
            let row: Option<JoinedRow> = joined_sessions!()
                .filter(sessions::id.eq(id.to_string()))
                .filter(sessions::platform_id.eq(platform.to_string()))
                .first(tx.conn)
                .optional()?;
            Ok(row.map(joined).transpose()?.map(|session| (session, tx.now)))
        })
        .await
    }

    /// The live sessions of a platform's account, in order of their making; none for an account that isn't its own.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn live_sessions(
        &self,
        platform: PlatformId,
        account: InternalAccountId,
    ) -> Result<Vec<SessionOfCredential>, StoreError> {
        self.read(Some(platform), move |tx| {
            let rows: Vec<JoinedRow> = joined_sessions!()
                .filter(sessions::platform_id.eq(platform.to_string()))
                .filter(sessions::account_id.eq(account.to_string()))
                .filter(sessions::ended_at.is_null())
                .filter(sessions::expires_at.gt(tx.now.as_millis()))
                .order(sessions::id)
                .load(tx.conn)?;
            rows.into_iter().map(joined).collect()
        })
        .await
    }

    /// The live session of an account that signs with this key.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn live_session_of_key(
        &self,
        platform: PlatformId,
        account: InternalAccountId,
        key: PublicKey,
    ) -> Result<Option<Session>, StoreError> {
        self.read(Some(platform), move |tx| tx.live_session_of_key(account, &key)).await
    }

    /// Opens the first session of a login and, in the same transaction, uses up the request that proves it. A live
    /// session that holds the key already is replaced: an earlier try of the same login (W1).
    ///
    /// # Errors
    /// [`StoreError::Refused`]: the request was used or has expired, or the account has too many live sessions.
    /// [`StoreError::NotFound`]: the credential is gone.
    pub async fn open_session(
        &self,
        proof: SignedRetry<Proven>,
        id: SessionId,
        credential: AuthMethodId,
        policy: LoginPolicy,
    ) -> Result<Session, StoreError> {
        self.write(Some(proof.binding().platform), move |tx| {
            let actor = tx.spend(&proof)?;
            let platform = proof.binding().platform;
            if tx.credential(platform, credential)?.is_none() {
                return Err(StoreError::NotFound("credential"));
            }
            if let Some(earlier) = tx.live_session_of_key(proof.account(), proof.key())? {
                tx.end_session(&earlier, actor)?;
            }
            let login = Login { platform, account: proof.account(), credential };
            tx.open_login(id, login, *proof.key(), actor, &policy)
        })
        .await
    }

    /// Opens a session refreshed from `parent` and, in the same transaction, uses up the request that proves it.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: the request was used or has expired, the parent isn't live any more, or the account has
    /// too many live sessions. [`StoreError::KeyHeld`]: another live session has the key.
    pub async fn refresh_session(
        &self,
        proof: SignedRetry<Proven>,
        parent: SessionId,
        id: SessionId,
        key: PublicKey,
        policy: SessionPolicy,
    ) -> Result<Session, StoreError> {
        self.write(Some(proof.binding().platform), move |tx| {
            let actor = tx.spend(&proof)?;
            let platform = proof.binding().platform;
            let row: SessionRow = sessions::table
                .find(parent.to_string())
                .filter(sessions::platform_id.eq(platform.to_string()))
                .first(tx.conn)?;
            let session = row.session()?.refresh(id, key, tx.now, &policy)?;
            if tx.live_session_of_key(session.account, &key)?.is_some() {
                return Err(StoreError::KeyHeld);
            }
            tx.add_session(&session, &policy)?;
            tx.audit(Record {
                platform,
                account: Some(session.account),
                actor,
                action: Action::RefreshSession,
                resource: &session.id.to_string(),
            })?;
            Ok(session)
        })
        .await
    }

    /// Ends a session and all that were refreshed from it and, in the same transaction, uses up the request that
    /// proves it.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: the request was used or has expired, or its signer isn't live any more.
    /// [`StoreError::NotFound`]: the session isn't live any more.
    pub async fn revoke_session(&self, proof: SignedRetry<Proven>, id: SessionId) -> Result<(), StoreError> {
        self.write(Some(proof.binding().platform), move |tx| {
            let actor = tx.spend(&proof)?;
            let live: Option<SessionRow> = sessions::table
                .find(id.to_string())
                .filter(sessions::account_id.eq(proof.account().to_string()))
                .filter(sessions::ended_at.is_null())
                .filter(sessions::expires_at.gt(tx.now.as_millis()))
                .first(tx.conn)
                .optional()?;
            let session = live.ok_or(StoreError::NotFound("session"))?.session()?;
            tx.end_session(&session, actor)
        })
        .await
    }
}

impl Tx<'_> {
    pub(super) fn live_session_of_key(
        &mut self,
        account: InternalAccountId,
        key: &PublicKey,
    ) -> Result<Option<Session>, StoreError> {
        let row: Option<SessionRow> = sessions::table
            .filter(sessions::account_id.eq(account.to_string()))
            .filter(sessions::public_key.eq(key.sec1_compressed().to_vec()))
            .filter(sessions::ended_at.is_null())
            .filter(sessions::expires_at.gt(self.now.as_millis()))
            .first(self.conn)
            .optional()?;
        row.map(SessionRow::session).transpose()
    }

    pub(super) fn add_session(&mut self, session: &Session, policy: &SessionPolicy) -> Result<(), StoreError> {
        let key = session.public_key.sec1_compressed().to_vec();
        // A session that only expired still stands in the index of open keys.
        let expired = sessions::table
            .filter(sessions::account_id.eq(session.account.to_string()))
            .filter(sessions::public_key.eq(&key))
            .filter(sessions::ended_at.is_null())
            .filter(sessions::expires_at.le(self.now.as_millis()));
        diesel::update(expired).set(sessions::ended_at.eq(self.now.as_millis())).execute(self.conn)?;
        let live: i64 = sessions::table
            .filter(sessions::account_id.eq(session.account.to_string()))
            .filter(sessions::ended_at.is_null())
            .filter(sessions::expires_at.gt(self.now.as_millis()))
            .count()
            .get_result(self.conn)?;
        policy.admit(u32::try_from(live).unwrap_or(u32::MAX))?;
        diesel::insert_into(sessions::table)
            .values((
                sessions::id.eq(session.id.to_string()),
                sessions::platform_id.eq(session.platform.to_string()),
                sessions::account_id.eq(session.account.to_string()),
                sessions::credential_id.eq(session.credential.to_string()),
                sessions::public_key.eq(&key),
                sessions::login_id.eq(session.login_id.to_string()),
                sessions::login_at.eq(session.login_at.as_millis()),
                sessions::parent_id.eq(session.parent.map(|parent| parent.to_string())),
                sessions::created_at.eq(session.created.as_millis()),
                sessions::expires_at.eq(session.expires.as_millis()),
            ))
            .execute(self.conn)
            .map_err(|cause| match cause {
                Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => StoreError::KeyHeld,
                other => other.into(),
            })?;
        Ok(())
    }

    /// Ends a session and all that descend from it, and notes who did.
    pub(super) fn end_session(&mut self, session: &Session, actor: Actor) -> Result<(), StoreError> {
        self.end_with_descendants(session)?;
        self.audit(Record {
            platform: session.platform,
            account: Some(session.account),
            actor,
            action: Action::RevokeSession,
            resource: &session.id.to_string(),
        })
    }

    /// Ends a session and all that descend from it. Their lineage goes through sessions that have ended or expired, so
    /// the whole login is walked, in memory: its sessions are those of one day.
    fn end_with_descendants(&mut self, session: &Session) -> Result<(), StoreError> {
        let login: Vec<(String, Option<String>, Option<i64>)> = sessions::table
            .filter(sessions::login_id.eq(session.login_id.to_string()))
            .filter(sessions::account_id.eq(session.account.to_string()))
            .select((sessions::id, sessions::parent_id, sessions::ended_at))
            // A child's id is younger than its parent's, but for clocks that differ by replica: order by making.
            .order((sessions::created_at, sessions::id))
            .load(self.conn)?;
        let mut children: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, (_, parent, _)) in login.iter().enumerate() {
            if let Some(parent) = parent {
                children.entry(parent).or_default().push(index);
            }
        }
        let root = session.id.to_string();
        let mut open = Vec::new();
        let mut walk: Vec<usize> = login.iter().position(|(id, ..)| *id == root).into_iter().collect();
        while let Some(index) = walk.pop() {
            let (id, _, ended) = &login[index];
            if ended.is_none() {
                open.push(id);
            }
            walk.extend(children.get(id.as_str()).into_iter().flatten());
        }
        for ids in open.chunks(MOST_VARIABLES) {
            diesel::update(sessions::table.filter(sessions::id.eq_any(ids.iter().copied())))
                .set(sessions::ended_at.eq(self.now.as_millis()))
                .execute(self.conn)?;
        }
        Ok(())
    }
}
