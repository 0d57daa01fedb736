//! One file per operation, under its operationId: load, decide, save, answer.

pub(crate) mod challenge_auth_credential;
pub(crate) mod create_customer;
pub(crate) mod get_health;
pub(crate) mod get_openapi_json;
pub(crate) mod get_openapi_yaml;
pub(crate) mod get_readiness;
pub(crate) mod list_auth_credentials;
pub(crate) mod list_auth_sessions;
pub(crate) mod list_internal_accounts;
pub(crate) mod refresh_auth_session;
pub(crate) mod revoke_auth_session;
pub(crate) mod verify_auth_credential;
