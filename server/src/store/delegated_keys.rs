//! Delegated keys: keys that the server keeps, and that sign for a card.
//!
//! ```text
//! leg 1: DRAFT, shown to nobody --leg 2--> PENDING --leg 3--> ACTIVE
//!          | gone with its request            | superseded, revoked | revoked
//!          v                                  v                     v
//!        (deleted)                          REVOKED, the private key destroyed
//! ```
//!
//! A card has one key that is `PENDING` or `ACTIVE`. The index `delegated_keys_of_card` holds that, across accounts and
//! replicas; what is judged here before is only to say so kindly.

use std::time::Duration;

use countersign_flow::error::RequestFault;
use countersign_flow::id::{CardFundingSourceId, CardId, DelegatedKeyId, InternalAccountId, PlatformId};
use countersign_flow::key::PublicKey;
use countersign_flow::retry::{Issued, Proven, SignedRetry};
use countersign_flow::{FlowError, Timestamp};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use super::audit::{Action, Actor, Record};
use super::purge::ids;
use super::requests::RequestPolicy;
use super::schema::{delegated_keys, pending_requests};
use super::{AnyConnection, Store, StoreError, Tx};

/// How far a key has come, as far as anyone is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits for its second countersignature.
    Pending,
    /// It signs.
    Active,
    /// It is over, and its private key destroyed.
    Revoked,
}

const DRAFT: &str = "DRAFT";

impl Status {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Active => "ACTIVE",
            Self::Revoked => "REVOKED",
        }
    }
}

/// A delegated key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegatedKey {
    /// Its id.
    pub id: DelegatedKeyId,
    /// The account whose sessions countersigned it.
    pub account: InternalAccountId,
    /// The card that it signs for.
    pub card: CardId,
    /// The account, as a funding source of the card.
    pub funding_source: CardFundingSourceId,
    /// Its public half.
    pub public_key: PublicKey,
    /// What people know it by.
    pub nickname: String,
    /// How far it has come.
    pub status: Status,
    /// When it became `PENDING`.
    pub created: Timestamp,
    /// When it came to its present state.
    pub updated: Timestamp,
}

/// A delegated key that is about to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its id.
    pub id: DelegatedKeyId,
    /// The card.
    pub card: CardId,
    /// The account, as a funding source of the card.
    pub funding_source: CardFundingSourceId,
    /// Its public half.
    pub public_key: PublicKey,
    /// Its private half, sealed.
    pub sealed: Vec<u8>,
    /// What people know it by.
    pub nickname: String,
}

/// Which keys are listed: those that fit all that is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyFilter {
    /// Of this account.
    pub account: Option<InternalAccountId>,
    /// Of this card.
    pub card: Option<CardId>,
    /// Of this funding source.
    pub funding_source: Option<CardFundingSourceId>,
}

#[derive(Queryable)]
struct KeyRow {
    id: String,
    account_id: String,
    card_id: String,
    funding_source_id: String,
    public_key: Vec<u8>,
    nickname: String,
    status: String,
    created_at: i64,
    updated_at: i64,
}

fn corrupt<E>(_: E) -> StoreError {
    StoreError::Corrupt("delegated key")
}

impl KeyRow {
    fn key(self) -> Result<DelegatedKey, StoreError> {
        let status = [Status::Pending, Status::Active, Status::Revoked].into_iter();
        Ok(DelegatedKey {
            id: self.id.parse().map_err(corrupt)?,
            account: self.account_id.parse().map_err(corrupt)?,
            card: self.card_id.parse().map_err(corrupt)?,
            funding_source: self.funding_source_id.parse().map_err(corrupt)?,
            public_key: PublicKey::from_sec1(&self.public_key).map_err(corrupt)?,
            nickname: self.nickname,
            status: status.clone().find(|status| status.as_str() == self.status).ok_or(()).map_err(corrupt)?,
            created: Timestamp::from_millis(self.created_at),
            updated: Timestamp::from_millis(self.updated_at),
        })
    }
}

/// A platform's keys that are shown, for [`KeyRow`].
macro_rules! shown_keys {
    ($platform:expr) => {
        delegated_keys::table
            .filter(delegated_keys::platform_id.eq($platform.to_string()))
            .filter(delegated_keys::status.ne(DRAFT))
            .select((
                delegated_keys::id,
                delegated_keys::account_id,
                delegated_keys::card_id,
                delegated_keys::funding_source_id,
                delegated_keys::public_key,
                delegated_keys::nickname,
                delegated_keys::status,
                delegated_keys::created_at,
                delegated_keys::updated_at,
            ))
    };
}

impl Store {
    /// A platform's delegated key.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn delegated_key(
        &self,
        platform: PlatformId,
        id: DelegatedKeyId,
    ) -> Result<Option<DelegatedKey>, StoreError> {
        self.read(Some(platform), move |tx| tx.delegated_key(platform, id)).await
    }

    /// A platform's delegated keys, in order of their making.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn delegated_keys(
        &self,
        platform: PlatformId,
        filter: KeyFilter,
    ) -> Result<Vec<DelegatedKey>, StoreError> {
        self.read(Some(platform), move |tx| {
            let mut query = shown_keys!(platform).order((delegated_keys::created_at, delegated_keys::id)).into_boxed();
            if let Some(account) = filter.account {
                query = query.filter(delegated_keys::account_id.eq(account.to_string()));
            }
            if let Some(card) = filter.card {
                query = query.filter(delegated_keys::card_id.eq(card.to_string()));
            }
            if let Some(source) = filter.funding_source {
                query = query.filter(delegated_keys::funding_source_id.eq(source.to_string()));
            }
            let rows: Vec<KeyRow> = query.load(tx.conn)?;
            rows.into_iter().map(KeyRow::key).collect()
        })
        .await
    }

    /// Adds a key that nobody sees yet, together with the pending request of its first leg.
    ///
    /// # Errors
    /// [`StoreError::CardHasKey`]; [`StoreError::Limited`] when the account has too many live pending requests.
    pub async fn draft_delegated_key(
        &self,
        request: SignedRetry<Issued>,
        new: NewKey,
        policy: RequestPolicy,
    ) -> Result<SignedRetry<Issued>, StoreError> {
        self.write(Some(request.binding().platform), move |tx| {
            tx.require_free_card(request.binding().platform, new.card)?;
            let request = request.issued_at(tx.now);
            tx.add_request(&request, policy)?;
            let now = tx.now.as_millis();
            diesel::insert_into(delegated_keys::table)
                .values((
                    delegated_keys::id.eq(new.id.to_string()),
                    delegated_keys::platform_id.eq(request.binding().platform.to_string()),
                    delegated_keys::account_id.eq(request.account().to_string()),
                    delegated_keys::card_id.eq(new.card.to_string()),
                    delegated_keys::funding_source_id.eq(new.funding_source.to_string()),
                    delegated_keys::public_key.eq(new.public_key.sec1_compressed().to_vec()),
                    delegated_keys::sealed.eq(&new.sealed),
                    delegated_keys::nickname.eq(&new.nickname),
                    delegated_keys::status.eq(DRAFT),
                    delegated_keys::request_id.eq(request.id().to_string()),
                    delegated_keys::request_expires_at.eq(request.expires().as_millis()),
                    delegated_keys::created_at.eq(now),
                    delegated_keys::updated_at.eq(now),
                ))
                .execute(tx.conn)?;
            Ok(request)
        })
        .await
    }

    /// Makes a drafted key `PENDING` and, in the same transaction, uses up the request of its first leg and adds that
    /// of its second.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: the request was used or has expired, or its signer isn't live any more.
    /// [`StoreError::CardHasKey`]; [`StoreError::Limited`] when the account has too many live pending requests.
    pub async fn note_delegated_key(
        &self,
        proof: SignedRetry<Proven>,
        id: DelegatedKeyId,
        policy: RequestPolicy,
        next: SignedRetry<Issued>,
    ) -> Result<SignedRetry<Issued>, StoreError> {
        self.write(Some(proof.binding().platform), move |tx| {
            let actor = tx.spend(&proof)?;
            let platform = proof.binding().platform;
            let card: String = delegated_keys::table
                .find(id.to_string())
                .select(delegated_keys::card_id)
                .first(tx.conn)
                .optional()?
                .ok_or(FlowError::RequestIdInvalid(RequestFault::Unknown))?;
            tx.supersede(platform, &card, actor)?;
            let next = next.issued_at(tx.now);
            let now = tx.now.as_millis();
            let drafted = delegated_keys::table
                .find(id.to_string())
                .filter(delegated_keys::status.eq(DRAFT))
                .filter(delegated_keys::request_id.eq(proof.id().to_string()));
            let noted = (
                delegated_keys::status.eq(Status::Pending.as_str()),
                delegated_keys::request_id.eq(next.id().to_string()),
                delegated_keys::request_expires_at.eq(next.expires().as_millis()),
                delegated_keys::created_at.eq(now),
                delegated_keys::updated_at.eq(now),
            );
            // In a savepoint: on PostgreSQL a violation would end the transaction.
            match tx.conn.transaction(|conn| diesel::update(drafted).set(noted).execute(conn)) {
                Ok(1) => {}
                Ok(_) => return Err(FlowError::RequestIdInvalid(RequestFault::Used).into()),
                Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                    return Err(StoreError::CardHasKey);
                }
                Err(cause) => return Err(cause.into()),
            }
            tx.add_request(&next, policy)?;
            tx.audit_key(&proof, id, actor, Action::NoteDelegatedKey)?;
            Ok(next)
        })
        .await
    }

    /// Makes a `PENDING` key `ACTIVE` and, in the same transaction, uses up the request that proves it.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: the request was used or has expired, its signer isn't live any more, or the key is not
    /// waiting for this request.
    pub async fn activate_delegated_key(
        &self,
        proof: SignedRetry<Proven>,
        id: DelegatedKeyId,
    ) -> Result<DelegatedKey, StoreError> {
        self.write(Some(proof.binding().platform), move |tx| {
            let actor = tx.spend(&proof)?;
            let waiting = delegated_keys::table
                .find(id.to_string())
                .filter(delegated_keys::status.eq(Status::Pending.as_str()))
                .filter(delegated_keys::request_id.eq(proof.id().to_string()));
            let activated = diesel::update(waiting)
                .set((
                    delegated_keys::status.eq(Status::Active.as_str()),
                    delegated_keys::request_id.eq(None::<String>),
                    delegated_keys::request_expires_at.eq(None::<i64>),
                    delegated_keys::updated_at.eq(tx.now.as_millis()),
                ))
                .execute(tx.conn)?;
            if activated != 1 {
                return Err(FlowError::RequestIdInvalid(RequestFault::Used).into());
            }
            tx.audit_key(&proof, id, actor, Action::ActivateDelegatedKey)?;
            tx.delegated_key(proof.binding().platform, id)?.ok_or(StoreError::Corrupt("delegated key"))
        })
        .await
    }

    /// Revokes a key, destroys its private half and, in the same transaction, uses up the request that proves it.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: the request was used or has expired, or its signer isn't live any more.
    /// [`StoreError::KeyRevoked`].
    pub async fn revoke_delegated_key(&self, proof: SignedRetry<Proven>, id: DelegatedKeyId) -> Result<(), StoreError> {
        self.write(Some(proof.binding().platform), move |tx| {
            let actor = tx.spend(&proof)?;
            let waits: Option<Option<String>> = delegated_keys::table
                .find(id.to_string())
                .filter(delegated_keys::status.eq_any([Status::Pending.as_str(), Status::Active.as_str()]))
                .select(delegated_keys::request_id)
                .first(tx.conn)
                .optional()?;
            let request = waits.ok_or(StoreError::KeyRevoked)?;
            if tx.destroy(&id.to_string(), &[Status::Pending, Status::Active])? != 1 {
                return Err(StoreError::KeyRevoked);
            }
            if let Some(request) = request {
                let unused = pending_requests::table.find(request).filter(pending_requests::used_at.is_null());
                diesel::delete(unused).execute(tx.conn)?;
            }
            tx.audit_key(&proof, id, actor, Action::RevokeDelegatedKey)
        })
        .await
    }
}

impl Tx<'_> {
    fn delegated_key(&mut self, platform: PlatformId, id: DelegatedKeyId) -> Result<Option<DelegatedKey>, StoreError> {
        let row: Option<KeyRow> =
            shown_keys!(platform).filter(delegated_keys::id.eq(id.to_string())).first(self.conn).optional()?;
        row.map(KeyRow::key).transpose()
    }

    fn require_free_card(&mut self, platform: PlatformId, card: CardId) -> Result<(), StoreError> {
        let waits = delegated_keys::request_expires_at.assume_not_null().gt(self.now.as_millis());
        let live: i64 = delegated_keys::table
            .filter(delegated_keys::platform_id.eq(platform.to_string()))
            .filter(delegated_keys::card_id.eq(card.to_string()))
            .filter(
                (delegated_keys::status.eq(Status::Active.as_str()))
                    .or(delegated_keys::status.eq(Status::Pending.as_str()).and(waits)),
            )
            .count()
            .get_result(self.conn)?;
        if live == 0 { Ok(()) } else { Err(StoreError::CardHasKey) }
    }

    /// Revokes the card's `PENDING` keys whose time is over.
    fn supersede(&mut self, platform: PlatformId, card: &str, actor: Actor) -> Result<(), StoreError> {
        let stale: Vec<(String, String)> = delegated_keys::table
            .filter(delegated_keys::platform_id.eq(platform.to_string()))
            .filter(delegated_keys::card_id.eq(card))
            .filter(delegated_keys::status.eq(Status::Pending.as_str()))
            .filter(delegated_keys::request_expires_at.le(self.now.as_millis()))
            .select((delegated_keys::id, delegated_keys::account_id))
            .load(self.conn)?;
        for (id, account) in stale {
            // Another account that funds the card may have made it `ACTIVE` meanwhile.
            if self.destroy(&id, &[Status::Pending])? != 1 {
                continue;
            }
            self.audit(Record {
                platform,
                account: Some(account.parse().map_err(corrupt)?),
                actor,
                action: Action::SupersedeDelegatedKey,
                resource: &id,
            })?;
        }
        Ok(())
    }

    /// Makes a key `REVOKED` and destroys its private half, if it is in one of these states. How many there were.
    fn destroy(&mut self, id: &str, from: &[Status]) -> Result<usize, StoreError> {
        self.destroyed_key = true;
        let unrevoked = delegated_keys::table
            .filter(delegated_keys::id.eq(id))
            .filter(delegated_keys::status.eq_any(from.iter().map(|status| status.as_str())));
        Ok(diesel::update(unrevoked)
            .set((
                delegated_keys::status.eq(Status::Revoked.as_str()),
                delegated_keys::sealed.eq(None::<Vec<u8>>),
                delegated_keys::request_id.eq(None::<String>),
                delegated_keys::request_expires_at.eq(None::<i64>),
                delegated_keys::updated_at.eq(self.now.as_millis()),
            ))
            .execute(self.conn)?)
    }

    /// Deletes drafts whose request is over, and destroys the private halves of `PENDING` keys whose request is: they
    /// can't come to sign any more. Those keep their state, which says that nobody has revoked them.
    pub(super) fn purge_delegated_keys(&mut self, keep: Duration, batch: i64) -> Result<usize, StoreError> {
        let over = self.now.minus(keep).as_millis();
        let drafts = ids!(
            self,
            delegated_keys::table
                .filter(delegated_keys::status.eq(DRAFT))
                .filter(delegated_keys::request_expires_at.lt(over))
                .select(delegated_keys::id)
                .limit(batch)
        );
        let stale = ids!(
            self,
            delegated_keys::table
                .filter(delegated_keys::status.eq(Status::Pending.as_str()))
                .filter(delegated_keys::request_expires_at.lt(over))
                .filter(delegated_keys::sealed.is_not_null())
                .select(delegated_keys::id)
                .limit(batch)
        );
        self.destroyed_key |= !drafts.is_empty() || !stale.is_empty();
        let drafts =
            delegated_keys::table.filter(delegated_keys::id.eq_any(drafts)).filter(delegated_keys::status.eq(DRAFT));
        let deleted = diesel::delete(drafts).execute(self.conn)?;
        let stale = delegated_keys::table
            .filter(delegated_keys::id.eq_any(stale))
            .filter(delegated_keys::status.eq(Status::Pending.as_str()));
        let emptied = diesel::update(stale).set(delegated_keys::sealed.eq(None::<Vec<u8>>)).execute(self.conn)?;
        Ok(deleted + emptied)
    }

    fn audit_key(
        &mut self,
        proof: &SignedRetry<Proven>,
        id: DelegatedKeyId,
        actor: Actor,
        action: Action,
    ) -> Result<(), StoreError> {
        self.audit(Record {
            platform: proof.binding().platform,
            account: Some(proof.account()),
            actor,
            action,
            resource: &id.to_string(),
        })
    }
}
