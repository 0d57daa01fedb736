//! `authenticatorData`: what the authenticator says, and signs.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cose::{CoseKey, CoseKeyFault};
use super::{RelyingParty, WebauthnId, cbor};

const USER_PRESENT: u8 = 0x01;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;
const EXTENSIONS: u8 = 0x80;

/// What is wrong with authenticator data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticatorDataFault {
    /// It ends before the last part that its flags announce, or goes on after it.
    #[error("the authenticator data has another length than its flags say")]
    Length,
    /// The credential's id in it is empty, or longer than 1,023 bytes.
    #[error("the authenticator data has a credential id of an impossible length")]
    IdLength,
    /// The credential's key in it isn't one that is accepted.
    #[error("the authenticator data has a key that can't be used: {0}")]
    Key(#[from] CoseKeyFault),
    /// Its extensions aren't a CBOR map.
    #[error("the authenticator data has malformed extensions")]
    Extensions,
    /// It is for another relying party.
    #[error("the authenticator data is for another relying party")]
    RelyingParty,
    /// No user was present.
    #[error("the authenticator data says that no user was present")]
    UserNotPresent,
    /// It says that the credential is backed up and can't be.
    #[error("the authenticator data says that a key is backed up that can't be")]
    Backup,
    /// It says otherwise than at the registration whether the credential may be backed up.
    #[error("the authenticator data says otherwise than before whether the key may be backed up")]
    BackupEligibility,
    /// It has no credential, in a registration.
    #[error("the authenticator data has no credential")]
    CredentialMissing,
    /// It has a credential, in an assertion.
    #[error("the authenticator data has a credential")]
    CredentialUnexpected,
}

/// Whether a passkey may leave the device that made it, and has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// It may be synchronised to other devices. Never changes.
    pub eligible: bool,
    /// It was, when this was said.
    pub backed_up: bool,
}

/// Authenticator data whose form is right.
pub(super) struct AuthenticatorData {
    rp_id_hash: [u8; 32],
    flags: u8,
    pub(super) sign_count: u32,
    pub(super) attested: Option<AttestedCredential>,
}

/// The credential that a registration made.
pub(super) struct AttestedCredential {
    pub(super) aaguid: Uuid,
    pub(super) id: WebauthnId,
    pub(super) key: CoseKey,
}

impl AuthenticatorData {
    /// Source: Web Authentication, Level 3, section 6.1.
    pub(super) fn parse(mut bytes: &[u8]) -> Result<Self, AuthenticatorDataFault> {
        let rp_id_hash = take_array(&mut bytes)?;
        let [flags] = take_array(&mut bytes)?;
        let sign_count = u32::from_be_bytes(take_array(&mut bytes)?);
        let attested = if flags & ATTESTED == 0 { None } else { Some(AttestedCredential::take(&mut bytes)?) };
        if flags & EXTENSIONS != 0 {
            cbor::take(&mut bytes).filter(cbor::Value::is_map).ok_or(AuthenticatorDataFault::Extensions)?;
        }
        if bytes.is_empty() {
            Ok(Self { rp_id_hash, flags, sign_count, attested })
        } else {
            Err(AuthenticatorDataFault::Length)
        }
    }

    /// What both ceremonies ask of it. User verification is asked for by browsers and not required here.
    pub(super) fn judge(&self, party: &RelyingParty) -> Result<(), AuthenticatorDataFault> {
        let backup = self.backup();
        if self.rp_id_hash != party.id_hash() {
            Err(AuthenticatorDataFault::RelyingParty)
        } else if self.flags & USER_PRESENT == 0 {
            Err(AuthenticatorDataFault::UserNotPresent)
        } else if backup.backed_up && !backup.eligible {
            Err(AuthenticatorDataFault::Backup)
        } else {
            Ok(())
        }
    }

    pub(super) const fn backup(&self) -> Backup {
        Backup { eligible: self.flags & BACKUP_ELIGIBLE != 0, backed_up: self.flags & BACKED_UP != 0 }
    }
}

impl AttestedCredential {
    fn take(bytes: &mut &[u8]) -> Result<Self, AuthenticatorDataFault> {
        let aaguid = Uuid::from_bytes(take_array(bytes)?);
        let length = u16::from_be_bytes(take_array(bytes)?);
        let (id, rest) = bytes.split_at_checked(length.into()).ok_or(AuthenticatorDataFault::Length)?;
        let id = WebauthnId::from_bytes(id).ok_or(AuthenticatorDataFault::IdLength)?;
        *bytes = rest;
        Ok(Self { aaguid, id, key: CoseKey::take(bytes)? })
    }
}

fn take_array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], AuthenticatorDataFault> {
    let (array, rest) = bytes.split_first_chunk().ok_or(AuthenticatorDataFault::Length)?;
    *bytes = rest;
    Ok(*array)
}
