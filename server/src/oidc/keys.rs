//! An issuer's key set, and what it says of a signature.

use countersign_flow::jws::Algorithm;
use countersign_flow::oidc::{IdToken, KeyVerdict};
use jsonwebtoken::crypto::aws_lc;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm as JwsAlgorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// The keys that an issuer signs ID tokens with: those of the set that have a `kid` and are for one of our algorithms.
/// The algorithm is the key's alone: no token can choose one for it.
pub(super) struct KeySet {
    keys: Vec<Key>,
}

struct Key {
    kid: String,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// A set as it is published. A key that can't be read doesn't take the others with it (RFC 7517, section 5).
#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a published set; `None` when it isn't one, or has no key that could have signed an ID token.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let published: Published = serde_json::from_slice(body).ok()?;
        let keys: Vec<Key> = published.keys.into_iter().filter_map(Key::read).collect();
        if keys.is_empty() { None } else { Some(Self { keys }) }
    }

    /// Whether there is a key of this name.
    pub(super) fn holds(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid == kid)
    }

    /// Whether the key that the token names has signed it. Of several keys of one name, any will do.
    pub(super) fn ask(&self, token: &IdToken<'_>) -> KeyVerdict {
        let mut named = self.keys.iter().filter(|key| token.kid() == Some(key.kid.as_str())).peekable();
        if named.peek().is_none() {
            return KeyVerdict::KeyUnknown;
        }
        let mut fitting = named.filter(|key| key.algorithm == token.algorithm()).peekable();
        if fitting.peek().is_none() {
            return KeyVerdict::AlgorithmOfAnotherKey;
        }
        let Some(signature) = token.signature() else { return KeyVerdict::Forged };
        if fitting.any(|key| key.verifies(token.signed(), &signature)) {
            KeyVerdict::Genuine
        } else {
            KeyVerdict::Forged
        }
    }
}

impl Key {
    fn read(published: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(published).ok()?;
        let algorithm = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Algorithm::Rs256,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::Es256,
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDsa,
            // Other curves, symmetric keys, and what isn't known yet.
            _ => return None,
        };
        let common = &jwk.common;
        let named = common.key_algorithm.is_none_or(|named| named == KeyAlgorithm::from(jws(algorithm)));
        let signs = common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let verifies = common.key_operations.as_ref().is_none_or(|ops| ops.contains(&KeyOperations::Verify));
        if !(named && signs && verifies) {
            return None;
        }
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { kid: jwk.common.key_id?, algorithm, key })
    }

    fn verifies(&self, signed: &[u8], signature: &Vec<u8>) -> bool {
        // The provider by name: which one the library would choose depends on the features that others switch on.
        let verifier = (aws_lc::DEFAULT_PROVIDER.verifier_factory)(&jws(self.algorithm), &self.key);
        verifier.is_ok_and(|verifier| verifier.verify(signed, signature).is_ok())
    }
}

const fn jws(algorithm: Algorithm) -> JwsAlgorithm {
    match algorithm {
        Algorithm::Rs256 => JwsAlgorithm::RS256,
        Algorithm::Es256 => JwsAlgorithm::ES256,
        Algorithm::EdDsa => JwsAlgorithm::EdDSA,
    }
}
