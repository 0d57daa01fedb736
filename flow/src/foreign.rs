//! What a delegated key signs for: payloads that are foreign to this server.
//!
//! A stamp by a delegated key must never be of use where a session's stamp or a token is asked for, here or in a system
//! like this one. So what looks like either is refused, read as leniently as anyone could read it.

use serde_json::Value;

use crate::payload::ActivityKind;
use crate::{base64url, json};

/// The longest payload, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// Deeper than any payload of ours; what is deeper is refused unread.
const DEPTH: usize = 64;

/// Why a payload isn't signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotForeign {
    /// Longer than [`MAX_BYTES`].
    #[error("must have at most 16384 bytes of UTF-8")]
    TooLong,
    /// Three parts in base64url, of which the first is a JSON object.
    #[error("must not be a compact JWS, nor the part of one that is signed")]
    Token,
    /// A JSON object whose `type` is one that the payloads of this server have.
    #[error("is of a kind that sessions sign")]
    Activity,
    /// JSON whose members could be read in two ways, or that is nested too deeply to be read.
    #[error("must be JSON without repeated members and nested at most 64 deep, or no JSON at all")]
    Ambiguous,
}

/// Judges a payload.
///
/// # Errors
/// [`NotForeign`] says why it isn't signed.
pub fn judge(payload: &str) -> Result<(), NotForeign> {
    if payload.len() > MAX_BYTES {
        return Err(NotForeign::TooLong);
    }
    let text = payload.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if is_token(text) {
        return Err(NotForeign::Token);
    }
    match json::parse_unique(text, DEPTH) {
        Ok(Value::Object(members)) => match members.get("type").and_then(Value::as_str) {
            Some(kind) if ActivityKind::ALL.iter().any(|ours| ours.as_str() == kind) => Err(NotForeign::Activity),
            _ => Ok(()),
        },
        Ok(_) | Err(json::JsonError::Malformed) => Ok(()),
        Err(json::JsonError::DuplicateMember | json::JsonError::TooDeep) => Err(NotForeign::Ambiguous),
    }
}

fn is_token(text: &str) -> bool {
    // Some decoders take any padding, so none of it counts here.
    let parts = text.split('.').map(|part| base64url::decode_as_browsers_do(part.trim_end_matches('=')));
    let parts: Vec<_> = parts.collect();
    match parts.as_slice() {
        // Two parts are what the signature of a token is over.
        [Some(header), Some(_)] | [Some(header), Some(_), Some(_)] => {
            serde_json::from_slice(header).is_ok_and(|header: Value| header.is_object())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_of_ours_is_refused_however_it_is_written() {
        for kind in ActivityKind::ALL {
            let kind = kind.as_str();
            for text in [
                format!(r#"{{"type":"{kind}"}}"#),
                format!(" \n{{ \"type\" : \"{kind}\" , \"parameters\":{{}} }}\t"),
                format!("\u{feff}{{\"type\":\"{kind}\"}}"),
                format!(r#"{{"\u0074ype":"{kind}"}}"#),
                format!(r#"{{"type":"\u0041{}"}}"#, &kind[1..]),
            ] {
                assert_eq!(judge(&text), Err(NotForeign::Activity), "{text}");
            }
            for text in
                [format!(r#"{{"type":"x","type":"{kind}"}}"#), format!(r#"{{"type":"{kind}","\u0074ype":"x"}}"#)]
            {
                assert_eq!(judge(&text), Err(NotForeign::Ambiguous), "{text}");
            }
            let deep = format!(r#"{{"type":"{kind}","a":{}{}}}"#, "[".repeat(100), "]".repeat(100));
            assert_eq!(judge(&deep), Err(NotForeign::Ambiguous));
        }
    }

    #[test]
    fn tokens_are_refused_with_and_without_signature_padding_and_white_space() {
        let header = base64url::encode(r#"{"alg":"none"}"#);
        for text in [
            format!("{header}.e30.c2ln"),
            format!("{header}.."),
            format!("{header}.e30"),
            format!(" {header}.e30.c2ln\n"),
            format!("{header}==.e30=.c2ln"),
        ] {
            assert_eq!(judge(&text), Err(NotForeign::Token), "{text}");
        }
    }

    #[test]
    fn anything_else_is_foreign() {
        for text in [
            "pay 12.50",
            "a.b.c",
            "{",
            "[]",
            "\"ACTIVITY_TYPE_DELETE_USERS\"",
            r#"{"type":"ACTIVITY_TYPE_SIGN_TRANSACTION_V2"}"#,
            r#"{"activity":{"type":"ACTIVITY_TYPE_DELETE_USERS"}}"#,
            r#"{"authorization":"auth_5b0c81f2","amount":1250,"currency":"USD"}"#,
            "e30.e30.e30.e30",
        ] {
            assert_eq!(judge(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_length_is_that_of_the_bytes() {
        assert_eq!(judge(&"a".repeat(MAX_BYTES)), Ok(()));
        assert_eq!(judge(&"a".repeat(MAX_BYTES + 1)), Err(NotForeign::TooLong));
        assert_eq!(judge(&"ä".repeat(MAX_BYTES / 2 + 1)), Err(NotForeign::TooLong));
    }
}
