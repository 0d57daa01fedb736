//! What the tokens of a pair say.

use serde_json::{Map, Value, json};

use super::{Family, TokenId};
use crate::id::PlatformId;

/// The only scope of a refresh token, which is for this server alone.
pub const REFRESH_SCOPE: &str = "relayauth:token:refresh";

/// Which of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenType {
    /// To present to services.
    Access,
    /// To get the next pair.
    Refresh,
}

impl TokenType {
    /// The claim `token_type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// Whom the tokens of a family are about, and who vouches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The identity.
    pub identity: String,
    /// The organisation.
    pub organisation: PlatformId,
    /// The workspace.
    pub workspace: String,
    /// Who answers for the identity.
    pub sponsor: String,
    /// Everyone who answers for it.
    pub sponsor_chain: Vec<String>,
    /// The key or token that the family was issued with.
    pub issued_with: String,
}

/// The claims of one token of the family's present pair.
pub fn claims(family: &Family, subject: &Subject, issuer: &str, token_type: TokenType) -> Map<String, Value> {
    let id = TokenId { family: family.id, generation: family.generation, token_type };
    let (scopes, audience, expires) = match token_type {
        TokenType::Access => (family.scopes.texts(), family.audience.clone(), family.access_expires),
        TokenType::Refresh => (vec![REFRESH_SCOPE.to_owned()], vec!["relayauth".to_owned()], family.refresh_expires),
    };
    let mut claims = Map::new();
    for (name, value) in [
        ("sub", json!(subject.identity)),
        ("org", json!(subject.organisation.to_string())),
        ("wks", json!(subject.workspace)),
        ("scopes", json!(scopes)),
        ("sponsorId", json!(subject.sponsor)),
        ("sponsorChain", json!(subject.sponsor_chain)),
        ("token_type", json!(token_type.as_str())),
        ("iss", json!(issuer)),
        ("aud", json!(audience)),
        ("exp", json!(expires.as_millis() / 1_000)),
        ("iat", json!(family.issued.as_millis() / 1_000)),
        ("jti", json!(id.to_string())),
        ("sid", json!(family.id.to_string())),
        ("parentTokenId", json!(subject.issued_with)),
    ] {
        claims.insert(name.to_owned(), value);
    }
    if family.refresh_ttl_asked {
        let noted = family.refresh_ttl.as_secs().to_string();
        claims.insert("meta".to_owned(), json!({"refreshTokenTtl": noted}));
    }
    claims
}
