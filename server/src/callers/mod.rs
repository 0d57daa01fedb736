//! Who calls, door by door. What an operation asks for is in its document (`security`); everything that is presented is
//! verified here, before anything else of a request is looked at.

pub mod cli_login;
pub mod service_tokens;
mod wallet;
