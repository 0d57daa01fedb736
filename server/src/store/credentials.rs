//! Credentials, and the accounts that payloads about them name.

use countersign_flow::Timestamp;
use countersign_flow::credential::{Kind, NewCredential};
use countersign_flow::id::{AuthMethodId, InternalAccountId, PlatformId};
use countersign_flow::limit::Limit;
use countersign_flow::otp::OtpPolicy;
use countersign_flow::payload::Subject;
use countersign_flow::retry::{Operation, Proven, SignedRetry};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use super::audit::{Action, Actor, Record};
use super::otp::NewIssue;
use super::schema::{credentials, internal_accounts, sessions, wrong_codes};
use super::{Store, StoreError, Tx};

/// A credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its id.
    pub id: AuthMethodId,
    /// The tenant.
    pub platform: PlatformId,
    /// The account that it opens sessions of.
    pub account: InternalAccountId,
    /// What payloads about the account name.
    pub subject: Subject,
    /// What is kept of its kind.
    pub kind: Kind,
    /// What people know it by: the address or number of a code, or a name.
    pub nickname: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

#[derive(Queryable)]
pub(super) struct CredentialRow {
    id: String,
    platform_id: String,
    account_id: String,
    organization_id: String,
    user_id: String,
    kind: String,
    data: String,
    nickname: String,
    created_at: i64,
    updated_at: i64,
}

impl CredentialRow {
    pub(super) fn credential(self) -> Result<Credential, StoreError> {
        fn corrupt<E>(_: E) -> StoreError {
            StoreError::Corrupt("credential")
        }
        Ok(Credential {
            id: self.id.parse().map_err(corrupt)?,
            platform: self.platform_id.parse().map_err(corrupt)?,
            account: self.account_id.parse().map_err(corrupt)?,
            subject: Subject {
                organization_id: self.organization_id.parse().map_err(corrupt)?,
                user_id: self.user_id.parse().map_err(corrupt)?,
            },
            kind: Kind::from_stored(&self.kind, &self.data).map_err(corrupt)?,
            nickname: self.nickname,
            created: Timestamp::from_millis(self.created_at),
            updated: Timestamp::from_millis(self.updated_at),
        })
    }
}

/// A credential that is about to be added.
#[derive(Clone, Debug)]
pub struct Added {
    /// Its id.
    pub id: AuthMethodId,
    /// What was verified of it.
    pub new: NewCredential,
    /// Its first code, for kinds that have codes.
    pub issue: Option<NewIssue>,
    /// The most unrevoked credentials of an account.
    pub most: u32,
    /// How often codes may be asked for.
    pub limit: Limit,
    /// How long codes live.
    pub otp: OtpPolicy,
}

/// The columns of a [`CredentialRow`], in its order.
macro_rules! credential_columns {
    () => {
        (
            credentials::id,
            credentials::platform_id,
            credentials::account_id,
            internal_accounts::organization_id,
            internal_accounts::user_id,
            credentials::kind,
            credentials::data,
            credentials::nickname,
            credentials::created_at,
            credentials::updated_at,
        )
    };
}

impl Store {
    /// A platform's credential that isn't revoked.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn credential(&self, platform: PlatformId, id: AuthMethodId) -> Result<Option<Credential>, StoreError> {
        self.read(Some(platform), move |tx| tx.credential(platform, id)).await
    }

    /// The credentials of an account that aren't revoked, in order of their making; none for an account that isn't the
    /// platform's.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn credentials(
        &self,
        platform: PlatformId,
        account: InternalAccountId,
    ) -> Result<Vec<Credential>, StoreError> {
        self.read(Some(platform), move |tx| {
            let rows: Vec<CredentialRow> = credentials::table
                .inner_join(internal_accounts::table.on(internal_accounts::id.eq(credentials::account_id)))
                .filter(credentials::platform_id.eq(platform.to_string()))
                .filter(credentials::account_id.eq(account.to_string()))
                .filter(credentials::revoked_at.is_null())
                .order(credentials::id)
                .select(credential_columns!())
                .load(tx.conn)?;
            rows.into_iter().map(CredentialRow::credential).collect()
        })
        .await
    }

    /// Whether an account may have this credential too, as far as can be told before it is added.
    ///
    /// # Errors
    /// [`StoreError::CredentialExists`], [`StoreError::CredentialLimit`].
    pub async fn admits_credential(
        &self,
        platform: PlatformId,
        account: InternalAccountId,
        kind: Kind,
        most: u32,
    ) -> Result<(), StoreError> {
        self.read(Some(platform), move |tx| tx.admit_credential(account, &kind, most)).await
    }

    /// Adds a credential and its first code and, in the same transaction, uses up the request that proves it.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: the request was used or has expired, or its signer isn't live any more.
    /// [`StoreError::CredentialExists`], [`StoreError::CredentialLimit`], [`StoreError::Limited`].
    pub async fn add_credential(&self, proof: SignedRetry<Proven>, added: Added) -> Result<Credential, StoreError> {
        self.write(Some(proof.binding().platform), move |tx| {
            let actor = tx.spend(&proof)?;
            let (platform, account) = (proof.binding().platform, proof.account());
            let Added { id, new, issue, most, limit, otp } = added;
            tx.admit_credential(account, &new.kind, most)?;
            tx.insert_credential(platform, account, id, &new)?;
            if let Some(issue) = &issue {
                tx.issue_code(issue, limit, &otp)?;
            }
            tx.audit(Record {
                platform,
                account: Some(account),
                actor,
                action: Action::AddCredential,
                resource: &id.to_string(),
            })?;
            tx.credential(platform, id)?.ok_or(StoreError::Corrupt("credential"))
        })
        .await
    }

    /// Whether a credential is the only unrevoked one of its account.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn is_only_credential(&self, credential: &Credential) -> Result<bool, StoreError> {
        let (platform, account) = (credential.platform, credential.account);
        self.read(Some(platform), move |tx| Ok(tx.count_credentials(account)? <= 1)).await
    }

    /// Revokes a credential and, in the same transaction, ends all that hangs on it (its sessions, its code, its
    /// unfinished sign-ins) and uses up the request that proves it (W4).
    ///
    /// # Errors
    /// [`StoreError::Refused`]: the request was used or has expired, or its signer isn't live any more.
    /// [`StoreError::NotFound`]: it is revoked already. [`StoreError::LastCredential`].
    pub async fn revoke_credential(&self, proof: SignedRetry<Proven>, id: AuthMethodId) -> Result<(), StoreError> {
        self.write(Some(proof.binding().platform), move |tx| {
            let actor = tx.spend(&proof)?;
            let (platform, account) = (proof.binding().platform, proof.account());
            let unrevoked = credentials::table
                .find(id.to_string())
                .filter(credentials::account_id.eq(account.to_string()))
                .filter(credentials::revoked_at.is_null());
            let now = tx.now.as_millis();
            let changed = diesel::update(unrevoked)
                .set((credentials::revoked_at.eq(now), credentials::updated_at.eq(now)))
                .execute(tx.conn)?;
            if changed != 1 {
                return Err(StoreError::NotFound("credential"));
            }
            if tx.count_credentials(account)? == 0 {
                return Err(StoreError::LastCredential);
            }
            // Refreshed sessions keep the credential that they descend from, so these are all.
            let descending =
                sessions::table.filter(sessions::credential_id.eq(id.to_string())).filter(sessions::ended_at.is_null());
            diesel::update(descending).set(sessions::ended_at.eq(now)).execute(tx.conn)?;
            tx.end_issues(id)?;
            tx.end_sign_ins(account, id, &[Operation::VerifyOtp, Operation::VerifyPasskey])?;
            tx.audit(Record {
                platform,
                account: Some(account),
                actor,
                action: Action::RevokeCredential,
                resource: &id.to_string(),
            })
        })
        .await
    }

    /// Forgets a credential's wrong codes, so that it may be guessed at again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn unlock_credential(&self, id: AuthMethodId) -> Result<(), StoreError> {
        self.write(None, move |tx| {
            let row: Option<(String, String)> = credentials::table
                .find(id.to_string())
                .select((credentials::platform_id, credentials::account_id))
                .first(tx.conn)
                .optional()?;
            let (platform, account) = row.ok_or(StoreError::NotFound("credential"))?;
            let corrupt = |_| StoreError::Corrupt("credential");
            let (platform, account) = (platform.parse().map_err(corrupt)?, account.parse().map_err(corrupt)?);
            diesel::update(credentials::table.find(id.to_string()))
                .set(credentials::wrong_since_success.eq(0))
                .execute(tx.conn)?;
            diesel::delete(wrong_codes::table.filter(wrong_codes::credential_id.eq(id.to_string())))
                .execute(tx.conn)?;
            tx.audit(Record {
                platform,
                account: Some(account),
                actor: Actor::Operator,
                action: Action::UnlockCredential,
                resource: &id.to_string(),
            })
        })
        .await
    }
}

impl Tx<'_> {
    fn count_credentials(&mut self, account: InternalAccountId) -> Result<i64, StoreError> {
        Ok(credentials::table
            .filter(credentials::account_id.eq(account.to_string()))
            .filter(credentials::revoked_at.is_null())
            .count()
            .get_result(self.conn)?)
    }

    fn admit_credential(&mut self, account: InternalAccountId, kind: &Kind, most: u32) -> Result<(), StoreError> {
        let like: i64 = credentials::table
            .filter(credentials::account_id.eq(account.to_string()))
            .filter(credentials::revoked_at.is_null())
            .filter(credentials::uniqueness.eq(kind.uniqueness()))
            .count()
            .get_result(self.conn)?;
        if like > 0 {
            return Err(StoreError::CredentialExists(kind.name()));
        }
        if self.count_credentials(account)? >= i64::from(most) {
            return Err(StoreError::CredentialLimit);
        }
        Ok(())
    }

    pub(super) fn insert_credential(
        &mut self,
        platform: PlatformId,
        account: InternalAccountId,
        id: AuthMethodId,
        new: &NewCredential,
    ) -> Result<(), StoreError> {
        let (data, now) = (new.kind.data()?, self.now.as_millis());
        let row = (
            credentials::id.eq(id.to_string()),
            credentials::platform_id.eq(platform.to_string()),
            credentials::account_id.eq(account.to_string()),
            credentials::kind.eq(new.kind.name().as_str()),
            credentials::nickname.eq(&new.nickname),
            credentials::data.eq(data),
            credentials::uniqueness.eq(new.kind.uniqueness()),
            credentials::sign_count.eq(new.sign_count.map(i64::from)),
            credentials::created_at.eq(now),
            credentials::updated_at.eq(now),
        );
        // In a savepoint: on PostgreSQL a violation would end the transaction.
        let inserted = self.conn.transaction(|conn| diesel::insert_into(credentials::table).values(row).execute(conn));
        match inserted {
            Ok(_) => Ok(()),
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                Err(StoreError::CredentialExists(new.kind.name()))
            }
            Err(cause) => Err(cause.into()),
        }
    }

    pub(super) fn credential(
        &mut self,
        platform: PlatformId,
        id: AuthMethodId,
    ) -> Result<Option<Credential>, StoreError> {
        let row: Option<CredentialRow> = credentials::table
            .inner_join(internal_accounts::table.on(internal_accounts::id.eq(credentials::account_id)))
            .filter(credentials::id.eq(id.to_string()))
            .filter(credentials::platform_id.eq(platform.to_string()))
            .filter(credentials::revoked_at.is_null())
            .select(credential_columns!())
            .first(self.conn)
            .optional()?;
        row.map(CredentialRow::credential).transpose()
    }

    /// Makes the transaction the only one on this account (S3). SQLite's write lock does that for the whole file.
    /// The first lock of a transaction also settles its statement time: nothing on the account was committed after it.
    pub(super) fn lock_account(&mut self, account: InternalAccountId) -> Result<(), StoreError> {
        if let super::AnyConnection::Postgres(conn) = self.conn {
            let _: String = internal_accounts::table
                .find(account.to_string())
                .select(internal_accounts::id)
                .for_no_key_update()
                .first(conn)?;
            if !self.has_waited {
                self.now = super::clock::after_wait(conn, self.now)?;
                self.has_waited = true;
            }
        }
        Ok(())
    }
}
