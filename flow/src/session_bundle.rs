//! `encryptedSessionSigningKey` (legacy): a session key made by the server, encrypted to the client's key.

use rand_core::CryptoRng;

use crate::key::{PublicKey, SecretKey};
use crate::{FlowError, hpke};

/// The compressed encapsulated key.
const KEY_LENGTH: usize = 33;
/// The scalar and the tag.
const CIPHERTEXT_LENGTH: usize = 32 + hpke::TAG_LENGTH;
/// 85 bytes with their checksum take at most 117 base58 digits. Decoding takes quadratic time, so longer text is refused unread.
const TEXT_LIMIT: usize = 120;

/// Encrypts `secret` to `recipient`: base58check of the compressed encapsulated key and the ciphertext, 81 bytes.
///
/// # Errors
/// [`FlowError::HpkeNotSealed`].
pub fn seal_session_key(
    recipient: &PublicKey,
    secret: &SecretKey,
    rng: &mut impl CryptoRng,
) -> Result<String, FlowError> {
    let (encapsulated, ciphertext) = hpke::seal(recipient, secret.to_bytes().as_ref(), rng)?;
    let bundle = [&encapsulated.sec1_compressed()[..], &ciphertext].concat();
    Ok(bs58::encode(bundle).with_check().into_string())
}

/// Opens what [`seal_session_key`] made. Clients and tests do this.
///
/// # Errors
/// [`FlowError::SessionBundleMalformed`] for a wrong checksum, length or point,
/// [`FlowError::SessionBundleNotOpened`] when the message is for another key or holds no private key.
pub fn open_session_key(text: &str, recipient: &SecretKey) -> Result<SecretKey, FlowError> {
    if text.len() > TEXT_LIMIT {
        return Err(FlowError::SessionBundleMalformed);
    }
    let bundle = bs58::decode(text).with_check(None).into_vec().map_err(|_| FlowError::SessionBundleMalformed)?;
    if bundle.len() != KEY_LENGTH + CIPHERTEXT_LENGTH {
        return Err(FlowError::SessionBundleMalformed);
    }
    let (encapsulated, ciphertext) = bundle.split_at(KEY_LENGTH);
    let encapsulated = PublicKey::from_sec1(encapsulated).map_err(|_| FlowError::SessionBundleMalformed)?;
    let plaintext = hpke::open(recipient, &encapsulated, ciphertext).map_err(|_| FlowError::SessionBundleNotOpened)?;
    let scalar = plaintext.as_slice().try_into().map_err(|_| FlowError::SessionBundleNotOpened)?;
    SecretKey::from_bytes(scalar).map_err(|_| FlowError::SessionBundleNotOpened)
}
