//! API keys and workspace tokens: secrets that services hold.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{ApiKeyId, ServiceKeyId, WorkspaceTokenId};
use crate::secret::secret_digest;
use crate::{Timestamp, base64url};

/// How much of a key is kept, after its prefix, to tell it from others: 4 of 43 characters.
const SHOWN: usize = 4;

/// Which kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// An API key: the organisation's.
    ApiKey,
    /// A workspace token: issues tokens for agents of one workspace.
    WorkspaceToken,
}

impl KeyKind {
    /// What such a key begins with, so that scanners find leaked ones.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::ApiKey => "relay_key_",
            Self::WorkspaceToken => "relay_ws_",
        }
    }

    /// A new id.
    pub fn mint_id(self, now: Timestamp, rng: &mut impl CryptoRng) -> ServiceKeyId {
        match self {
            Self::ApiKey => ServiceKeyId::ApiKey(ApiKeyId::mint(now, rng)),
            Self::WorkspaceToken => ServiceKeyId::WorkspaceToken(WorkspaceTokenId::mint(now, rng)),
        }
    }
}

/// A key in the clear: shown once, never stored. Zeroized when dropped, never printed.
pub struct ServiceKey {
    text: Zeroizing<String>,
    kind: KeyKind,
}

impl ServiceKey {
    /// A new key: its prefix and 256 bits in base64url.
    pub fn mint(kind: KeyKind, rng: &mut impl CryptoRng) -> Self {
        let mut random = Zeroizing::new([0; 32]);
        rng.fill_bytes(random.as_mut());
        let encoded = Zeroizing::new(base64url::encode(random.as_slice()));
        Self { text: Zeroizing::new(format!("{}{}", kind.prefix(), encoded.as_str())), kind }
    }

    /// The text to show.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its first characters, by which people tell it from others.
    pub fn beginning(&self) -> &str {
        self.text.get(..self.kind.prefix().len() + SHOWN).unwrap_or_default()
    }

    /// What is stored.
    pub fn digest(&self) -> [u8; 32] {
        secret_digest(&self.text)
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKey(..)")
    }
}
