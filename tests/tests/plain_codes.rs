//! The deprecated sign-in: code and key in plain text, one call.

use countersign_client::wallet::KeyPair;
use countersign_tests::answer::RawAnswer;
use countersign_tests::race::race;
use countersign_tests::raw::RawRequest;
use countersign_tests::server::TestServer;
use countersign_tests::wallet::{CODE, IssuedCode, WRONG_CODE, Wallet};
use http::Method;
use serde_json::{Value, json};

fn verify(server: &TestServer, wallet: &Wallet, body: &Value) -> RawRequest {
    server.request(Method::POST, &format!("/auth/credentials/{}/verify", wallet.credential)).json(body)
}

fn plain(code: &str, key: &str) -> Value {
    json!({"type": "EMAIL_OTP", "otp": code, "clientPublicKey": key})
}

async fn sign_in(server: &TestServer, wallet: &Wallet, key: &str) -> RawAnswer {
    let _ = wallet.issue_code().await;
    verify(server, wallet, &plain(CODE, key)).send().await
}

#[tokio::test]
async fn a_compressed_key_becomes_the_sessions() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let key = KeyPair::generate();
    let opened = sign_in(&server, &wallet, &key.compressed_hex()).await.accepted(200);
    assert_eq!((&opened["type"], opened.get("encryptedSessionSigningKey")), (&json!("EMAIL_OTP"), None));
    let target = format!("/auth/sessions/{}", opened["id"].as_str().unwrap());
    let _ = server.request(Method::DELETE, &target).ask().await.retry(&key).await.accepted(204);
}

#[tokio::test]
async fn an_uncompressed_key_gets_a_session_key_sealed_to_it() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let recipient = KeyPair::generate();
    let opened = sign_in(&server, &wallet, &recipient.uncompressed_hex()).await.accepted(200);
    let sealed = opened["encryptedSessionSigningKey"].as_str().unwrap();
    let key = recipient.open_session_key(sealed).unwrap();
    let target = format!("/auth/sessions/{}", opened["id"].as_str().unwrap());
    let asked = server.request(Method::DELETE, &target).ask().await;
    // The key that was sent is a recipient only, and never signs.
    asked.retry(&recipient).await.refused(401, "WALLET_SIGNATURE_INVALID");
    let _ = asked.retry(&key).await.accepted(204);
}

#[tokio::test]
async fn one_code_is_one_login_whichever_form_is_first() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let key = KeyPair::generate();
    let code = wallet.issue_code().await;
    let body = plain(CODE, &key.compressed_hex());
    let _ = verify(&server, &wallet, &body).send().await.accepted(200);
    // The same body again has nothing to repeat.
    verify(&server, &wallet, &body).send().await.refused(401, "UNAUTHORIZED");
    wallet.verify(&code.seal(CODE, &key)).await.refused(401, "UNAUTHORIZED");
    assert_eq!(server.database().number("SELECT count(*) FROM otp_issues WHERE target_sealed IS NOT NULL"), 0);

    let login = wallet.begin_login().await;
    verify(&server, &wallet, &plain(CODE, &KeyPair::generate().compressed_hex()))
        .send()
        .await
        .refused(401, "UNAUTHORIZED");
    let _ = login.finish().await;
}

#[tokio::test]
async fn a_further_login_with_the_same_key_replaces_its_session() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let key = KeyPair::generate().compressed_hex();
    let first = sign_in(&server, &wallet, &key).await.accepted(200);
    let second = sign_in(&server, &wallet, &key).await.accepted(200);
    assert_ne!(first["id"], second["id"]);
    assert_eq!(wallet.session_ids().await.len(), 1);
    let first = first["id"].as_str().unwrap();
    let ended = format!("SELECT actor_key FROM audit_log WHERE action = 'revoke-session' AND resource = '{first}'");
    assert_eq!(server.database().texts(&ended), [key.as_str()]);
    let opened = "SELECT DISTINCT actor || ' ' || actor_key FROM audit_log WHERE action = 'open-session'";
    assert_eq!(server.database().texts(opened), [format!("platform {key}")]);
}

#[tokio::test]
async fn a_session_of_another_credential_is_not_replaced_and_the_code_stays_right() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let owner = wallet.login().await;
    let sms = json!({"type": "SMS_OTP", "accountId": server.env("ACCOUNT_ID")});
    let added = server.request(Method::POST, "/auth/credentials").json(&sms).ask().await.retry(&owner.key).await;
    let added = added.accepted(201);
    let (key, bundle) = (KeyPair::generate(), added["otpEncryptionTargetBundle"].as_str().unwrap());
    let sealed = IssuedCode::of(bundle).bundle.seal_code(CODE, &key).unwrap();
    let body = json!({"type": "SMS_OTP", "encryptedOtpBundle": sealed});
    let target = format!("/auth/credentials/{}/verify", added["id"].as_str().unwrap());
    let _ = server.request(Method::POST, &target).json(&body).ask().await.retry(&key).await.accepted(200);
    let before = wallet.session_ids().await;

    // Whoever knows a public key of the account's, and a code: not the private half.
    sign_in(&server, &wallet, &key.compressed_hex()).await.invalid(&["body/clientPublicKey"]);
    assert_eq!(wallet.session_ids().await, before);
    let other = KeyPair::generate().compressed_hex();
    let _ = verify(&server, &wallet, &plain(CODE, &other)).send().await.accepted(200);
    assert_eq!(wallet.session_ids().await.len(), before.len() + 1);
}

#[tokio::test]
async fn wrong_codes_count_as_in_the_other_form() {
    let server = TestServer::sandbox().setting("otp.wrong_until_locked", "7").start().await;
    let wallet = server.wallet().await;
    let key = KeyPair::generate().compressed_hex();
    let code = wallet.issue_code().await;
    for _ in 0..4 {
        verify(&server, &wallet, &plain(WRONG_CODE, &key)).send().await.refused(401, "UNAUTHORIZED");
    }
    wallet.verify(&code.seal(WRONG_CODE, &KeyPair::generate())).await.refused(401, "UNAUTHORIZED");
    // Five have ended the code.
    verify(&server, &wallet, &plain(CODE, &key)).send().await.refused(401, "UNAUTHORIZED");
    let _ = wallet.issue_code().await;
    for _ in 0..2 {
        verify(&server, &wallet, &plain(WRONG_CODE, &key)).send().await.refused(401, "UNAUTHORIZED");
    }
    verify(&server, &wallet, &plain(CODE, &key)).send().await.refused(429, "CREDENTIAL_LOCKED");
    assert_eq!(server.database().count("wrong_codes"), 7);
}

#[tokio::test]
async fn a_login_that_finds_no_room_leaves_the_code_as_it_was() {
    let server = TestServer::sandbox().setting("sessions.max_live", "1").start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let key = KeyPair::generate().compressed_hex();
    sign_in(&server, &wallet, &key).await.refused(429, "RATE_LIMITED");
    session.revoke().await;
    let _ = verify(&server, &wallet, &plain(CODE, &key)).send().await.accepted(200);
}

#[tokio::test]
async fn beside_a_bundle_the_members_of_the_older_form_mean_nothing() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let (key, other) = (KeyPair::generate(), KeyPair::generate());
    let bundle = wallet.issue_code().await.bundle.seal_code(CODE, &key).unwrap();
    let body = json!({
        "type": "EMAIL_OTP", "encryptedOtpBundle": bundle, "otp": WRONG_CODE, "clientPublicKey": other.compressed_hex(),
    });
    let asked = verify(&server, &wallet, &body).ask().await;
    asked.retry(&other).await.refused(401, "WALLET_SIGNATURE_INVALID");
    let _ = asked.retry(&key).await.accepted(200);
    assert_eq!(server.database().count("wrong_codes"), 0);
}

#[tokio::test]
async fn half_a_form_is_refused() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let key = KeyPair::generate().compressed_hex();
    let off_curve = format!("02{}", "f".repeat(64));
    for (members, paths) in [
        (json!({}), vec!["body/encryptedOtpBundle"]),
        (json!({"otp": CODE}), vec!["body/clientPublicKey"]),
        (json!({"clientPublicKey": key}), vec!["body/otp"]),
        (json!({"otp": CODE, "clientPublicKey": off_curve}), vec!["body/clientPublicKey"]),
    ] {
        let mut body = members;
        body["type"] = "EMAIL_OTP".into();
        verify(&server, &wallet, &body).send().await.invalid(&paths);
    }
    let sms = json!({"type": "SMS_OTP", "encryptedOtpBundle": "{}"});
    verify(&server, &wallet, &sms).send().await.invalid(&["body/type"]);
}

#[tokio::test]
async fn headers_of_a_retry_mean_nothing_here() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let _ = wallet.issue_code().await;
    let body = plain(CODE, &KeyPair::generate().compressed_hex());
    let request = verify(&server, &wallet, &body).header("Request-Id", "x").header("Grid-Wallet-Signature", "x");
    let _ = request.send().await.accepted(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn of_racing_logins_with_one_code_one_opens_a_session() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let _ = wallet.issue_code().await;
    let requests: Vec<_> =
        (0..32).map(|_| verify(&server, &wallet, &plain(CODE, &KeyPair::generate().compressed_hex()))).collect();
    let answers = race(32, |index| requests[index].clone().send()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 401).count(), 31);
    assert_eq!(wallet.session_ids().await.len(), 1);
}
