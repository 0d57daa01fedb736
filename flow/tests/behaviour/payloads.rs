//! Payloads are canonical, name what they are about, and can't be foreseen.

use std::collections::HashSet;
use std::time::Duration;

use countersign_flow::id::SessionId;
use countersign_flow::key::ClientPublicKey;
use countersign_flow::payload::{Subject, session_refresh, session_revoke};
use serde_json::Value;
use uuid::Uuid;

use crate::{NOW, key, rng};

const SUBJECT: Subject = Subject { organization_id: Uuid::from_u128(1), user_id: Uuid::from_u128(2) };

fn session() -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(3))
}

fn target() -> ClientPublicKey {
    ClientPublicKey::parse(&key(1).public().compressed_hex().to_uppercase()).unwrap()
}

#[test]
fn a_refresh_names_user_session_and_the_key_as_sent() {
    let bytes = session_refresh(SUBJECT, session(), &target(), Duration::from_secs(900), NOW, &mut rng());
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    let parameters = &value["parameters"];
    assert_eq!(value["type"], "ACTIVITY_TYPE_CREATE_READ_WRITE_SESSION_V2");
    assert_eq!(value["organizationId"], SUBJECT.organization_id.to_string());
    assert_eq!(value["timestampMs"], "1795334400000");
    assert_eq!(parameters["userId"], SUBJECT.user_id.to_string());
    assert_eq!(parameters["sessionId"], session().to_string());
    assert_eq!(parameters["targetPublicKey"], target().as_sent());
    assert_eq!(parameters["expirationSeconds"], "900");
    assert_eq!(String::from_utf8(bytes).unwrap(), countersign_flow::json::canonical(&value));
}

#[test]
fn a_revocation_names_user_and_session() {
    let bytes = session_revoke(SUBJECT, session(), NOW, &mut rng());
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(value["type"], "ACTIVITY_TYPE_DELETE_API_KEYS");
    assert_eq!(value["parameters"]["apiKeyIds"], serde_json::json!([session().to_string()]));
    assert_eq!(value["parameters"]["sessionId"], session().to_string());
    assert_eq!(value["parameters"]["userId"], SUBJECT.user_id.to_string());
    assert_eq!(String::from_utf8(bytes).unwrap(), countersign_flow::json::canonical(&value));
}

#[test]
fn with_the_clock_standing_still_a_thousand_legs_give_a_thousand_payloads() {
    let mut rng = rng();
    let nonce_of = |bytes: &[u8]| {
        let value: Value = serde_json::from_slice(bytes).unwrap();
        let nonce = value["parameters"]["requestNonce"].as_str().unwrap().to_owned();
        assert!(nonce.len() == 32 && nonce.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c)));
        nonce
    };
    let mut nonces = HashSet::new();
    for _ in 0..500 {
        nonces.insert(nonce_of(&session_revoke(SUBJECT, session(), NOW, &mut rng)));
        let refresh = session_refresh(SUBJECT, session(), &target(), Duration::from_secs(900), NOW, &mut rng);
        nonces.insert(nonce_of(&refresh));
    }
    assert_eq!(nonces.len(), 1_000);
}
