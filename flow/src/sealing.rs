//! Secrets at rest: sealed under a master key, for one place only.
//!
//! A sealed value is `version (1) ‖ master key id (16) ‖ nonce (12) ‖ ciphertext and tag`. Its key is
//! HKDF-SHA256(master; purpose, table, row id), its associated data are version, purpose, table, column, platform, row id
//! and public key, each length-prefixed: moved to any other place, it doesn't open.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::FlowError;
use crate::id::PlatformId;

/// The format version that is written and the only one that is read.
const VERSION: u8 = 1;
const ID_LENGTH: usize = 16;
const HEADER_LENGTH: usize = 1 + ID_LENGTH + NONCE_LEN;

/// Names a master key without telling it: 16 bytes derived from it by HKDF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MasterKeyId([u8; ID_LENGTH]);

impl fmt::Display for MasterKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// 256 bits that all sealed values of a database hang on. Zeroized when dropped, never printed.
pub struct MasterKey {
    secret: Zeroizing<[u8; 32]>,
    id: MasterKeyId,
}

impl MasterKey {
    /// A new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill_bytes(secret.as_mut());
        Self::from_bytes(&secret)
    }

    /// The key of these bytes.
    pub fn from_bytes(secret: &[u8; 32]) -> Self {
        let mut id = [0; ID_LENGTH];
        // HKDF refuses only outputs of more than 255 hashes, so this can't fail. Were it to, the cipher still tells keys apart.
        let _ = extract(secret).expand(&[b"id"], IdLength).and_then(|okm| okm.fill(&mut id));
        Self { secret: Zeroizing::new(*secret), id: MasterKeyId(id) }
    }

    /// The key's bytes, for its file.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.secret.clone()
    }

    /// The key's name.
    pub const fn id(&self) -> MasterKeyId {
        self.id
    }

    fn seat_key(&self, seat: &Seat<'_>) -> Result<LessSafeKey, FlowError> {
        let place = length_prefixed(&[b"seal", seat.purpose.as_bytes(), seat.table.as_bytes(), seat.row_id.as_bytes()]);
        let key = extract(&self.secret)
            .expand(&[&place], &AES_256_GCM)
            .map(UnboundKey::from)
            .map_err(|_| FlowError::NotSealed)?;
        Ok(LessSafeKey::new(key))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

/// The master key that seals, and earlier ones that still open.
#[derive(Debug)]
pub struct MasterKeys {
    current: MasterKey,
    previous: Vec<MasterKey>,
}

impl MasterKeys {
    /// One key for sealing and opening.
    pub const fn new(current: MasterKey) -> Self {
        Self { current, previous: Vec::new() }
    }

    /// Adds a key that only opens.
    #[must_use]
    pub fn with_previous(mut self, previous: MasterKey) -> Self {
        self.previous.push(previous);
        self
    }

    /// The key that seals.
    pub const fn current(&self) -> &MasterKey {
        &self.current
    }

    fn find(&self, id: &[u8]) -> Option<&MasterKey> {
        std::iter::once(&self.current).chain(&self.previous).find(|key| key.id.0.ct_eq(id).into())
    }
}

/// The one place where a sealed value opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat<'a> {
    /// What the secret is for, for example `quorum` or `otp-target`.
    pub purpose: &'a str,
    /// The tenant; `None` for the server's own secrets.
    pub platform: Option<PlatformId>,
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The row's primary key as text.
    pub row_id: &'a str,
    /// The public half of the secret, in the bytes that the row has; empty for secrets without one.
    pub public_key: &'a [u8],
}

impl Seat<'_> {
    fn associated_data(&self) -> Vec<u8> {
        let platform = self.platform.map(|platform| platform.uuid().into_bytes());
        length_prefixed(&[
            &[VERSION],
            self.purpose.as_bytes(),
            self.table.as_bytes(),
            self.column.as_bytes(),
            platform.as_ref().map_or(&[], <[u8; 16]>::as_slice),
            self.row_id.as_bytes(),
            self.public_key,
        ])
    }
}

/// Seals `plaintext` for `seat`.
///
/// # Errors
/// [`FlowError::NotSealed`], when the cipher refuses (over 64 GiB).
pub fn seal(
    master: &MasterKey,
    seat: &Seat<'_>,
    plaintext: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, FlowError> {
    let mut nonce = [0; NONCE_LEN];
    rng.fill_bytes(&mut nonce);
    let mut sealed = Vec::with_capacity(HEADER_LENGTH + plaintext.len() + AES_256_GCM.tag_len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&master.id.0);
    sealed.extend_from_slice(&nonce);
    let mut text = Zeroizing::new(plaintext.to_vec());
    let tag = master
        .seat_key(seat)?
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(seat.associated_data()),
            text.as_mut_slice(),
        )
        .map_err(|_| FlowError::NotSealed)?;
    sealed.extend_from_slice(&text);
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

/// Opens a value that was sealed for `seat` by any of `masters`.
///
/// # Errors
/// [`FlowError::SealedValueMalformed`] for another version or too few bytes, [`FlowError::MasterKeyUnknown`], and
/// [`FlowError::SealedValueNotOpened`] for a value that was changed or sealed for another seat.
pub fn open(masters: &MasterKeys, seat: &Seat<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, FlowError> {
    let (header, ciphertext) = sealed.split_at_checked(HEADER_LENGTH).ok_or(FlowError::SealedValueMalformed)?;
    let Some((&VERSION, header)) = header.split_first() else {
        return Err(FlowError::SealedValueMalformed);
    };
    let (id, nonce) = header.split_at(ID_LENGTH);
    let master = masters.find(id).ok_or(FlowError::MasterKeyUnknown)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| FlowError::SealedValueMalformed)?;
    let mut text = Zeroizing::new(ciphertext.to_vec());
    let length = master
        .seat_key(seat)?
        .open_in_place(nonce, Aad::from(seat.associated_data()), text.as_mut_slice())
        .map_err(|_| FlowError::SealedValueNotOpened)?
        .len();
    text.truncate(length);
    Ok(text)
}

/// Each part after its length in four bytes, so that no two lists of parts run together into the same bytes.
fn length_prefixed(parts: &[&[u8]]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|part| {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes();
            length.into_iter().chain(part.iter().copied())
        })
        .collect()
}

fn extract(secret: &[u8; 32]) -> Prk {
    Salt::new(HKDF_SHA256, b"countersign master key").extract(secret)
}

/// Output length of the derivation of an id.
struct IdLength;

impl aws_lc_rs::hkdf::KeyType for IdLength {
    fn len(&self) -> usize {
        ID_LENGTH
    }
}
