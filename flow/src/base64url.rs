//! Base64 as the formats of this crate use it: written as base64url without padding, read in four degrees of strictness.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const UNPADDED: GeneralPurpose = base64::engine::general_purpose::URL_SAFE_NO_PAD;

const ANY_PADDING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const BROWSER: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Base64url without padding (RFC 4648, section 5).
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    UNPADDED.encode(bytes)
}

/// Reads what [`encode`] writes, and nothing else.
pub(crate) fn decode_unpadded(text: &str) -> Option<Vec<u8>> {
    UNPADDED.decode(text).ok()
}

/// Reads both alphabets, padded or not. White space, line breaks and non-zero trailing bits are refused.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    ANY_PADDING.decode(url_alphabet(text)).ok()
}

/// Reads what `atob` reads in a browser: as [`decode`], and also ASCII white space and non-zero trailing bits.
pub(crate) fn decode_as_browsers_do(text: &str) -> Option<Vec<u8>> {
    let dense: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    BROWSER.decode(url_alphabet(&dense)).ok()
}

fn url_alphabet(text: &str) -> String {
    text.replace('+', "-").replace('/', "_")
}
