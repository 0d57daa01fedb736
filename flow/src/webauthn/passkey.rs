//! A passkey as it is stored.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Backup, CoseKey};
use crate::{FlowError, base64url};

/// The id that an authenticator gave a passkey: 1 to 1,023 bytes. Written as base64url without padding.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebauthnId(Vec<u8>);

impl WebauthnId {
    /// The longest id, in bytes.
    pub const MAX_LENGTH: usize = 1_023;

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (1..=Self::MAX_LENGTH).contains(&bytes.len()).then(|| Self(bytes.to_vec()))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::from_bytes(&super::decode(text)?)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for WebauthnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

impl fmt::Debug for WebauthnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebauthnId({self})")
    }
}

impl TryFrom<String> for WebauthnId {
    type Error = FlowError;

    fn try_from(text: String) -> Result<Self, FlowError> {
        Self::parse(&text).ok_or(FlowError::StoredPasskeyMalformed("credentialId"))
    }
}

impl From<WebauthnId> for String {
    fn from(id: WebauthnId) -> Self {
        id.to_string()
    }
}

/// A passkey, as a registration found it. Its counter isn't here: that changes with every use.
///
/// Its JSON is stored, and has these members in camelCase, bytes as base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Passkey {
    /// The id that the authenticator gave it.
    pub credential_id: WebauthnId,
    /// Its public key; says the algorithm too.
    pub cose_key: CoseKey,
    /// The make of the authenticator; nil if it doesn't tell.
    pub aaguid: Uuid,
    /// How browsers reach the authenticator, as they said it. Hints, vouched for by nobody.
    pub transports: Vec<String>,
    /// The relying party that it was made for.
    pub rp_id: String,
    /// Whether it may be on other devices.
    pub backup: Backup,
}
