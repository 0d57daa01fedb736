//! OpenID Connect: who is taken at their word, where their keys come from, and the verdict on a token.
//!
//! ```text
//! judge    read the token, judge its claims (countersign_flow::oidc), then ask the issuer's keys
//! issuer   an issuer of the settings
//! cache    its keys: kept, fetched again when they are old or lack a `kid`, one fetch at a time, and not often
//! fetch    discovery and key set over HTTPS: no redirects, little time, small answers, public addresses
//! keys     a key set, and what it says of a signature (`jsonwebtoken` over aws-lc)
//! ```
//!
//! Claims are judged before keys are fetched: only a token that could pass costs a request. A sandbox never fetches.

mod address;
mod cache;
mod fetch;
mod issuer;
mod keys;
pub(crate) mod settings;

use std::time::Duration;

use anyhow::{Result, bail};
use countersign_flow::Timestamp;
use countersign_flow::oidc::{Expected, IdToken, KeyVerdict, TokenFault, TokenPolicy, Vouched};

use crate::store::Mode;
use cache::KeysUnavailable;
use issuer::Issuer;
pub use settings::{IssuerSettings, OidcSettings};

/// Why nobody is vouched for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The token isn't accepted. The reason is for the log: it holds no part of the token.
    #[error("token refused: {0}")]
    Invalid(#[from] TokenFault),
    /// The issuer gives no keys, so nothing can be said of the token. 503.
    #[error("the keys of {issuer} can't be had")]
    IssuerUnavailable {
        /// The issuer, as in the settings.
        issuer: String,
        /// The keys aren't asked for again before.
        retry_after: Duration,
    },
}

/// The issuers, and the rules for their tokens.
pub struct Oidc {
    policy: TokenPolicy,
    issuers: Vec<Issuer>,
}

impl Oidc {
    /// The issuers of the settings. Nothing is fetched yet.
    ///
    /// # Errors
    /// An issuer that isn't one: an unknown name, a URL that isn't HTTPS, a file that holds no certificate; or a time of
    /// zero. A sandbox, which never fetches, also takes `http` on a loopback host.
    pub fn new(settings: &OidcSettings, mode: Mode) -> Result<Self> {
        let secs = |name: &str, value: u64, least: u64| {
            // As for other settings: a century, which keeps the arithmetic of milliseconds safe.
            if (least..=3_153_600_000).contains(&value) {
                Ok(Duration::from_secs(value))
            } else {
                bail!("oidc.{name} must be between {least} and 3153600000 seconds")
            }
        };
        let policy = TokenPolicy {
            max_age: secs("max_age_secs", settings.max_age_secs, 1)?,
            max_ahead: secs("max_ahead_secs", settings.max_ahead_secs, 0)?,
            sandbox: mode == Mode::Sandbox,
        };
        if settings.answer_limit_bytes < 1_024 {
            bail!("oidc.answer_limit_bytes must be at least 1024");
        }
        let fetch = fetch::Limits {
            time: secs("fetch_timeout_secs", settings.fetch_timeout_secs, 1)?,
            bytes: settings.answer_limit_bytes,
        };
        let ages = cache::Ages {
            fresh: secs("keys_fresh_secs", settings.keys_fresh_secs, 1)?,
            stale: secs("keys_stale_secs", settings.keys_stale_secs, settings.keys_fresh_secs)?,
            pause: secs("refetch_pause_secs", settings.refetch_pause_secs, 1)?,
        };
        let issuers = settings.issuer.iter().map(|issuer| Issuer::new(issuer, mode, fetch, ages));
        let issuers = issuers.collect::<Result<Vec<_>>>()?;
        for (position, issuer) in issuers.iter().enumerate() {
            if issuers[..position].iter().any(|earlier| earlier.url() == issuer.url()) {
                bail!("oidc.issuer: {} is listed twice", issuer.url());
            }
        }
        Ok(Self { policy, issuers })
    }

    /// The URL of an issuer of the settings, by its name (`google`, `apple`) or by the URL itself: what
    /// [`countersign_flow::oidc::Audience::issuer`] must hold.
    #[must_use]
    pub fn issuer(&self, name_or_url: &str) -> Option<&str> {
        self.issuers.iter().find(|issuer| issuer.is_called(name_or_url)).map(Issuer::url)
    }

    /// Judges a token at `now`, which is the store's statement time (S5). It may wait for the issuer, for the time of the
    /// settings at most: whether the token still counts after that is judged in the transaction of its effect.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub async fn judge(&self, token: &str, expected: Expected<'_>, now: Timestamp) -> Result<Vouched, Refusal> {
        let token = IdToken::parse(token)?;
        let issuer = self.issuers.iter().find(|issuer| issuer.is_meant_by(token.issuer()));
        let issuer = issuer.ok_or(TokenFault::IssuerUnknown)?;
        let claimed = self.policy.claim(&token, issuer.url(), expected, now)?;
        let verdict = match token.kid() {
            Some(kid) if !self.policy.sandbox => match issuer.keys().holding(kid).await {
                Ok(Some(keys)) => keys.ask(&token),
                Ok(None) => KeyVerdict::KeyUnknown,
                Err(KeysUnavailable { retry_after }) => {
                    return Err(Refusal::IssuerUnavailable { issuer: issuer.url().to_owned(), retry_after });
                }
            },
            _ => KeyVerdict::NotAsked,
        };
        Ok(claimed.confirm(verdict)?)
    }
}
