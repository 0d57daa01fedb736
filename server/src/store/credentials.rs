//! Credentials, and the accounts that payloads about them name.

use countersign_flow::Timestamp;
use countersign_flow::id::{AuthMethodId, InternalAccountId, PlatformId};
use countersign_flow::payload::Subject;
use diesel::prelude::*;

use super::audit::{Action, Actor, Record};
use super::schema::{credentials, internal_accounts, wrong_codes};
use super::{Store, StoreError, Tx};

/// The kind of a credential that is proven by a code sent by email.
pub const EMAIL_OTP: &str = "EMAIL_OTP";

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
    /// What people know it by: the email address.
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
            nickname: self.nickname,
            created: Timestamp::from_millis(self.created_at),
            updated: Timestamp::from_millis(self.updated_at),
        })
    }
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
    pub(super) fn lock_account(&mut self, account: InternalAccountId) -> Result<(), StoreError> {
        if let super::AnyConnection::Postgres(conn) = self.conn {
            let _: String = internal_accounts::table
                .find(account.to_string())
                .select(internal_accounts::id)
                .for_update()
                .first(conn)?;
        }
        Ok(())
    }
}
