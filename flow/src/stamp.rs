//! The stamp: the value of `Grid-Wallet-Signature`.

use serde_json::Value;

use crate::key::{PublicKey, SecretKey};
use crate::{base64url, der, json};

/// The only signature scheme: P-256, ECDSA over SHA-256.
pub const SCHEME: &str = "SIGNATURE_SCHEME_TK_API_P256";

/// The longest header value that is read, in characters.
pub const MAX_LENGTH: usize = 2_048;

/// Unknown members may hold values this deep.
const DEPTH: usize = 16;

/// Why a header value isn't a stamp: the first check that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// More than [`MAX_LENGTH`] characters.
    #[error("longer than {MAX_LENGTH} characters")]
    TooLong,
    /// Not base64 of either alphabet, or with line breaks.
    #[error("not base64")]
    Base64,
    /// Not one JSON value, with a repeated member, or nested deeply.
    #[error("not JSON: {0}")]
    Json(#[from] json::JsonError),
    /// The JSON isn't an object.
    #[error("not an object")]
    NotAnObject,
    /// `scheme` is missing or another one.
    #[error("`scheme` is missing or not supported")]
    Scheme,
    /// `publicKey` is missing or not a P-256 key.
    #[error("`publicKey` is missing or not a P-256 key")]
    PublicKey,
    /// `signature` is missing or not hex of a canonical DER signature.
    #[error("`signature` is missing or not canonical DER in hex")]
    Signature,
}

/// A well-formed stamp. Whether it is true is another question: see [`Stamp::verifies`].
///
/// ECDSA signatures are malleable, so a stamp is never a key against replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    public_key: PublicKey,
    signature: Vec<u8>,
}

impl Stamp {
    /// Reads a header value: base64url of JSON `{publicKey, scheme, signature}`.
    ///
    /// Accepted: padding, the standard alphabet, unknown members, any order, white space in the JSON, hex in either case,
    /// and both forms of the key. `signature` is canonical DER, at most 72 bytes, as hex.
    ///
    /// # Errors
    /// [`StampError`] names the first part that did not parse, never its value.
    pub fn parse(header: &str) -> Result<Self, StampError> {
        if header.len() > MAX_LENGTH {
            return Err(StampError::TooLong);
        }
        let text = base64url::decode(header).ok_or(StampError::Base64)?;
        let Value::Object(members) = json::parse_unique(text, DEPTH)? else {
            return Err(StampError::NotAnObject);
        };
        let member = |name: &str| members.get(name).and_then(Value::as_str);
        if member("scheme") != Some(SCHEME) {
            return Err(StampError::Scheme);
        }
        let public_key =
            member("publicKey").and_then(|key| PublicKey::from_hex(key).ok()).ok_or(StampError::PublicKey)?;
        let signature = member("signature")
            .and_then(|signature| hex::decode(signature).ok())
            .filter(|signature| der::read_canonical(signature).is_some())
            .ok_or(StampError::Signature)?;
        Ok(Self { public_key, signature })
    }

    /// Signs `payload` and returns the header value. Clients do this.
    pub fn make(payload: &[u8], key: &SecretKey) -> String {
        let (public_key, signature) = (key.public().compressed_hex(), hex::encode(key.sign_der(payload)));
        base64url::encode(format!(r#"{{"publicKey":"{public_key}","scheme":"{SCHEME}","signature":"{signature}"}}"#))
    }

    /// The key that the stamp names. It only selects: verify with the key that the database has.
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Whether the stamp names `key` and its signature over `payload` is by that key.
    pub fn verifies(&self, payload: &[u8], key: &PublicKey) -> bool {
        self.public_key == *key && key.verifies_der(payload, &self.signature)
    }
}
