//! Canonical payloads: the JSON bytes that a session key countersigns.
//!
//! A payload is built once, stored as bytes, and verified as those bytes; it is never serialised again.

use std::time::Duration;

use rand_core::CryptoRng;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::Timestamp;
use crate::credential::KindName;
use crate::digest::sha256;
use crate::id::{AuthMethodId, CardId, DelegatedKeyId, SessionId};
use crate::json::canonical;
use crate::key::{ClientPublicKey, PublicKey};

/// What a payload asks for; its `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivityKind {
    /// Refresh a session, or open one with a passkey or an OIDC token.
    CreateReadWriteSession,
    /// Revoke a session.
    DeleteApiKeys,
    /// Add an OIDC identity.
    CreateOauthProviders,
    /// Add a passkey.
    CreateAuthenticators,
    /// Add or revoke codes by email.
    UpdateUserEmail,
    /// Add or revoke codes by SMS.
    UpdateUserPhoneNumber,
    /// Revoke an OIDC identity.
    DeleteOauthProviders,
    /// Revoke a passkey.
    DeleteAuthenticators,
    /// Make a delegated key.
    CreateUsers,
    /// Let a delegated key sign for its card.
    CreatePolicies,
    /// Revoke a delegated key.
    DeleteUsers,
}

impl ActivityKind {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::CreateReadWriteSession,
        Self::DeleteApiKeys,
        Self::CreateOauthProviders,
        Self::CreateAuthenticators,
        Self::UpdateUserEmail,
        Self::UpdateUserPhoneNumber,
        Self::DeleteOauthProviders,
        Self::DeleteAuthenticators,
        Self::CreateUsers,
        Self::CreatePolicies,
        Self::DeleteUsers,
    ];

    /// The member's text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateReadWriteSession => "ACTIVITY_TYPE_CREATE_READ_WRITE_SESSION_V2",
            Self::DeleteApiKeys => "ACTIVITY_TYPE_DELETE_API_KEYS",
            Self::CreateOauthProviders => "ACTIVITY_TYPE_CREATE_OAUTH_PROVIDERS",
            Self::CreateAuthenticators => "ACTIVITY_TYPE_CREATE_AUTHENTICATORS_V2",
            Self::UpdateUserEmail => "ACTIVITY_TYPE_UPDATE_USER_EMAIL",
            Self::UpdateUserPhoneNumber => "ACTIVITY_TYPE_UPDATE_USER_PHONE_NUMBER",
            Self::DeleteOauthProviders => "ACTIVITY_TYPE_DELETE_OAUTH_PROVIDERS",
            Self::DeleteAuthenticators => "ACTIVITY_TYPE_DELETE_AUTHENTICATORS",
            Self::CreateUsers => "ACTIVITY_TYPE_CREATE_USERS_V4",
            Self::CreatePolicies => "ACTIVITY_TYPE_CREATE_POLICIES",
            Self::DeleteUsers => "ACTIVITY_TYPE_DELETE_USERS",
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

/// The payload of signing in with a passkey: a session of `lifetime` for the key `target`, whose text goes in as sent.
pub fn session_open(
    subject: Subject,
    target: &ClientPublicKey,
    lifetime: Duration,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Vec<u8> {
    let members = json!({
        "apiKeyName": "Wallet session",
        "expirationSeconds": lifetime.as_secs().to_string(),
        "targetPublicKey": target.as_sent(),
    });
    subject.activity(ActivityKind::CreateReadWriteSession, members, now, rng).to_bytes()
}

/// A credential to be added, as its payload names it.
#[derive(Clone, Copy, Debug)]
pub enum Addition<'a> {
    /// Codes to this email address.
    Email(&'a str),
    /// Codes to this telephone number.
    PhoneNumber(&'a str),
    /// The identity of this ID token.
    Identity {
        /// The whole token, as sent.
        token: &'a str,
        /// Its issuer.
        issuer: &'a str,
    },
    /// A passkey.
    Passkey {
        /// The name that was chosen for it.
        nickname: &'a str,
        /// The challenge, as sent.
        challenge: &'a str,
        /// `credentialId`, `clientDataJson`, `attestationObject` and `transports`, as sent.
        attestation: &'a Value,
    },
}

/// The payload of adding a credential.
pub fn credential_add(subject: Subject, addition: Addition<'_>, now: Timestamp, rng: &mut impl CryptoRng) -> Vec<u8> {
    let (kind, members) = match addition {
        Addition::Email(address) => (ActivityKind::UpdateUserEmail, json!({ "userEmail": address })),
        Addition::PhoneNumber(number) => (ActivityKind::UpdateUserPhoneNumber, json!({ "userPhoneNumber": number })),
        Addition::Identity { token, issuer } => (
            ActivityKind::CreateOauthProviders,
            json!({ "oauthProviders": [{ "oidcToken": token, "providerName": issuer }] }),
        ),
        Addition::Passkey { nickname, challenge, attestation } => (
            ActivityKind::CreateAuthenticators,
            json!({
                "authenticators": [
                    { "authenticatorName": nickname, "challenge": challenge, "attestation": attestation },
                ],
            }),
        ),
    };
    subject.activity(kind, members, now, rng).to_bytes()
}

/// The payload of revoking `credential`.
pub fn credential_revoke(
    subject: Subject,
    kind: KindName,
    credential: AuthMethodId,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Vec<u8> {
    let id = credential.to_string();
    let (activity, members) = match kind {
        KindName::EmailOtp => (ActivityKind::UpdateUserEmail, json!({ "userEmail": "", "credentialId": id })),
        KindName::SmsOtp => (ActivityKind::UpdateUserPhoneNumber, json!({ "userPhoneNumber": "", "credentialId": id })),
        KindName::Oauth => (ActivityKind::DeleteOauthProviders, json!({ "providerIds": [id], "credentialId": id })),
        KindName::Passkey => {
            (ActivityKind::DeleteAuthenticators, json!({ "authenticatorIds": [id], "credentialId": id }))
        }
    };
    subject.activity(activity, members, now, rng).to_bytes()
}

/// The payload of making the delegated key `id`.
pub fn delegated_key_make(
    subject: Subject,
    id: DelegatedKeyId,
    nickname: &str,
    public_key: &PublicKey,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Vec<u8> {
    let id = id.to_string();
    let api_key = json!({
        "apiKeyName": nickname,
        "publicKey": public_key.compressed_hex(),
        "curveType": "API_KEY_CURVE_P256",
    });
    let user = json!({
        "userName": id, "apiKeys": [api_key], "authenticators": [], "oauthProviders": [], "userTags": [],
    });
    let members = json!({ "users": [user], "delegatedKeyId": id });
    subject.activity(ActivityKind::CreateUsers, members, now, rng).to_bytes()
}

/// The payload of letting the delegated key `id` sign for `card`.
pub fn delegated_key_activate(
    subject: Subject,
    id: DelegatedKeyId,
    nickname: &str,
    card: CardId,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Vec<u8> {
    let policy = json!({
        "policyName": nickname,
        "effect": "EFFECT_ALLOW",
        "consensus": format!("approvers.any(user, user.id == '{id}')"),
        "condition": format!("card.id == '{card}'"),
        "notes": "",
    });
    let members = json!({ "policies": [policy], "delegatedKeyId": id.to_string() });
    subject.activity(ActivityKind::CreatePolicies, members, now, rng).to_bytes()
}

/// The payload of revoking the delegated key `id`.
pub fn delegated_key_revoke(subject: Subject, id: DelegatedKeyId, now: Timestamp, rng: &mut impl CryptoRng) -> Vec<u8> {
    let id = id.to_string();
    let members = json!({ "userIds": [id], "delegatedKeyId": id });
    subject.activity(ActivityKind::DeleteUsers, members, now, rng).to_bytes()
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
