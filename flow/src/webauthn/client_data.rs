//! `clientDataJSON`: what the browser says about a ceremony.

use serde_json::Value;

use super::RelyingParty;
use crate::json::{self, JsonError};
use crate::{base64url, digest};

/// Unknown members may hold values this deep.
const DEPTH: usize = 16;

/// What is wrong with `clientDataJson`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientDataFault {
    /// Not base64url of at most [`MAX_LENGTH`](super::MAX_LENGTH) characters.
    #[error("must be base64url")]
    Encoding,
    /// Not one JSON value, with a repeated member, or nested deeply.
    #[error("must hold JSON, and does not: {0}")]
    Json(#[from] JsonError),
    /// `type` is missing or another ceremony's.
    #[error("must have the type of this ceremony")]
    Type,
    /// `challenge` is missing or another one.
    #[error("must be for the challenge")]
    Challenge,
    /// `origin` is missing or isn't one of the platform's.
    #[error("must come from an origin of the platform")]
    Origin,
    /// `crossOrigin` is neither missing nor `false`.
    #[error("must not come from a frame of another origin")]
    CrossOrigin,
    /// There is a `topOrigin`.
    #[error("must not name a topOrigin")]
    TopOrigin,
}

/// The two ceremonies.
#[derive(Clone, Copy)]
pub(super) enum Ceremony {
    Registration,
    Authentication,
}

impl Ceremony {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "webauthn.create",
            Self::Authentication => "webauthn.get",
        }
    }
}

/// Judges client data and gives the digest of its bytes, which is what authenticators sign.
///
/// Source: Web Authentication, Level 3, sections 7.1 (steps 7 to 11) and 7.2 (steps 10 to 14).
pub(super) fn judge(
    text: &str,
    ceremony: Ceremony,
    challenge: &[u8],
    party: &RelyingParty,
) -> Result<[u8; 32], ClientDataFault> {
    let bytes = super::decode(text).ok_or(ClientDataFault::Encoding)?;
    let data = json::parse_unique(&bytes, DEPTH)?;
    let member = |name| data.get(name).and_then(Value::as_str);
    if member("type") != Some(ceremony.as_str()) {
        return Err(ClientDataFault::Type);
    }
    if member("challenge").and_then(base64url::decode).as_deref() != Some(challenge) {
        return Err(ClientDataFault::Challenge);
    }
    if !member("origin").is_some_and(|origin| party.allows(origin)) {
        return Err(ClientDataFault::Origin);
    }
    if data.get("crossOrigin").is_some_and(|cross| *cross != Value::Bool(false)) {
        return Err(ClientDataFault::CrossOrigin);
    }
    if data.get("topOrigin").is_some() {
        return Err(ClientDataFault::TopOrigin);
    }
    Ok(digest::sha256(&bytes))
}
