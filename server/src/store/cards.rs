//! Cards, and the accounts that fund them.

use countersign_flow::Timestamp;
use countersign_flow::id::{CardFundingSourceId, CardId, CustomerId, InternalAccountId, PlatformId};
use diesel::prelude::*;

use super::audit::{Action, Actor, Record};
use super::schema::{card_funding_sources, cards, customers, internal_accounts};
use super::{Store, StoreError, Tx};

/// A card to be made.
#[derive(Clone, Debug)]
pub struct NewCard {
    /// Its id.
    pub id: CardId,
    /// The tenant.
    pub platform: PlatformId,
    /// The cardholder.
    pub customer: CustomerId,
    /// `VIRTUAL` or `PHYSICAL`.
    pub form: String,
    /// The accounts that fund it, in their order.
    pub sources: Vec<FundingSource>,
}

/// An account, as one of those that fund a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingSource {
    /// Its id.
    pub id: CardFundingSourceId,
    /// The account.
    pub account: InternalAccountId,
}

/// A card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its id.
    pub id: CardId,
    /// The cardholder.
    pub customer: CustomerId,
    /// `VIRTUAL` or `PHYSICAL`.
    pub form: String,
    /// The accounts that fund it, in their order. They never change.
    pub sources: Vec<FundingSource>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

fn corrupt<E>(_: E) -> StoreError {
    StoreError::Corrupt("card")
}

impl Store {
    /// Adds a card.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]: the customer or an account isn't the platform's.
    /// [`StoreError::ForeignFundingSource`]: an account belongs to another customer.
    pub async fn add_card(&self, card: NewCard) -> Result<Card, StoreError> {
        self.write(Some(card.platform), move |tx| {
            let (id, platform, customer) = (card.id.to_string(), card.platform.to_string(), card.customer.to_string());
            let known: i64 = customers::table
                .find(&customer)
                .filter(customers::platform_id.eq(&platform))
                .count()
                .get_result(tx.conn)?;
            if known != 1 {
                return Err(StoreError::NotFound("customer"));
            }
            let mut foreign = None;
            for (place, source) in card.sources.iter().enumerate() {
                let owner: Option<String> = internal_accounts::table
                    .find(source.account.to_string())
                    .filter(internal_accounts::platform_id.eq(&platform))
                    .select(internal_accounts::customer_id)
                    .first(tx.conn)
                    .optional()?;
                if owner.ok_or(StoreError::NotFound("account"))? != customer {
                    foreign = foreign.or(Some(place));
                }
            }
            if let Some(place) = foreign {
                return Err(StoreError::ForeignFundingSource(place));
            }
            let now = tx.now.as_millis();
            diesel::insert_into(cards::table)
                .values((
                    cards::id.eq(&id),
                    cards::platform_id.eq(&platform),
                    cards::customer_id.eq(&customer),
                    cards::form.eq(&card.form),
                    cards::created_at.eq(now),
                    cards::updated_at.eq(now),
                ))
                .execute(tx.conn)?;
            for (position, source) in (0_i32..).zip(&card.sources) {
                diesel::insert_into(card_funding_sources::table)
                    .values((
                        card_funding_sources::id.eq(source.id.to_string()),
                        card_funding_sources::card_id.eq(&id),
                        card_funding_sources::account_id.eq(source.account.to_string()),
                        card_funding_sources::position.eq(position),
                    ))
                    .execute(tx.conn)?;
            }
            tx.audit(Record {
                platform: card.platform,
                account: None,
                actor: Actor::Platform,
                action: Action::CreateCard,
                resource: &id,
            })?;
            let NewCard { id, customer, form, sources, .. } = card;
            Ok(Card { id, customer, form, sources, created: tx.now, updated: tx.now })
        })
        .await
    }

    /// A platform's card.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn card(&self, platform: PlatformId, id: CardId) -> Result<Option<Card>, StoreError> {
        self.read(Some(platform), move |tx| tx.card(platform, id)).await
    }
}

impl Tx<'_> {
    fn card(&mut self, platform: PlatformId, id: CardId) -> Result<Option<Card>, StoreError> {
        let row: Option<(String, String, i64, i64)> = cards::table
            .find(id.to_string())
            .filter(cards::platform_id.eq(platform.to_string()))
            .select((cards::customer_id, cards::form, cards::created_at, cards::updated_at))
            .first(self.conn)
            .optional()?;
        let Some((customer, form, created, updated)) = row else { return Ok(None) };
        let sources: Vec<(String, String)> = card_funding_sources::table
            .filter(card_funding_sources::card_id.eq(id.to_string()))
            .order(card_funding_sources::position)
            .select((card_funding_sources::id, card_funding_sources::account_id))
            .load(self.conn)?;
        let sources: Result<_, StoreError> = sources
            .into_iter()
            .map(|(id, account)| {
                Ok(FundingSource { id: id.parse().map_err(corrupt)?, account: account.parse().map_err(corrupt)? })
            })
            .collect();
        Ok(Some(Card {
            id,
            customer: customer.parse().map_err(corrupt)?,
            form,
            sources: sources?,
            created: Timestamp::from_millis(created),
            updated: Timestamp::from_millis(updated),
        }))
    }
}
