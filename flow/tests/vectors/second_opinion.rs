//! The same questions, asked of another implementation.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use countersign_flow::hpke;
use countersign_flow::key::{PublicKey, SecretKey};
use p256::ecdsa::signature::Verifier;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_P256_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke, HpkePrivateKey};

/// Whether aws-lc takes these bytes for a P-256 point.
pub(crate) fn aws_lc_parses(sec1: &[u8]) -> bool {
    ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, sec1).is_ok()
}

/// Whether `p256` finds a DER signature good.
pub(crate) fn p256_verifies(key: &PublicKey, message: &[u8], der: &[u8]) -> bool {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key.sec1_uncompressed()).unwrap();
    p256::ecdsa::Signature::from_der(der).is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

/// HPKE by rustls on aws-lc.
pub(crate) fn rustls_opens(secret: &SecretKey, encapsulated: &PublicKey, ciphertext: &[u8]) -> Option<Vec<u8>> {
    let own = HpkePrivateKey::from(secret.to_bytes().to_vec());
    let from = EncapsulatedSecret(encapsulated.sec1_uncompressed().to_vec());
    DH_KEM_P256_HKDF_SHA256_AES_256
        .setup_opener(&from, hpke::INFO, &own)
        .unwrap()
        .open(&hpke::associated_keys(encapsulated, secret.public()), ciphertext)
        .ok()
}
