//! Customers and their internal accounts.

use countersign_flow::Timestamp;
use countersign_flow::credential::{Kind, NewCredential};
use countersign_flow::id::{AuthMethodId, CustomerId, InternalAccountId, PlatformId};
use countersign_flow::payload::Subject;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use serde_json::Value;
use uuid::Uuid;

use super::audit::{Action, Actor, Record};
use super::schema::{customers, internal_accounts};
use super::{Store, StoreError};

/// The one kind of account.
pub const EMBEDDED_WALLET: &str = "EMBEDDED_WALLET";

/// A customer to be made.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    /// Its id.
    pub id: CustomerId,
    /// The tenant.
    pub platform: PlatformId,
    /// `INDIVIDUAL`.
    pub customer_type: String,
    /// The platform's own id of it, unique within the platform.
    pub platform_customer_id: Option<String>,
    /// Every member of the request, as a JSON object.
    pub members: String,
    /// Its account.
    pub account: NewAccount,
    /// The email address of its `EMAIL_OTP` credential, if it has one.
    pub email: Option<(AuthMethodId, String)>,
}

/// An account to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount {
    /// Its id.
    pub id: InternalAccountId,
    /// What payloads call `organizationId`.
    pub organization_id: Uuid,
    /// What payloads call `userId`.
    pub user_id: Uuid,
}

/// An internal account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternalAccount {
    /// Its id.
    pub id: InternalAccountId,
    /// Whose it is.
    pub customer: CustomerId,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

/// An account, and what its customer said of itself.
#[derive(Clone, Debug)]
pub struct OwnedAccount {
    /// The account.
    pub id: InternalAccountId,
    /// What payloads about the account name.
    pub subject: Subject,
    /// Whose it is.
    pub customer: CustomerId,
    members: Value,
}

impl OwnedAccount {
    /// The customer's email address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.members.get("email").and_then(Value::as_str)
    }

    /// The customer's telephone number.
    #[must_use]
    pub fn phone_number(&self) -> Option<&str> {
        self.members.get("phoneNumber").and_then(Value::as_str)
    }
}

/// Which accounts are listed.
#[derive(Clone, Debug)]
pub struct AccountFilter {
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Only those after this one, in order of id.
    pub after: Option<InternalAccountId>,
    /// At most this many.
    pub limit: i64,
}

#[derive(Queryable)]
struct AccountRow {
    id: String,
    customer_id: String,
    created_at: i64,
    updated_at: i64,
}

impl AccountRow {
    fn account(self) -> Result<InternalAccount, StoreError> {
        let corrupt = |_| StoreError::Corrupt("account");
        Ok(InternalAccount {
            id: self.id.parse().map_err(corrupt)?,
            customer: self.customer_id.parse().map_err(corrupt)?,
            created: Timestamp::from_millis(self.created_at),
            updated: Timestamp::from_millis(self.updated_at),
        })
    }
}

impl Store {
    /// Adds a customer with its account and, when there is an email address, its `EMAIL_OTP` credential. Returns when.
    ///
    /// # Errors
    /// [`StoreError::CustomerExists`].
    pub async fn add_customer(&self, customer: NewCustomer) -> Result<Timestamp, StoreError> {
        self.write(Some(customer.platform), move |tx| {
            let now = tx.now.as_millis();
            let (id, platform) = (customer.id.to_string(), customer.platform.to_string());
            diesel::insert_into(customers::table)
                .values((
                    customers::id.eq(&id),
                    customers::platform_id.eq(&platform),
                    customers::customer_type.eq(&customer.customer_type),
                    customers::platform_customer_id.eq(&customer.platform_customer_id),
                    customers::members.eq(&customer.members),
                    customers::created_at.eq(now),
                    customers::updated_at.eq(now),
                ))
                .execute(tx.conn)
                .map_err(|cause| match cause {
                    Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => StoreError::CustomerExists,
                    other => other.into(),
                })?;
            let account = customer.account.id.to_string();
            diesel::insert_into(internal_accounts::table)
                .values((
                    internal_accounts::id.eq(&account),
                    internal_accounts::platform_id.eq(&platform),
                    internal_accounts::customer_id.eq(&id),
                    internal_accounts::account_type.eq(EMBEDDED_WALLET),
                    internal_accounts::organization_id.eq(customer.account.organization_id.hyphenated().to_string()),
                    internal_accounts::user_id.eq(customer.account.user_id.hyphenated().to_string()),
                    internal_accounts::created_at.eq(now),
                    internal_accounts::updated_at.eq(now),
                ))
                .execute(tx.conn)?;
            if let Some((credential, email)) = &customer.email {
                let new = NewCredential { nickname: email.clone(), kind: Kind::EmailOtp, sign_count: None };
                tx.insert_credential(customer.platform, customer.account.id, *credential, &new)?;
            }
            tx.audit(Record {
                platform: customer.platform,
                account: Some(customer.account.id),
                actor: Actor::Platform,
                action: Action::CreateCustomer,
                resource: &id,
            })?;
            Ok(tx.now)
        })
        .await
    }

    /// A platform's account.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn account(
        &self,
        platform: PlatformId,
        id: InternalAccountId,
    ) -> Result<Option<OwnedAccount>, StoreError> {
        self.read(Some(platform), move |tx| {
            let row: Option<(String, String, String, String)> = internal_accounts::table
                .inner_join(customers::table.on(customers::id.eq(internal_accounts::customer_id)))
                .filter(internal_accounts::id.eq(id.to_string()))
                .filter(internal_accounts::platform_id.eq(platform.to_string()))
                .select((
                    internal_accounts::customer_id,
                    internal_accounts::organization_id,
                    internal_accounts::user_id,
                    customers::members,
                ))
                .first(tx.conn)
                .optional()?;
            let Some((customer, organization_id, user_id, members)) = row else { return Ok(None) };
            let corrupt = || StoreError::Corrupt("account");
            Ok(Some(OwnedAccount {
                id,
                subject: Subject {
                    organization_id: organization_id.parse().map_err(|_| corrupt())?,
                    user_id: user_id.parse().map_err(|_| corrupt())?,
                },
                customer: customer.parse().map_err(|_| corrupt())?,
                members: serde_json::from_str(&members).map_err(|_| corrupt())?,
            }))
        })
        .await
    }

    /// A page of a platform's accounts, in order of id, which is the order of their making.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn accounts(
        &self,
        platform: PlatformId,
        filter: AccountFilter,
    ) -> Result<Vec<InternalAccount>, StoreError> {
        self.read(Some(platform), move |tx| {
            let mut query = internal_accounts::table
                .filter(internal_accounts::platform_id.eq(platform.to_string()))
                .select((
                    internal_accounts::id,
                    internal_accounts::customer_id,
                    internal_accounts::created_at,
                    internal_accounts::updated_at,
                ))
                .order(internal_accounts::id)
                .limit(filter.limit)
                .into_boxed();
            if let Some(customer) = filter.customer {
                query = query.filter(internal_accounts::customer_id.eq(customer.to_string()));
            }
            if let Some(after) = filter.after {
                query = query.filter(internal_accounts::id.gt(after.to_string()));
            }
            let rows: Vec<AccountRow> = query.load(tx.conn)?;
            rows.into_iter().map(AccountRow::account).collect()
        })
        .await
    }
}
