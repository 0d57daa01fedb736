//! Keys that sign tokens: Ed25519, RSA and P-256 behind one type. Each is parsed once, and knows its algorithm.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use rand_core::CryptoRng;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::jws::Algorithm;
use crate::key::SecretKey;
use crate::{FlowError, base64url, digest, json};

/// A private key that signs tokens. Zeroized when dropped, never printed.
pub struct TokenKey {
    pair: Pair,
    public: TokenPublicKey,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl TokenKey {
    /// A new key; RSA keys have 3,072 bits. (The primes of RSA are drawn by aws-lc itself.)
    ///
    /// # Errors
    /// [`FlowError::TokenKeyMalformed`], when the library has no memory for it.
    pub fn generate(algorithm: Algorithm, rng: &mut impl CryptoRng) -> Result<Self, FlowError> {
        let malformed = |_| FlowError::TokenKeyMalformed;
        match algorithm {
            Algorithm::EdDsa => {
                let mut seed = Zeroizing::new([0; 32]);
                rng.fill_bytes(seed.as_mut());
                let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_ref());
                Self::of(Pair::Ed25519(pair.map_err(|_| FlowError::TokenKeyMalformed)?))
            }
            Algorithm::Es256 => {
                let key = SecretKey::generate(rng);
                let (secret, public) = (key.to_bytes(), key.public().sec1_uncompressed());
                let pair = EcdsaKeyPair::from_private_key_and_public_key(
                    &ECDSA_P256_SHA256_FIXED_SIGNING,
                    secret.as_ref(),
                    public,
                );
                Self::of(Pair::P256(pair.map_err(|_| FlowError::TokenKeyMalformed)?))
            }
            Algorithm::Rs256 => Self::of(Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa3072).map_err(malformed)?)),
        }
    }

    /// The key in a PKCS#8 document, which names its algorithm.
    ///
    /// # Errors
    /// [`FlowError::TokenKeyMalformed`] for anything but a private key of one of our algorithms.
    pub fn from_pkcs8(document: &[u8]) -> Result<Self, FlowError> {
        let pair = if let Ok(pair) = Ed25519KeyPair::from_pkcs8(document) {
            Pair::Ed25519(pair)
        } else if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document) {
            Pair::P256(pair)
        } else if let Ok(pair) = RsaKeyPair::from_pkcs8(document) {
            Pair::Rsa(pair)
        } else {
            return Err(FlowError::TokenKeyMalformed);
        };
        Self::of(pair)
    }

    fn of(pair: Pair) -> Result<Self, FlowError> {
        let public = TokenPublicKey::of(&pair).ok_or(FlowError::TokenKeyMalformed)?;
        Ok(Self { pair, public })
    }

    /// The key as a PKCS#8 document, to be sealed.
    ///
    /// # Errors
    /// [`FlowError::TokenKeyMalformed`], when the library has no memory for it.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, FlowError> {
        use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
        let copy = |document: &[u8]| Zeroizing::new(document.to_vec());
        let document = match &self.pair {
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|document| copy(document.as_ref())),
            Pair::P256(pair) => pair.to_pkcs8v1().map(|document| copy(document.as_ref())),
            Pair::Rsa(pair) => pair.as_der().map(|document: Pkcs8V1Der<'_>| copy(document.as_ref())),
        };
        document.map_err(|_| FlowError::TokenKeyMalformed)
    }

    /// The public half.
    pub const fn public(&self) -> &TokenPublicKey {
        &self.public
    }

    /// What the key signs with.
    pub const fn algorithm(&self) -> Algorithm {
        self.public.algorithm
    }

    /// The signature over `message`, as a JWS carries it.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, FlowError> {
        let failed = |_| FlowError::TokenNotSigned;
        match &self.pair {
            Pair::Ed25519(pair) => pair.try_sign(message).map(|signature| signature.as_ref().to_vec()).map_err(failed),
            // aws-lc draws nonces itself and ignores this argument.
            Pair::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message);
                signature.map(|signature| signature.as_ref().to_vec()).map_err(failed)
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
        }
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey(of {})", self.public.thumbprint)
    }
}

/// The public half of a [`TokenKey`].
pub struct TokenPublicKey {
    algorithm: Algorithm,
    parsed: ParsedPublicKey,
    /// The members of its JWK that make its thumbprint (RFC 7638, section 3.2).
    jwk: Value,
    thumbprint: String,
}

impl TokenPublicKey {
    fn of(pair: &Pair) -> Option<Self> {
        let (algorithm, parsed, jwk) = match pair {
            Pair::Ed25519(pair) => {
                let x = pair.public_key().as_ref();
                let jwk = json!({"crv": "Ed25519", "kty": "OKP", "x": base64url::encode(x)});
                (Algorithm::EdDsa, ParsedPublicKey::new(&ED25519, x), jwk)
            }
            Pair::P256(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = point.get(1..)?.split_at_checked(32)?;
                let [x, y] = [x, y].map(base64url::encode);
                let jwk = json!({"crv": "P-256", "kty": "EC", "x": x, "y": y});
                (Algorithm::Es256, ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point), jwk)
            }
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(public);
                let jwk = json!({"e": base64url::encode(e), "kty": "RSA", "n": base64url::encode(n)});
                (Algorithm::Rs256, ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public), jwk)
            }
        };
        let thumbprint = base64url::encode(digest::sha256(json::canonical(&jwk).as_bytes()));
        Some(Self { algorithm, parsed: parsed.ok()?, jwk, thumbprint })
    }

    /// What the key's signatures are made with.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The RFC 7638 thumbprint: base64url of SHA-256, 43 characters.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The bytes that a stored private key is sealed with: the canonical text of the public key.
    pub fn to_bytes(&self) -> Vec<u8> {
        json::canonical(&self.jwk).into_bytes()
    }

    /// The key as it is published, named by its thumbprint.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.jwk.clone();
        jwk["kid"] = json!(self.thumbprint);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm.as_str());
        jwk
    }

    /// Whether `signature` is this key's over `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for TokenPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenPublicKey({}, {})", self.algorithm.as_str(), self.thumbprint)
    }
}
