//! Secrets that people and clients hold: client secrets, one-time codes, and the keys that guard the latter.

use std::fmt;

use aws_lc_rs::hmac;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::base64url;
use crate::digest::sha256;
use crate::id::{AuthMethodId, OtpIssueId};

/// What every client secret begins with, so that scanners find leaked ones.
pub const CLIENT_SECRET_PREFIX: &str = "cs_secret_";

/// A client secret in the clear: shown once, never stored. Zeroized when dropped, never printed.
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    /// A new secret: the prefix and 256 bits in base64url, 53 characters in all.
    pub fn mint(rng: &mut impl CryptoRng) -> Self {
        let mut random = Zeroizing::new([0; 32]);
        rng.fill_bytes(random.as_mut());
        let encoded = Zeroizing::new(base64url::encode(random.as_slice()));
        Self(Zeroizing::new(format!("{CLIENT_SECRET_PREFIX}{}", encoded.as_str())))
    }

    /// The text to show.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored.
    pub fn digest(&self) -> [u8; 32] {
        secret_digest(self.as_str())
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(..)")
    }
}

/// SHA-256 of a secret's text. Enough for secrets of 256 random bits, and for no others.
pub fn secret_digest(secret: &str) -> [u8; 32] {
    sha256(secret.as_bytes())
}

/// Whether `presented` is the secret with this digest, in a time that doesn't tell where they differ.
pub fn secret_matches(presented: &str, digest: &[u8; 32]) -> bool {
    secret_digest(presented).ct_eq(digest).into()
}

/// A one-time code: six decimal digits. Zeroized when dropped, never printed.
pub struct OtpCode(Zeroizing<String>);

impl OtpCode {
    /// The code of every issue in sandbox.
    pub fn sandbox() -> Self {
        Self(Zeroizing::new("000000".to_owned()))
    }

    /// A new code, uniform over all million.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        const CODES: u32 = 1_000_000;
        // The largest multiple of a million that 32 bits hold; numbers from there on would favour the low codes.
        const FAIR: u32 = u32::MAX - u32::MAX % CODES;
        loop {
            let number = rng.next_u32();
            if number < FAIR {
                return Self(Zeroizing::new(format!("{:06}", number % CODES)));
            }
        }
    }

    /// The digits, for the message to the user.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OtpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OtpCode(..)")
    }
}

/// A 256-bit key for HMAC-SHA256. Zeroized when dropped, never printed.
pub struct MacKey(Zeroizing<[u8; 32]>);

impl MacKey {
    /// A new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill_bytes(key.as_mut());
        Self(key)
    }

    /// The key of these bytes.
    pub fn from_bytes(key: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*key))
    }

    /// The key's bytes, to be sealed.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.0.clone()
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(..)")
    }
}

/// HMAC-SHA256 over issue, credential and code: what is stored of a one-time code. Two equal codes of different issues
/// have different MACs, and a MAC can't be moved to another credential.
pub fn code_mac(key: &MacKey, issue: OtpIssueId, credential: AuthMethodId, code: &str) -> [u8; 32] {
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.0.as_slice()));
    mac.update(b"countersign one-time code");
    // Two fields of fixed length before the only one of variable length: no two inputs run together.
    mac.update(issue.uuid().as_bytes());
    mac.update(credential.uuid().as_bytes());
    mac.update(code.as_bytes());
    let mut tag = [0; 32];
    tag.copy_from_slice(mac.sign().as_ref());
    tag
}

/// Whether `code` is the one with this MAC, in a time that doesn't tell how close it is.
pub fn code_matches(key: &MacKey, issue: OtpIssueId, credential: AuthMethodId, code: &str, mac: &[u8; 32]) -> bool {
    code_mac(key, issue, credential, code).ct_eq(mac).into()
}

/// HMAC-SHA256 over a channel and an address or number: what is stored of where a code went. Spellings of one mailbox
/// have one MAC: letter case doesn't matter, nor quotes around the local part (RFC 5321, 4.1.2), nor how its domain is
/// written.
pub fn destination_mac(key: &MacKey, channel: &str, destination: &str) -> [u8; 32] {
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.0.as_slice()));
    mac.update(b"countersign destination");
    mac.update(channel.as_bytes());
    mac.update(&[0]);
    mac.update(one_spelling(destination).as_bytes());
    let mut tag = [0; 32];
    tag.copy_from_slice(mac.sign().as_ref());
    tag
}

/// One spelling for all spellings of a mailbox, as [`destination_mac`] takes it.
pub fn one_spelling(destination: &str) -> String {
    let Some((local, domain)) = destination.rsplit_once('@') else { return destination.to_lowercase() };
    let local = match local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        None => local.to_owned(),
        Some(quoted) => {
            let mut characters = quoted.chars();
            // A backslash stands before a character that is meant as it is.
            std::iter::from_fn(|| match characters.next() {
                Some('\\') => characters.next(),
                other => other,
            })
            .collect()
        }
    };
    // Names in letters beyond ASCII have a second spelling in ASCII.
    let domain = url::Host::parse(domain).map_or_else(|_| domain.to_owned(), |host| host.to_string());
    format!("{local}@{domain}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::one_spelling;

    #[test]
    fn a_mailbox_has_one_spelling() {
        let all = [
            "ada@example.com",
            "Ada@EXAMPLE.com",
            "\"ada\"@example.com",
            "\"\\ada\"@example.com",
            "\"a\\d\\a\"@example.com",
        ];
        for spelling in all {
            assert_eq!(one_spelling(spelling), "ada@example.com", "{spelling}");
        }
        assert_eq!(one_spelling("ada@b\u{fc}cher.example"), one_spelling("ada@xn--bcher-kva.example"));
        for other in ["adb@example.com", "ada@example.org", "+15550100", "\"a\\\"da\"@example.com"] {
            assert_ne!(one_spelling(other), "ada@example.com", "{other}");
        }
        assert_eq!(one_spelling("+15550100"), "+15550100");
    }
}
