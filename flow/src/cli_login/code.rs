//! Codes of attempts and sign-ins, keys of projects, and refresh tokens.
//!
//! Codes are lower-case base32 in Crockford's alphabet: no `i`, `l`, `o`, `u`, so that people can read them to each other.
//! 45 characters hold 225 random bits, 39 hold 195. All of it is stored as SHA-256; only the typed part of a sign-in code,
//! which is short, is stored as an HMAC.

use std::fmt;

use aws_lc_rs::hmac;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::base64url;
use crate::digest::sha256;
use crate::id::OtpIssueId;
use crate::secret::MacKey;

/// Crockford's base32 alphabet, lower case.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Characters of a polling, login or sign-in code.
pub const CODE_LENGTH: usize = 45;
/// Characters of a sign-in code that people type.
pub const TYPED_LENGTH: usize = 6;
/// Characters of the nonce, the rest of a sign-in code.
pub const NONCE_LENGTH: usize = CODE_LENGTH - TYPED_LENGTH;
/// Characters of a login code that the short code shows.
const SHORT_LENGTH: usize = 8;

/// What every publishable client key begins with.
pub const PUBLISHABLE_KEY_PREFIX: &str = "cs_pck_";
/// What every secret server key begins with, so that scanners find leaked ones.
pub const SERVER_KEY_PREFIX: &str = "cs_ssk_";
/// What every refresh token begins with, so that scanners find leaked ones.
pub const REFRESH_TOKEN_PREFIX: &str = "cs_refresh_";

/// A text that opens something: zeroized when dropped, never printed.
pub struct Opaque(Zeroizing<String>);

impl Opaque {
    /// A polling or login code.
    pub fn code(rng: &mut impl CryptoRng) -> Self {
        Self(base32(CODE_LENGTH, rng))
    }

    /// A token or key: the prefix and 256 bits in base64url.
    pub fn token(prefix: &str, rng: &mut impl CryptoRng) -> Self {
        let mut random = Zeroizing::new([0; 32]);
        rng.fill_bytes(random.as_mut());
        let encoded = Zeroizing::new(base64url::encode(random.as_slice()));
        Self(Zeroizing::new(format!("{prefix}{}", encoded.as_str())))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored.
    pub fn digest(&self) -> [u8; 32] {
        digest(self.as_str())
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opaque(..)")
    }
}

/// What is stored of a code or token of at least 195 random bits: SHA-256 of its text.
pub fn digest(text: &str) -> [u8; 32] {
    sha256(text.as_bytes())
}

/// The first characters of a login code, grouped: what a person compares with what the terminal shows.
pub fn short_code(login_code: &str) -> String {
    let mut short: String = login_code.chars().take(SHORT_LENGTH).collect();
    if let Some((middle, _)) = short.char_indices().nth(SHORT_LENGTH / 2) {
        short.insert(middle, '-');
    }
    short
}

/// A sign-in code: the typed part, which goes by email, and the nonce, which whoever asked for the code gets.
pub struct SignInCode {
    typed: Zeroizing<String>,
    nonce: Zeroizing<String>,
}

impl SignInCode {
    /// A new code.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self { typed: base32(TYPED_LENGTH, rng), nonce: base32(NONCE_LENGTH, rng) }
    }

    /// A code of a sandbox: its typed part is `000000`.
    pub fn sandbox(rng: &mut impl CryptoRng) -> Self {
        Self { typed: Zeroizing::new("0".repeat(TYPED_LENGTH)), nonce: base32(NONCE_LENGTH, rng) }
    }

    /// Reads typed part and nonce, in either case, with the letters that Crockford's alphabet takes for digits. `None` for
    /// a text of another length.
    pub fn parse(text: &str) -> Option<Self> {
        let text = Zeroizing::new(text.trim().to_ascii_lowercase());
        if text.len() != CODE_LENGTH || !text.is_ascii() {
            return None;
        }
        let (typed, nonce) = text.split_at(TYPED_LENGTH);
        let typed = typed.chars().map(|character| match character {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        });
        Some(Self { typed: Zeroizing::new(typed.collect()), nonce: Zeroizing::new(nonce.to_owned()) })
    }

    /// The part that people type.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// The part that they don't.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Both, as the link by email carries them.
    pub fn whole(&self) -> Zeroizing<String> {
        Zeroizing::new([self.typed(), self.nonce()].concat())
    }

    /// What a code is found by.
    pub fn nonce_digest(&self) -> [u8; 32] {
        digest(self.nonce())
    }

    /// What is stored of the typed part of the code with this id.
    pub fn typed_mac(&self, key: &MacKey, id: OtpIssueId) -> [u8; 32] {
        let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.to_bytes().as_slice()));
        mac.update(b"countersign sign-in code");
        // A field of fixed length before the only one of variable length: no two inputs run together.
        mac.update(id.uuid().as_bytes());
        mac.update(self.typed.as_bytes());
        let mut tag = [0; 32];
        tag.copy_from_slice(mac.sign().as_ref());
        tag
    }

    /// Whether the typed part is the one with this MAC, in a time that doesn't tell how close it is.
    pub fn matches(&self, key: &MacKey, id: OtpIssueId, mac: &[u8; 32]) -> bool {
        self.typed_mac(key, id).ct_eq(mac).into()
    }
}

impl fmt::Debug for SignInCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignInCode(..)")
    }
}

fn base32(length: usize, rng: &mut impl CryptoRng) -> Zeroizing<String> {
    let mut random = Zeroizing::new(vec![0_u8; length]);
    rng.fill_bytes(&mut random);
    // 256 is a multiple of 32: every character is as likely as any other.
    Zeroizing::new(random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use rand_core::{TryCryptoRng, TryRng};

    use super::*;
    use uuid::Uuid;

    /// Counts upwards.
    struct Counting(u8);

    impl TryRng for Counting {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            let mut bytes = [0; 4];
            self.try_fill_bytes(&mut bytes)?;
            Ok(u32::from_le_bytes(bytes))
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            let mut bytes = [0; 8];
            self.try_fill_bytes(&mut bytes)?;
            Ok(u64::from_le_bytes(bytes))
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            for byte in bytes {
                *byte = self.0;
                self.0 = self.0.wrapping_add(1);
            }
            Ok(())
        }
    }

    impl TryCryptoRng for Counting {}

    #[test]
    fn codes_are_45_characters_of_lower_case_base32() {
        let code = Opaque::code(&mut Counting(0));
        assert_eq!(code.as_str(), "0123456789abcdefghjkmnpqrstvwxyz0123456789abc");
        assert_eq!(code.digest(), digest(code.as_str()));
        let sign_in = SignInCode::generate(&mut Counting(0));
        assert_eq!((sign_in.typed().len(), sign_in.nonce().len()), (6, 39));
        assert_eq!(sign_in.whole().as_str(), code.as_str());
    }

    #[test]
    fn the_short_code_is_the_first_eight_characters_in_two_groups() {
        for (code, short) in [
            ("0123456789abcdefghjkmnpqrstvwxyz0123456789abc", "0123-4567"),
            ("abcde", "abcd-e"),
            ("abcd", "abcd"),
            ("", ""),
            ("\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}", "\u{e4}\u{e4}\u{e4}\u{e4}-\u{e4}"),
        ] {
            assert_eq!(short_code(code), short);
        }
    }

    #[test]
    fn a_typed_code_is_read_in_any_case_and_with_look_alikes() {
        let nonce = "7".repeat(NONCE_LENGTH);
        for (typed, read) in [("a1b0cd", "a1b0cd"), ("A1B0CD", "a1b0cd"), ("aIbOcd", "a1b0cd"), ("aLb0cD", "a1b0cd")] {
            let code = SignInCode::parse(&format!(" {typed}{nonce}\n")).unwrap();
            assert_eq!((code.typed(), code.nonce()), (read, nonce.as_str()));
        }
        for other in [String::new(), "0".repeat(44), "0".repeat(46), "\u{e4}".repeat(45), "\u{e4}".repeat(22) + "0"] {
            assert!(SignInCode::parse(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn the_mac_of_a_typed_part_belongs_to_one_code_and_one_key() {
        let (key, other) = (MacKey::from_bytes(&[1; 32]), MacKey::from_bytes(&[2; 32]));
        let [id, next] = [1, 2].map(|number| OtpIssueId::from_uuid(Uuid::from_u128(number)));
        let code = SignInCode::sandbox(&mut Counting(9));
        let mac = code.typed_mac(&key, id);
        assert!(code.matches(&key, id, &mac));
        assert!(!code.matches(&other, id, &mac) && !code.matches(&key, next, &mac));
        assert!(!SignInCode::generate(&mut Counting(1)).matches(&key, id, &mac));
    }

    #[test]
    fn nothing_of_a_code_is_printed() {
        let code = SignInCode::generate(&mut Counting(0));
        assert_eq!(format!("{code:?} {:?}", Opaque::code(&mut Counting(0))), "SignInCode(..) Opaque(..)");
    }
}
