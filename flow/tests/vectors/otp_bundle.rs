//! `encryptedOtpBundle`

use countersign_flow::key::PublicKey;
use countersign_flow::otp_bundle::SealedCode;
use countersign_flow::{FlowError, hpke};
use serde_json::{Value, json};

use crate::second_opinion::rustls_opens;
use crate::{Case, Judged, agree};

pub(crate) fn judge(case: &Case<'_>) -> Judged {
    let target = case.secret("target_priv");
    let text = case.text("encryptedOtpBundle");
    let opened = match SealedCode::parse(text).and_then(|sealed| sealed.open(&target)) {
        Ok(opened) => opened,
        Err(FlowError::OtpBundleNotOpened) => return Judged::Refused("open_failed"),
        Err(FlowError::OtpPlaintextMalformed) => return Judged::Refused("bad_plaintext"),
        Err(FlowError::OtpPublicKeyMalformed) => return Judged::Refused("bad_public_key"),
        Err(_) => return Judged::Refused("malformed"),
    };
    let outer: Value = serde_json::from_str(text).unwrap();
    let encapsulated = PublicKey::from_hex(outer["encappedPublic"].as_str().unwrap()).unwrap();
    let ciphertext = hex::decode(outer["ciphertext"].as_str().unwrap()).unwrap();
    let plaintext = hpke::open(&target, &encapsulated, &ciphertext).unwrap().to_vec();
    agree("what is inside?", &Some(plaintext.clone()), &rustls_opens(&target, &encapsulated, &ciphertext));
    Judged::Accepted(json!({
        "otp_code": opened.code.as_str(),
        "public_key_compressed": opened.public_key.compressed_hex(),
        "plaintext": String::from_utf8(plaintext).unwrap(),
    }))
}
