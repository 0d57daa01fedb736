//! P-256 keys: public keys in SEC1 hex, client keys as sent, and private keys that sign.
//!
//! `p256` parses points and scalars; `aws-lc-rs` signs and verifies.

use std::fmt;
use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED, EcdsaKeyPair, UnparsedPublicKey,
};
use p256::ecdsa::signature::Signer;
use p256::elliptic_curve::sec1::ToSec1Point;
use rand_core::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

use crate::{FlowError, der};

/// A point on P-256 that is not the point at infinity. Two keys are equal when their points are, however they were written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey {
    /// SEC1, uncompressed: `04`, x, y. Always a valid point.
    sec1: [u8; 65],
}

impl PublicKey {
    /// Reads SEC1 hex of exactly 66 (compressed) or 130 digits (uncompressed), in either case, without `0x`.
    ///
    /// # Errors
    /// [`FlowError::PublicKeyMalformed`] for any other text, hybrid forms, points off the curve, coordinates not below
    /// the field's prime, and infinity.
    ///
    /// Source: SEC 1, version 2.0, section 2.3.4.
    pub fn from_hex(text: &str) -> Result<Self, FlowError> {
        Self::from_sec1(&hex::decode(text).map_err(|_| FlowError::PublicKeyMalformed)?)
    }

    /// Reads SEC1 bytes: 33 (compressed) or 65 (uncompressed).
    ///
    /// # Errors
    /// [`FlowError::PublicKeyMalformed`], as for [`PublicKey::from_hex`].
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, FlowError> {
        // `p256` also reads compact points and infinity.
        if !matches!((bytes.len(), bytes.first()), (33, Some(2 | 3)) | (65, Some(4))) {
            return Err(FlowError::PublicKeyMalformed);
        }
        p256::PublicKey::from_sec1_bytes(bytes).map(|key| Self::of(&key)).map_err(|_| FlowError::PublicKeyMalformed)
    }

    fn of(key: &p256::PublicKey) -> Self {
        let point = key.as_affine().to_sec1_point(false);
        let mut sec1 = [0; 65];
        sec1.copy_from_slice(point.as_bytes());
        Self { sec1 }
    }

    /// The uncompressed SEC1 form: `04`, x, y.
    pub const fn sec1_uncompressed(&self) -> &[u8; 65] {
        &self.sec1
    }

    /// The compressed SEC1 form: `02` for an even y, `03` for an odd one, then x.
    pub fn sec1_compressed(&self) -> [u8; 33] {
        let mut compressed = [0; 33];
        compressed.copy_from_slice(&self.sec1[..33]);
        compressed[0] = 2 | (self.sec1[64] & 1);
        compressed
    }

    /// 66 lower-case hex digits.
    pub fn compressed_hex(&self) -> String {
        hex::encode(self.sec1_compressed())
    }

    /// 130 lower-case hex digits.
    pub fn uncompressed_hex(&self) -> String {
        hex::encode(self.sec1)
    }

    /// Whether `signature`, canonical DER, is an ECDSA signature over SHA-256 of `message` by this key.
    /// Both halves of `s` are accepted: about half of real signatures are high-S.
    pub fn verifies_der(&self, message: &[u8], signature: &[u8]) -> bool {
        der::read_canonical(signature).is_some()
            && UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, self.sec1).verify(message, signature).is_ok()
    }

    /// Whether `signature`, r and s of 32 bytes each (RFC 7518, section 3.4), is one over SHA-256 of `message` by this key.
    pub fn verifies_jws(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.sec1).verify(message, signature).is_ok()
    }

    /// The RFC 7638 thumbprint of this key: base64url of SHA-256, 43 characters.
    pub fn thumbprint(&self) -> String {
        let [x, y] = [&self.sec1[1..33], &self.sec1[33..]].map(crate::base64url::encode);
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        crate::base64url::encode(crate::digest::sha256(jwk.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.compressed_hex())
    }
}

/// Who holds the private key of a session, told by the form of `clientPublicKey`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKeyMode {
    /// Compressed: the client holds the private key, and its public key becomes the session's.
    ClientHeld,
    /// Uncompressed (legacy): the server makes the session key and returns it sealed to this one, which never signs.
    Sealed,
}

/// A `clientPublicKey`: the key, and the exact text that the body digest and the OIDC nonce are about.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientPublicKey {
    text: String,
    key: PublicKey,
}

impl ClientPublicKey {
    /// Reads SEC1 hex as [`PublicKey::from_hex`] does and keeps the text.
    ///
    /// # Errors
    /// [`FlowError::PublicKeyMalformed`].
    pub fn parse(text: &str) -> Result<Self, FlowError> {
        Ok(Self { key: PublicKey::from_hex(text)?, text: text.to_owned() })
    }

    /// What the form of the key asks for.
    pub fn mode(&self) -> ClientKeyMode {
        if self.text.len() == 66 { ClientKeyMode::ClientHeld } else { ClientKeyMode::Sealed }
    }

    /// The point.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The text exactly as the client sent it.
    pub fn as_sent(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for ClientPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientPublicKey({})", self.text)
    }
}

/// A P-256 private key. Zeroized when dropped, never printed, not copied.
///
/// The key pair for signing is prepared at the first signature and kept.
pub struct SecretKey {
    scalar: p256::ecdsa::SigningKey,
    public: PublicKey,
    key_pair: OnceLock<Option<EcdsaKeyPair>>,
}

impl SecretKey {
    /// A new key, uniform over all scalars.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        loop {
            rng.fill_bytes(bytes.as_mut());
            // Fails for zero and for the 2^-32 of all candidates that are not below the order.
            if let Ok(key) = Self::from_bytes(&bytes) {
                return key;
            }
        }
    }

    /// Reads a big-endian scalar.
    ///
    /// # Errors
    /// [`FlowError::SecretKeyMalformed`] for zero and for values not below the group's order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, FlowError> {
        let scalar = p256::ecdsa::SigningKey::from_slice(bytes).map_err(|_| FlowError::SecretKeyMalformed)?;
        let public = PublicKey::of(&scalar.verifying_key().into());
        Ok(Self { scalar, public, key_pair: OnceLock::new() })
    }

    /// The big-endian scalar, leading zeros kept.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        let mut scalar = self.scalar.to_bytes();
        let bytes = Zeroizing::new(scalar.into());
        scalar.zeroize();
        bytes
    }

    /// The public key.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// ECDSA over SHA-256 of `message`, as canonical DER of 8 to 72 bytes, with a fresh nonce. Either half of `s`.
    pub fn sign_der(&self, message: &[u8]) -> Vec<u8> {
        let prepared = self.key_pair.get_or_init(|| {
            let secret = self.to_bytes();
            let public = self.public.sec1_uncompressed();
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_ASN1_SIGNING, secret.as_ref(), public).ok()
        });
        prepared
            .as_ref()
            // aws-lc draws the nonce itself and ignores this argument.
            .and_then(|pair| pair.sign(&SystemRandom::new(), message).ok())
            // aws-lc fails on a valid key only when memory is short; the other implementation needs none.
            .map_or_else(|| self.sign_deterministic_der(message), |signature| signature.as_ref().to_vec())
    }

    /// ECDSA over SHA-256 of `message` with the nonce of RFC 6979, as DER: the same bytes for the same message.
    /// `s` is not normalised to the low half, as the clients' own packages don't.
    pub fn sign_deterministic_der(&self, message: &[u8]) -> Vec<u8> {
        self.deterministic(message).to_der().as_bytes().to_vec()
    }

    /// ECDSA over SHA-256 of `message` as a JWS carries it: r and s of 32 bytes each (RFC 7518, section 3.4).
    pub fn sign_jws(&self, message: &[u8]) -> [u8; 64] {
        der::read_canonical(&self.sign_der(message)).map_or_else(
            || self.deterministic(message).to_bytes().into(),
            |der::Integers { r, s }| {
                let mut raw = [0; 64];
                raw[..32].copy_from_slice(&r);
                raw[32..].copy_from_slice(&s);
                raw
            },
        )
    }

    fn deterministic(&self, message: &[u8]) -> p256::ecdsa::Signature {
        self.scalar.sign(message)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public.compressed_hex())
    }
}
