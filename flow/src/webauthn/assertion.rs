//! Assertion: judging what `navigator.credentials.get()` returned.

use super::authenticator_data::{AuthenticatorData, AuthenticatorDataFault};
use super::client_data::{self, Ceremony, ClientDataFault};
use super::{Passkey, RelyingParty, WebauthnId};
use crate::{FlowError, payload};

/// The members of `assertion` in a request, bytes as base64url. `userHandle` chooses nothing and isn't read.
#[derive(Clone, Copy)]
pub struct AssertionResponse<'a> {
    /// `credentialId`
    pub credential_id: &'a str,
    /// `clientDataJson`
    pub client_data_json: &'a str,
    /// `authenticatorData`
    pub authenticator_data: &'a str,
    /// `signature`
    pub signature: &'a str,
}

/// Why an assertion is refused. For logs only: callers learn that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionFault {
    /// `credentialId` isn't that of the passkey.
    #[error("it is another credential's")]
    OtherCredential,
    /// `clientDataJson` says something else than it should.
    #[error("the client data {0}")]
    ClientData(#[from] ClientDataFault),
    /// `authenticatorData` isn't base64url.
    #[error("the authenticator data is not base64url")]
    Encoding,
    /// The authenticator says something else than it should.
    #[error(transparent)]
    AuthenticatorData(#[from] AuthenticatorDataFault),
    /// The signature isn't base64url of one by the passkey.
    #[error("the signature is wrong")]
    Signature,
}

/// A true assertion: the holder of a passkey has signed a payload. Nothing outside this module can make one.
///
/// What is left to judge is the counter, and that in the transaction of its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assertion {
    sign_count: u32,
}

impl Assertion {
    /// The authenticator's counter, 0 if it has none.
    pub const fn sign_count(self) -> u32 {
        self.sign_count
    }

    /// Whether the counter has grown since it was `stored`; authenticators without one always say 0. Otherwise two
    /// authenticators have the same key, or the assertion was made before another that was seen already.
    pub const fn follows(self, stored: u32) -> bool {
        self.sign_count > stored || (self.sign_count == 0 && stored == 0)
    }
}

impl RelyingParty {
    /// Judges an assertion by `passkey` over `payload`. The challenge that was signed is the *text* of the payload's digest
    /// in hex, not its bytes.
    ///
    /// # Errors
    /// [`FlowError::AssertionRefused`] with the first check that failed.
    ///
    /// Source: Web Authentication, Level 3, section 7.2.
    pub fn authenticate(
        &self,
        passkey: &Passkey,
        payload: &[u8],
        response: &AssertionResponse<'_>,
    ) -> Result<Assertion, FlowError> {
        self.judge_assertion(passkey, payload, response).map_err(FlowError::AssertionRefused)
    }

    fn judge_assertion(
        &self,
        passkey: &Passkey,
        payload: &[u8],
        response: &AssertionResponse<'_>,
    ) -> Result<Assertion, AssertionFault> {
        if WebauthnId::parse(response.credential_id).as_ref() != Some(&passkey.credential_id) {
            return Err(AssertionFault::OtherCredential);
        }
        let challenge = payload::digest_hex(payload);
        let client_data_hash =
            client_data::judge(response.client_data_json, Ceremony::Authentication, challenge.as_bytes(), self)?;
        let bytes = super::decode(response.authenticator_data).ok_or(AssertionFault::Encoding)?;
        let data = AuthenticatorData::parse(&bytes)?;
        data.judge(self)?;
        if data.attested.is_some() {
            return Err(AuthenticatorDataFault::CredentialUnexpected.into());
        }
        if data.backup().eligible != passkey.backup.eligible {
            return Err(AuthenticatorDataFault::BackupEligibility.into());
        }
        let signature = super::decode(response.signature).ok_or(AssertionFault::Signature)?;
        let signed = [bytes.as_slice(), &client_data_hash].concat();
        if passkey.cose_key.verifies(&signed, &signature) {
            Ok(Assertion { sign_count: data.sign_count })
        } else {
            Err(AssertionFault::Signature)
        }
    }
}
