//! Attestation statements, of the formats `none` and `packed`.

use super::authenticator_data::AttestedCredential;
use super::cbor::{Members, Value};
use super::certificate::{self, CertificateFault};
use super::cose::Algorithm;

/// What is wrong with an attestation statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttestationFault {
    /// The format is neither `none` nor `packed`.
    #[error("the attestation's format is neither none nor packed")]
    Format,
    /// The statement hasn't the members of its format, or has others.
    #[error("the attestation's statement is malformed")]
    Statement,
    /// The statement's algorithm isn't accepted, or isn't that of the key that signed.
    #[error("the attestation's algorithm is not that of its key")]
    Algorithm,
    /// The attestation certificate isn't what it must be.
    #[error("the attestation's certificate is refused: {0}")]
    Certificate(#[from] CertificateFault),
    /// The signature isn't one of this credential.
    #[error("the attestation's signature is wrong")]
    Signature,
}

/// Judges the statement of `attested` over `signed`: the authenticator data and the digest of the client data.
///
/// Source: Web Authentication, Level 3, sections 8.2 and 8.7.
pub(super) fn judge(
    format: &str,
    mut statement: Members,
    signed: &[u8],
    attested: &AttestedCredential,
) -> Result<(), AttestationFault> {
    match format {
        "none" if statement.is_empty() => Ok(()),
        "none" => Err(AttestationFault::Statement),
        "packed" => {
            let packed =
                Packed::read(&mut statement).filter(|_| statement.is_empty()).ok_or(AttestationFault::Statement)?;
            packed.judge(signed, attested)
        }
        _ => Err(AttestationFault::Format),
    }
}

/// A statement of the format `packed`.
struct Packed {
    algorithm: i64,
    signature: Vec<u8>,
    /// Of the certificates, the one whose key signed; none if the credential's own key did.
    leaf: Option<Vec<u8>>,
}

impl Packed {
    fn read(statement: &mut Members) -> Option<Self> {
        Some(Self {
            algorithm: statement.take("alg")?.into_integer().ok()?.try_into().ok()?,
            signature: statement.take("sig")?.into_bytes().ok()?,
            leaf: match statement.take("x5c") {
                Some(chain) => Some(leaf(chain)?),
                None => None,
            },
        })
    }

    fn judge(&self, signed: &[u8], attested: &AttestedCredential) -> Result<(), AttestationFault> {
        let algorithm = Algorithm::from_id(self.algorithm);
        let holds = |used: Algorithm, verifies: bool| match (algorithm == Some(used), verifies) {
            (true, true) => Ok(()),
            (true, false) => Err(AttestationFault::Signature),
            (false, _) => Err(AttestationFault::Algorithm),
        };
        match &self.leaf {
            Some(leaf) => {
                let key = certificate::attestation_key(leaf, attested.aaguid)?;
                holds(key.algorithm(), key.verifies(signed, &self.signature))
            }
            None => holds(attested.key.algorithm(), attested.key.verifies(signed, &self.signature)),
        }
    }
}

/// The first certificate of a chain; all have to be bytes.
fn leaf(chain: Value) -> Option<Vec<u8>> {
    let chain: Option<Vec<Vec<u8>>> = chain.into_array().ok()?.into_iter().map(|link| link.into_bytes().ok()).collect();
    chain?.into_iter().next()
}
