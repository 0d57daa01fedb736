//! What is given to be signed: canonical, complete, never the same twice (W1).

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_client::wallet::KeyPair;
use countersign_tests::race::many;
use countersign_tests::server::TestServer;
use countersign_tests::wallet::{Session, created};
use serde_json::Value;

/// A payload as JSON, after checking that it is canonical: keys sorted at every depth, no white space.
fn canonical(payload: &str) -> Value {
    let value: Value = serde_json::from_str(payload).expect("a JSON payload");
    assert_eq!(sorted(&value), payload, "not canonical");
    value
}

/// JSON with sorted keys and no white space, whatever the features of `serde_json` are.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), sorted(value)))
                .collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(",")),
        scalar => scalar.to_string(),
    }
}

fn nonce_of(payload: &Value) -> String {
    let nonce = payload["parameters"]["requestNonce"].as_str().expect("requestNonce").to_owned();
    assert!(nonce.len() == 32 && nonce.bytes().all(|digit| digit.is_ascii_hexdigit()), "{nonce}");
    nonce
}

async fn refresh_payload(session: &Session, key: &str) -> Value {
    canonical(&session.begin_refresh(key).await.challenge.payload_to_sign)
}

#[tokio::test]
async fn a_refresh_payload_names_account_user_session_key_and_nonce() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    for key in [KeyPair::generate().compressed_hex().to_uppercase(), KeyPair::generate().uncompressed_hex()] {
        let payload = refresh_payload(&session, &key).await;
        assert_eq!(payload["type"], "ACTIVITY_TYPE_CREATE_READ_WRITE_SESSION_V2");
        assert_eq!(payload["parameters"]["targetPublicKey"], *key, "exactly as sent");
        assert_eq!(payload["parameters"]["sessionId"], session.id.as_str());
        for text in ["apiKeyName", "expirationSeconds", "userId"] {
            assert!(payload["parameters"][text].is_string(), "{text}: {payload}");
        }
        let millis: i64 = payload["timestampMs"].as_str().unwrap().parse().unwrap();
        assert!((millis - session.opened.created_at.timestamp_millis()).abs() < 60_000);
        nonce_of(&payload);
    }
}

#[tokio::test]
async fn a_revoke_payload_names_account_user_session_and_nonce() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let payload = canonical(&session.begin_revoke().await.challenge.payload_to_sign);
    assert_eq!(payload["type"], "ACTIVITY_TYPE_DELETE_API_KEYS");
    assert_eq!(payload["parameters"]["sessionId"], session.id.as_str());
    assert!(payload["parameters"]["apiKeyIds"].is_array());
    assert!(payload["parameters"]["userId"].is_string());
    nonce_of(&payload);
}

#[tokio::test]
async fn a_login_payload_is_a_token_that_names_the_key_to_sign_with() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let login = wallet.begin_login().await;
    let token = login.pending.challenge.payload_to_sign.clone();
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { panic!("{token}") };
    let decoded = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let (header, claims) = (decoded(header), decoded(claims));
    assert_eq!((&header["alg"], &header["typ"]), (&Value::from("ES256"), &Value::from("JWT")));
    assert!(header["kid"].as_str().unwrap().starts_with("verification:"), "{header}");
    assert_eq!(URL_SAFE_NO_PAD.decode(signature).unwrap().len(), 64);

    assert_eq!(claims["verification_type"], "OTP_TYPE_EMAIL");
    assert_eq!(claims["public_key"], login.key.compressed_hex());
    assert!(claims["contact"].as_str().unwrap().contains('@'));
    let expires: i64 = claims["exp"].as_str().unwrap().parse().unwrap();
    let session = login.finish().await;
    let life = expires - session.opened.created_at.timestamp_millis();
    assert!((0..=10 * 60_000).contains(&life), "exp is {life} ms away");
    // One organisation and one user for all payloads of the account.
    let refresh = refresh_payload(&session, &KeyPair::generate().compressed_hex()).await;
    assert_eq!(refresh["organizationId"], claims["organization_id"]);
    let revoke = canonical(&session.begin_revoke().await.challenge.payload_to_sign);
    assert_eq!(revoke["organizationId"], refresh["organizationId"]);
    assert_eq!(revoke["parameters"]["userId"], refresh["parameters"]["userId"]);
    let again = wallet.begin_login().await.pending.challenge.payload_to_sign;
    assert_ne!(again, token);
    assert_ne!(decoded(again.split('.').nth(1).unwrap())["id"], claims["id"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_legs_give_a_thousand_payloads() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let key = KeyPair::generate().compressed_hex();
    // Nothing but the time and the nonce may differ between these payloads; without the time, the nonce must do.
    let payloads = many(999, 16, |_| {
        let (session, key) = (session.clone(), key.clone());
        async move { session.begin_refresh(&key).await.challenge }
    })
    .await;
    let mut timeless = BTreeSet::new();
    let mut nonces = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for challenge in &payloads {
        let mut payload = canonical(&challenge.payload_to_sign);
        nonces.insert(nonce_of(&payload));
        payload["timestampMs"] = Value::Null;
        timeless.insert(payload.to_string());
        ids.insert(challenge.request_id.clone());
    }
    assert_eq!((timeless.len(), nonces.len(), ids.len()), (999, 999, 999));
}

#[tokio::test]
async fn a_stamp_of_one_pending_request_is_refused_by_another() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let key = KeyPair::generate().compressed_hex();
    let (a, b) = (session.begin_refresh(&key).await, session.begin_refresh(&key).await);
    let stamp = session.key.stamp_payload(&a.challenge.payload_to_sign);
    let input = b.with_headers(stamp, b.challenge.request_id.clone());
    b.send(&input).await.refused(401, "WALLET_SIGNATURE_INVALID");
    let _ = created(a.retry(&session.key).await);
}
