//! `Grid-Wallet-Signature`

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_flow::key::PublicKey;
use countersign_flow::stamp::Stamp;
use serde_json::Value;

use crate::second_opinion::p256_verifies;
use crate::{Case, Judged, agree};

pub(crate) fn judge(case: &Case<'_>) -> Judged {
    let Ok(stamp) = Stamp::parse(case.text("header")) else { return Judged::Refused("malformed") };
    let payload = case.text("payload").as_bytes();
    let expected = PublicKey::from_hex(case.text("expected_public_key")).unwrap();
    let verifies = stamp.verifies(payload, &expected);
    if stamp.public_key() == &expected {
        let other = p256_verifies(&expected, payload, &signature(case.text("header")));
        agree("is this signature good?", &verifies, &other);
    }
    if verifies { Judged::Accepted(Value::Null) } else { Judged::Refused("invalid") }
}

/// The signature in a header that parsed; read apart from the code under test.
fn signature(header: &str) -> Vec<u8> {
    let dense = header.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let stamp: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(dense).unwrap()).unwrap();
    hex::decode(stamp["signature"].as_str().unwrap()).unwrap()
}
