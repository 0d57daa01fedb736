//! Pending requests: what signed retries wait in.

use std::time::Duration;

use countersign_flow::error::{RequestFault, SignatureFault};
use countersign_flow::id::{AuthMethodId, InternalAccountId, PlatformId, RequestId};
use countersign_flow::retry::{Asserted, Binding, Issued, Operation, Proven, SignedBy, SignedRetry, StoredRequest};
use countersign_flow::{FlowError, Timestamp};
use diesel::prelude::*;

use super::audit::Actor;
use super::schema::{credentials, pending_requests, sessions};
use super::{Store, StoreError, Tx};

#[derive(Queryable)]
struct RequestRow {
    id: String,
    platform_id: String,
    account_id: String,
    operation: String,
    resource: String,
    body_digest: Vec<u8>,
    payload: Vec<u8>,
    signers: String,
    issued_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
    data: String,
}

impl RequestRow {
    fn request(self) -> Result<SignedRetry<Issued>, StoreError> {
        fn corrupt<E>(_: E) -> StoreError {
            StoreError::Corrupt("pending request")
        }
        Ok(SignedRetry::restore(StoredRequest {
            id: self.id.parse().map_err(corrupt)?,
            binding: Binding {
                platform: self.platform_id.parse().map_err(corrupt)?,
                operation: self.operation.parse().map_err(corrupt)?,
                resource: self.resource,
                body_digest: self.body_digest.try_into().map_err(corrupt)?,
            },
            payload: self.payload,
            signers: self.signers.parse().map_err(corrupt)?,
            data: self.data,
            account: self.account_id.parse().map_err(corrupt)?,
            issued: Timestamp::from_millis(self.issued_at),
            expires: Timestamp::from_millis(self.expires_at),
            used: self.used_at.map(Timestamp::from_millis),
        }))
    }
}

/// How many pending requests an account may have, and how long they live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestPolicy {
    /// Life of a pending request.
    pub ttl: Duration,
    /// The most live ones of one account (S7).
    pub max_live: u32,
}

impl Store {
    /// Adds a pending request.
    ///
    /// # Errors
    /// [`StoreError::Limited`] when the account has too many live ones.
    pub async fn add_request(
        &self,
        request: SignedRetry<Issued>,
        policy: RequestPolicy,
    ) -> Result<SignedRetry<Issued>, StoreError> {
        self.write(Some(request.binding().platform), move |tx| {
            let request = request.issued_at(tx.now);
            tx.add_request(&request, policy)?;
            Ok(request)
        })
        .await
    }

    /// Adds the pending request of a credential to add. Of its payload, which may hold an ID token, only `sealed` is stored,
    /// and [`Store::request`] returns that in its place. If there is a token, its time ends at `token_ends`.
    ///
    /// # Errors
    /// [`StoreError::TokenEnded`]; [`StoreError::Limited`] when the account has too many live ones.
    pub async fn add_sealed_request(
        &self,
        request: SignedRetry<Issued>,
        sealed: Vec<u8>,
        token_ends: Option<Timestamp>,
        policy: RequestPolicy,
    ) -> Result<SignedRetry<Issued>, StoreError> {
        self.write(Some(request.binding().platform), move |tx| {
            token_ends.map_or(Ok(()), |ends| tx.require_token(ends))?;
            let request = request.issued_at(tx.now);
            tx.insert_request(&request, &sealed, policy)?;
            Ok(request)
        })
        .await
    }

    /// A platform's pending request, used and expired ones included, and the statement time.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn request(
        &self,
        platform: PlatformId,
        id: RequestId,
    ) -> Result<Option<(SignedRetry<Issued>, Timestamp)>, StoreError> {
        self.read(Some(platform), move |tx| Ok(tx.request(platform, id)?.map(|request| (request, tx.now)))).await
    }
}

impl Tx<'_> {
    pub(super) fn request(
        &mut self,
        platform: PlatformId,
        id: RequestId,
    ) -> Result<Option<SignedRetry<Issued>>, StoreError> {
        let row: Option<RequestRow> = pending_requests::table
            .find(id.to_string())
            .filter(pending_requests::platform_id.eq(platform.to_string()))
            .first(self.conn)
            .optional()?;
        row.map(RequestRow::request).transpose()
    }

    pub(super) fn add_request(
        &mut self,
        request: &SignedRetry<Issued>,
        policy: RequestPolicy,
    ) -> Result<(), StoreError> {
        self.insert_request(request, request.payload(), policy)
    }

    fn insert_request(
        &mut self,
        request: &SignedRetry<Issued>,
        payload: &[u8],
        policy: RequestPolicy,
    ) -> Result<(), StoreError> {
        let stored = request.stored();
        // Counted under the account's lock, or two replicas would each find room for the last one.
        self.lock_account(stored.account)?;
        let live = pending_requests::table
            .filter(pending_requests::account_id.eq(stored.account.to_string()))
            .filter(pending_requests::used_at.is_null())
            .filter(pending_requests::expires_at.gt(self.now.as_millis()));
        let count: i64 = live.clone().count().get_result(self.conn)?;
        if count >= i64::from(policy.max_live) {
            let first: Option<i64> = live.select(diesel::dsl::min(pending_requests::expires_at)).first(self.conn)?;
            let retry_after = first.map_or(policy.ttl, |first| Timestamp::from_millis(first).since(self.now));
            return Err(StoreError::Limited { limit: "pending-requests", retry_after });
        }
        diesel::insert_into(pending_requests::table)
            .values((
                pending_requests::id.eq(stored.id.to_string()),
                pending_requests::platform_id.eq(stored.binding.platform.to_string()),
                pending_requests::account_id.eq(stored.account.to_string()),
                pending_requests::operation.eq(stored.binding.operation.as_str()),
                pending_requests::resource.eq(&stored.binding.resource),
                pending_requests::body_digest.eq(stored.binding.body_digest.as_slice()),
                pending_requests::payload.eq(payload),
                pending_requests::signers.eq(stored.signers.to_string()),
                pending_requests::data.eq(&stored.data),
                pending_requests::issued_at.eq(stored.issued.as_millis()),
                pending_requests::expires_at.eq(stored.expires.as_millis()),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    /// Uses a proven request up, inside the transaction of its effect: locks the account, asks again whether the
    /// signer may still sign, and marks the request. Of racing retries one gets through; the others find it used.
    pub(super) fn spend(&mut self, proof: &SignedRetry<Proven>) -> Result<Actor, StoreError> {
        self.lock_account(proof.account())?;
        self.use_up(proof)?;
        match proof.signed_by() {
            SignedBy::Key => Ok(Actor::LoginKey(*proof.key())),
            SignedBy::Session { id, account, credential } => {
                let signs: i64 = sessions::table
                    .inner_join(credentials::table.on(credentials::id.eq(sessions::credential_id)))
                    .filter(sessions::id.eq(id.to_string()))
                    .filter(sessions::account_id.eq(account.to_string()))
                    .filter(sessions::credential_id.eq(credential.to_string()))
                    .filter(sessions::public_key.eq(proof.key().sec1_compressed().to_vec()))
                    .filter(sessions::ended_at.is_null())
                    .filter(sessions::expires_at.gt(self.now.as_millis()))
                    .filter(credentials::revoked_at.is_null())
                    .count()
                    .get_result(self.conn)?;
                if signs == 1 {
                    Ok(Actor::Session(id, *proof.key()))
                } else {
                    Err(FlowError::SignatureInvalid(SignatureFault::NotAllowed).into())
                }
            }
        }
    }

    /// Uses an asserted request up, inside the transaction of its effect. The account is to be locked by the caller.
    pub(super) fn spend_asserted(&mut self, proof: &SignedRetry<Asserted>) -> Result<(), StoreError> {
        self.use_up(proof)
    }

    fn use_up<Step>(&mut self, request: &SignedRetry<Step>) -> Result<(), StoreError> {
        let unused = pending_requests::table
            .find(request.id().to_string())
            .filter(pending_requests::platform_id.eq(request.binding().platform.to_string()))
            .filter(pending_requests::used_at.is_null())
            .filter(pending_requests::expires_at.gt(self.now.as_millis()));
        let spent = pending_requests::used_at.eq(self.now.as_millis());
        if diesel::update(unused).set(spent).execute(self.conn)? != 1 {
            return Err(FlowError::RequestIdInvalid(RequestFault::Used).into());
        }
        Ok(())
    }

    /// Deletes the unused requests of a credential's unfinished sign-ins: none of them may open a session any more.
    pub(super) fn end_sign_ins(
        &mut self,
        account: InternalAccountId,
        credential: AuthMethodId,
        operations: &[Operation],
    ) -> Result<(), StoreError> {
        let unfinished = pending_requests::table
            .filter(pending_requests::account_id.eq(account.to_string()))
            .filter(pending_requests::operation.eq_any(operations.iter().map(|operation| operation.as_str())))
            .filter(pending_requests::resource.eq(credential.to_string()))
            .filter(pending_requests::used_at.is_null());
        diesel::delete(unfinished).execute(self.conn)?;
        Ok(())
    }
}
