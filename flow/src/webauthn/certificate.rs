//! Attestation certificates of the format `packed`.

use uuid::Uuid;
use x509_cert::der::asn1::{ObjectIdentifier, OctetStringRef};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::{Certificate, TbsCertificate, Version};

use super::cose::VerifyingKey;
use crate::key::PublicKey;

const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const ORGANIZATIONAL_UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// `id-fido-gen-ce-aaguid`
const AAGUID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.45724.1.1.4");

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// What is wrong with an attestation certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// Not DER of an X.509 certificate.
    #[error("it is not an X.509 certificate")]
    Malformed,
    /// Not of version 3.
    #[error("it is not of version 3")]
    Version,
    /// Its subject lacks country, organisation or name, or isn't of the unit `Authenticator Attestation`.
    #[error("its subject is not an authenticator attestation's")]
    Subject,
    /// It is an authority's, or its basic constraints can't be read.
    #[error("it is an authority's")]
    Authority,
    /// It is for another make of authenticators than the credential's, or says so in a form that isn't allowed.
    #[error("it is for another make of authenticators")]
    Aaguid,
    /// Its key is none of ES256, `EdDSA` and RS256.
    #[error("its key is not one of ES256, EdDSA and RS256")]
    Key,
}

/// The key of an attestation certificate that is fit to vouch for an authenticator of the make `aaguid`.
///
/// Source: Web Authentication, Level 3, sections 8.2 and 8.2.1.
pub(super) fn attestation_key(der: &[u8], aaguid: Uuid) -> Result<VerifyingKey, CertificateFault> {
    let certificate = Certificate::from_der(der).map_err(|_| CertificateFault::Malformed)?;
    let content = certificate.tbs_certificate();
    if content.version() != Version::V3 {
        return Err(CertificateFault::Version);
    }
    if !is_attestation_subject(content) {
        return Err(CertificateFault::Subject);
    }
    match content.get_extension::<BasicConstraints>() {
        Ok(None) => {}
        Ok(Some((_, constraints))) if !constraints.ca => {}
        Ok(Some(_)) | Err(_) => return Err(CertificateFault::Authority),
    }
    if !is_for_make(content, aaguid) {
        return Err(CertificateFault::Aaguid);
    }
    verifying_key(content.subject_public_key_info()).ok_or(CertificateFault::Key)
}

fn is_attestation_subject(content: &TbsCertificate) -> bool {
    let has = |wanted, is_good: fn(&[u8]) -> bool| {
        content.subject().iter().any(|part| part.oid == wanted && is_good(part.value.value()))
    };
    let some = |text: &[u8]| !text.is_empty();
    has(COUNTRY, some)
        && has(ORGANIZATION, some)
        && has(COMMON_NAME, some)
        && has(ORGANIZATIONAL_UNIT, |text| text == b"Authenticator Attestation")
}

/// Whether the certificate names this make, or none.
fn is_for_make(content: &TbsCertificate, aaguid: Uuid) -> bool {
    content.extensions().into_iter().flatten().filter(|extension| extension.extn_id == AAGUID).all(|extension| {
        // The bytes stand in an octet string of their own, inside that of every extension.
        let named = <&OctetStringRef>::from_der(extension.extn_value.as_bytes());
        !extension.critical && named.is_ok_and(|named| named.as_bytes() == aaguid.as_bytes())
    })
}

fn verifying_key(info: &SubjectPublicKeyInfoOwned) -> Option<VerifyingKey> {
    let bits = info.subject_public_key.as_bytes()?;
    let curve = || info.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok();
    match info.algorithm.oid {
        EC_PUBLIC_KEY if curve() == Some(SECP256R1) => PublicKey::from_sec1(bits).ok().map(VerifyingKey::P256),
        ED25519 => bits.try_into().ok().map(VerifyingKey::Ed25519),
        RSA_ENCRYPTION => info.to_der().ok().map(VerifyingKey::Rsa),
        _ => None,
    }
}
