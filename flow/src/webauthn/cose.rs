//! Public keys of authenticators, in COSE, and the signatures by them.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use coset::{AsCborValue, KeyType, Label, RegisteredLabelWithPrivate, iana};
use serde::{Deserialize, Serialize};

use super::cbor::{self, Value};
use crate::key::PublicKey;
use crate::{FlowError, base64url};

/// How a passkey signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 over SHA-256, in DER.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA PKCS #1 v1.5 over SHA-256, with a modulus of 2,048 to 8,192 bits.
    Rs256,
}

impl Algorithm {
    /// Those that are accepted, best first.
    pub const ALL: [Self; 3] = [Self::Es256, Self::EdDsa, Self::Rs256];

    /// The number in the COSE registry, which browsers take as `alg`.
    pub const fn id(self) -> i64 {
        match self {
            Self::Es256 => iana::Algorithm::ES256 as i64,
            Self::EdDsa => iana::Algorithm::EdDSA as i64,
            Self::Rs256 => iana::Algorithm::RS256 as i64,
        }
    }

    pub(super) fn from_id(id: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.id() == id)
    }
}

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoseKeyFault {
    /// Not a `COSE_Key`, or with members that a public key of its algorithm hasn't.
    #[error("it is not a COSE key of plain form")]
    Malformed,
    /// Its algorithm isn't ES256, `EdDSA` or RS256.
    #[error("its algorithm is not ES256, EdDSA or RS256")]
    Algorithm,
    /// Its key type or curve isn't the algorithm's, or its values are none of a public key: a point off the curve, an RSA
    /// modulus of another size.
    #[error("it is not a public key of its algorithm")]
    Value,
}

/// A public key of one of the accepted algorithms, and the bytes that it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CoseKey {
    cbor: Vec<u8>,
    key: VerifyingKey,
}

impl CoseKey {
    /// Reads one `COSE_Key` and nothing after it.
    ///
    /// # Errors
    /// [`CoseKeyFault`] names what is wrong with it.
    pub fn from_cbor(mut bytes: &[u8]) -> Result<Self, CoseKeyFault> {
        let key = Self::take(&mut bytes)?;
        if bytes.is_empty() { Ok(key) } else { Err(CoseKeyFault::Malformed) }
    }

    /// Takes one `COSE_Key` from the front of `bytes`.
    pub(super) fn take(bytes: &mut &[u8]) -> Result<Self, CoseKeyFault> {
        let before = *bytes;
        let value = cbor::take(bytes).ok_or(CoseKeyFault::Malformed)?;
        let cbor = before[..before.len() - bytes.len()].to_vec();
        let cose = coset::CoseKey::from_cbor_value(value).map_err(|_| CoseKeyFault::Malformed)?;
        Ok(Self { cbor, key: VerifyingKey::of_cose(cose)? })
    }

    /// The bytes that it was read from.
    pub fn as_cbor(&self) -> &[u8] {
        &self.cbor
    }

    /// How it signs.
    pub const fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    /// Whether `signature`, in the form of the algorithm, is one of `message` by this key.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verifies(message, signature)
    }
}

impl TryFrom<String> for CoseKey {
    type Error = FlowError;

    fn try_from(text: String) -> Result<Self, FlowError> {
        let bytes = base64url::decode(&text).ok_or(FlowError::StoredPasskeyMalformed("coseKey"))?;
        Self::from_cbor(&bytes).map_err(|_| FlowError::StoredPasskeyMalformed("coseKey"))
    }
}

impl From<CoseKey> for String {
    fn from(key: CoseKey) -> Self {
        base64url::encode(key.cbor)
    }
}

/// A public key, ready to verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum VerifyingKey {
    P256(PublicKey),
    Ed25519([u8; 32]),
    /// DER: `SubjectPublicKeyInfo`, or the `RSAPublicKey` within one.
    Rsa(Vec<u8>),
}

impl VerifyingKey {
    pub(super) const fn algorithm(&self) -> Algorithm {
        match self {
            Self::P256(_) => Algorithm::Es256,
            Self::Ed25519(_) => Algorithm::EdDsa,
            Self::Rsa(_) => Algorithm::Rs256,
        }
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => key.verifies_der(message, signature),
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok(),
            Self::Rsa(der) => {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).verify(message, signature).is_ok()
            }
        }
    }

    fn of_cose(cose: coset::CoseKey) -> Result<Self, CoseKeyFault> {
        let algorithm = match cose.alg {
            Some(RegisteredLabelWithPrivate::Assigned(id)) => Algorithm::from_id(id as i64),
            _ => None,
        };
        let algorithm = algorithm.ok_or(CoseKeyFault::Algorithm)?;
        // Section 5.8.5 of WebAuthn: nothing but what the algorithm requires.
        if !(cose.key_id.is_empty() && cose.key_ops.is_empty() && cose.base_iv.is_empty()) {
            return Err(CoseKeyFault::Malformed);
        }
        let mut parameters = Parameters(cose.params);
        let key = match (algorithm, cose.kty) {
            (Algorithm::Es256, KeyType::Assigned(iana::KeyType::EC2)) => p256(&mut parameters),
            (Algorithm::EdDsa, KeyType::Assigned(iana::KeyType::OKP)) => ed25519(&mut parameters),
            (Algorithm::Rs256, KeyType::Assigned(iana::KeyType::RSA)) => rsa(&mut parameters),
            _ => None,
        };
        let key = key.ok_or(CoseKeyFault::Value)?;
        if parameters.0.is_empty() { Ok(key) } else { Err(CoseKeyFault::Malformed) }
    }
}

/// The parameters of a key that haven't been read yet.
struct Parameters(Vec<(Label, Value)>);

impl Parameters {
    fn take(&mut self, label: i64) -> Option<Value> {
        let at = self.0.iter().position(|(found, _)| *found == Label::Int(label))?;
        Some(self.0.swap_remove(at).1)
    }

    fn bytes(&mut self, label: i64) -> Option<Vec<u8>> {
        self.take(label)?.into_bytes().ok()
    }

    fn has_curve(&mut self, label: i64, curve: iana::EllipticCurve) -> bool {
        self.take(label) == Some(Value::from(curve as i64))
    }
}

fn p256(parameters: &mut Parameters) -> Option<VerifyingKey> {
    use iana::Ec2KeyParameter as Parameter;
    if !parameters.has_curve(Parameter::Crv as i64, iana::EllipticCurve::P_256) {
        return None;
    }
    // Compressed points, which have a boolean for y, are not allowed here.
    let (x, y) = (parameters.bytes(Parameter::X as i64)?, parameters.bytes(Parameter::Y as i64)?);
    let uncompressed = [&[4], x.as_slice(), y.as_slice()].concat();
    (x.len() == 32).then(|| PublicKey::from_sec1(&uncompressed).ok()).flatten().map(VerifyingKey::P256)
}

fn ed25519(parameters: &mut Parameters) -> Option<VerifyingKey> {
    use iana::OkpKeyParameter as Parameter;
    if !parameters.has_curve(Parameter::Crv as i64, iana::EllipticCurve::Ed25519) {
        return None;
    }
    parameters.bytes(Parameter::X as i64)?.try_into().ok().map(VerifyingKey::Ed25519)
}

fn rsa(parameters: &mut Parameters) -> Option<VerifyingKey> {
    use iana::RsaKeyParameter as Parameter;
    let (n, e) = (parameters.bytes(Parameter::N as i64)?, parameters.bytes(Parameter::E as i64)?);
    let bits = n.len() * 8 - usize::try_from(n.first()?.leading_zeros()).ok()?;
    // aws-lc verifies with odd exponents of at most 33 bits.
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    let exponent_fits = e.len() <= 4 && odd(&e) && e != [1];
    if !(2_048..=8_192).contains(&bits) || !odd(&n) || !exponent_fits {
        return None;
    }
    let der = RsaPublicKeyComponents { n, e }.as_der().ok()?;
    Some(VerifyingKey::Rsa(der.as_ref().to_vec()))
}
