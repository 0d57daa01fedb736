//! HPKE (RFC 9180), base mode, as the wallet clients speak it.
//!
//! KEM 0x0010 (DHKEM P-256, HKDF-SHA256), KDF 0x0001 (HKDF-SHA256), AEAD 0x0002 (AES-256-GCM). One message per
//! encapsulation. `info` is fixed; the associated data are the two public keys, 65 bytes each, encapsulated key first.

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::FlowError;
use crate::key::{PublicKey, SecretKey};

/// The `info` of the key schedule.
pub const INFO: &[u8; 12] = b"turnkey_hpke";

/// Length of the authentication tag at the end of each ciphertext, in bytes.
pub const TAG_LENGTH: usize = 16;

/// Encrypts to `recipient`. Returns the encapsulated key and the ciphertext with its tag.
///
/// # Errors
/// [`FlowError::HpkeNotSealed`], which no valid key leads to.
pub fn seal(
    recipient: &PublicKey,
    plaintext: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<(PublicKey, Vec<u8>), FlowError> {
    let to = <DhP256HkdfSha256 as Kem>::PublicKey::from_bytes(recipient.sec1_uncompressed())
        .map_err(|_| FlowError::HpkeNotSealed)?;
    let (encapsulated, mut sender) =
        hpke::setup_sender_with_rng::<AesGcm256, HkdfSha256, DhP256HkdfSha256>(&OpModeS::Base, &to, INFO, rng)
            .map_err(|_| FlowError::HpkeNotSealed)?;
    let encapsulated = PublicKey::from_sec1(&encapsulated.to_bytes()).map_err(|_| FlowError::HpkeNotSealed)?;
    let ciphertext =
        sender.seal(plaintext, &associated_keys(&encapsulated, recipient)).map_err(|_| FlowError::HpkeNotSealed)?;
    Ok((encapsulated, ciphertext))
}

/// Decrypts a message to `secret`'s key.
///
/// # Errors
/// [`FlowError::HpkeNotOpened`] when the message is too short, changed, or for another key.
pub fn open(secret: &SecretKey, encapsulated: &PublicKey, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, FlowError> {
    let own = <DhP256HkdfSha256 as Kem>::PrivateKey::from_bytes(secret.to_bytes().as_ref())
        .map_err(|_| FlowError::HpkeNotOpened)?;
    let from = <DhP256HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated.sec1_uncompressed())
        .map_err(|_| FlowError::HpkeNotOpened)?;
    hpke::setup_receiver::<AesGcm256, HkdfSha256, DhP256HkdfSha256>(&OpModeR::Base, &own, &from, INFO)
        .and_then(|mut receiver| receiver.open(ciphertext, &associated_keys(encapsulated, secret.public())))
        .map(Zeroizing::new)
        .map_err(|_| FlowError::HpkeNotOpened)
}

/// The associated data of a message.
pub fn associated_keys(encapsulated: &PublicKey, recipient: &PublicKey) -> [u8; 130] {
    let mut keys = [0; 130];
    keys[..65].copy_from_slice(encapsulated.sec1_uncompressed());
    keys[65..].copy_from_slice(recipient.sec1_uncompressed());
    keys
}
