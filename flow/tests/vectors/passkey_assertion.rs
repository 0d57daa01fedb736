//! `assertion` of `PASSKEY`

use coset::{CborSerializable, CoseKeyBuilder, iana};
use countersign_flow::FlowError;
use countersign_flow::key::PublicKey;
use countersign_flow::payload::digest_hex;
use countersign_flow::webauthn::{AssertionFault, AssertionResponse, Passkey, RelyingParty};
use serde_json::{Value, json};

use crate::{Case, Judged, agree};

pub(crate) fn judge(case: &Case<'_>) -> Judged {
    let payload = case.text("payload").as_bytes();
    agree("what is the challenge?", &digest_hex(payload), &case.text("challenge").to_owned());
    let origins = serde_json::from_value(case.input("allowed_origins").clone()).unwrap();
    let party = RelyingParty::new(case.text("rp_id"), None, origins).unwrap();
    let assertion = case.input("assertion");
    let text = |name| assertion[name].as_str().unwrap_or_default();
    let response = AssertionResponse {
        credential_id: text("credentialId"),
        client_data_json: text("clientDataJson"),
        authenticator_data: text("authenticatorData"),
        signature: text("signature"),
    };
    let stored = u32::try_from(case.input("stored_sign_count").as_u64().unwrap()).unwrap();
    match party.authenticate(&passkey(case), payload, &response) {
        Ok(assertion) if assertion.follows(stored) => Judged::Accepted(Value::Null),
        Ok(_) => Judged::Refused("invalid"),
        Err(FlowError::AssertionRefused(
            AssertionFault::OtherCredential
            | AssertionFault::ClientData(_)
            | AssertionFault::AuthenticatorData(_)
            | AssertionFault::Signature,
        )) => Judged::Refused("invalid"),
        Err(refused) => panic!("{refused}"),
    }
}

/// As a store would hold it; the vector has the key in SEC1.
fn passkey(case: &Case<'_>) -> Passkey {
    let key = PublicKey::from_hex(case.text("credential_public_key")).unwrap();
    let [x, y] = [1, 33].map(|at| key.sec1_uncompressed()[at..at + 32].to_vec());
    let cose = CoseKeyBuilder::new_ec2_pub_key(iana::EllipticCurve::P_256, x, y).algorithm(iana::Algorithm::ES256);
    serde_json::from_value(json!({
        "credentialId": case.text("credential_id"),
        "coseKey": base64_url(&cose.build().to_vec().unwrap()),
        "aaguid": "00000000-0000-0000-0000-000000000000",
        "transports": [],
        "rpId": case.text("rp_id"),
        // What a registration said of backups isn't in the vectors: the same as the assertion.
        "backup": {"eligible": backup_eligible(case), "backedUp": false},
    }))
    .unwrap()
}

fn backup_eligible(case: &Case<'_>) -> bool {
    use base64::Engine;
    let data = case.input("assertion")["authenticatorData"].as_str().unwrap_or_default();
    let data = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(data.trim_end_matches('=')).unwrap_or_default();
    data.get(32).is_some_and(|flags| flags & 0x08 != 0)
}

fn base64_url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
