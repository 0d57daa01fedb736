//! Stamps that no honest client makes: the other half of `s`, other encodings, other texts.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign_client::wallet::KeyPair;
use serde_json::{Value, json};

/// The order of the group P-256 (SEC 2, section 2.4.2), big-endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// A true ECDSA signature over a payload, taken apart.
#[derive(Clone, Debug)]
pub struct Signature {
    public_key: String,
    r: [u8; 32],
    s: [u8; 32],
}

impl Signature {
    /// Signs a payload.
    ///
    /// # Panics
    /// When the client library's own stamp can't be read.
    #[must_use]
    pub fn over(payload: &str, key: &KeyPair) -> Self {
        let stamp = URL_SAFE_NO_PAD.decode(key.stamp_payload(payload)).expect("base64url");
        let stamp: Value = serde_json::from_slice(&stamp).expect("JSON");
        let der = hex::decode(stamp["signature"].as_str().expect("signature")).expect("hex");
        let [0x30, _, rest @ ..] = der.as_slice() else { panic!("not a DER sequence") };
        let (r, rest) = integer(rest);
        let (s, rest) = integer(rest);
        assert!(rest.is_empty(), "trailing bytes");
        Self { public_key: key.compressed_hex(), r, s }
    }

    /// The same signature with `s` in the wanted half: `(r, s)` and `(r, order - s)` are both true.
    #[must_use]
    pub fn with_high_s(self, high: bool) -> Self {
        let other = subtract(&ORDER, &self.s);
        let is_high = self.s > other;
        let s = if is_high == high { self.s } else { other };
        Self { s, ..self }
    }

    /// Canonical DER.
    #[must_use]
    pub fn der(&self) -> Vec<u8> {
        sequence(&[encoded(&self.r, 0), encoded(&self.s, 0)].concat())
    }

    /// Encodings of the same two numbers that are not canonical, each with its name.
    #[must_use]
    pub fn non_canonical(&self) -> Vec<(&'static str, Vec<u8>)> {
        let body = [encoded(&self.r, 0), encoded(&self.s, 0)].concat();
        let length = u8::try_from(body.len()).expect("a short form");
        vec![
            ("a leading zero too many", sequence(&[encoded(&self.r, 1), encoded(&self.s, 0)].concat())),
            ("a long-form length", [&[0x30, 0x81, length][..], &body].concat()),
            ("bytes after the sequence", [sequence(&body), vec![0]].concat()),
            ("bytes inside the sequence", sequence(&[body.clone(), vec![0x05, 0x00]].concat())),
            ("an indefinite length", [&[0x30, 0x80][..], &body, &[0, 0]].concat()),
            ("raw r and s", [self.r, self.s].concat()),
        ]
    }

    /// The members of a stamp with these bytes as its signature.
    #[must_use]
    pub fn members(&self, der: &[u8]) -> Value {
        json!({
            "publicKey": self.public_key,
            "scheme": "SIGNATURE_SCHEME_TK_API_P256",
            "signature": hex::encode(der),
        })
    }

    /// A header value with these bytes as its signature.
    #[must_use]
    pub fn stamp(&self, der: &[u8]) -> String {
        encode(&self.members(der).to_string())
    }
}

/// A header value of any text: unpadded base64url.
#[must_use]
pub fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A header value of any text: padded base64 in the standard alphabet.
#[must_use]
pub fn encode_standard(text: &str) -> String {
    STANDARD.encode(text)
}

/// Reads a DER integer of at most 32 bytes.
fn integer(der: &[u8]) -> ([u8; 32], &[u8]) {
    let [0x02, length, rest @ ..] = der else { panic!("not a DER integer") };
    let (digits, rest) = rest.split_at(usize::from(*length));
    let digits = digits.strip_prefix(&[0]).unwrap_or(digits);
    let mut number = [0; 32];
    number[32 - digits.len()..].copy_from_slice(digits);
    (number, rest)
}

/// A DER integer, with some leading zeros more than it needs.
fn encoded(number: &[u8; 32], more_zeros: usize) -> Vec<u8> {
    let first = number.iter().position(|byte| *byte != 0).unwrap_or(31);
    let mut digits = vec![0; more_zeros + usize::from(number[first] >= 0x80)];
    digits.extend_from_slice(&number[first..]);
    let length = u8::try_from(digits.len()).expect("a short form");
    [&[0x02, length][..], &digits].concat()
}

fn sequence(body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(body.len()).expect("a short form");
    [&[0x30, length][..], body].concat()
}

/// `a - b` for `a >= b`, big-endian.
fn subtract(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    let mut difference = [0; 32];
    let mut borrow = false;
    for index in (0..32).rev() {
        let (partial, first) = a[index].overflowing_sub(b[index]);
        let (digit, second) = partial.overflowing_sub(u8::from(borrow));
        difference[index] = digit;
        borrow = first || second;
    }
    difference
}

#[cfg(test)]
mod tests {
    use countersign_flow::key::PublicKey;

    use super::*;

    #[test]
    fn both_halves_of_s_are_true_signatures() {
        let key = KeyPair::generate();
        let public = PublicKey::from_hex(&key.compressed_hex()).unwrap();
        for _ in 0..20 {
            let signature = Signature::over("payload", &key);
            let (low, high) = (signature.clone().with_high_s(false), signature.with_high_s(true));
            assert_ne!(low.der(), high.der());
            assert!(low.s < high.s);
            for der in [low.der(), high.der()] {
                assert!(public.verifies_der(b"payload", &der), "{}", hex::encode(der));
            }
        }
    }
}
