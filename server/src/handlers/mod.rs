//! One folder per door, one file per operation, under its operationId: load, decide, save, answer.

pub(crate) mod cli_login;
pub(crate) mod operations;
pub(crate) mod platform;
pub(crate) mod service_tokens;
pub(crate) mod wallet;
