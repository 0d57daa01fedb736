//! Customers, accounts and cards.

pub(crate) mod create_card;
pub(crate) mod create_customer;
pub(crate) mod get_card_by_id;
pub(crate) mod list_internal_accounts;
