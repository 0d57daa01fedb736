//! Typed identifiers, `Kind:<uuid>` on the wire.

use std::fmt;
use std::str::FromStr;

use rand_core::CryptoRng;
use uuid::Uuid;

use crate::{FlowError, Timestamp};

/// The one text form of a UUID that is read: 36 characters, 8-4-4-4-12, either case.
fn hyphenated(text: &str) -> Option<Uuid> {
    // The `uuid` crate also reads simple, braced and URN forms; only the hyphenated one is 36 characters long.
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

/// A version 7 UUID: 48 bits of time, 74 random bits, so ids sort by their making.
fn version_7(now: Timestamp, rng: &mut impl CryptoRng) -> Uuid {
    let mut random = [0; 10];
    rng.fill_bytes(&mut random);
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id: UUID version 7 of `now`.
            pub fn mint(now: Timestamp, rng: &mut impl CryptoRng) -> Self {
                Self(version_7(now, rng))
            }

            /// The id of an existing UUID, of any version.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID without its kind.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, self.0.as_hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = FlowError;

            fn from_str(text: &str) -> Result<Self, FlowError> {
                text.strip_prefix($prefix)
                    .and_then(hyphenated)
                    .map(Self)
                    .ok_or(FlowError::IdMalformed { kind: $kind })
            }
        }
    };
}

uuid_id!(
    /// A platform: tenant, project, organisation. Its text is the bare UUID.
    PlatformId,
    "Platform",
    ""
);
uuid_id!(
    /// A customer, `Customer:<uuid>`.
    CustomerId,
    "Customer",
    "Customer:"
);
uuid_id!(
    /// An internal account, `InternalAccount:<uuid>`.
    InternalAccountId,
    "InternalAccount",
    "InternalAccount:"
);
uuid_id!(
    /// A credential, `AuthMethod:<uuid>`.
    AuthMethodId,
    "AuthMethod",
    "AuthMethod:"
);
uuid_id!(
    /// A session, `Session:<uuid>`.
    SessionId,
    "Session",
    "Session:"
);
uuid_id!(
    /// A pending request, `Request:<uuid>`: the value of `Request-Id`.
    RequestId,
    "Request",
    "Request:"
);
uuid_id!(
    /// A card, `Card:<uuid>`.
    CardId,
    "Card",
    "Card:"
);
uuid_id!(
    /// A card's funding source, `CardFundingSource:<uuid>`.
    CardFundingSourceId,
    "CardFundingSource",
    "CardFundingSource:"
);
uuid_id!(
    /// A delegated key, `DelegatedKey:<uuid>`.
    DelegatedKeyId,
    "DelegatedKey",
    "DelegatedKey:"
);
uuid_id!(
    /// One issue of a one-time code, `OtpIssue:<uuid>`. Never leaves the server.
    OtpIssueId,
    "OtpIssue",
    "OtpIssue:"
);
uuid_id!(
    /// A key of the server's keyring, `Key:<uuid>`. Never leaves the server.
    KeyId,
    "Key",
    "Key:"
);
uuid_id!(
    /// A user of CLI login. Its text is the bare UUID.
    UserId,
    "User",
    ""
);
uuid_id!(
    /// A session of CLI login: `sid` of its access tokens. Its text is the bare UUID.
    CliSessionId,
    "CliSession",
    ""
);
uuid_id!(
    /// An attempt to log a program in, `CliAttempt:<uuid>`. Never leaves the server.
    CliAttemptId,
    "CliAttempt",
    "CliAttempt:"
);

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "0192F0A1-7c3b-7d4e-8f00-0123456789ab";

    #[test]
    fn either_hex_case_is_read_and_lower_case_is_written() {
        let id: SessionId = format!("Session:{UUID}").parse().unwrap();
        assert_eq!(id.to_string(), format!("Session:{}", UUID.to_lowercase()));
        let platform: PlatformId = UUID.parse().unwrap();
        assert_eq!(platform.to_string(), UUID.to_lowercase());
    }

    #[test]
    fn other_kinds_and_other_forms_are_refused() {
        let simple = UUID.replace('-', "");
        for text in [
            String::new(),
            UUID.to_owned(),
            format!("session:{UUID}"),
            format!("Request:{UUID}"),
            format!("Session: {UUID}"),
            format!("Session:{UUID}\n"),
            format!("Session:{simple}"),
            format!("Session:{{{UUID}}}"),
            format!("Session:urn:uuid:{UUID}"),
            format!("Session:{}", UUID.replace("-8f00-", "8-f00-")),
            format!("Session:{}", &UUID[..35]),
            format!("Session:{}g", &UUID[..35]),
        ] {
            assert_eq!(
                text.parse::<SessionId>(),
                Err(FlowError::IdMalformed { kind: "Session" }),
                "{text:?} was accepted"
            );
        }
    }
}
