//! ## What it finds
//! A text that holds a P-256 public key, by its name (`publicKey`, `sessionPublicKey`) or its description, and whose
//! pattern allows what is no SEC1 key in hex: `02` or `03` and 64 digits, or `04` and 128 digits. Keys of other curves,
//! JWK and PEM are left alone.
//! ## Why it matters
//! A pattern that is too wide lets through what the server must refuse later, with a worse message.
//! ## Fix
//! Write for example `^(0[23][0-9a-fA-F]{64}|04[0-9a-fA-F]{128})$`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("p256-key-pattern", Check::Object(&[Kind::Schema], check));

const OTHERS: [&str; 25] = [
    "ed25519",
    "ed448",
    "x25519",
    "x448",
    "curve25519",
    "curve448",
    "secp256k1",
    "secp384r1",
    "secp521r1",
    "p-384",
    "p-521",
    "p384",
    "p521",
    "brainpool",
    "brainpoolp256r1",
    "brainpoolp384r1",
    "brainpoolp512r1",
    "bls",
    "bls12",
    "bn254",
    "ristretto255",
    "rsa",
    "jwk",
    "jwks",
    "pem",
];

/// What is made with a key, or tells which one it is, is no key.
const NO_KEYS: [&str; 10] =
    ["private", "signature", "signed", "id", "identifier", "fingerprint", "thumbprint", "hash", "digest", "name"];

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    for (name, property) in schema.get("properties").into_iter().flat_map(Site::entries) {
        let parts = schema::parts(property);
        let Some(pattern) = parts.iter().find_map(|part| part.get("pattern")) else { continue };
        let described: Vec<String> =
            parts.iter().filter_map(|part| part.follow("description")?.str()).map(str::to_lowercase).collect();
        let says = |word: &str| described.iter().any(|text| has_word(text, word));
        let by_name = name == "publicKey" || name.ends_with("PublicKey");
        let is_key = described.iter().any(|text| text.contains("public key"))
            || (says("key") && !NO_KEYS.iter().any(|word| says(word)));
        let by_text = says("sec1") || ((says("p-256") || says("p256")) && is_key);
        let words = casing::words(name);
        let is_other = OTHERS.iter().any(|other| says(other) || words.iter().any(|word| word == other));
        if !(by_name || by_text) || is_other {
            continue;
        }
        let words = pattern.str().and_then(|text| schema.tree.pattern(text).words());
        if !words.is_some_and(|words| !words.is_empty() && words.iter().all(|word| is_sec1(word))) {
            // Without the name: properties can share the pattern, which is mended once.
            report.add(pattern, "the pattern allows what is no P-256 key in SEC1 hex");
        }
    }
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        is_end(text[..at].chars().next_back()) && is_end(text[at + word.len()..].chars().next())
    })
}

fn is_sec1(word: &[Vec<(u8, u8)>]) -> bool {
    let only = |position: usize, allowed: &[u8]| {
        word.get(position)
            .is_some_and(|ranges| ranges.iter().all(|(low, high)| (*low..=*high).all(|byte| allowed.contains(&byte))))
    };
    let hex = b"0123456789abcdefABCDEF";
    let rest = (2..word.len()).all(|position| only(position, hex));
    match word.len() {
        66 => only(0, b"0") && only(1, b"23") && rest,
        130 => only(0, b"0") && only(1, b"4") && rest,
        _ => false,
    }
}
