//! Adding, listing and revoking credentials; codes by SMS.

use countersign_client::wallet::KeyPair;
use countersign_tests::answer::RawAnswer;
use countersign_tests::race::race;
use countersign_tests::raw::{Asked, RawRequest};
use countersign_tests::sample::Ids;
use countersign_tests::server::TestServer;
use countersign_tests::wallet::{CODE, IssuedCode, Session, WRONG_CODE, Wallet};
use http::Method;
use serde_json::{Value, json};

fn add(server: &TestServer, body: &Value) -> RawRequest {
    server.request(Method::POST, "/auth/credentials").json(body)
}

fn sms(server: &TestServer) -> RawRequest {
    add(server, &json!({"type": "SMS_OTP", "accountId": server.env("ACCOUNT_ID")}))
}

fn revoke(server: &TestServer, id: &str) -> RawRequest {
    server.request(Method::DELETE, &format!("/auth/credentials/{id}"))
}

async fn list(server: &TestServer) -> Vec<Value> {
    let target = format!("/auth/credentials?accountId={}", server.env("ACCOUNT_ID"));
    server.request(Method::GET, &target).send().await.accepted(200)["data"].as_array().unwrap().clone()
}

/// A code that the answer holds the target bundle of, and a body that verifies it.
fn sealed(answer: &Value, code: &str, key: &KeyPair) -> Value {
    let issued = IssuedCode::of(answer["otpEncryptionTargetBundle"].as_str().unwrap());
    json!({"type": answer["type"], "encryptedOtpBundle": issued.bundle.seal_code(code, key).unwrap()})
}

fn verify(server: &TestServer, id: &str, body: &Value) -> RawRequest {
    server.request(Method::POST, &format!("/auth/credentials/{id}/verify")).json(body)
}

async fn challenge(server: &TestServer, id: &str) -> RawAnswer {
    server.request(Method::POST, &format!("/auth/credentials/{id}/challenge")).send().await
}

/// Adds codes by SMS; returns the answer.
async fn added(server: &TestServer, session: &Session) -> Value {
    sms(server).ask().await.retry(&session.key).await.accepted(201)
}

/// Signs in with a code that has just been sent.
async fn sign_in(server: &TestServer, sent: &Value) -> (Value, KeyPair) {
    let key = KeyPair::generate();
    let asked = verify(server, sent["id"].as_str().unwrap(), &sealed(sent, CODE, &key)).ask().await;
    (asked.retry(&key).await.accepted(200), key)
}

async fn ready(server: &TestServer) -> (Wallet, Session) {
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    (wallet, session)
}

#[tokio::test]
pub(crate) async fn codes_by_sms_are_added_by_a_countersignature_and_sign_in() {
    let server = TestServer::sandbox().start().await;
    let (_, session) = ready(&server).await;
    let asked = sms(&server).ask().await;
    assert_eq!(asked.challenge["type"], "SMS_OTP");
    let payload: Value = serde_json::from_str(asked.payload()).unwrap();
    assert_eq!(payload["type"], "ACTIVITY_TYPE_UPDATE_USER_PHONE_NUMBER");
    let number = payload["parameters"]["userPhoneNumber"].as_str().unwrap();
    assert!(number.starts_with('+'));
    // Nothing has been added or sent yet.
    assert_eq!(list(&server).await.len(), 1);
    assert_eq!(server.database().count("otp_issues"), 1);

    let credential = asked.retry(&session.key).await.accepted(201);
    assert_eq!((&credential["type"], &credential["nickname"]), (&json!("SMS_OTP"), &json!(number)));
    assert_eq!(credential.get("credentialId"), None);
    let listed = list(&server).await;
    assert_eq!(listed.iter().map(|one| &one["type"]).collect::<Vec<_>>(), ["EMAIL_OTP", "SMS_OTP"]);

    // The first code came with it.
    let id = credential["id"].as_str().unwrap();
    let key = KeyPair::generate();
    let asked = verify(&server, id, &sealed(&credential, CODE, &key)).ask().await;
    assert_eq!(asked.challenge["type"], "SMS_OTP");
    let claims: Vec<&str> = asked.payload().split('.').collect();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims[1]).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!((&claims["verification_type"], &claims["contact"]), (&json!("OTP_TYPE_SMS"), &json!(number)));
    let opened = asked.retry(&key).await.accepted(200);
    assert_eq!((&opened["type"], &opened["nickname"]), (&json!("SMS_OTP"), &json!(number)));

    // And a further one is sent for the asking.
    let sent = challenge(&server, id).await.accepted(200);
    assert_eq!(sent["type"], "SMS_OTP");
    let wrong = verify(&server, id, &sealed(&sent, WRONG_CODE, &key)).send().await;
    wrong.refused(401, "UNAUTHORIZED");
    let _ = sign_in(&server, &sent).await;
}

#[tokio::test]
pub(crate) async fn an_account_has_one_credential_of_each_kind_of_codes() {
    let server = TestServer::sandbox().start().await;
    let (_, session) = ready(&server).await;
    let email = json!({"type": "EMAIL_OTP", "accountId": server.env("ACCOUNT_ID")});
    add(&server, &email).send().await.refused(400, "EMAIL_OTP_CREDENTIAL_ALREADY_EXISTS");
    // Two that are asked for before either is there: the second finds the first.
    let (first, second) = (sms(&server).ask().await, sms(&server).ask().await);
    let _ = first.retry(&session.key).await.accepted(201);
    second.retry(&session.key).await.refused(400, "SMS_OTP_CREDENTIAL_ALREADY_EXISTS");
    sms(&server).send().await.refused(400, "SMS_OTP_CREDENTIAL_ALREADY_EXISTS");
    assert_eq!(list(&server).await.len(), 2);
}

#[tokio::test]
async fn a_credential_that_was_revoked_may_be_added_again() {
    let server = TestServer::sandbox().start().await;
    let (wallet, session) = ready(&server).await;
    let sent = added(&server, &session).await;
    let (_, key) = sign_in(&server, &sent).await;
    let _ = revoke(&server, wallet.credential.as_str()).ask().await.retry(&key).await.accepted(204);
    let email = json!({"type": "EMAIL_OTP", "accountId": server.env("ACCOUNT_ID")});
    let again = add(&server, &email).ask().await.retry(&key).await.accepted(201);
    assert_ne!(again["id"], wallet.credential.as_str());
    let _ = sign_in(&server, &again).await;
}

#[tokio::test]
async fn a_customer_without_a_contact_gets_no_codes_there() {
    let server = TestServer::sandbox().start().await;
    let customer = json!({"customerType": "INDIVIDUAL"});
    let customer = server.request(Method::POST, "/customers").json(&customer).send().await.accepted(201);
    let target = format!("/customers/internal-accounts?customerId={}", customer["id"].as_str().unwrap());
    let accounts = server.request(Method::GET, &target).send().await.accepted(200);
    let account = &accounts["data"][0]["id"];
    for kind in ["EMAIL_OTP", "SMS_OTP"] {
        add(&server, &json!({"type": kind, "accountId": account})).send().await.invalid(&["body/accountId"]);
    }
}

#[tokio::test]
async fn an_account_has_as_many_credentials_as_the_setting_says() {
    let server = TestServer::sandbox().setting("credentials.max", "1").start().await;
    let _ = ready(&server).await;
    sms(&server).send().await.invalid(&["body/accountId"]);
}

#[tokio::test]
async fn an_unknown_account_and_kind_are_refused() {
    let server = TestServer::sandbox().start().await;
    let unknown = json!({"type": "SMS_OTP", "accountId": Ids::unknown().account});
    add(&server, &unknown).send().await.refused(404, "REFERENCE_NOT_FOUND");
    for body in
        [json!({}), json!({"type": "PIGEON", "accountId": server.env("ACCOUNT_ID")}), json!({"type": "SMS_OTP"})]
    {
        add(&server, &body).send().await.refused(400, "INVALID_INPUT");
    }
}

/// Every way in which the second leg of a signed retry is refused, and that none of them uses it up.
async fn refuses_what_is_no_countersignature(asked: &Asked, others_request: &str, good: &KeyPair) {
    let stamp = good.stamp_payload(asked.payload());
    let unknown = "Request:0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90";
    for (signature, request_id, code) in [
        ("!", asked.request_id(), "WALLET_SIGNATURE_MALFORMED"),
        (stamp.as_str(), "Request:1", "REQUEST_ID_INVALID"),
        (stamp.as_str(), unknown, "REQUEST_ID_INVALID"),
        (stamp.as_str(), others_request, "REQUEST_ID_INVALID"),
        (&good.stamp_payload("{}"), asked.request_id(), "WALLET_SIGNATURE_INVALID"),
        (&KeyPair::generate().stamp_payload(asked.payload()), asked.request_id(), "WALLET_SIGNATURE_INVALID"),
    ] {
        asked.with(signature, request_id).send().await.refused(401, code);
    }
}

#[tokio::test]
async fn what_is_no_countersignature_adds_and_revokes_nothing() {
    let server = TestServer::sandbox().start().await;
    let (wallet, session) = ready(&server).await;
    let adding = sms(&server).ask().await;
    let other = session.begin_revoke().await.challenge.request_id;
    refuses_what_is_no_countersignature(&adding, &other, &session.key).await;
    sms(&server).header("Request-Id", adding.request_id()).send().await.refused(401, "WALLET_SIGNATURE_MISSING");
    let stamp = session.key.stamp_payload(adding.payload());
    sms(&server).header("Grid-Wallet-Signature", &stamp).send().await.refused(401, "REQUEST_ID_MISSING");
    let body = json!({"type": "SMS_OTP", "accountId": server.env("ACCOUNT_ID"), "note": 1});
    let changed = add(&server, &body).header("Grid-Wallet-Signature", &stamp);
    let changed = changed.header("Request-Id", adding.request_id()).send().await;
    changed.refused(401, "WALLET_SIGNATURE_BODY_MISMATCH");
    let sent = adding.retry(&session.key).await.accepted(201);
    adding.retry(&session.key).await.refused(401, "REQUEST_ID_INVALID");

    let (_, key) = sign_in(&server, &sent).await;
    let revoking = revoke(&server, wallet.credential.as_str()).ask().await;
    refuses_what_is_no_countersignature(&revoking, &other, &key).await;
    assert_eq!(list(&server).await.len(), 2);
    let _ = revoking.retry(&key).await.accepted(204);
}

#[tokio::test]
pub(crate) async fn a_revocation_is_signed_by_another_credential_and_ends_all_that_hangs_on_it() {
    let server = TestServer::sandbox().start().await;
    let (wallet, session) = ready(&server).await;
    let refreshed = session.refresh().await;
    let sent = added(&server, &session).await;
    let (_, key) = sign_in(&server, &sent).await;
    let pending = wallet.begin_login().await;

    let revoking = revoke(&server, wallet.credential.as_str()).ask().await;
    let payload: Value = serde_json::from_str(revoking.payload()).unwrap();
    assert_eq!(payload["type"], "ACTIVITY_TYPE_UPDATE_USER_EMAIL");
    assert_eq!(payload["parameters"]["userEmail"], "");
    assert_eq!(payload["parameters"]["credentialId"], wallet.credential.as_str());
    // Its own sessions don't sign, nor those that were refreshed from them.
    for own in [&session, &refreshed] {
        revoking.retry(&own.key).await.refused(401, "WALLET_SIGNATURE_INVALID");
    }
    let _ = revoking.retry(&key).await.accepted(204);
    for own in [&session, &refreshed] {
        own.assert_dead().await;
    }
    // Its unfinished sign-in ends with it, and its code's key is destroyed.
    pending.pending.retry(&pending.key).await.refused(404, "REFERENCE_NOT_FOUND");
    assert_eq!(server.database().number("SELECT count(*) FROM otp_issues WHERE target_sealed IS NOT NULL"), 0);
    wallet.challenge().await.refused(404, "REFERENCE_NOT_FOUND");
    revoke(&server, wallet.credential.as_str()).send().await.refused(404, "REFERENCE_NOT_FOUND");
    revoking.retry(&key).await.refused(404, "REFERENCE_NOT_FOUND");
    assert_eq!(list(&server).await.len(), 1);
}

#[tokio::test]
async fn the_last_credential_stays() {
    let server = TestServer::sandbox().start().await;
    let (wallet, session) = ready(&server).await;
    revoke(&server, wallet.credential.as_str()).send().await.invalid(&["path/id"]);
    let sent = added(&server, &session).await;
    let (_, key) = sign_in(&server, &sent).await;
    // Both revocations are asked for while there are two; then there is one.
    let first = revoke(&server, wallet.credential.as_str()).ask().await;
    let second = revoke(&server, sent["id"].as_str().unwrap()).ask().await;
    let _ = first.retry(&key).await.accepted(204);
    second.retry(&session.key).await.refused(401, "WALLET_SIGNATURE_INVALID");
    second.retry(&key).await.refused(401, "WALLET_SIGNATURE_INVALID");
    revoke(&server, sent["id"].as_str().unwrap()).send().await.invalid(&["path/id"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn of_racing_retries_one_adds_the_credential() {
    let server = TestServer::sandbox().start().await;
    let (_, session) = ready(&server).await;
    let asked = sms(&server).ask().await;
    let stamped = asked.stamped(&session.key);
    let answers = race(32, |_| stamped.clone().send()).await;
    let added = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(added, 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.refused(401, "REQUEST_ID_INVALID");
    }
    // And of racing requests for the same credential.
    let mut asked = Vec::new();
    let (_, key) =
        sign_in(&server, answers.iter().find(|answer| answer.status == 201).map(RawAnswer::json).as_ref().unwrap())
            .await;
    let email = list(&server).await[0]["id"].as_str().unwrap().to_owned();
    let _ = revoke(&server, &email).ask().await.retry(&key).await.accepted(204);
    for _ in 0..32 {
        let body = json!({"type": "EMAIL_OTP", "accountId": server.env("ACCOUNT_ID")});
        asked.push(add(&server, &body).ask().await.stamped(&key));
    }
    let answers = race(32, |index| asked[index].clone().send()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.refused(400, "EMAIL_OTP_CREDENTIAL_ALREADY_EXISTS");
    }
    assert_eq!(list(&server).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn of_credentials_that_revoke_each_other_one_is_left() {
    let server = TestServer::sandbox().start().await;
    let (wallet, session) = ready(&server).await;
    let sent = added(&server, &session).await;
    let (_, key) = sign_in(&server, &sent).await;
    let (email, sms) = (wallet.credential.to_string(), sent["id"].as_str().unwrap().to_owned());
    let mut requests = Vec::new();
    for _ in 0..16 {
        requests.push(revoke(&server, &email).ask().await.stamped(&key));
        requests.push(revoke(&server, &sms).ask().await.stamped(&session.key));
    }
    let answers = race(32, |index| requests[index].clone().send()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    assert!(answers.iter().all(|answer| [204, 401, 404].contains(&answer.status.as_u16())));
    assert_eq!(list(&server).await.len(), 1);
    let left = "SELECT count(*) FROM credentials WHERE revoked_at IS NULL";
    assert_eq!(server.database().number(left), 1);
}

#[tokio::test]
async fn a_sign_in_with_another_credential_unlocks_a_locked_one() {
    let server = TestServer::sandbox().setting("otp.wrong_until_locked", "2").start().await;
    let (wallet, session) = ready(&server).await;
    let sent = added(&server, &session).await;
    let code = wallet.issue_code().await;
    for _ in 0..2 {
        wallet.verify(&code.seal(WRONG_CODE, &KeyPair::generate())).await.refused(401, "UNAUTHORIZED");
    }
    wallet.challenge().await.refused(429, "CREDENTIAL_LOCKED");
    // A refresh is no sign-in.
    let _ = session.refresh().await;
    wallet.challenge().await.refused(429, "CREDENTIAL_LOCKED");
    let _ = sign_in(&server, &sent).await;
    let _ = wallet.login().await;
    let unlocked = "SELECT count(*) FROM audit_log WHERE action = 'unlock-credential'";
    assert_eq!(server.database().number(unlocked), 1);
}

#[tokio::test]
async fn every_countersigned_step_is_in_the_audit_log_with_the_key_that_signed() {
    let server = TestServer::sandbox().start().await;
    let (_, session) = ready(&server).await;
    let _ = added(&server, &session).await;
    let row = "SELECT actor || ' ' || actor_key FROM audit_log WHERE action = 'add-credential'";
    assert_eq!(server.database().texts(row), [format!("{} {}", session.id, session.key.compressed_hex())]);
    // Every row waits for its seal.
    let rows = server.database().count("audit_log");
    assert_eq!(server.database().count("audit_unsealed"), rows);
}

#[tokio::test]
async fn a_production_server_without_delivery_adds_no_codes() {
    let server = TestServer::production().start().await;
    let (id, secret) = server.platform_create("Platform");
    let customer = json!({"customerType": "INDIVIDUAL", "email": "a@example.com", "phoneNumber": "+442079460958"});
    let request = |method, target: &str| server.request_as(method, target, &id, &secret);
    let _ = request(Method::POST, "/customers").json(&customer).send().await.accepted(201);
    let accounts = request(Method::GET, "/customers/internal-accounts").send().await.accepted(200);
    let account = accounts["data"][0]["id"].as_str().unwrap();
    let body = json!({"type": "SMS_OTP", "accountId": account});
    let refused = request(Method::POST, "/auth/credentials").json(&body).send().await;
    refused.refused(503, "UNAVAILABLE");
    let listed = request(Method::GET, &format!("/auth/credentials?accountId={account}")).send().await.accepted(200);
    let email = listed["data"][0]["id"].as_str().unwrap();
    let target = format!("/auth/credentials/{email}/challenge");
    request(Method::POST, &target).send().await.refused(503, "UNAVAILABLE");
}

#[tokio::test]
pub(crate) async fn a_revoked_credential_is_forgotten_once_nothing_refers_to_it() {
    let server = TestServer::sandbox()
        .setting("sessions.ttl_secs", "4")
        .setting("sessions.lifetime_cap_secs", "4")
        .setting("otp.ttl_secs", "4")
        .setting("purge.interval_secs", "1")
        .start()
        .await;
    let (wallet, session) = ready(&server).await;
    let sent = added(&server, &session).await;
    let (_, key) = sign_in(&server, &sent).await;
    let _ = revoke(&server, wallet.credential.as_str()).ask().await.retry(&key).await.accepted(204);
    let kept = format!("SELECT count(*) FROM credentials WHERE id = '{}'", wallet.credential);
    assert_eq!(server.database().number(&kept), 1);
    for _ in 0..60 {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        if server.database().number(&kept) == 0 {
            break;
        }
    }
    assert_eq!(server.database().number(&kept), 0, "its nickname is a contact");
    assert_eq!(list(&server).await.len(), 1);
}
