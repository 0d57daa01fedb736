//! Canonical payloads: the JSON bytes that a session key countersigns.
//!
//! A payload is built once, stored as bytes, and verified as those bytes; it is never serialised again.

use std::time::Duration;

use rand_core::CryptoRng;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::Timestamp;
use crate::digest::sha256;
use crate::id::SessionId;
use crate::json::canonical;
use crate::key::ClientPublicKey;

/// What a payload asks for; its `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivityKind {
    /// Refresh a session, or open one with a passkey or an OIDC token.
    CreateReadWriteSession,
    /// Revoke a session.
    DeleteApiKeys,
}

impl ActivityKind {
    /// The member's text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateReadWriteSession => "ACTIVITY_TYPE_CREATE_READ_WRITE_SESSION_V2",
            Self::DeleteApiKeys => "ACTIVITY_TYPE_DELETE_API_KEYS",
        }
    }
}

/// Anything that is countersigned as JSON: `{organizationId, parameters, timestampMs, type}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// One per internal account.
    pub organization_id: Uuid,
    /// What is asked for.
    pub kind: ActivityKind,
    /// Members by kind; builders here always add `userId` and `requestNonce`.
    pub parameters: Map<String, Value>,
    /// When it was made.
    pub timestamp: Timestamp,
}

impl Activity {
    /// The bytes to sign: members sorted at every depth, no white space, the time as a string of milliseconds.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical(&json!({
            "organizationId": self.organization_id.hyphenated().to_string(),
            "parameters": self.parameters,
            "timestampMs": self.timestamp.as_millis().to_string(),
            "type": self.kind.as_str(),
        }))
        .into_bytes()
    }
}

/// For whom a payload is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// `organizationId`, one per internal account.
    pub organization_id: Uuid,
    /// `userId`, one per wallet user.
    pub user_id: Uuid,
}

impl Subject {
    fn activity(self, kind: ActivityKind, members: Value, now: Timestamp, rng: &mut impl CryptoRng) -> Activity {
        let mut parameters = match members {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        parameters.insert("userId".to_owned(), self.user_id.hyphenated().to_string().into());
        parameters.insert("requestNonce".to_owned(), request_nonce(rng).into());
        Activity { organization_id: self.organization_id, kind, parameters, timestamp: now }
    }
}

/// The payload of refreshing `session`: a new session of `lifetime` for the key `target`, whose text goes in as sent.
pub fn session_refresh(
    subject: Subject,
    session: SessionId,
    target: &ClientPublicKey,
    lifetime: Duration,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Vec<u8> {
    let members = json!({
        "apiKeyName": "Wallet session",
        "expirationSeconds": lifetime.as_secs().to_string(),
        "sessionId": session.to_string(),
        "targetPublicKey": target.as_sent(),
    });
    subject.activity(ActivityKind::CreateReadWriteSession, members, now, rng).to_bytes()
}

/// The payload of revoking `session`.
pub fn session_revoke(subject: Subject, session: SessionId, now: Timestamp, rng: &mut impl CryptoRng) -> Vec<u8> {
    let members = json!({ "apiKeyIds": [session.to_string()], "sessionId": session.to_string() });
    subject.activity(ActivityKind::DeleteApiKeys, members, now, rng).to_bytes()
}

/// 32 hex digits that nobody can foresee.
fn request_nonce(rng: &mut impl CryptoRng) -> String {
    let mut nonce = [0; 16];
    rng.fill_bytes(&mut nonce);
    hex::encode(nonce)
}

/// SHA-256 of a payload.
pub fn digest(payload: &[u8]) -> [u8; 32] {
    sha256(payload)
}

/// SHA-256 of a payload in lower-case hex; for a session-creation payload it is the passkey challenge.
pub fn digest_hex(payload: &[u8]) -> String {
    hex::encode(sha256(payload))
}

/// `sha256:` and the digest in hex, as wallet clients name an activity.
pub fn fingerprint(payload: &[u8]) -> String {
    format!("sha256:{}", digest_hex(payload))
}
