//! Who may countersign a pending request, and who did.

use std::fmt;
use std::str::FromStr;

use crate::FlowError;
use crate::id::{AuthMethodId, InternalAccountId, SessionId};
use crate::key::PublicKey;

/// Who may countersign a pending request. The text form is stored and stable: the kind, a colon, the id or key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signers {
    /// One session: refreshing it. `session:Session:<uuid>`.
    Session(SessionId),
    /// One key, before it has a session: the key sealed in an OTP bundle. `key:<66 hex digits>`.
    Key(PublicKey),
    /// Any live session of an account. `account:InternalAccount:<uuid>`.
    AnySessionOf(InternalAccountId),
    /// Any live session of an account that descends from another credential: revoking this one.
    /// `other:AuthMethod:<uuid>@InternalAccount:<uuid>`.
    OtherCredential {
        /// The account.
        account: InternalAccountId,
        /// The credential whose own sessions may not.
        credential: AuthMethodId,
    },
    /// A passkey, by an assertion: no stamp at all. `passkey:AuthMethod:<uuid>`.
    Passkey(AuthMethodId),
}

impl Signers {
    /// Whether `by`, with `key`, is among them.
    pub(crate) fn include(&self, by: SignedBy, key: &PublicKey) -> bool {
        match (self, by) {
            (Self::Session(wanted), SignedBy::Session { id, .. }) => *wanted == id,
            (Self::AnySessionOf(wanted), SignedBy::Session { account, .. }) => *wanted == account,
            (
                Self::OtherCredential { account: wanted, credential: not },
                SignedBy::Session { account, credential, .. },
            ) => *wanted == account && *not != credential,
            (Self::Key(wanted), SignedBy::Key) => wanted == key,
            (Self::Session(_) | Self::AnySessionOf(_) | Self::OtherCredential { .. }, SignedBy::Key)
            | (Self::Key(_), SignedBy::Session { .. })
            | (Self::Passkey(_), _) => false,
        }
    }
}

impl fmt::Display for Signers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Key(key) => write!(f, "key:{}", key.compressed_hex()),
            Self::AnySessionOf(account) => write!(f, "account:{account}"),
            Self::OtherCredential { account, credential } => write!(f, "other:{credential}@{account}"),
            Self::Passkey(credential) => write!(f, "passkey:{credential}"),
        }
    }
}

impl FromStr for Signers {
    type Err = FlowError;

    fn from_str(text: &str) -> Result<Self, FlowError> {
        match text.split_once(':') {
            Some(("session", id)) => Ok(Self::Session(id.parse()?)),
            Some(("key", key)) => Ok(Self::Key(PublicKey::from_hex(key)?)),
            Some(("account", account)) => Ok(Self::AnySessionOf(account.parse()?)),
            Some(("other", rest)) => {
                let (credential, account) = rest.split_once('@').ok_or(FlowError::StoredRequestMalformed("signers"))?;
                Ok(Self::OtherCredential { account: account.parse()?, credential: credential.parse()? })
            }
            Some(("passkey", credential)) => Ok(Self::Passkey(credential.parse()?)),
            _ => Err(FlowError::StoredRequestMalformed("signers")),
        }
    }
}

/// Whose key a stamp was checked with. All members of a session come from its row, found by (account, public key).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedBy {
    /// The key of a live session.
    Session {
        /// The session.
        id: SessionId,
        /// The account in the session's row.
        account: InternalAccountId,
        /// The credential that the session descends from.
        credential: AuthMethodId,
    },
    /// A key without a session.
    Key,
}
