//! Credentials, sessions and delegated keys of wallets.

pub(crate) mod challenge_auth_credential;
pub(crate) mod create_auth_credential;
pub(crate) mod create_delegated_key;
pub(crate) mod get_delegated_key_by_id;
pub(crate) mod list_auth_credentials;
pub(crate) mod list_auth_sessions;
pub(crate) mod list_delegated_keys;
pub(crate) mod refresh_auth_session;
pub(crate) mod revoke_auth_credential;
pub(crate) mod revoke_auth_session;
pub(crate) mod revoke_delegated_key;
pub(crate) mod stamp_with_delegated_key;
pub(crate) mod verify_auth_credential;
