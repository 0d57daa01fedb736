//! A compact JWS as anyone may send it: read strictly, believed in nothing.
//!
//! Source: RFC 7515, section 7.1; RFC 8725.

use serde_json::{Map, Value};

use crate::{base64url, json};

/// How deep headers and claims may be nested. Real ones are flat, or a few deep.
const MAX_DEPTH: usize = 16;

/// Header members that bring a key of their own, point to one, or change what the signature covers or how.
const REFUSED_HEADERS: [&str; 8] = ["jwk", "jku", "x5u", "x5c", "crit", "b64", "enc", "zip"];

/// Why a text isn't taken for a signed token. Safe to log: no variant holds a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsFault {
    /// Not three parts, divided by dots.
    #[error("not a compact JWS")]
    NotAJws,
    /// The header or the payload isn't base64url of a JSON object without duplicate members.
    #[error("the {0} is malformed")]
    Malformed(&'static str),
    /// The header has a member that no issuer of ours needs and that attacks are made of.
    #[error("the header member `{0}` is refused")]
    HeaderRefused(&'static str),
    /// The header's `alg` is none of RS256, ES256 and EdDSA.
    #[error("the algorithm is not one of RS256, ES256, EdDSA")]
    AlgorithmRefused,
    /// The header's `typ` says that this is another kind of token.
    #[error("`typ` is not JWT")]
    TypeRefused,
}

/// The algorithms that tokens may be signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, keys of 2048 bits and more.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them. HMAC and `none` will never be.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// The name in headers and keys (RFC 7518, section 3.1; RFC 8037, section 3.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

/// A compact JWS in its parts.
pub(crate) struct Jws<'a> {
    /// The algorithm that the header claims.
    pub(crate) algorithm: Algorithm,
    /// The key that the header names.
    pub(crate) kid: Option<String>,
    /// The payload.
    pub(crate) claims: Map<String, Value>,
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Jws<'a> {
    /// Reads a compact JWS. The signature part isn't looked at.
    pub(crate) fn parse(text: &'a str) -> Result<Self, JwsFault> {
        let (signed, signature) = text.rsplit_once('.').ok_or(JwsFault::NotAJws)?;
        let (header, claims) = signed.split_once('.').ok_or(JwsFault::NotAJws)?;
        if claims.contains('.') {
            return Err(JwsFault::NotAJws);
        }
        let header = object(header).ok_or(JwsFault::Malformed("header"))?;
        if let Some(refused) = REFUSED_HEADERS.into_iter().find(|member| header.contains_key(*member)) {
            return Err(JwsFault::HeaderRefused(refused));
        }
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::named);
        let algorithm = algorithm.ok_or(JwsFault::AlgorithmRefused)?;
        // An access token or a logout token of the same issuer is no proof that someone signed in (RFC 8725, section 3.11).
        match header.get("typ") {
            None => {}
            Some(Value::String(typ)) if typ.eq_ignore_ascii_case("JWT") => {}
            Some(_) => return Err(JwsFault::TypeRefused),
        }
        let kid = match header.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.clone()),
            Some(_) => return Err(JwsFault::Malformed("header")),
        };
        let claims = object(claims).ok_or(JwsFault::Malformed("payload"))?;
        Ok(Self { algorithm, kid, claims, signed, signature })
    }

    /// The bytes that the signature is over.
    pub(crate) const fn signed(&self) -> &'a [u8] {
        self.signed.as_bytes()
    }

    /// The signature; `None` when its part isn't base64url.
    pub(crate) fn signature(&self) -> Option<Vec<u8>> {
        base64url::decode_unpadded(self.signature)
    }
}

/// A part of the token: base64url without padding, of a JSON object.
fn object(part: &str) -> Option<Map<String, Value>> {
    match json::parse_unique(base64url::decode_unpadded(part)?, MAX_DEPTH).ok()? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}
