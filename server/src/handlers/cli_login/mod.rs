//! Logins of command lines, and the users and sessions of projects.

pub(crate) mod complete_cli_login;
pub(crate) mod create_user;
pub(crate) mod create_user_session;
pub(crate) mod delete_user;
pub(crate) mod end_current_session;
pub(crate) mod exchange_refresh_token;
pub(crate) mod get_user;
pub(crate) mod poll_cli_login;
pub(crate) mod refresh_current_session;
pub(crate) mod send_sign_in_code;
pub(crate) mod sign_in_with_code;
pub(crate) mod sign_up_anonymously;
pub(crate) mod start_cli_login;
pub(crate) mod update_user;
mod users;
