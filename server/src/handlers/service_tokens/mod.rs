//! Pairs of tokens for services, and the identities and keys behind them.
#![expect(clippy::unused_async, reason = "these answer 503 until they are written; a handler awaits its store")]

pub(crate) mod create_api_key;
pub(crate) mod create_identity;
pub(crate) mod create_workspace_token;
pub(crate) mod get_jwks;
pub(crate) mod introspect_token;
pub(crate) mod introspect_token_by_query;
pub(crate) mod issue_agent_token;
pub(crate) mod issue_path_token;
pub(crate) mod issue_token;
pub(crate) mod issue_workspace_path_token;
pub(crate) mod refresh_token_pair;
pub(crate) mod revoke_api_key;
pub(crate) mod revoke_token;
