//! Delegated keys: three legs, one per card, revocation, and what they sign.

use std::time::Duration;

use countersign_client::wallet::KeyPair;
use countersign_flow::key::PublicKey;
use countersign_flow::stamp::Stamp;
use countersign_tests::answer::RawAnswer;
use countersign_tests::race::race;
use countersign_tests::raw::{Asked, RawRequest};
use countersign_tests::sample::Ids;
use countersign_tests::server::{Setup, TestServer};
use countersign_tests::wallet::Session;
use http::Method;
use serde_json::{Value, json};

fn create(server: &TestServer) -> RawRequest {
    let body = json!({"cardId": server.env("CARD_ID"), "nickname": "Settlement"});
    server.request(Method::POST, "/auth/delegated-keys").json(&body)
}

fn get(server: &TestServer, id: &str) -> RawRequest {
    server.request(Method::GET, &format!("/auth/delegated-keys/{id}"))
}

pub(crate) fn revoke(server: &TestServer, id: &str) -> RawRequest {
    server.request(Method::DELETE, &format!("/auth/delegated-keys/{id}"))
}

async fn list(server: &TestServer, query: &str) -> Vec<Value> {
    let answer = server.request(Method::GET, &format!("/auth/delegated-keys?{query}")).send().await;
    answer.accepted(200)["data"].as_array().unwrap().clone()
}

pub(crate) async fn stamp(server: &TestServer, id: &str, payload: &str) -> RawAnswer {
    let target = format!("/auth/delegated-keys/{id}/stamp");
    server.request(Method::POST, &target).json(&json!({"payloadToSign": payload})).send().await
}

fn named(asked: &Asked) -> String {
    let payload: Value = serde_json::from_str(asked.payload()).unwrap();
    payload["parameters"]["delegatedKeyId"].as_str().unwrap().to_owned()
}

pub(crate) async fn activated(server: &TestServer, session: &Session) -> Value {
    create(server).ask().await.ask_again(&session.key).await.retry(&session.key).await.accepted(201)
}

pub(crate) async fn ready(setup: Setup) -> (TestServer, Session) {
    let server = setup.start().await;
    let session = server.wallet().await.login().await;
    (server, session)
}

#[tokio::test]
pub(crate) async fn two_countersignatures_make_a_key_that_signs() {
    let (server, session) = ready(TestServer::sandbox()).await;
    let first = create(&server).ask().await;
    let id = named(&first);
    let made: Value = serde_json::from_str(first.payload()).unwrap();
    assert_eq!(made["type"], "ACTIVITY_TYPE_CREATE_USERS_V4");
    // Until it is countersigned, nobody is shown it.
    get(&server, &id).send().await.refused(404, "REFERENCE_NOT_FOUND");
    revoke(&server, &id).send().await.refused(404, "REFERENCE_NOT_FOUND");
    stamp(&server, &id, "a payload").await.refused(404, "REFERENCE_NOT_FOUND");
    assert_eq!(list(&server, &format!("cardId={}", server.env("CARD_ID"))).await, [] as [Value; 0]);

    let second = first.ask_again(&session.key).await;
    assert_eq!(named(&second), id);
    let policy: Value = serde_json::from_str(second.payload()).unwrap();
    assert_eq!(policy["type"], "ACTIVITY_TYPE_CREATE_POLICIES");
    let pending = get(&server, &id).send().await.accepted(200);
    assert_eq!((&pending["status"], &pending["nickname"]), (&json!("PENDING"), &json!("Settlement")));
    stamp(&server, &id, "a payload").await.refused(409, "CONFLICT");

    let key = second.retry(&session.key).await.accepted(201);
    assert_eq!((&key["status"], &key["id"]), (&json!("ACTIVE"), &json!(id)));
    assert_eq!(key["publicKey"], made["parameters"]["users"][0]["apiKeys"][0]["publicKey"]);
    assert_eq!(get(&server, &id).send().await.accepted(200), key);
    for query in [
        format!("cardId={}", server.env("CARD_ID")),
        format!("accountId={}", server.env("ACCOUNT_ID")),
        format!("fundingSourceId={}", key["fundingSourceId"].as_str().unwrap()),
        format!("cardId={}&accountId={}", server.env("CARD_ID"), server.env("ACCOUNT_ID")),
    ] {
        assert_eq!(list(&server, &query).await, std::slice::from_ref(&key), "{query}");
    }
    // A leg that was answered can't be repeated.
    for leg in [&first, &second] {
        leg.retry(&session.key).await.refused(401, "REQUEST_ID_INVALID");
    }

    let payload = r#"{"authorization":"auth_5b0c81f2","amount":1250}"#;
    let signed = stamp(&server, &id, payload).await.accepted(200);
    let signed = Stamp::parse(signed["stamp"].as_str().unwrap()).unwrap();
    let public = PublicKey::from_hex(key["publicKey"].as_str().unwrap()).unwrap();
    assert!(signed.verifies(payload.as_bytes(), &public));
    let digest = countersign_flow::payload::digest_hex(payload.as_bytes());
    let audited = "SELECT resource || ' ' || digest FROM audit_log WHERE action = 'stamp'";
    assert_eq!(server.database().texts(audited), [format!("{id} {digest}")]);
}

#[tokio::test]
async fn a_card_has_one_key_at_a_time() {
    let (server, session) = ready(TestServer::sandbox()).await;
    let (first, second) = (create(&server).ask().await, create(&server).ask().await);
    let noted = first.ask_again(&session.key).await;
    second.retry(&session.key).await.refused(409, "CONFLICT");
    create(&server).send().await.refused(409, "CONFLICT");
    let key = noted.retry(&session.key).await.accepted(201);
    second.retry(&session.key).await.refused(409, "CONFLICT");
    create(&server).send().await.refused(409, "CONFLICT");
    let id = key["id"].as_str().unwrap();
    let _ = revoke(&server, id).ask().await.retry(&session.key).await.accepted(204);
    // The refused leg was not used up.
    let other = second.ask_again(&session.key).await.retry(&session.key).await.accepted(201);
    assert_ne!(other["id"], id);
}

#[tokio::test]
async fn a_pending_key_whose_time_is_over_makes_room() {
    let (server, session) = ready(TestServer::sandbox().setting("requests.ttl_secs", "2")).await;
    let stale = create(&server).ask().await.ask_again(&session.key).await;
    create(&server).send().await.refused(409, "CONFLICT");
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    stale.retry(&session.key).await.refused(401, "REQUEST_ID_INVALID");
    assert_eq!(get(&server, &named(&stale)).send().await.accepted(200)["status"], "PENDING");
    let _ = activated(&server, &session).await;
    assert_eq!(get(&server, &named(&stale)).send().await.accepted(200)["status"], "REVOKED");
    let blobs = "SELECT count(*) FROM delegated_keys WHERE sealed IS NOT NULL";
    assert_eq!(server.database().number(blobs), 1);
}

#[tokio::test]
pub(crate) async fn what_nobody_countersigned_is_purged_with_its_private_half() {
    let (server, session) =
        ready(TestServer::sandbox().setting("requests.ttl_secs", "1").setting("purge.interval_secs", "1")).await;
    let pending = create(&server).ask().await.ask_again(&session.key).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let _draft = create(&server).ask().await;
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    let mut database = server.database();
    assert_eq!(database.number("SELECT count(*) FROM delegated_keys WHERE status = 'DRAFT'"), 0);
    assert_eq!(database.number("SELECT count(*) FROM delegated_keys WHERE sealed IS NOT NULL"), 0);
    // Nobody has revoked it, and one may.
    let id = named(&pending);
    assert_eq!(get(&server, &id).send().await.accepted(200)["status"], "PENDING");
    let _ = revoke(&server, &id).ask().await.retry(&session.key).await.accepted(204);
}

#[tokio::test]
async fn a_revoked_key_signs_no_more_and_is_destroyed() {
    let (server, session) = ready(TestServer::sandbox()).await;
    let key = activated(&server, &session).await;
    let id = key["id"].as_str().unwrap();
    let asked = revoke(&server, id).ask().await;
    let payload: Value = serde_json::from_str(asked.payload()).unwrap();
    assert_eq!(
        (&payload["type"], &payload["parameters"]["userIds"]),
        (&json!("ACTIVITY_TYPE_DELETE_USERS"), &json!([id]))
    );
    let _ = stamp(&server, id, "still").await.accepted(200);
    let _ = asked.retry(&session.key).await.accepted(204);
    stamp(&server, id, "no more").await.refused(409, "CONFLICT");
    assert_eq!(get(&server, id).send().await.accepted(200)["status"], "REVOKED");
    revoke(&server, id).send().await.invalid(&["path/id"]);
    asked.retry(&session.key).await.refused(401, "REQUEST_ID_INVALID");
    assert_eq!(server.database().number("SELECT count(*) FROM delegated_keys WHERE sealed IS NOT NULL"), 0);
}

#[tokio::test]
async fn a_pending_key_can_be_revoked_and_then_not_activated() {
    let (server, session) = ready(TestServer::sandbox()).await;
    let second = create(&server).ask().await.ask_again(&session.key).await;
    let id = named(&second);
    let (one, other) = (revoke(&server, &id).ask().await, revoke(&server, &id).ask().await);
    let _ = one.retry(&session.key).await.accepted(204);
    other.retry(&session.key).await.invalid(&["path/id"]);
    second.retry(&session.key).await.refused(401, "REQUEST_ID_INVALID");
}

#[tokio::test]
async fn what_is_no_countersignature_makes_and_revokes_nothing() {
    let (server, session) = ready(TestServer::sandbox()).await;
    let first = create(&server).ask().await;
    let other = session.begin_revoke().await.challenge;
    let refuse = |asked: Asked| {
        let (key, other) = (std::sync::Arc::clone(&session.key), other.request_id.clone());
        async move {
            let stamp = key.stamp_payload(asked.payload());
            let stranger = KeyPair::generate().stamp_payload(asked.payload());
            for (signature, request_id, code) in [
                ("!", asked.request_id(), "WALLET_SIGNATURE_MALFORMED"),
                (stamp.as_str(), "Request:1", "REQUEST_ID_INVALID"),
                (stamp.as_str(), other.as_str(), "REQUEST_ID_INVALID"),
                (stranger.as_str(), asked.request_id(), "WALLET_SIGNATURE_INVALID"),
            ] {
                asked.with(signature, request_id).send().await.refused(401, code);
            }
            asked
        }
    };
    let first = refuse(first).await;
    create(&server).header("Request-Id", first.request_id()).send().await.refused(401, "WALLET_SIGNATURE_MISSING");
    let stamp = session.key.stamp_payload(first.payload());
    create(&server).header("Grid-Wallet-Signature", &stamp).send().await.refused(401, "REQUEST_ID_MISSING");
    let body = json!({"cardId": server.env("CARD_ID"), "nickname": "Another"});
    let changed = server.request(Method::POST, "/auth/delegated-keys").json(&body);
    let changed = changed.header("Grid-Wallet-Signature", &stamp).header("Request-Id", first.request_id());
    changed.send().await.refused(401, "WALLET_SIGNATURE_BODY_MISMATCH");
    let second = refuse(first.ask_again(&session.key).await).await;
    let key = second.retry(&session.key).await.accepted(201);
    let revoking = refuse(revoke(&server, key["id"].as_str().unwrap()).ask().await).await;
    let _ = revoking.retry(&session.key).await.accepted(204);
}

#[tokio::test]
async fn card_and_account_must_be_known_and_belong_together() {
    let (server, session) = ready(TestServer::sandbox()).await;
    let unknown = Ids::unknown();
    let post = |body: Value| server.request(Method::POST, "/auth/delegated-keys").json(&body);
    post(json!({"cardId": unknown.card, "nickname": "x"})).send().await.refused(404, "REFERENCE_NOT_FOUND");
    let card = server.env("CARD_ID");
    let body = json!({"cardId": card, "nickname": "x", "internalAccountId": unknown.account});
    post(body).send().await.refused(404, "REFERENCE_NOT_FOUND");
    let other = server.request(Method::POST, "/customers").json(&json!({"customerType": "INDIVIDUAL"})).send().await;
    let target = format!("/customers/internal-accounts?customerId={}", other.accepted(201)["id"].as_str().unwrap());
    let accounts = server.request(Method::GET, &target).send().await.accepted(200);
    let body = json!({"cardId": card, "nickname": "x", "internalAccountId": accounts["data"][0]["id"]});
    post(body).send().await.invalid(&["body/internalAccountId"]);
    for body in [json!({"cardId": card}), json!({"cardId": card, "nickname": ""}), json!({"nickname": "x"})] {
        post(body).send().await.refused(400, "INVALID_INPUT");
    }
    // The account by name is the same as by default.
    let body = json!({"cardId": card, "nickname": "x", "internalAccountId": server.env("ACCOUNT_ID")});
    let key = post(body).ask().await.ask_again(&session.key).await.retry(&session.key).await.accepted(201);
    assert_eq!(key["accountId"], server.env("ACCOUNT_ID"));
}

#[tokio::test]
async fn a_list_needs_a_filter_and_unknown_keys_are_not_found() {
    let server = TestServer::sandbox().start().await;
    server.request(Method::GET, "/auth/delegated-keys").send().await.invalid(&["query"]);
    server.request(Method::GET, "/auth/delegated-keys?cardId=1").send().await.invalid(&["query/cardId"]);
    let unknown = Ids::unknown();
    assert_eq!(list(&server, &format!("cardId={}", unknown.card)).await, [] as [Value; 0]);
    get(&server, &unknown.delegated_key).send().await.refused(404, "REFERENCE_NOT_FOUND");
    revoke(&server, &unknown.delegated_key).send().await.refused(404, "REFERENCE_NOT_FOUND");
    stamp(&server, &unknown.delegated_key, "x").await.refused(404, "REFERENCE_NOT_FOUND");
    get(&server, "DelegatedKey:1").send().await.invalid(&["path/id"]);
    stamp(&server, "DelegatedKey:1", "x").await.invalid(&["path/id"]);
}

#[tokio::test]
async fn a_client_without_the_capability_gets_no_stamp() {
    let server = TestServer::sandbox().start().await;
    let (id, secret) = server.platform_create("Stranger");
    let target = format!("/auth/delegated-keys/{}/stamp", Ids::unknown().delegated_key);
    let ask = || server.request_as(Method::POST, &target, &id, &secret).json(&json!({"payloadToSign": "x"})).send();
    ask().await.refused(403, "CAPABILITY_REQUIRED");
    let platform = server.database().texts(&format!("SELECT id FROM platforms WHERE client_id = '{id}'")).remove(0);
    assert!(server.operate(&["platform", "grant", &platform, "delegated-stamp"]).contains("granted"));
    ask().await.refused(404, "REFERENCE_NOT_FOUND");
    let _ = server.operate(&["platform", "withdraw", &platform, "delegated-stamp"]);
    ask().await.refused(403, "CAPABILITY_REQUIRED");
}

#[tokio::test]
async fn what_sessions_sign_delegated_keys_dont() {
    let (server, session) = ready(TestServer::sandbox()).await;
    let key = activated(&server, &session).await;
    let id = key["id"].as_str().unwrap();
    let asked = session.begin_revoke().await.challenge.payload_to_sign;
    let jws = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln";
    for payload in [asked.as_str(), &format!(" {asked}"), jws, r#"{"a":1,"a":2}"#, ""] {
        stamp(&server, id, payload).await.invalid(&["body/payloadToSign"]);
    }
    stamp(&server, id, &"x".repeat(16_385)).await.invalid(&["body/payloadToSign"]);
    stamp(&server, id, &"ä".repeat(8_193)).await.invalid(&["body/payloadToSign"]);
    let _ = stamp(&server, id, &"x".repeat(16_384)).await.accepted(200);
}

#[tokio::test]
async fn a_delegated_keys_stamp_countersigns_nothing_here() {
    let (server, session) = ready(TestServer::sandbox()).await;
    let key = activated(&server, &session).await;
    let id = key["id"].as_str().unwrap();
    let signed = stamp(&server, id, "anything").await.accepted(200);
    let signed = signed["stamp"].as_str().unwrap();
    let target = format!("/auth/sessions/{}", session.id);
    for request in [
        server.request(Method::DELETE, &target),
        revoke(&server, id),
        server
            .request(Method::POST, "/auth/credentials")
            .json(&json!({"type": "SMS_OTP", "accountId": server.env("ACCOUNT_ID")})),
    ] {
        let asked = request.ask().await;
        asked.with(signed, asked.request_id()).send().await.refused(401, "WALLET_SIGNATURE_INVALID");
    }
}

#[tokio::test]
async fn stamps_are_limited_by_key() {
    // Sandbox limits are a hundred times wider: a burst of 1 is one of 100.
    let setup = TestServer::sandbox().setting("limits.stamp_burst", "1").setting("limits.stamp_refill_secs", "3600");
    let (server, session) = ready(setup).await;
    let key = activated(&server, &session).await;
    let id = key["id"].as_str().unwrap();
    for _ in 0..100 {
        let _ = stamp(&server, id, "x").await.accepted(200);
    }
    let limited = stamp(&server, id, "x").await;
    limited.refused(429, "RATE_LIMITED");
    assert!(limited.headers.contains_key("retry-after"));
    assert_eq!(server.database().number("SELECT count(*) FROM audit_log WHERE action = 'stamp'"), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn of_racing_keys_for_one_card_one_is_made() {
    let (server, session) = ready(TestServer::sandbox()).await;
    let mut drafts = Vec::new();
    for _ in 0..32 {
        drafts.push(create(&server).ask().await.stamped(&session.key));
    }
    let answers = race(32, |index| drafts[index].clone().send()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 202).count(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 202) {
        refused.refused(409, "CONFLICT");
    }
    let live = "SELECT count(*) FROM delegated_keys WHERE status IN ('PENDING', 'ACTIVE')";
    assert_eq!(server.database().number(live), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn of_racing_repetitions_of_each_leg_one_gets_through() {
    let (server, session) = ready(TestServer::sandbox()).await;
    let first = create(&server).ask().await;
    let leg = first.stamped(&session.key);
    let answers = race(32, |_| leg.clone().send()).await;
    let through: Vec<_> = answers.iter().filter(|answer| answer.status == 202).collect();
    assert_eq!(through.len(), 1);
    let challenge = through[0].json();
    let stamp = session.key.stamp_payload(challenge["payloadToSign"].as_str().unwrap());
    let leg = first.with(&stamp, challenge["requestId"].as_str().unwrap());
    let answers = race(32, |_| leg.clone().send()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.refused(401, "REQUEST_ID_INVALID");
    }
    let id = named(&first);
    let leg = revoke(&server, &id).ask().await.stamped(&session.key);
    let answers = race(32, |_| leg.clone().send()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 204) {
        refused.refused(401, "REQUEST_ID_INVALID");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_stamp_is_given_out_after_a_revocation_was_answered() {
    let (server, session) = ready(TestServer::sandbox()).await;
    let key = activated(&server, &session).await;
    let id = key["id"].as_str().unwrap().to_owned();
    let leg = revoke(&server, &id).ask().await.stamped(&session.key);
    let target = format!("/auth/delegated-keys/{id}/stamp");
    let stamping = server.request(Method::POST, &target).json(&json!({"payloadToSign": "x"}));
    let answers = race(33, |index| {
        let (leg, stamping) = (leg.clone(), stamping.clone());
        async move { if index == 16 { (true, leg.send().await.status) } else { (false, stamping.send().await.status) } }
    })
    .await;
    assert!(answers.iter().all(|(revoking, status)| if *revoking {
        *status == 204
    } else {
        [200, 409].contains(&status.as_u16())
    }));
    // In the log, every stamp is before the revocation.
    let late = "SELECT count(*) FROM audit_log AS stamps JOIN audit_log AS ends ON ends.action = 'revoke-delegated-key'
                WHERE stamps.action = 'stamp' AND stamps.rowid > ends.rowid";
    assert_eq!(server.database().number(late), 0);
    stamp(&server, &id, "x").await.refused(409, "CONFLICT");
}
