//! Passkeys: registration, sign-in, and every way in which either is refused.

use std::time::Duration;

use countersign_client::wallet::KeyPair;
use countersign_tests::answer::RawAnswer;
use countersign_tests::authenticator::{Passkey, base64url};
use countersign_tests::race::race;
use countersign_tests::raw::RawRequest;
use countersign_tests::server::TestServer;
use countersign_tests::wallet::Session;
use http::Method;
use serde_json::{Value, json};

const CHALLENGE: [u8; 32] = [7; 32];

fn body(server: &TestServer, passkey: &Passkey, sign_count: u32) -> Value {
    let challenge = base64url(CHALLENGE);
    json!({
        "type": "PASSKEY", "accountId": server.env("ACCOUNT_ID"), "nickname": "Phone",
        "attestation": passkey.attestation(&challenge, sign_count), "challenge": challenge,
    })
}

fn add(server: &TestServer, body: &Value) -> RawRequest {
    server.request(Method::POST, "/auth/credentials").json(body)
}

/// Registers a passkey; returns the credential's id.
async fn registered(server: &TestServer, session: &Session, passkey: &Passkey, sign_count: u32) -> String {
    let asked = add(server, &body(server, passkey, sign_count)).ask().await;
    let added = asked.retry(&session.key).await.accepted(201);
    added["id"].as_str().unwrap().to_owned()
}

async fn challenge(server: &TestServer, id: &str, key: &str) -> RawAnswer {
    let target = format!("/auth/credentials/{id}/challenge");
    server.request(Method::POST, &target).json(&json!({"clientPublicKey": key})).send().await
}

fn verify(server: &TestServer, id: &str, assertion: &Value) -> RawRequest {
    let body = json!({"type": "PASSKEY", "assertion": assertion});
    server.request(Method::POST, &format!("/auth/credentials/{id}/verify")).json(&body)
}

/// A sign-in up to its assertion, which is ready to be sent.
async fn begun(server: &TestServer, id: &str, passkey: &Passkey, sign_count: u32, key: &str) -> RawRequest {
    let challenged = challenge(server, id, key).await.accepted(200);
    let assertion = passkey.assertion(challenged["challenge"].as_str().unwrap(), sign_count);
    verify(server, id, &assertion).header("Request-Id", challenged["requestId"].as_str().unwrap())
}

#[tokio::test]
async fn a_passkey_is_registered_by_a_countersignature_and_signs_in() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let passkey = Passkey::default();
    let asked = add(&server, &body(&server, &passkey, 5)).ask().await;
    assert_eq!(asked.challenge["type"], "PASSKEY");
    let payload: Value = serde_json::from_str(asked.payload()).unwrap();
    assert_eq!(payload["type"], "ACTIVITY_TYPE_CREATE_AUTHENTICATORS_V2");
    let authenticator = &payload["parameters"]["authenticators"][0];
    assert_eq!(authenticator["authenticatorName"], "Phone");
    assert_eq!(authenticator["attestation"]["credentialId"], passkey.credential_id());
    let added = asked.retry(&session.key).await.accepted(201);
    assert_eq!((&added["type"], &added["nickname"]), (&json!("PASSKEY"), &json!("Phone")));
    assert_eq!(
        (&added["credentialId"], added.get("otpEncryptionTargetBundle")),
        (&json!(passkey.credential_id()), None)
    );

    let id = added["id"].as_str().unwrap();
    let key = KeyPair::generate();
    let challenged = challenge(&server, id, &key.compressed_hex()).await.accepted(200);
    assert_eq!(
        (&challenged["type"], &challenged["credentialId"]),
        (&json!("PASSKEY"), &json!(passkey.credential_id()))
    );
    let text = challenged["challenge"].as_str().unwrap();
    assert!(text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit)));
    let opened = begun(&server, id, &passkey, 6, &key.compressed_hex()).await.send().await.accepted(200);
    assert_eq!((&opened["type"], &opened["credentialId"]), (&json!("PASSKEY"), &json!(passkey.credential_id())));
    assert_eq!(opened.get("encryptedSessionSigningKey"), None);
    let target = format!("/auth/sessions/{}", opened["id"].as_str().unwrap());
    let ending = server.request(Method::DELETE, &target).ask().await;
    assert_eq!(ending.challenge["type"], "PASSKEY");
    let _ = ending.retry(&key).await.accepted(204);

    let opened_by =
        "SELECT actor || ' ' || actor_key FROM audit_log WHERE action = 'open-session' ORDER BY id DESC LIMIT 1";
    assert_eq!(server.database().texts(opened_by), [format!("platform {}", key.compressed_hex())]);

    // The older form: the server makes the key and seals it.
    let recipient = KeyPair::generate();
    let opened = begun(&server, id, &passkey, 7, &recipient.uncompressed_hex()).await.send().await.accepted(200);
    let key = recipient.open_session_key(opened["encryptedSessionSigningKey"].as_str().unwrap()).unwrap();
    let target = format!("/auth/sessions/{}", opened["id"].as_str().unwrap());
    let _ = server.request(Method::DELETE, &target).ask().await.retry(&key).await.accepted(204);
}

#[tokio::test]
async fn a_user_handle_chooses_nothing_and_may_be_empty() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let passkey = Passkey::default();
    let id = registered(&server, &session, &passkey, 0).await;
    for handle in ["", "dXNlci03MzAx"] {
        let challenged = challenge(&server, &id, &KeyPair::generate().compressed_hex()).await.accepted(200);
        let mut assertion = passkey.assertion(challenged["challenge"].as_str().unwrap(), 0);
        assertion["userHandle"] = handle.into();
        let request = verify(&server, &id, &assertion).header("Request-Id", challenged["requestId"].as_str().unwrap());
        let _ = request.send().await.accepted(200);
    }
}

#[tokio::test]
async fn a_registration_that_doesnt_hold_is_refused_by_its_member() {
    let server = TestServer::sandbox().start().await;
    let _ = server.wallet().await;
    let client_data = "body/attestation/clientDataJson";
    let object = "body/attestation/attestationObject";
    let change = |change: &dyn Fn(&mut Passkey)| {
        let mut passkey = Passkey::default();
        change(&mut passkey);
        body(&server, &passkey, 0)
    };
    let other_challenge = {
        let mut body = change(&|_| {});
        body["challenge"] = base64url([8; 32]).into();
        body
    };
    let other_id = {
        let mut body = change(&|_| {});
        body["attestation"]["credentialId"] = Passkey::default().credential_id().into();
        body
    };
    for (body, path) in [
        (change(&|passkey| passkey.origin = "http://localhost.example.com".to_owned()), client_data),
        (change(&|passkey| passkey.origin = "https://app.example.com".to_owned()), client_data),
        (change(&|passkey| passkey.client_data = json!({"crossOrigin": true})), client_data),
        (change(&|passkey| passkey.client_data = json!({"topOrigin": "http://localhost:4173"})), client_data),
        (change(&|passkey| passkey.rp_id = "example.com".to_owned()), object),
        (other_challenge, client_data),
        (other_id, "body/attestation/credentialId"),
    ] {
        add(&server, &body).send().await.invalid(&[path]);
    }
}

#[tokio::test]
async fn an_account_has_a_passkey_once_and_others_beside_it() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let (one, other) = (Passkey::default(), Passkey::default());
    let (first, second) =
        (add(&server, &body(&server, &one, 0)).ask().await, add(&server, &body(&server, &one, 0)).ask().await);
    let _ = first.retry(&session.key).await.accepted(201);
    second.retry(&session.key).await.refused(400, "PASSKEY_CREDENTIAL_ALREADY_EXISTS");
    add(&server, &body(&server, &one, 0)).send().await.refused(400, "PASSKEY_CREDENTIAL_ALREADY_EXISTS");
    let _ = registered(&server, &session, &other, 0).await;
}

#[tokio::test]
async fn an_assertion_that_doesnt_hold_opens_nothing_and_leaves_the_challenge() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let (passkey, stranger) = (Passkey::default(), Passkey::default());
    let id = registered(&server, &session, &passkey, 5).await;
    let key = KeyPair::generate().compressed_hex();
    let challenged = challenge(&server, &id, &key).await.accepted(200);
    let (text, request) =
        (challenged["challenge"].as_str().unwrap(), challenged["requestId"].as_str().unwrap().to_owned());
    let other = challenge(&server, &id, &key).await.accepted(200);
    let other = other["challenge"].as_str().unwrap();
    let good = passkey.assertion(text, 6);
    let mut forged = stranger.assertion(text, 6);
    forged["credentialId"] = passkey.credential_id().into();
    let mut twisted = good.clone();
    twisted["signature"] = base64url([0x30, 6, 2, 1, 1, 2, 1, 1]).into();
    for (what, assertion) in [
        ("another credential", stranger.assertion(text, 6)),
        ("another key", forged),
        ("another signature", twisted),
        ("another challenge", passkey.assertion(other, 6)),
        ("a counter that stands", passkey.assertion(text, 5)),
        ("a counter that fell to zero", passkey.assertion(text, 0)),
    ] {
        let answer = verify(&server, &id, &assertion).header("Request-Id", &request).send().await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "UNAUTHORIZED"), "{what}");
    }
    let refused = "SELECT count(*) FROM audit_log WHERE action = 'refuse-assertion'";
    assert_eq!(server.database().number(refused), 6);
    let send = || verify(&server, &id, &good).header("Request-Id", &request).send();
    let _ = send().await.accepted(200);
    send().await.refused(401, "REQUEST_ID_INVALID");
}

#[tokio::test]
async fn an_assertion_needs_the_request_of_its_own_challenge() {
    let server = TestServer::sandbox().setting("requests.ttl_secs", "2").start().await;
    let session = server.wallet().await.login().await;
    let (passkey, second) = (Passkey::default(), Passkey::default());
    let id = registered(&server, &session, &passkey, 0).await;
    let second = registered(&server, &session, &second, 0).await;
    let key = KeyPair::generate().compressed_hex();
    let challenged = challenge(&server, &id, &key).await.accepted(200);
    let assertion = passkey.assertion(challenged["challenge"].as_str().unwrap(), 0);
    let request = challenged["requestId"].as_str().unwrap();
    verify(&server, &id, &assertion).send().await.refused(401, "REQUEST_ID_MISSING");
    let ending = session.begin_revoke().await.challenge.request_id;
    for other in ["Request:1", "Request:0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90", ending.as_str()] {
        verify(&server, &id, &assertion).header("Request-Id", other).send().await.refused(401, "REQUEST_ID_INVALID");
    }
    verify(&server, &second, &assertion).header("Request-Id", request).send().await.refused(401, "REQUEST_ID_INVALID");
    // A request for an assertion is of no use to a stamp.
    let target = format!("/auth/sessions/{}", session.id);
    let stamp = session.key.stamp_payload("{}");
    let stamped = server.request(Method::DELETE, &target).header("Grid-Wallet-Signature", &stamp);
    stamped.header("Request-Id", request).send().await.refused(401, "REQUEST_ID_INVALID");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    verify(&server, &id, &assertion).header("Request-Id", request).send().await.refused(401, "REQUEST_ID_INVALID");
}

#[tokio::test]
async fn a_challenge_needs_a_key_that_nobody_holds() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let passkey = Passkey::default();
    let id = registered(&server, &session, &passkey, 0).await;
    let target = format!("/auth/credentials/{id}/challenge");
    server.request(Method::POST, &target).send().await.invalid(&["body/clientPublicKey"]);
    for key in [format!("02{}", "f".repeat(64)), session.key.compressed_hex()] {
        challenge(&server, &id, &key).await.invalid(&["body/clientPublicKey"]);
    }
    // Two challenges for one key: the second finds it held.
    let key = KeyPair::generate().compressed_hex();
    let (first, second) = (begun(&server, &id, &passkey, 0, &key).await, begun(&server, &id, &passkey, 0, &key).await);
    let _ = first.send().await.accepted(200);
    second.send().await.invalid(&["header/Request-Id"]);
    let assertion = passkey.assertion("", 0);
    let email = server.wallet().await.credential;
    verify(&server, email.as_str(), &assertion)
        .header("Request-Id", "Request:0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90")
        .send()
        .await
        .invalid(&["body/type"]);
}

#[tokio::test]
async fn a_revoked_passkey_opens_nothing() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let passkey = Passkey::default();
    let id = registered(&server, &session, &passkey, 0).await;
    let begun = begun(&server, &id, &passkey, 0, &KeyPair::generate().compressed_hex()).await;
    let revoking = server.request(Method::DELETE, &format!("/auth/credentials/{id}")).ask().await;
    let payload: Value = serde_json::from_str(revoking.payload()).unwrap();
    assert_eq!(payload["type"], "ACTIVITY_TYPE_DELETE_AUTHENTICATORS");
    let _ = revoking.retry(&session.key).await.accepted(204);
    begun.send().await.refused(404, "REFERENCE_NOT_FOUND");
    // And the same passkey may be registered again.
    let _ = registered(&server, &session, &passkey, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn of_racing_registrations_of_one_passkey_one_is_added() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let passkey = Passkey::default();
    let mut legs = Vec::new();
    for _ in 0..32 {
        legs.push(add(&server, &body(&server, &passkey, 0)).ask().await.stamped(&session.key));
    }
    let answers = race(32, |index| legs[index].clone().send()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.refused(400, "PASSKEY_CREDENTIAL_ALREADY_EXISTS");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn of_racing_assertions_with_one_counter_one_opens_a_session() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let passkey = Passkey::default();
    let id = registered(&server, &session, &passkey, 5).await;
    let mut requests = Vec::new();
    for _ in 0..32 {
        requests.push(begun(&server, &id, &passkey, 6, &KeyPair::generate().compressed_hex()).await);
    }
    let answers = race(32, |index| requests[index].clone().send()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.refused(401, "UNAUTHORIZED");
    }
    // One assertion, sent by many: its request serves once.
    let one = begun(&server, &id, &passkey, 7, &KeyPair::generate().compressed_hex()).await;
    let answers = race(32, |_| one.clone().send()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.refused(401, "REQUEST_ID_INVALID");
    }
}

#[tokio::test]
async fn each_platform_has_its_own_relying_party() {
    let server = TestServer::production().start().await;
    let (id, secret) = server.platform_create("Platform");
    let request = |method, target: &str| server.request_as(method, target, &id, &secret);
    let customer = json!({"customerType": "INDIVIDUAL", "email": "a@example.com"});
    let _ = request(Method::POST, "/customers").json(&customer).send().await.accepted(201);
    let accounts = request(Method::GET, "/customers/internal-accounts").send().await.accepted(200);
    let mut passkey = Passkey::default();
    let challenge = base64url(CHALLENGE);
    let send = |passkey: &Passkey| {
        let body = json!({
            "type": "PASSKEY", "accountId": accounts["data"][0]["id"], "nickname": "Phone",
            "attestation": passkey.attestation(&challenge, 0), "challenge": challenge,
        });
        request(Method::POST, "/auth/credentials").json(&body).send()
    };
    send(&passkey).await.refused(503, "UNAVAILABLE");
    let platform = server.database().texts("SELECT id FROM platforms").remove(0);
    let set = ["platform", "relying-party", &platform, "example.com", "--origin", "https://app.example.com"];
    assert!(server.operate(&set).contains("set"));
    send(&passkey).await.invalid(&["body/attestation/clientDataJson"]);
    passkey.origin = "https://app.example.com".to_owned();
    send(&passkey).await.invalid(&["body/attestation/attestationObject"]);
    passkey.rp_id = "example.com".to_owned();
    let _ = send(&passkey).await.accepted(202);
}
