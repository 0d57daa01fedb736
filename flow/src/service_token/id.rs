//! Ids of families and tokens.

use std::fmt;
use std::str::FromStr;

use rand_core::CryptoRng;
use uuid::Uuid;

use super::TokenType;
use crate::id::KeyId;
use crate::{FlowError, Timestamp};

macro_rules! simple_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id. Ids sort by their making, so that tables of them grow at one end.
            pub fn mint(now: Timestamp, rng: &mut impl CryptoRng) -> Self {
                Self(KeyId::mint(now, rng).uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, self.0.as_simple())
            }
        }

        impl FromStr for $name {
            type Err = FlowError;

            fn from_str(text: &str) -> Result<Self, FlowError> {
                let uuid = text.strip_prefix($prefix).and_then(simple);
                uuid.map(Self).ok_or(FlowError::IdMalformed { kind: $kind })
            }
        }
    };
}

simple_id!(
    /// A family of tokens, `sess_<32 hex digits>`: the claim `sid`.
    FamilyId,
    "token family",
    "sess_"
);
simple_id!(
    /// An identity, `agent_<32 hex digits>`: the claim `sub`.
    IdentityId,
    "identity",
    "agent_"
);
simple_id!(
    /// An API key, `key_<32 hex digits>`.
    ApiKeyId,
    "API key",
    "key_"
);
simple_id!(
    /// A workspace token, `wst_<32 hex digits>`.
    WorkspaceTokenId,
    "workspace token",
    "wst_"
);

/// What tokens are issued with: an API key or a workspace token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceKeyId {
    /// An API key.
    ApiKey(ApiKeyId),
    /// A workspace token.
    WorkspaceToken(WorkspaceTokenId),
}

impl fmt::Display for ServiceKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiKey(id) => id.fmt(f),
            Self::WorkspaceToken(id) => id.fmt(f),
        }
    }
}

impl FromStr for ServiceKeyId {
    type Err = FlowError;

    fn from_str(text: &str) -> Result<Self, FlowError> {
        text.parse().map(Self::ApiKey).or_else(|_| text.parse().map(Self::WorkspaceToken))
    }
}

/// One text for each UUID: 32 lower-case hex digits.
fn simple(text: &str) -> Option<Uuid> {
    let uuid = if text.len() == 32 { Uuid::try_parse(text).ok()? } else { return None };
    if uuid.as_simple().to_string() == text { Some(uuid) } else { None }
}

/// A token, `tok_<family>_<generation><a|r>`: the claim `jti`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenId {
    /// The family.
    pub family: FamilyId,
    /// How many times the family had been rotated when the token was made.
    pub generation: u32,
    /// Access or refresh.
    pub token_type: TokenType,
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.token_type {
            TokenType::Access => 'a',
            TokenType::Refresh => 'r',
        };
        write!(f, "tok_{}_{}{kind}", self.family.0.as_simple(), self.generation)
    }
}

impl FromStr for TokenId {
    type Err = FlowError;

    fn from_str(text: &str) -> Result<Self, FlowError> {
        let parse = || {
            let (family, rest) = text.strip_prefix("tok_")?.split_once('_')?;
            let token_type = match rest.chars().last()? {
                'a' => TokenType::Access,
                'r' => TokenType::Refresh,
                _ => return None,
            };
            let generation = rest.get(..rest.len() - 1)?.parse().ok()?;
            let id = Self { family: FamilyId(simple(family)?), generation, token_type };
            // One text for each id: no plus sign, no leading zeros.
            if id.to_string() == text { Some(id) } else { None }
        };
        parse().ok_or(FlowError::IdMalformed { kind: "token" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_text() {
        let family: FamilyId = "sess_0192f0a17c3b7d4e8f000123456789ab".parse().unwrap();
        let id = TokenId { family, generation: 7, token_type: TokenType::Refresh };
        assert_eq!(id.to_string(), "tok_0192f0a17c3b7d4e8f000123456789ab_7r");
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in [
            "",
            "tok_",
            "tok_0192f0a17c3b7d4e8f000123456789ab",
            "tok_0192f0a17c3b7d4e8f000123456789ab_",
            "tok_0192f0a17c3b7d4e8f000123456789ab_r",
            "tok_0192f0a17c3b7d4e8f000123456789ab_7",
            "tok_0192f0a17c3b7d4e8f000123456789ab_07r",
            "tok_0192f0a17c3b7d4e8f000123456789ab_+7r",
            "tok_0192f0a17c3b7d4e8f000123456789ab_7\u{e4}",
            "tok_0192F0A17c3b7d4e8f000123456789ab_7r",
            "tok_0192f0a1-7c3b-7d4e-8f00-0123456789ab_7r",
            "tok_0192f0a17c3b7d4e8f000123456789ab_99999999999r",
            "sess_0192f0a17c3b7d4e8f000123456789ab_7r",
        ] {
            assert!(text.parse::<TokenId>().is_err(), "{text:?}");
        }
    }
}
