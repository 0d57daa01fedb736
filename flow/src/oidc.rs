//! ID tokens of OpenID Connect issuers: what one must say to be taken for a person, and in which order that is asked.
//!
//! ```text
//! text --parse--> IdToken --claim (TokenPolicy)--> Claimed --confirm (KeyVerdict)--> Vouched
//!      one JWS,           issuer, audience,               what the issuer's keys
//!      one meaning        times, nonce                    say of the signature
//! ```
//!
//! Nobody is [`Vouched`] for without a [`KeyVerdict`]: the keys are fetched by the server, and only for tokens whose
//! claims could pass. The algorithm is the key's; a token's header can only agree with it. Fetching takes time, so the end
//! of a token's own time goes with the verdict, and is judged again where the effect is.
//!
//! Source: OpenID Connect Core 1.0, sections 2 and 3.1.3.7; RFC 7515; RFC 8725.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::jws::{Algorithm, Jws, JwsFault};
use crate::key::ClientPublicKey;
use crate::{Timestamp, digest};

/// The longest `sub` (OpenID Connect Core 1.0, section 2).
const MAX_SUBJECT: usize = 255;

/// The longest `email` that is kept (RFC 5321: 64 characters, `@`, 255 characters).
const MAX_EMAIL: usize = 320;

/// Why a token isn't accepted. Safe to log: no variant holds a part of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not a compact JWS of the accepted form.
    #[error(transparent)]
    Jws(#[from] JwsFault),
    /// The header names no key.
    #[error("`kid` is missing")]
    KeyNotNamed,
    /// A claim is missing or of the wrong type or length.
    #[error("the claim `{0}` is missing or malformed")]
    ClaimMalformed(&'static str),
    /// The issuer isn't one of those in the settings.
    #[error("the issuer is not configured")]
    IssuerUnknown,
    /// The token is for several audiences.
    #[error("`aud` names more than one audience")]
    SeveralAudiences,
    /// The platform has no such client id with the issuer.
    #[error("`aud` is no client id of the platform's with this issuer")]
    AudienceUnknown,
    /// The token is about another identity than the credential.
    #[error("`{0}` is not the registered one")]
    NotRegistered(&'static str),
    /// `exp` isn't in the future.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` is too long ago.
    #[error("the token was issued too long ago")]
    TooOld,
    /// `iat` is too far ahead.
    #[error("the token was issued in the future")]
    IssuedAhead,
    /// `nonce` isn't the digest of the client's key.
    #[error("`nonce` is not the digest of the client's public key")]
    NonceMismatch,
    /// The issuer has no key of this name.
    #[error("the issuer has no key of this `kid`")]
    KeyUnknown,
    /// The issuer's key of this name is for another algorithm than the header claims.
    #[error("the key is for another algorithm than the header's")]
    AlgorithmOfAnotherKey,
    /// The signature doesn't verify.
    #[error("the signature does not verify")]
    Forged,
    /// The issuer's keys weren't asked, and this isn't a sandbox.
    #[error("the signature was not checked")]
    NotChecked,
}

/// Who someone is, by an issuer's word. `issuer`, `audience` and `subject` together never mean another person.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The issuer's URL.
    pub issuer: String,
    /// The client id that the token was made for.
    pub audience: String,
    /// The issuer's name for the person.
    pub subject: String,
    /// What the issuer says is the person's address. For display only: nothing is decided by it.
    pub email: Option<String>,
}

/// Names the issuer alone: subjects and addresses are about people, and don't belong in a log.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// A platform's client id with an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// The issuer's URL, as in the settings.
    pub issuer: String,
    /// The client id: `aud` of the tokens that the issuer makes for it.
    pub audience: String,
}

/// What the token is for, and what it must say for that.
#[derive(Clone, Copy, Debug)]
pub enum Expected<'a> {
    /// To add a credential: any identity, made for one of the platform's client ids. A sandbox takes any client id.
    Adding {
        /// The platform's client ids.
        audiences: &'a [Audience],
    },
    /// To sign in: the identity that was added, by a token made for this very sign-in.
    SigningIn {
        /// The platform's client ids: one that was taken back no longer signs in. A sandbox doesn't look.
        audiences: &'a [Audience],
        /// The credential's identity. `email` isn't compared.
        registered: &'a Identity,
        /// The key that `nonce` must be the digest of.
        client_public_key: &'a ClientPublicKey,
    },
}

/// How fresh a token must be, and whether a sandbox judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenPolicy {
    /// `iat` may be this long ago.
    pub max_age: Duration,
    /// `iat` may be this far ahead.
    pub max_ahead: Duration,
    /// In a sandbox the signature may be any text and needs no `kid`, and any `aud` may be added. All else holds.
    pub sandbox: bool,
}

/// What the issuer's keys say of a token's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyVerdict {
    /// The key of this `kid` has signed it.
    Genuine,
    /// The key of this `kid` has not.
    Forged,
    /// There is no key of this `kid`.
    KeyUnknown,
    /// The key of this `kid` is for another algorithm.
    AlgorithmOfAnotherKey,
    /// Nobody asked. Enough in a sandbox only.
    NotAsked,
}

/// The nonce of a sign-in with this key: hex SHA-256 of its text as it was sent, not of the point.
pub fn nonce_of(key: &ClientPublicKey) -> String {
    hex::encode(digest::sha256(key.as_sent().as_bytes()))
}

/// A token that was read and not yet believed.
pub struct IdToken<'a> {
    jws: Jws<'a>,
    issuer: String,
}

impl<'a> IdToken<'a> {
    /// Reads a compact JWS. The signature part isn't looked at.
    ///
    /// # Errors
    /// [`TokenFault::Jws`]; [`TokenFault::ClaimMalformed`] without an `iss`.
    pub fn parse(text: &'a str) -> Result<Self, TokenFault> {
        let jws = Jws::parse(text)?;
        let issuer = string(&jws.claims, "iss")?.to_owned();
        Ok(Self { jws, issuer })
    }

    /// Who the token says made it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The algorithm that the header claims.
    pub const fn algorithm(&self) -> Algorithm {
        self.jws.algorithm
    }

    /// The key that the header names.
    pub fn kid(&self) -> Option<&str> {
        self.jws.kid.as_deref()
    }

    /// The bytes that the signature is over.
    pub const fn signed(&self) -> &[u8] {
        self.jws.signed()
    }

    /// The signature; `None` when its part isn't base64url.
    pub fn signature(&self) -> Option<Vec<u8>> {
        self.jws.signature()
    }
}

/// A token whose claims are as expected, if its issuer has said so.
#[derive(Debug)]
pub struct Claimed {
    vouched: Vouched,
    sandbox: bool,
}

/// Who someone is, by a token that was believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// Who.
    pub identity: Identity,
    /// From this moment on the token is too old, or has expired.
    pub ends: Timestamp,
}

impl TokenPolicy {
    /// Judges everything but the signature. `issuer` is the configured issuer that the token's `iss` names.
    ///
    /// # Errors
    /// The first claim that isn't as expected: [`TokenFault`].
    pub fn claim(
        self,
        token: &IdToken<'_>,
        issuer: &str,
        expected: Expected<'_>,
        now: Timestamp,
    ) -> Result<Claimed, TokenFault> {
        if token.kid().is_none() && !self.sandbox {
            return Err(TokenFault::KeyNotNamed);
        }
        let identity = identity(&token.jws.claims, issuer)?;
        let ends = self.times(&token.jws.claims, now)?;
        let (Expected::Adding { audiences } | Expected::SigningIn { audiences, .. }) = expected;
        let known = |own: &Audience| own.issuer == identity.issuer && own.audience == identity.audience;
        if !self.sandbox && !audiences.iter().any(known) {
            return Err(TokenFault::AudienceUnknown);
        }
        if let Expected::SigningIn { registered, client_public_key, .. } = expected {
            for (claim, said, added) in [
                ("iss", &identity.issuer, &registered.issuer),
                ("aud", &identity.audience, &registered.audience),
                ("sub", &identity.subject, &registered.subject),
            ] {
                if said != added {
                    return Err(TokenFault::NotRegistered(claim));
                }
            }
            if string(&token.jws.claims, "nonce")? != nonce_of(client_public_key) {
                return Err(TokenFault::NonceMismatch);
            }
        }
        Ok(Claimed { vouched: Vouched { identity, ends }, sandbox: self.sandbox })
    }

    /// Judges `exp`, `nbf` and `iat`. Only `iat` has any leeway, and that is in the policy. Says from when on the token will
    /// be too old or expired.
    fn times(self, claims: &Map<String, Value>, now: Timestamp) -> Result<Timestamp, TokenFault> {
        let required = |name| instant(claims, name)?.ok_or(TokenFault::ClaimMalformed(name));
        let (issued, expires) = (required("iat")?, required("exp")?);
        if now >= expires {
            return Err(TokenFault::Expired);
        }
        if instant(claims, "nbf")?.is_some_and(|not_before| now < not_before) {
            return Err(TokenFault::NotYetValid);
        }
        if now.since(issued) > self.max_age {
            return Err(TokenFault::TooOld);
        }
        if issued.since(now) > self.max_ahead {
            return Err(TokenFault::IssuedAhead);
        }
        // At `max_age` exactly it is still young enough.
        Ok(expires.min(issued.plus(self.max_age).plus(Duration::from_millis(1))))
    }
}

impl Claimed {
    /// Believes the token, if the issuer's keys do.
    ///
    /// # Errors
    /// [`TokenFault::Forged`], [`TokenFault::KeyUnknown`], [`TokenFault::AlgorithmOfAnotherKey`]; [`TokenFault::NotChecked`]
    /// outside a sandbox.
    pub fn confirm(self, verdict: KeyVerdict) -> Result<Vouched, TokenFault> {
        match verdict {
            KeyVerdict::Genuine => Ok(self.vouched),
            KeyVerdict::Forged => Err(TokenFault::Forged),
            KeyVerdict::KeyUnknown => Err(TokenFault::KeyUnknown),
            KeyVerdict::AlgorithmOfAnotherKey => Err(TokenFault::AlgorithmOfAnotherKey),
            KeyVerdict::NotAsked if self.sandbox => Ok(self.vouched),
            KeyVerdict::NotAsked => Err(TokenFault::NotChecked),
        }
    }
}

fn identity(claims: &Map<String, Value>, issuer: &str) -> Result<Identity, TokenFault> {
    let subject = string(claims, "sub")?;
    if subject.len() > MAX_SUBJECT {
        return Err(TokenFault::ClaimMalformed("sub"));
    }
    let audience = match claims.get("aud") {
        Some(Value::Array(audiences)) => match audiences.as_slice() {
            [one] => one.as_str(),
            [] => None,
            _ => return Err(TokenFault::SeveralAudiences),
        },
        other => other.and_then(Value::as_str),
    };
    let audience = audience.filter(|text| !text.is_empty()).ok_or(TokenFault::ClaimMalformed("aud"))?;
    let shown = |email: &&str| !email.is_empty() && email.len() <= MAX_EMAIL && !email.chars().any(char::is_control);
    Ok(Identity {
        issuer: issuer.to_owned(),
        audience: audience.to_owned(),
        subject: subject.to_owned(),
        email: claims.get("email").and_then(Value::as_str).filter(shown).map(str::to_owned),
    })
}

/// A claim that must be text, and not empty.
fn string<'c>(claims: &'c Map<String, Value>, name: &'static str) -> Result<&'c str, TokenFault> {
    let text = claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or(TokenFault::ClaimMalformed(name))
}

/// A claim in seconds since the epoch, whole or not (RFC 7519, section 2). One of another type isn't one that is absent.
fn instant(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, TokenFault> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let Value::Number(seconds) = value else { return Err(TokenFault::ClaimMalformed(name)) };
    let millis = seconds.as_i64().map(|whole| whole.saturating_mul(1_000)).or_else(|| {
        // `as` saturates: a year beyond the calendar is as late as can be.
        #[expect(clippy::cast_possible_truncation, reason = "saturating is what is wanted")]
        seconds.as_f64().map(|seconds| (seconds * 1_000.0).floor() as i64)
    });
    millis.map(|millis| Some(Timestamp::from_millis(millis))).ok_or(TokenFault::ClaimMalformed(name))
}
