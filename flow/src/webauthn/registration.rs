//! Registration: judging what `navigator.credentials.create()` returned.

use serde::{Deserialize, Serialize};

use super::attestation::{self, AttestationFault};
use super::authenticator_data::{AuthenticatorData, AuthenticatorDataFault};
use super::client_data::{self, Ceremony, ClientDataFault};
use super::{Passkey, RelyingParty, WebauthnId, cbor};
use crate::FlowError;

/// The members of `attestation` in a request, bytes as base64url.
#[derive(Clone, Copy)]
pub struct RegistrationResponse<'a> {
    /// `credentialId`
    pub credential_id: &'a str,
    /// `clientDataJson`
    pub client_data_json: &'a str,
    /// `attestationObject`
    pub attestation_object: &'a str,
    /// `transports`; none if it is missing.
    pub transports: &'a [String],
}

/// What a registration leaves to store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    /// What stays as it is.
    pub passkey: Passkey,
    /// The counter to begin with.
    pub sign_count: u32,
}

/// Why a registration is refused. Its text is fit for the caller: it repeats no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationFault {
    /// The request's own `challenge` isn't base64url.
    #[error("must be base64url")]
    Challenge,
    /// `credentialId` isn't base64url of 1 to 1,023 bytes.
    #[error("must be base64url of 1 to 1,023 bytes")]
    CredentialId,
    /// `clientDataJson` says something else than it should.
    #[error(transparent)]
    ClientData(#[from] ClientDataFault),
    /// `attestationObject` isn't base64url of a CBOR map with `fmt`, `attStmt` and `authData`.
    #[error("must be base64url of a CBOR map with fmt, attStmt and authData")]
    AttestationObject,
    /// The authenticator says something else than it should.
    #[error("is refused: {0}")]
    AuthenticatorData(#[from] AuthenticatorDataFault),
    /// `credentialId` isn't the id of the credential that was made.
    #[error("must be the id of the credential in the attestation object")]
    OtherCredential,
    /// The attestation statement doesn't hold.
    #[error("is refused: {0}")]
    Attestation(#[from] AttestationFault),
}

impl RegistrationFault {
    /// The member of the request that is at fault.
    pub const fn member(self) -> &'static str {
        match self {
            Self::Challenge => "body/challenge",
            Self::CredentialId | Self::OtherCredential => "body/attestation/credentialId",
            Self::ClientData(_) => "body/attestation/clientDataJson",
            Self::AttestationObject | Self::AuthenticatorData(_) | Self::Attestation(_) => {
                "body/attestation/attestationObject"
            }
        }
    }
}

impl RelyingParty {
    /// Judges a registration for `challenge` (base64url; its bytes are compared) by everything that can be judged without
    /// knowing what is stored.
    ///
    /// # Errors
    /// [`FlowError::RegistrationRefused`] with the first check that failed.
    ///
    /// Source: Web Authentication, Level 3, section 7.1.
    pub fn register(&self, challenge: &str, response: &RegistrationResponse<'_>) -> Result<Registration, FlowError> {
        self.judge_registration(challenge, response).map_err(FlowError::RegistrationRefused)
    }

    fn judge_registration(
        &self,
        challenge: &str,
        response: &RegistrationResponse<'_>,
    ) -> Result<Registration, RegistrationFault> {
        let challenge = super::decode(challenge).ok_or(RegistrationFault::Challenge)?;
        let credential_id = WebauthnId::parse(response.credential_id).ok_or(RegistrationFault::CredentialId)?;
        let client_data_hash = client_data::judge(response.client_data_json, Ceremony::Registration, &challenge, self)?;
        let object = AttestationObject::parse(response.attestation_object)?;
        let data = AuthenticatorData::parse(&object.authenticator_data)?;
        data.judge(self)?;
        let backup = data.backup();
        let attested = data.attested.ok_or(AuthenticatorDataFault::CredentialMissing)?;
        if attested.id != credential_id {
            return Err(RegistrationFault::OtherCredential);
        }
        let signed = [object.authenticator_data.as_slice(), &client_data_hash].concat();
        attestation::judge(&object.format, object.statement, &signed, &attested)?;
        let passkey = Passkey {
            credential_id,
            cose_key: attested.key,
            aaguid: attested.aaguid,
            transports: response.transports.to_vec(),
            rp_id: self.id().to_owned(),
            backup,
        };
        Ok(Registration { passkey, sign_count: data.sign_count })
    }
}

/// `attestationObject`: unknown members are ignored.
struct AttestationObject {
    format: String,
    statement: cbor::Members,
    authenticator_data: Vec<u8>,
}

impl AttestationObject {
    fn parse(text: &str) -> Result<Self, RegistrationFault> {
        Self::read(text).ok_or(RegistrationFault::AttestationObject)
    }

    fn read(text: &str) -> Option<Self> {
        let mut members = cbor::Members::of(cbor::read(&super::decode(text)?)?)?;
        Some(Self {
            format: members.take("fmt")?.into_text().ok()?,
            statement: cbor::Members::of(members.take("attStmt")?)?,
            authenticator_data: members.take("authData")?.into_bytes().ok()?,
        })
    }
}
