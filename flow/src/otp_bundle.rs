//! `encryptedOtpBundle`: a one-time code and the key of the session to open, encrypted to the target key of the issue.

use rand_core::CryptoRng;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::key::{PublicKey, SecretKey};
use crate::{FlowError, hpke, json};

/// Unknown members of the outer object may hold values this deep.
const OUTER_DEPTH: usize = 16;

/// Encrypts `code` and the compressed `session_key` to `target`: what a client sends as `encryptedOtpBundle`.
///
/// # Errors
/// [`FlowError::HpkeNotSealed`].
pub fn seal_code(
    target: &PublicKey,
    code: &str,
    session_key: &PublicKey,
    rng: &mut impl CryptoRng,
) -> Result<String, FlowError> {
    let mut plaintext = Zeroizing::new(String::from(r#"{"otp_code":"#));
    plaintext.push_str(&json::canonical(&Value::from(code)));
    plaintext.push_str(&format!(r#","public_key":"{}"}}"#, session_key.compressed_hex()));
    let (encapsulated, ciphertext) = hpke::seal(target, plaintext.as_bytes(), rng)?;
    let (encapsulated, ciphertext) = (encapsulated.uncompressed_hex(), hex::encode(ciphertext));
    Ok(format!(r#"{{"encappedPublic":"{encapsulated}","ciphertext":"{ciphertext}"}}"#))
}

/// An encrypted OTP bundle that is well-formed and not opened yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedCode {
    encapsulated: PublicKey,
    ciphertext: Vec<u8>,
}

/// What an OTP bundle held.
pub struct OpenedCode {
    /// The code as the user typed it; not judged.
    pub code: Zeroizing<String>,
    /// The key that the client holds and that must sign the second leg.
    pub public_key: PublicKey,
}

impl SealedCode {
    /// Reads the outer object: `encappedPublic` (130 hex digits) and `ciphertext` (hex, tag included), either case.
    /// Unknown members are ignored.
    ///
    /// # Errors
    /// [`FlowError::OtpBundleMalformed`], also for members that occur twice, at any depth.
    pub fn parse(text: &str) -> Result<Self, FlowError> {
        let bundle = json::parse_unique(text, OUTER_DEPTH).map_err(|_| FlowError::OtpBundleMalformed)?;
        let member = |name| bundle.get(name).and_then(Value::as_str).ok_or(FlowError::OtpBundleMalformed);
        let encapsulated = member("encappedPublic")?;
        if encapsulated.len() != 130 {
            return Err(FlowError::OtpBundleMalformed);
        }
        Ok(Self {
            encapsulated: PublicKey::from_hex(encapsulated).map_err(|_| FlowError::OtpBundleMalformed)?,
            ciphertext: hex::decode(member("ciphertext")?).map_err(|_| FlowError::OtpBundleMalformed)?,
        })
    }

    /// Decrypts the bundle. The plaintext is a JSON object of exactly `otp_code` and `public_key`, or of exactly the older
    /// names `otpCodeAttempt` and `clientPublicKey`; both are strings, in any order.
    ///
    /// # Errors
    /// [`FlowError::OtpBundleNotOpened`], [`FlowError::OtpPlaintextMalformed`] or [`FlowError::OtpPublicKeyMalformed`].
    pub fn open(&self, target: &SecretKey) -> Result<OpenedCode, FlowError> {
        let plaintext =
            hpke::open(target, &self.encapsulated, &self.ciphertext).map_err(|_| FlowError::OtpBundleNotOpened)?;
        match json::parse_unique(plaintext.as_slice(), 1) {
            Ok(Value::Object(members)) => OpenedCode::from_members(members),
            _ => Err(FlowError::OtpPlaintextMalformed),
        }
    }
}

impl OpenedCode {
    fn from_members(mut members: Map<String, Value>) -> Result<Self, FlowError> {
        let two = members.len() == 2;
        let mut text = |names: [&str; 2]| match names.map(|name| members.remove(name)) {
            [Some(Value::String(code)), Some(Value::String(key))] => Some((Zeroizing::new(code), key)),
            _ => None,
        };
        let (code, public_key) = text(["otp_code", "public_key"])
            .or_else(|| text(["otpCodeAttempt", "clientPublicKey"]))
            .filter(|_| two)
            .ok_or(FlowError::OtpPlaintextMalformed)?;
        let public_key = PublicKey::from_hex(&public_key).map_err(|_| FlowError::OtpPublicKeyMalformed)?;
        Ok(Self { code, public_key })
    }
}

impl std::fmt::Debug for OpenedCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenedCode").field("public_key", &self.public_key).finish_non_exhaustive()
    }
}
