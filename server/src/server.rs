//! What a running server is made of, and what handlers work with.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use countersign_flow::Timestamp;
use countersign_flow::id::PlatformId;
use countersign_flow::key::SecretKey;
use countersign_flow::keyring::{KeyPurpose, Keyring, SigningKeyEntry};
use countersign_flow::sealing::MasterKeys;
use countersign_flow::secret::MacKey;
use countersign_flow::webauthn::RelyingParty;

use crate::cli_login::site::Site;
use crate::clock::Clock;
use crate::config::Rules;
use crate::delivery::Delivery;
use crate::error::ApiError;
use crate::oidc::Oidc;
use crate::store::{Mode, Store};

/// The context of every handler. What changes while the server runs and matters is in the database.
pub struct Server {
    /// The database.
    pub store: Store,
    /// Lifetimes, limits and sizes.
    pub rules: Rules,
    /// Sandbox or production.
    pub mode: Mode,
    /// Where the server is reached.
    pub site: Site,
    /// The issuers of ID tokens.
    pub oidc: Oidc,
    /// The server's own keys.
    pub(crate) keys: Arc<Keys>,
    /// How codes reach people.
    pub(crate) delivery: Arc<dyn Delivery>,
    /// The machine's clock.
    pub(crate) clock: Clock,
    /// Who the tokens say made them.
    pub(crate) issuer: Arc<OnceLock<String>>,
}

/// The server's own keys: each is there, or the server doesn't start.
pub struct Keys {
    masters: MasterKeys,
    keyring: Arc<Keyring>,
    /// The same, until a key that signs tokens is replaced.
    tokens: RwLock<Arc<Keyring>>,
    verification_kid: String,
    audit_kid: String,
}

impl Keys {
    /// Takes the loaded keys.
    ///
    /// # Errors
    /// A purpose that this version needs has no key.
    pub fn new(masters: MasterKeys, keyring: Keyring) -> Result<Self> {
        for purpose in crate::keys::NEEDED {
            if keyring.current(*purpose).is_none() {
                bail!("there is no key for `{purpose}`");
            }
        }
        let verification = keyring.current(KeyPurpose::Verification).context("there is no verification key")?;
        let verification_kid = verification.kid();
        let audit_kid = keyring.current(KeyPurpose::Audit).context("there is no audit key")?.kid();
        let keyring = Arc::new(keyring);
        Ok(Self { masters, tokens: RwLock::new(Arc::clone(&keyring)), keyring, verification_kid, audit_kid })
    }

    /// The keys that sign tokens, as they are now.
    pub(crate) fn tokens(&self) -> Arc<Keyring> {
        Arc::clone(&self.tokens.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts newly loaded keys in their place.
    pub(crate) fn replace_tokens(&self, keyring: Keyring) {
        *self.tokens.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keyring);
    }

    pub(crate) const fn masters(&self) -> &MasterKeys {
        &self.masters
    }

    /// Signs target bundles; clients pin its public half.
    pub(crate) fn quorum(&self) -> Option<&SecretKey> {
        self.keyring.current(KeyPurpose::Quorum).and_then(|entry| entry.p256())
    }

    /// Signs verification tokens; with its `kid`.
    pub(crate) fn verification(&self) -> Option<(&SecretKey, &str)> {
        let key = self.keyring.current(KeyPurpose::Verification).and_then(|entry| entry.p256())?;
        Some((key, &self.verification_kid))
    }

    /// Signs checkpoints of the audit log; with its `kid`.
    pub(crate) fn audit(&self) -> Option<(&SecretKey, &str)> {
        let key = self.keyring.current(KeyPurpose::Audit).and_then(|entry| entry.p256())?;
        Some((key, &self.audit_kid))
    }

    /// All keys, for tokens that name theirs.
    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Signs access tokens of CLI login.
    pub(crate) fn cli_access(&self) -> Option<&SigningKeyEntry> {
        self.keyring.current(KeyPurpose::CliAccess)
    }

    /// Keys the HMAC of one-time codes.
    pub(crate) fn otp_mac(&self) -> Option<&MacKey> {
        self.keyring.current(KeyPurpose::OtpMac).and_then(|entry| entry.mac())
    }

    /// Keys the HMAC of the addresses and numbers that codes are sent to.
    pub(crate) fn destination_mac(&self) -> Option<&MacKey> {
        self.keyring.current(KeyPurpose::DestinationMac).and_then(|entry| entry.mac())
    }
}

impl Server {
    /// A server over an open database.
    #[must_use]
    pub fn new(
        store: Store,
        rules: Rules,
        mode: Mode,
        keys: Keys,
        delivery: Arc<dyn Delivery>,
        (site, oidc): (Site, Oidc),
    ) -> Self {
        let issuer = Arc::default();
        Self { store, rules, mode, site, oidc, keys: Arc::new(keys), delivery, clock: Clock, issuer }
    }

    /// The public quorum key, uncompressed hex: what clients pin.
    #[must_use]
    pub fn quorum_public_key(&self) -> String {
        self.keys.quorum().map(|key| key.public().uncompressed_hex()).unwrap_or_default()
    }

    /// For whom the passkeys of a platform are made.
    pub(crate) async fn relying_party(&self, platform: PlatformId) -> Result<RelyingParty, ApiError> {
        match self.mode {
            // On whatever port the sandbox listens.
            Mode::Sandbox => Ok(RelyingParty::sandbox()),
            Mode::Production => self.store.relying_party(platform).await?.ok_or_else(|| {
                ApiError::unavailable(Duration::from_mins(1)).because("the platform has no relying party")
            }),
        }
    }

    /// The machine's time, for ids and payloads. What is decided by time is decided by the store's statement time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
