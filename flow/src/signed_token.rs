//! Tokens that this server signs and reads back: service tokens, and access tokens of CLI sessions.
//!
//! ```text
//! claims --sign (entry of the keyring)--> text
//! text --verify (keyring, purpose)--> VerifiedToken --accept (Expected, now)--> claims
//!        key by purpose and kid,                      iss, aud, token_type, exp, nbf
//!        algorithm by key
//! ```
//!
//! No claim can be read before the signature is verified and the claims are accepted. A key of another purpose is a key
//! that isn't there (S2). A header can't choose the algorithm, nor bring or point to a key.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::jws::{Jws, JwsFault};
use crate::keyring::{KeyPurpose, Keyring, SigningKeyEntry};
use crate::{FlowError, Timestamp, base64url, json};

/// How far `nbf` may be ahead: whoever made the token may have had a clock of its own. `exp` has no leeway: it was set, and
/// is judged, by the time of one database.
const LEEWAY: Duration = Duration::from_secs(30);

/// Why a token of ours isn't accepted. Safe to log: no variant holds a part of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignedTokenFault {
    /// Not a compact JWS of the accepted form.
    #[error(transparent)]
    Jws(#[from] JwsFault),
    /// No key of this purpose has the name that the header gives, or it gives none.
    #[error("no key of this purpose has this `kid`")]
    KeyUnknown,
    /// The key is for another algorithm than the header claims.
    #[error("the key is for another algorithm than the header's")]
    AlgorithmOfAnotherKey,
    /// The signature doesn't verify.
    #[error("the signature does not verify")]
    Forged,
    /// The key was replaced, and the last token that it signed is over.
    #[error("the key is retired")]
    KeyRetired,
    /// A claim is missing, of the wrong type, or not the expected one.
    #[error("the claim `{0}` is not the expected one")]
    Claim(&'static str),
    /// `exp` is not in the future.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
}

/// What a token must say of itself to be used at a place.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// `iss`.
    pub issuer: &'a str,
    /// `aud`, or one of it where it is a list; `None` where any audience will do.
    pub audience: Option<&'a str>,
    /// `token_type`.
    pub token_type: &'a str,
}

/// Signs `claims` with a key of the keyring: a compact JWS with the header `{alg, kid, typ: JWT}`.
///
/// # Errors
/// [`FlowError::TokenNotSigned`]: the entry's key signs no tokens, or the library has no memory.
pub fn sign(claims: &Map<String, Value>, entry: &SigningKeyEntry) -> Result<String, FlowError> {
    let key = entry.token().ok_or(FlowError::TokenNotSigned)?;
    let header = json!({"alg": key.algorithm().as_str(), "kid": entry.kid(), "typ": "JWT"});
    let header = base64url::encode(json::canonical(&header));
    let payload = base64url::encode(serde_json::to_vec(claims).map_err(|_| FlowError::TokenNotSigned)?);
    let signed = format!("{header}.{payload}");
    let signature = base64url::encode(key.sign(signed.as_bytes())?);
    Ok(format!("{signed}.{signature}"))
}

/// Verifies the signature of a token by the key that it names among those of `purpose`.
///
/// # Errors
/// [`SignedTokenFault`], up to [`SignedTokenFault::Forged`].
pub fn verify(text: &str, keyring: &Keyring, purpose: KeyPurpose) -> Result<VerifiedToken, SignedTokenFault> {
    let jws = Jws::parse(text)?;
    let entry = jws.kid.as_deref().and_then(|kid| keyring.find(purpose, kid)).ok_or(SignedTokenFault::KeyUnknown)?;
    let key = entry.token().ok_or(SignedTokenFault::KeyUnknown)?.public();
    if key.algorithm() != jws.algorithm {
        return Err(SignedTokenFault::AlgorithmOfAnotherKey);
    }
    let signature = jws.signature().ok_or(SignedTokenFault::Forged)?;
    if !key.verifies(jws.signed(), &signature) {
        return Err(SignedTokenFault::Forged);
    }
    Ok(VerifiedToken { claims: jws.claims, key_retires: entry.retires })
}

/// A token that a key of ours has signed. Its claims are still to be [accepted](VerifiedToken::accept).
#[derive(Clone, Debug)]
pub struct VerifiedToken {
    claims: Map<String, Value>,
    key_retires: Option<Timestamp>,
}

impl VerifiedToken {
    /// The claims, if they are those expected, and of the moment.
    ///
    /// # Errors
    /// [`SignedTokenFault::KeyRetired`], [`SignedTokenFault::Claim`], [`SignedTokenFault::NotYetValid`]; last
    /// [`SignedTokenFault::Expired`], so that who is told it has had a token for this place.
    pub fn accept(self, expected: Expected<'_>, now: Timestamp) -> Result<Map<String, Value>, SignedTokenFault> {
        let claims = self.accept_of_any_age(expected, now)?;
        let expires = claims.get("exp").and_then(Value::as_i64).ok_or(SignedTokenFault::Claim("exp"))?;
        if seconds(expires) <= now {
            return Err(SignedTokenFault::Expired);
        }
        Ok(claims)
    }

    /// As [`VerifiedToken::accept`], for tokens whose row says when they are over.
    ///
    /// # Errors
    /// All but [`SignedTokenFault::Expired`].
    pub fn accept_of_any_age(
        self,
        expected: Expected<'_>,
        now: Timestamp,
    ) -> Result<Map<String, Value>, SignedTokenFault> {
        let Self { claims, key_retires } = self;
        if key_retires.is_some_and(|retires| retires <= now) {
            return Err(SignedTokenFault::KeyRetired);
        }
        let is = |name: &'static str, value: &str| claims.get(name).and_then(Value::as_str) == Some(value);
        if !is("iss", expected.issuer) {
            return Err(SignedTokenFault::Claim("iss"));
        }
        if !is("token_type", expected.token_type) {
            return Err(SignedTokenFault::Claim("token_type"));
        }
        if expected.audience.is_some_and(|audience| !names(claims.get("aud"), audience)) {
            return Err(SignedTokenFault::Claim("aud"));
        }
        if let Some(not_before) = claims.get("nbf") {
            let not_before = not_before.as_i64().ok_or(SignedTokenFault::Claim("nbf"))?;
            if now.plus(LEEWAY) < seconds(not_before) {
                return Err(SignedTokenFault::NotYetValid);
            }
        }
        Ok(claims)
    }
}

/// Whether `aud` is this audience, or a list that has it.
fn names(claim: Option<&Value>, audience: &str) -> bool {
    match claim {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(audience)),
        _ => false,
    }
}

const fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1_000))
}
