//! Passkeys: what an authenticator answers, judged as a relying party does.
//!
//! A [`RelyingParty`] judges a [registration](RelyingParty::register), which gives the [`Registration`] to store, and an
//! [assertion](RelyingParty::authenticate) by a stored [`Passkey`], which gives the counter to store.
//!
//! | part of an answer | module |
//! | --- | --- |
//! | `clientDataJSON`, written by the browser | `client_data` |
//! | `authenticatorData`, written by the authenticator and signed | `authenticator_data` |
//! | the public key in it, and the signatures by it | [`CoseKey`] |
//! | the attestation statement: formats `none` and `packed` | `attestation`, `certificate` |
//!
//! Attestation certificates are checked for what they say and for the signature that they vouch for, against no root: which
//! makes of authenticators are good enough is not decided here.
//!
//! Source: Web Authentication, Level 3, sections 6 to 8.

mod assertion;
mod attestation;
mod authenticator_data;
mod cbor;
mod certificate;
mod client_data;
mod cose;
mod passkey;
mod registration;
mod relying_party;

pub use assertion::{Assertion, AssertionFault, AssertionResponse};
pub use attestation::AttestationFault;
pub use authenticator_data::{AuthenticatorDataFault, Backup};
pub use certificate::CertificateFault;
pub use client_data::ClientDataFault;
pub use cose::{Algorithm, CoseKey, CoseKeyFault};
pub use passkey::{Passkey, WebauthnId};
pub use registration::{Registration, RegistrationFault, RegistrationResponse};
pub use relying_party::RelyingParty;

use crate::base64url;

/// The longest member that is read, in characters of base64url.
pub const MAX_LENGTH: usize = 32_768;

/// The bytes of a member; `None` if it isn't base64url, or longer than [`MAX_LENGTH`].
fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() > MAX_LENGTH { None } else { base64url::decode(text) }
}
