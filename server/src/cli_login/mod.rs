//! CLI login, as far as several handlers and the page share it: tokens of sessions, and codes by email.

mod codes;
mod keys;
pub(crate) mod page;
pub mod site;
mod tokens;
mod view;

pub(crate) use codes::{SignInRequest, TypedCode};
pub(crate) use keys::ProjectKeys;
pub(crate) use tokens::{NewTokens, by_refresh_token};
