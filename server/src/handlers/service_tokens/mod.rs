//! Pairs of tokens for services, and the identities and keys behind them.
//!
//! All four issuers fill in the same [`crate::store::token_families::Issue`], and the store decides on it; `issue.rs` reads
//! what they have in common.

pub(crate) mod create_api_key;
pub(crate) mod create_identity;
pub(crate) mod create_workspace_token;
pub(crate) mod get_jwks;
pub(crate) mod introspect_token;
pub(crate) mod introspect_token_by_query;
mod issue;
pub(crate) mod issue_agent_token;
pub(crate) mod issue_path_token;
pub(crate) mod issue_token;
pub(crate) mod issue_workspace_path_token;
pub(crate) mod refresh_token_pair;
pub(crate) mod revoke_api_key;
pub(crate) mod revoke_token;
