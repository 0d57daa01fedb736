//! The section `oidc` of the settings.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Issuers of OpenID Connect, and what their tokens must keep to.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OidcSettings {
    /// The issuers, as `[[oidc.issuer]]` in the file. A list there replaces the one of Google and Apple.
    pub issuer: Vec<IssuerSettings>,
    /// A token's `iat` may be this long ago, in seconds.
    pub max_age_secs: u64,
    /// A token's `iat` may be this far ahead, in seconds.
    pub max_ahead_secs: u64,
    /// How long fetching an issuer's keys may take, in seconds.
    pub fetch_timeout_secs: u64,
    /// The largest answer that is read of an issuer, in bytes.
    pub answer_limit_bytes: usize,
    /// Keys of this age are fetched again, in seconds.
    pub keys_fresh_secs: u64,
    /// Keys of this age aren't used any more, even though the issuer is down, in seconds.
    pub keys_stale_secs: u64,
    /// The least time between two fetches of an issuer's keys, in seconds: an unknown `kid` causes no more.
    pub refetch_pause_secs: u64,
}

/// An issuer: one that is known by its `name`, or any by its URL.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct IssuerSettings {
    /// `google` or `apple`.
    pub name: Option<String>,
    /// The issuer's URL, as in its tokens' `iss`.
    pub issuer: Option<String>,
    /// Whether the issuer and its keys may be at addresses that aren't public.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub private_address: bool,
    /// Certificates (PEM) that the issuer's must descend from, instead of the machine's.
    pub ca_file: Option<PathBuf>,
}

impl Default for OidcSettings {
    fn default() -> Self {
        let named = |name: &str| IssuerSettings { name: Some(name.to_owned()), ..IssuerSettings::default() };
        Self {
            issuer: vec![named("google"), named("apple")],
            max_age_secs: 60,
            max_ahead_secs: 5,
            fetch_timeout_secs: 5,
            answer_limit_bytes: 1024 * 1024,
            keys_fresh_secs: 900,
            keys_stale_secs: 14_400,
            refetch_pause_secs: 60,
        }
    }
}

/// What is wrong with the tables of `[[oidc.issuer]]`, without their values.
pub(crate) fn faults(tables: &[toml::Value]) -> Vec<String> {
    let mut faults = Vec::new();
    for table in tables {
        let Some(members) = table.as_table() else {
            faults.push("oidc.issuer must be [[oidc.issuer]] in the file".to_owned());
            continue;
        };
        for (name, value) in members {
            match (name.as_str(), value) {
                ("name" | "issuer" | "ca_file", toml::Value::String(_))
                | ("private_address", toml::Value::Boolean(_)) => {}
                ("name" | "issuer" | "ca_file", _) => faults.push(format!("oidc.issuer.{name} must be text")),
                ("private_address", _) => faults.push(format!("oidc.issuer.{name} must be true or false")),
                _ => faults.push(format!("oidc.issuer.{name} is no setting")),
            }
        }
    }
    faults
}
