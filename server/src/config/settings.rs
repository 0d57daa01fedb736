//! The sections of the settings, and their defaults.

use std::path::PathBuf;

use countersign_flow::jws::Algorithm;
use countersign_flow::otp::OtpPolicy;
use countersign_flow::service_token::Lifetimes;
use countersign_flow::session::SessionPolicy;
use serde::{Deserialize, Serialize};

use crate::store::Bounds;

/// The HTTP server.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: String,
    /// The largest request body, in bytes.
    pub body_limit_bytes: usize,
    /// How long a stop waits for what is in flight, in seconds.
    pub stop_secs: u64,
    /// Where people reach the server, such as `https://auth.example.com`. Empty: at the address that it listens on.
    pub public_url: String,
    /// Addresses and networks (`10.0.0.0/8`) of proxies, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
}

/// The database.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseSettings {
    /// `sqlite:PATH`, or `postgres://…` as libpq reads it.
    pub url: String,
    /// The most connections that read, and on PostgreSQL as many again that write.
    pub connections: usize,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self { url: String::new(), connections: Bounds::default().connections }
    }
}

impl std::fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URL may hold a password.
        f.debug_struct("DatabaseSettings").field("connections", &self.connections).finish_non_exhaustive()
    }
}

/// Secrets at rest.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeySettings {
    /// A file of mode 0600 that holds the master key: 64 hex digits.
    pub master_key_file: Option<PathBuf>,
    /// The master key itself; meant for the environment, not for the file.
    #[serde(skip_serializing)]
    pub master_key: Option<String>,
}

/// Sessions.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionSettings {
    /// Life of a session, in seconds.
    pub ttl_secs: u64,
    /// Life of all sessions of one login, in seconds.
    pub lifetime_cap_secs: u64,
    /// The most live sessions of one account.
    pub max_live: u32,
}

/// Pending requests.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestSettings {
    /// Life of a pending request, in seconds.
    pub ttl_secs: u64,
    /// The most live pending requests of one account.
    pub max_live: u32,
}

/// One-time codes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OtpSettings {
    /// Life of a code, in seconds.
    pub ttl_secs: u64,
    /// This many wrong codes end a code.
    pub wrong_per_issue: u32,
    /// This many wrong codes of a credential within the window refuse further ones until it moves.
    pub wrong_per_window: u32,
    /// The window, in seconds.
    pub window_secs: u64,
    /// This many wrong codes of a credential since its last success lock it.
    pub wrong_until_locked: u32,
}

/// Rates: a burst, then one per refill time. Sandbox is 100 times wider.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// Challenges of a credential.
    pub challenge_burst: u32,
    /// In seconds.
    pub challenge_refill_secs: u64,
    /// Verifications of a credential.
    pub verify_burst: u32,
    /// In seconds.
    pub verify_refill_secs: u64,
    /// Failed retries on an account. They never end a pending request.
    pub failed_retry_burst: u32,
    /// In seconds.
    pub failed_retry_refill_secs: u64,
    /// Stamps by a delegated key.
    pub stamp_burst: u32,
    /// In seconds.
    pub stamp_refill_secs: u64,
}

/// CLI login.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct CliSettings {
    /// Life of a session that doesn't say, and the longest, in seconds.
    pub session_ttl_secs: u64,
    /// Life of an access token, in seconds.
    pub access_ttl_secs: u64,
    /// How long attempts are kept after their expiry, and sessions and users after their end, in seconds.
    pub kept_secs: u64,
    /// Starts, completions, sign-ups and sign-ins of one address together.
    pub address_per_minute: u32,
    /// Starts of one project.
    pub starts_per_minute: u32,
    /// Anonymous sign-ups of one project.
    pub sign_ups_per_minute: u32,
    /// Sign-in codes and sign-ins of one project.
    pub sign_ins_per_minute: u32,
    /// Polls of one attempt at once.
    pub poll_burst: u32,
    /// Time until an attempt may be polled once more, in seconds.
    pub poll_refill_secs: u64,
}

/// Credentials.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct CredentialSettings {
    /// The most credentials of one account.
    pub max: u32,
}

/// Service tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenSettings {
    /// What they are signed with: `EdDSA`, `RS256` or `ES256`.
    pub algorithm: String,
    /// Who they say made them; empty for the server's public URL.
    pub issuer: String,
    /// Life of an access token if the caller doesn't say, in seconds.
    pub access_secs: u64,
    /// Life of an access token at most, in seconds.
    pub longest_access_secs: u64,
    /// Life of an access token of an agent, or for paths, at most, in seconds.
    pub longest_delegated_access_secs: u64,
    /// Life of a refresh token if the caller doesn't say, in seconds.
    pub refresh_secs: u64,
    /// Life of a refresh token at most, in seconds.
    pub longest_refresh_secs: u64,
    /// Life of all pairs that descend from one issue, in seconds.
    pub family_secs: u64,
    /// For how long the answer to a refresh is given again, in seconds: 0 for never, at most 30.
    pub retry_window_secs: u64,
}

/// The chain of the audit log.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditSettings {
    /// Time between two rounds of sealing, in milliseconds.
    pub seal_millis: u64,
    /// Time between two signed checkpoints, in seconds.
    pub checkpoint_secs: u64,
}

/// Deleting what is over.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PurgeSettings {
    /// Time between two rounds, in seconds.
    pub interval_secs: u64,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            body_limit_bytes: 64 * 1024,
            stop_secs: 10,
            public_url: String::new(),
            trusted_proxies: Vec::new(),
        }
    }
}

impl Default for SessionSettings {
    fn default() -> Self {
        let policy = SessionPolicy::default();
        Self {
            ttl_secs: policy.ttl.as_secs(),
            lifetime_cap_secs: policy.lifetime_cap.as_secs(),
            max_live: policy.max_live,
        }
    }
}

impl Default for RequestSettings {
    fn default() -> Self {
        Self { ttl_secs: 300, max_live: 1_000 }
    }
}

impl Default for OtpSettings {
    fn default() -> Self {
        let policy = OtpPolicy::default();
        Self {
            ttl_secs: policy.ttl.as_secs(),
            wrong_per_issue: policy.wrong_per_issue,
            wrong_per_window: policy.wrong_per_window,
            window_secs: policy.window.as_secs(),
            wrong_until_locked: policy.wrong_until_locked,
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            challenge_burst: 5,
            challenge_refill_secs: 30,
            verify_burst: 10,
            verify_refill_secs: 10,
            failed_retry_burst: 300,
            failed_retry_refill_secs: 1,
            stamp_burst: 60,
            stamp_refill_secs: 1,
        }
    }
}

impl Default for CliSettings {
    fn default() -> Self {
        Self {
            session_ttl_secs: 365 * 24 * 60 * 60,
            access_ttl_secs: 600,
            kept_secs: 24 * 60 * 60,
            address_per_minute: 600,
            starts_per_minute: 6_000,
            sign_ups_per_minute: 6_000,
            sign_ins_per_minute: 6_000,
            poll_burst: 20,
            poll_refill_secs: 1,
        }
    }
}

impl Default for CredentialSettings {
    fn default() -> Self {
        Self { max: 100 }
    }
}

impl Default for TokenSettings {
    fn default() -> Self {
        let lifetimes = Lifetimes::default();
        Self {
            algorithm: Algorithm::EdDsa.as_str().to_owned(),
            issuer: String::new(),
            access_secs: lifetimes.access.as_secs(),
            longest_access_secs: lifetimes.longest_access.as_secs(),
            longest_delegated_access_secs: lifetimes.longest_delegated_access.as_secs(),
            refresh_secs: lifetimes.refresh.as_secs(),
            longest_refresh_secs: lifetimes.longest_refresh.as_secs(),
            family_secs: lifetimes.family.as_secs(),
            retry_window_secs: lifetimes.retry_window.as_secs(),
        }
    }
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self { seal_millis: 500, checkpoint_secs: 60 }
    }
}

impl Default for PurgeSettings {
    fn default() -> Self {
        Self { interval_secs: 60 }
    }
}

impl std::fmt::Debug for KeySettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySettings").field("master_key_file", &self.master_key_file).finish_non_exhaustive()
    }
}
