//! The state of the server, and its document.

pub(crate) mod get_health;
pub(crate) mod get_openapi_json;
pub(crate) mod get_openapi_yaml;
pub(crate) mod get_readiness;
