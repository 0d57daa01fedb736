//! Credentials: the kinds that there are, and what is kept of each.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::FlowError;
use crate::digest::sha256;
use crate::oidc::Identity;
use crate::verification_token::VerificationType;
use crate::webauthn::Passkey;

/// The kinds of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KindName {
    /// A one-time code by email.
    EmailOtp,
    /// A one-time code by SMS.
    SmsOtp,
    /// An ID token of an OIDC issuer.
    Oauth,
    /// A WebAuthn credential.
    Passkey,
}

impl KindName {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::EmailOtp, Self::SmsOtp, Self::Oauth, Self::Passkey];

    /// The name, as it is stored and as it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailOtp => "EMAIL_OTP",
            Self::SmsOtp => "SMS_OTP",
            Self::Oauth => "OAUTH",
            Self::Passkey => "PASSKEY",
        }
    }

    /// How its codes travel, for kinds that have codes.
    pub const fn verification(self) -> Option<VerificationType> {
        match self {
            Self::EmailOtp => Some(VerificationType::Email),
            Self::SmsOtp => Some(VerificationType::Sms),
            Self::Oauth | Self::Passkey => None,
        }
    }
}

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KindName {
    type Err = FlowError;

    fn from_str(text: &str) -> Result<Self, FlowError> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(FlowError::StoredCredentialMalformed("kind"))
    }
}

/// What is kept of a credential beside its nickname. The contact of a code is its nickname.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A one-time code by email.
    EmailOtp,
    /// A one-time code by SMS.
    SmsOtp,
    /// An ID token.
    Oauth(Identity),
    /// A passkey.
    Passkey(Passkey),
}

/// An [`Identity`] as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredIdentity {
    issuer: String,
    audience: String,
    subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

impl Kind {
    /// Reads the columns of a stored credential.
    ///
    /// # Errors
    /// [`FlowError::StoredCredentialMalformed`].
    pub fn from_stored(kind: &str, data: &str) -> Result<Self, FlowError> {
        fn read<'a, T: Deserialize<'a>>(data: &'a str) -> Result<T, FlowError> {
            serde_json::from_str(data).map_err(|_| FlowError::StoredCredentialMalformed("data"))
        }
        Ok(match kind.parse()? {
            KindName::EmailOtp => Self::EmailOtp,
            KindName::SmsOtp => Self::SmsOtp,
            KindName::Oauth => {
                let StoredIdentity { issuer, audience, subject, email } = read(data)?;
                Self::Oauth(Identity { issuer, audience, subject, email })
            }
            KindName::Passkey => Self::Passkey(read(data)?),
        })
    }

    /// The kind alone.
    pub const fn name(&self) -> KindName {
        match self {
            Self::EmailOtp => KindName::EmailOtp,
            Self::SmsOtp => KindName::SmsOtp,
            Self::Oauth(_) => KindName::Oauth,
            Self::Passkey(_) => KindName::Passkey,
        }
    }

    /// What only this kind has, as the JSON that is stored.
    ///
    /// # Errors
    /// [`FlowError::StoredCredentialMalformed`]: the value can't be written as JSON.
    pub fn data(&self) -> Result<String, FlowError> {
        match self {
            Self::EmailOtp | Self::SmsOtp => Ok("{}".to_owned()),
            Self::Oauth(identity) => {
                let Identity { issuer, audience, subject, email } = identity.clone();
                serde_json::to_string(&StoredIdentity { issuer, audience, subject, email })
            }
            Self::Passkey(passkey) => serde_json::to_string(passkey),
        }
        .map_err(|_| FlowError::StoredCredentialMalformed("data"))
    }

    /// What no two unrevoked credentials of an account have in common: there is one for codes by email, one for codes by
    /// SMS, one for each passkey, and one for each identity.
    pub fn uniqueness(&self) -> String {
        match self {
            Self::EmailOtp | Self::SmsOtp => self.name().to_string(),
            Self::Passkey(passkey) => format!("PASSKEY:{}", passkey.credential_id),
            Self::Oauth(Identity { issuer, audience, subject, .. }) => {
                let parts = [issuer, audience, subject].into_iter().flat_map(|part| {
                    // Each after its length, so that no two lists run together into the same bytes.
                    let length = u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes();
                    length.into_iter().chain(part.bytes())
                });
                format!("OAUTH:{}", hex::encode(sha256(&parts.collect::<Vec<_>>())))
            }
        }
    }
}

/// A credential that a first leg has verified and a later one adds: the data of its pending request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCredential {
    /// What people know it by.
    pub nickname: String,
    /// What is kept of it.
    pub kind: Kind,
    /// The signature counter of a passkey.
    pub sign_count: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredNew {
    nickname: String,
    kind: String,
    data: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sign_count: Option<u32>,
}

impl NewCredential {
    /// As [the data of a pending request](crate::retry::StoredRequest::data).
    ///
    /// # Errors
    /// [`FlowError::StoredRequestMalformed`]: the value can't be written as JSON.
    pub fn to_data(&self) -> Result<String, FlowError> {
        let stored = StoredNew {
            nickname: self.nickname.clone(),
            kind: self.kind.name().to_string(),
            data: self.kind.data()?,
            sign_count: self.sign_count,
        };
        serde_json::to_string(&stored).map_err(|_| FlowError::StoredRequestMalformed("data"))
    }

    /// From the data of a pending request.
    ///
    /// # Errors
    /// [`FlowError::StoredRequestMalformed`].
    pub fn from_data(data: &str) -> Result<Self, FlowError> {
        let stored: StoredNew = serde_json::from_str(data).map_err(|_| FlowError::StoredRequestMalformed("data"))?;
        let kind = Kind::from_stored(&stored.kind, &stored.data)?;
        Ok(Self { nickname: stored.nickname, kind, sign_count: stored.sign_count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(issuer: &str, audience: &str, subject: &str) -> Kind {
        let [issuer, audience, subject] = [issuer, audience, subject].map(str::to_owned);
        Kind::Oauth(Identity { issuer, audience, subject, email: None })
    }

    fn passkey(id: &str) -> Kind {
        // A COSE key on P-256: the generator of the group.
        let cose_key =
            "pQECAyYgASFYIGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWIlggT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU";
        let backup = serde_json::json!({ "eligible": true, "backedUp": false });
        let stored = serde_json::json!({
            "credentialId": id, "coseKey": cose_key, "aaguid": uuid::Uuid::nil(), "transports": ["internal"],
            "rpId": "localhost", "backup": backup,
        });
        Kind::from_stored("PASSKEY", &stored.to_string()).unwrap()
    }

    #[test]
    fn a_stored_credential_reads_back_as_it_was() {
        for kind in [Kind::EmailOtp, Kind::SmsOtp, identity("i", "a", "s"), passkey("AAEC")] {
            let read = Kind::from_stored(kind.name().as_str(), &kind.data().unwrap());
            assert_eq!(read, Ok(kind.clone()));
            let new = NewCredential { nickname: "Ada".to_owned(), kind, sign_count: Some(7) };
            assert_eq!(NewCredential::from_data(&new.to_data().unwrap()), Ok(new));
        }
        // What the first version stored.
        assert_eq!(Kind::from_stored("EMAIL_OTP", "{}"), Ok(Kind::EmailOtp));
        assert!(Kind::from_stored("PASSKEY", "{}").is_err());
        assert!(Kind::from_stored("PIGEON", "{}").is_err());
    }

    #[test]
    fn two_credentials_collide_only_when_they_are_the_same() {
        let kinds = [
            Kind::EmailOtp,
            Kind::SmsOtp,
            passkey("AAEC"),
            passkey("AAED"),
            identity("ab", "c", "d"),
            identity("a", "bc", "d"),
            identity("a", "b", "cd"),
        ];
        for (index, one) in kinds.iter().enumerate() {
            for (other_index, other) in kinds.iter().enumerate() {
                assert_eq!(one.uniqueness() == other.uniqueness(), index == other_index, "{one:?} {other:?}");
            }
        }
    }
}
