//! The server's own keys: one purpose per key, found by purpose and `kid`.

use std::fmt;
use std::str::FromStr;

use crate::id::KeyId;
use crate::key::SecretKey;
use crate::secret::MacKey;
use crate::token_key::TokenKey;
use crate::{FlowError, Timestamp};

/// What a key may be used for. Stored with the key; a key of one purpose never serves another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyPurpose {
    /// Signs OTP target bundles. Clients pin it.
    Quorum,
    /// Signs verification tokens (ES256).
    Verification,
    /// Signs access tokens of CLI sessions.
    CliAccess,
    /// Signs service tokens; the only purpose in the JWKS.
    ServiceToken,
    /// Signs checkpoints of the audit log.
    Audit,
    /// Keys the HMAC over one-time codes.
    OtpMac,
    /// Keys the HMAC over the addresses and numbers that codes are sent to.
    DestinationMac,
}

impl KeyPurpose {
    /// All purposes.
    pub const ALL: [Self; 7] = [
        Self::Quorum,
        Self::Verification,
        Self::CliAccess,
        Self::ServiceToken,
        Self::Audit,
        Self::OtpMac,
        Self::DestinationMac,
    ];

    /// Whether a key of this purpose is a [`TokenKey`].
    pub const fn signs_tokens(self) -> bool {
        matches!(self, Self::CliAccess | Self::ServiceToken)
    }

    /// Whether a key of this purpose is a [`MacKey`], and not one that signs.
    pub const fn is_mac(self) -> bool {
        matches!(self, Self::OtpMac | Self::DestinationMac)
    }

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quorum => "quorum",
            Self::Verification => "verification",
            Self::CliAccess => "cli-access",
            Self::ServiceToken => "service-token",
            Self::Audit => "audit",
            Self::OtpMac => "otp-mac",
            Self::DestinationMac => "destination-mac",
        }
    }
}

impl fmt::Display for KeyPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeyPurpose {
    type Err = FlowError;

    fn from_str(text: &str) -> Result<Self, FlowError> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text).ok_or(FlowError::KeyPurposeUnknown)
    }
}

/// The private part of a key, by its kind.
#[derive(Debug)]
pub enum KeyMaterial {
    /// Signs with ECDSA on P-256.
    P256(SecretKey),
    /// Signs tokens.
    Token(TokenKey),
    /// Keys an HMAC-SHA256.
    Mac(MacKey),
}

/// One key of the keyring.
#[derive(Debug)]
pub struct SigningKeyEntry {
    /// Its row.
    pub id: KeyId,
    /// What it may be used for.
    pub purpose: KeyPurpose,
    /// Its private part.
    pub secret: KeyMaterial,
    /// When it was made: of one purpose's keys, the newest signs.
    pub created: Timestamp,
    /// For a key that was replaced: when the last token that it signed is over. From then on it verifies no more.
    pub retires: Option<Timestamp>,
}

impl SigningKeyEntry {
    /// The name that tokens carry: `<purpose>:<RFC 7638 thumbprint>`. Service tokens carry the bare thumbprint, as their
    /// JWKS does. A MAC key has no thumbprint that may be shown, so its row's UUID stands in.
    pub fn kid(&self) -> String {
        let bare = match &self.secret {
            KeyMaterial::P256(key) => key.public().thumbprint(),
            KeyMaterial::Token(key) => key.public().thumbprint().to_owned(),
            KeyMaterial::Mac(_) => self.id.uuid().hyphenated().to_string(),
        };
        if self.purpose == KeyPurpose::ServiceToken { bare } else { format!("{}:{bare}", self.purpose) }
    }

    /// The P-256 key, if it is one.
    pub const fn p256(&self) -> Option<&SecretKey> {
        match &self.secret {
            KeyMaterial::P256(key) => Some(key),
            KeyMaterial::Token(_) | KeyMaterial::Mac(_) => None,
        }
    }

    /// The key that signs tokens, if it is one.
    pub const fn token(&self) -> Option<&TokenKey> {
        match &self.secret {
            KeyMaterial::Token(key) => Some(key),
            KeyMaterial::P256(_) | KeyMaterial::Mac(_) => None,
        }
    }

    /// The MAC key, if it is one.
    pub const fn mac(&self) -> Option<&MacKey> {
        match &self.secret {
            KeyMaterial::Mac(key) => Some(key),
            KeyMaterial::P256(_) | KeyMaterial::Token(_) => None,
        }
    }
}

/// The keys that are loaded.
#[derive(Debug, Default)]
pub struct Keyring {
    /// With their `kid`, newest first.
    entries: Vec<(String, SigningKeyEntry)>,
}

impl Keyring {
    /// A keyring of these keys.
    pub fn new(entries: impl IntoIterator<Item = SigningKeyEntry>) -> Self {
        let mut entries: Vec<_> = entries.into_iter().map(|entry| (entry.kid(), entry)).collect();
        entries.sort_by_key(|(_, entry)| std::cmp::Reverse((entry.created, entry.id)));
        Self { entries }
    }

    /// The key of this purpose with this `kid`. A `kid` of another purpose finds nothing.
    pub fn find(&self, purpose: KeyPurpose, kid: &str) -> Option<&SigningKeyEntry> {
        self.of(purpose).find(|(name, _)| name == kid).map(|(_, entry)| entry)
    }

    /// The key that signs for this purpose: the newest.
    pub fn current(&self, purpose: KeyPurpose) -> Option<&SigningKeyEntry> {
        self.of(purpose).map(|(_, entry)| entry).next()
    }

    /// All keys of a purpose, newest first.
    pub fn all(&self, purpose: KeyPurpose) -> impl Iterator<Item = &SigningKeyEntry> {
        self.of(purpose).map(|(_, entry)| entry)
    }

    /// All keys, newest first.
    pub fn entries(&self) -> impl Iterator<Item = &SigningKeyEntry> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    fn of(&self, purpose: KeyPurpose) -> impl Iterator<Item = &(String, SigningKeyEntry)> {
        self.entries.iter().filter(move |(_, entry)| entry.purpose == purpose)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn entry(purpose: KeyPurpose, seed: u8, created: i64) -> SigningKeyEntry {
        SigningKeyEntry {
            id: KeyId::from_uuid(Uuid::from_u128(seed.into())),
            purpose,
            secret: KeyMaterial::P256(SecretKey::from_bytes(&[seed; 32]).unwrap()),
            created: Timestamp::from_millis(created),
            retires: None,
        }
    }

    #[test]
    fn a_key_is_found_only_by_its_own_purpose() {
        let keyring = Keyring::new([entry(KeyPurpose::Quorum, 1, 1), entry(KeyPurpose::Verification, 2, 1)]);
        let quorum = entry(KeyPurpose::Quorum, 1, 1).kid();
        assert!(keyring.find(KeyPurpose::Quorum, &quorum).is_some());
        assert!(keyring.find(KeyPurpose::Verification, &quorum).is_none());
        assert!(keyring.find(KeyPurpose::Audit, &quorum).is_none());
    }

    #[test]
    fn the_newest_key_signs_and_older_ones_are_still_found() {
        let (old, new) = (entry(KeyPurpose::Quorum, 1, 10), entry(KeyPurpose::Quorum, 2, 20));
        let (old_kid, new_kid) = (old.kid(), new.kid());
        let keyring = Keyring::new([old, new]);
        assert_eq!(keyring.current(KeyPurpose::Quorum).unwrap().kid(), new_kid);
        assert!(keyring.find(KeyPurpose::Quorum, &old_kid).is_some());
        assert_eq!(keyring.all(KeyPurpose::Quorum).count(), 2);
    }

    #[test]
    fn only_service_tokens_carry_a_bare_thumbprint() {
        let bare = entry(KeyPurpose::ServiceToken, 3, 0).kid();
        assert_eq!(bare.len(), 43);
        assert_eq!(entry(KeyPurpose::Verification, 3, 0).kid(), format!("verification:{bare}"));
    }

    #[test]
    fn purposes_have_stable_names() {
        for purpose in KeyPurpose::ALL {
            assert_eq!(purpose.to_string().parse(), Ok(purpose));
        }
        assert_eq!("Quorum".parse::<KeyPurpose>(), Err(FlowError::KeyPurposeUnknown));
    }
}
