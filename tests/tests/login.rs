//! Signing in by email code: both legs, and every way in which one is refused.

use std::time::Duration;

use countersign_client::operations::{ChallengeAuthCredentialInput, VerifyAuthCredential, VerifyAuthCredentialOutcome};
use countersign_client::types::{AuthMethodId, AuthSession, VerifyAuthCredentialRequest};
use countersign_client::wallet::KeyPair;
use countersign_client::{Operation, SignedOperation};
use countersign_models::operation::Challenge;
use countersign_tests::answer::Answer;
use countersign_tests::race::race;
use countersign_tests::sample::Ids;
use countersign_tests::server::TestServer;
use countersign_tests::wallet::{CODE, WRONG_CODE, Wallet, sealed_body, statuses};
use serde_json::{Value, json};

fn challenge_of(answer: Answer<VerifyAuthCredential>) -> Challenge {
    VerifyAuthCredential::challenge(&answer.accepted(202)).expect("a challenge")
}

/// Both legs with this body, stamped by this key.
async fn finish(wallet: &Wallet, body: &VerifyAuthCredentialRequest, key: &KeyPair) -> AuthSession {
    let challenge = challenge_of(wallet.verify(body).await);
    let mut input = wallet.verify_input(body);
    VerifyAuthCredential::answer(&mut input, key.stamp_payload(&challenge.payload_to_sign), challenge.request_id);
    match Answer::<VerifyAuthCredential>::to(&wallet.client, &input).await.accepted(200) {
        VerifyAuthCredentialOutcome::Ok(session) => session,
        VerifyAuthCredentialOutcome::ChallengeIssued(_) => panic!("a second leg opens a session"),
    }
}

fn text_of(body: &VerifyAuthCredentialRequest) -> &str {
    let VerifyAuthCredentialRequest::EmailOtp(body) = body else { panic!("a code by email: {body:?}") };
    body.encrypted_otp_bundle.as_deref().expect("an encrypted code")
}

fn body_of(bundle: &str) -> VerifyAuthCredentialRequest {
    sealed_body(bundle.to_owned())
}

#[tokio::test]
async fn a_login_opens_a_session_of_a_quarter_of_an_hour() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;

    let opened = &session.opened;
    assert_eq!(opened.account_id, wallet.account);
    assert_eq!(opened.r#type.as_str(), "EMAIL_OTP");
    assert!(opened.nickname.contains('@'), "{} is not an email address", opened.nickname);
    assert_eq!(opened.encrypted_session_signing_key, None, "a login returns no private key");
    assert_eq!((opened.expires_at - opened.created_at).num_seconds(), 15 * 60);
    let listed = wallet.sessions().await;
    assert_eq!(listed.iter().map(|listed| &listed.id).collect::<Vec<_>>(), [&session.id]);
    session.assert_live().await;
}

#[tokio::test]
async fn the_key_in_the_bundle_stays_with_the_client_in_either_form_and_under_either_name() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let key = KeyPair::generate();
    for plaintext in [
        json!({"otp_code": CODE, "public_key": key.uncompressed_hex()}),
        json!({"public_key": key.compressed_hex().to_uppercase(), "otp_code": CODE}),
        json!({"clientPublicKey": key.compressed_hex(), "otpCodeAttempt": CODE}),
    ] {
        let body = wallet.issue_code().await.seal_text(&plaintext.to_string());
        let session = finish(&wallet, &body, &key).await;
        assert_eq!(session.encrypted_session_signing_key, None, "{plaintext}");
    }
}

#[tokio::test]
async fn a_wrong_code_is_refused_and_the_right_one_still_works() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let code = wallet.issue_code().await;
    // Five wrong codes would end the issue.
    for wrong in [WRONG_CODE, "", "0000000", " 000000"] {
        wallet.verify(&code.seal(wrong, &KeyPair::generate())).await.refused(401, "UNAUTHORIZED");
    }
    let _ = wallet.verify(&code.seal(CODE, &KeyPair::generate())).await.accepted(202);
}

#[tokio::test]
async fn without_a_code_there_is_nothing_to_prove() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    for bundle in ["", "{}", "not JSON", r#"{"encappedPublic":"00","ciphertext":"00"}"#] {
        wallet.verify(&body_of(bundle)).await.refused(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn an_unknown_credential_is_not_found_whatever_the_body() {
    let server = TestServer::sandbox().start().await;
    let mut wallet = server.wallet().await;
    let sealed = wallet.issue_code().await.seal(CODE, &KeyPair::generate());
    wallet.credential = Ids::unknown().credential.parse::<AuthMethodId>().unwrap();
    for body in [sealed, body_of("not JSON")] {
        wallet.verify(&body).await.refused(404, "REFERENCE_NOT_FOUND");
    }
    let input = ChallengeAuthCredentialInput::new(wallet.credential.clone());
    let refused = wallet.client.challenge_auth_credential(input).await.unwrap_err();
    assert!(refused.to_string().starts_with("404"), "{refused}");
}

#[tokio::test]
async fn a_bundle_that_is_not_a_bundle_is_malformed() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let code = wallet.issue_code().await;
    let good: Value = serde_json::from_str(text_of(&code.seal(CODE, &KeyPair::generate()))).unwrap();
    let with = |member: &str, value: Value| {
        let mut changed = good.clone();
        changed[member] = value;
        changed.to_string()
    };
    let encapped = good["encappedPublic"].as_str().unwrap();
    let ciphertext = good["ciphertext"].as_str().unwrap();
    let flipped = if ciphertext.starts_with('0') { "1" } else { "0" }.to_owned() + &ciphertext[1..];
    for bundle in [
        String::new(),
        "not JSON".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "{}".to_owned(),
        with("ciphertext", json!("")),
        with("ciphertext", json!("zz")),
        with("ciphertext", json!(&ciphertext[..ciphertext.len() - 2])),
        with("ciphertext", json!(flipped)),
        with("ciphertext", json!(7)),
        with("encappedPublic", json!(format!("04{}", "11".repeat(64)))),
        with("encappedPublic", json!(&encapped[..66])),
        with("encappedPublic", json!(KeyPair::generate().uncompressed_hex())),
        with("encappedPublic", json!(format!("06{}", &encapped[2..]))),
        format!(r#"{{"encappedPublic":"{encapped}","ciphertext":"{ciphertext}","ciphertext":"{ciphertext}"}}"#),
        format!("{good}{good}"),
    ] {
        let answer = wallet.verify(&body_of(&bundle)).await;
        assert!(answer.is_refused(400, "INVALID_INPUT"), "{bundle}: {answer:?}");
    }
    // None of them cost the code: it still opens, with an unknown member beside.
    let _ = wallet.verify(&body_of(&with("note", json!({"a": [1]})))).await.accepted(202);
}

#[tokio::test]
async fn a_plaintext_of_mixed_repeated_or_missing_members_is_malformed() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let code = wallet.issue_code().await;
    let key = KeyPair::generate().compressed_hex();
    let off_curve = format!("04{}", "22".repeat(64));
    for plaintext in [
        format!(r#"{{"otp_code":"{CODE}","clientPublicKey":"{key}"}}"#),
        format!(r#"{{"otpCodeAttempt":"{CODE}","public_key":"{key}"}}"#),
        format!(r#"{{"otp_code":"{CODE}","public_key":"{key}","otpCodeAttempt":"{CODE}","clientPublicKey":"{key}"}}"#),
        format!(r#"{{"otp_code":"{CODE}","public_key":"{key}","clientPublicKey":"{key}"}}"#),
        format!(r#"{{"otp_code":"{CODE}","public_key":"{key}","more":1}}"#),
        format!(r#"{{"otp_code":"{WRONG_CODE}","otp_code":"{CODE}","public_key":"{key}"}}"#),
        format!(r#"{{"otp_code":"{CODE}","public_key":"{key}","public_key":"{key}"}}"#),
        format!(r#"{{"otp_code":{CODE},"public_key":"{key}"}}"#),
        format!(r#"{{"otp_code":0,"public_key":"{key}"}}"#),
        format!(r#"{{"otp_code":["{CODE}"],"public_key":"{key}"}}"#),
        format!(r#"{{"otp_code":"{CODE}"}}"#),
        format!(r#"{{"public_key":"{key}"}}"#),
        format!(r#"{{"otp_code":"{CODE}","public_key":"{off_curve}"}}"#),
        format!(r#"{{"otp_code":"{CODE}","public_key":"{key}00"}}"#),
        format!(r#"{{"otp_code":"{CODE}","public_key":null}}"#),
        format!(r#"[{{"otp_code":"{CODE}","public_key":"{key}"}}]"#),
        format!(r#"{{"otp_code":"{CODE}","public_key":"{key}"}}{{}}"#),
        CODE.to_owned(),
        String::new(),
    ] {
        let answer = wallet.verify(&code.seal_text(&plaintext)).await;
        assert!(answer.is_refused(400, "INVALID_INPUT"), "{plaintext}: {answer:?}");
    }
    assert_eq!(server.database().count("wrong_codes"), 0, "what can't be read is no guess");
    let _ =
        wallet.verify(&code.seal_text(&json!({"otp_code": CODE, "public_key": key}).to_string())).await.accepted(202);
}

#[tokio::test]
async fn the_identical_body_again_returns_the_same_challenge() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let login = wallet.begin_login().await;
    let again = challenge_of(wallet.verify(&login.body).await);
    assert_eq!(again, login.pending.challenge);

    // Identical means the same JSON: neither the order of the members nor white space counts, another member does.
    let target = format!("/auth/credentials/{}/verify", wallet.credential);
    let bundle = Value::from(text_of(&login.body));
    let post = |body: String| server.request(http::Method::POST, &target).body(body).send();
    let reordered = post(format!(" {{ \"encryptedOtpBundle\": {bundle},\n\"type\":\"EMAIL_OTP\" }}")).await;
    assert_eq!(reordered.status, 202);
    assert_eq!(reordered.json()["requestId"], login.pending.challenge.request_id);
    post(format!("{{\"encryptedOtpBundle\":{bundle},\"type\":\"EMAIL_OTP\",\"x\":1}}"))
        .await
        .refused(401, "UNAUTHORIZED");
    assert_eq!(server.database().count("pending_requests"), 1);

    let body = login.body.clone();
    let session = login.finish().await;
    wallet.verify(&body).await.refused(401, "UNAUTHORIZED");
    assert_eq!(wallet.session_ids().await, [session.id]);
}

#[tokio::test]
async fn a_code_is_good_for_one_login() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let code = wallet.issue_code().await;
    let first = code.seal(CODE, &KeyPair::generate());
    let second = code.seal(CODE, &KeyPair::generate());
    let _ = wallet.verify(&first).await.accepted(202);
    wallet.verify(&second).await.refused(401, "UNAUTHORIZED");
    wallet.verify(&body_of("not a bundle")).await.refused(401, "UNAUTHORIZED");
    let mut database = server.database();
    assert_eq!(database.count("pending_requests"), 1);
    assert_eq!(database.number("SELECT count(*) FROM otp_issues WHERE target_sealed IS NOT NULL"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn of_thirty_two_first_legs_with_thirty_two_keys_one_is_challenged() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let code = wallet.issue_code().await;
    let answers = race(32, |_| {
        let (wallet, body) = (wallet.clone(), code.seal(CODE, &KeyPair::generate()));
        async move { wallet.verify(&body).await }
    })
    .await;
    assert_eq!(statuses(&answers), [(202, 1), (401, 31)].into());
    for refused in answers.iter().filter(|answer| answer.status() == 401) {
        refused.refused(401, "UNAUTHORIZED");
    }
    assert_eq!(server.database().count("pending_requests"), 1);
    assert_eq!(server.database().count("wrong_codes"), 0, "a spent code is no wrong one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn of_thirty_two_second_legs_one_opens_the_session() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let login = wallet.begin_login().await;
    let input = login.pending.stamped_by(&login.key);
    let answers = race(32, |_| {
        let (client, input) = (wallet.client.clone(), input.clone());
        async move { Answer::<VerifyAuthCredential>::to(&client, &input).await }
    })
    .await;
    assert_eq!(statuses(&answers), [(200, 1), (401, 31)].into());
    for refused in answers.iter().filter(|answer| answer.status() == 401) {
        refused.refused(401, "REQUEST_ID_INVALID");
    }
    assert_eq!(wallet.session_ids().await.len(), 1);
}

#[tokio::test]
async fn a_new_code_ends_the_old_bundle_and_the_unfinished_login() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;

    let old = wallet.issue_code().await.seal(CODE, &KeyPair::generate());
    let _ = wallet.issue_code().await;
    wallet.verify(&old).await.refused(400, "INVALID_INPUT");

    let login = wallet.begin_login().await;
    let _ = wallet.issue_code().await;
    login.pending.retry(&login.key).await.refused(401, "REQUEST_ID_INVALID");
    let again = wallet.verify(&login.body).await;
    assert!((400..500).contains(&again.status()), "{again:?}");
    assert_eq!(wallet.session_ids().await, []);
}

#[tokio::test]
async fn an_expired_code_is_refused() {
    let server = TestServer::sandbox().setting("otp.ttl_secs", "1").start().await;
    let wallet = server.wallet().await;
    let body = wallet.issue_code().await.seal(CODE, &KeyPair::generate());
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    wallet.verify(&body).await.refused(401, "UNAUTHORIZED");
    assert_eq!(server.database().count("pending_requests"), 0);
}

#[tokio::test]
pub(crate) async fn an_expired_challenge_is_refused_on_both_legs() {
    let server = TestServer::sandbox().setting("requests.ttl_secs", "1").start().await;
    let wallet = server.wallet().await;
    let login = wallet.begin_login().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    login.pending.retry(&login.key).await.refused(401, "REQUEST_ID_INVALID");
    wallet.verify(&login.body).await.refused(401, "UNAUTHORIZED");
    assert_eq!(wallet.session_ids().await, []);
}

#[tokio::test]
async fn a_second_leg_that_differs_from_the_first_is_refused_and_ends_nothing() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let login = wallet.begin_login().await;
    let stamp = login.key.stamp_payload(&login.pending.challenge.payload_to_sign);
    let request_id = login.pending.challenge.request_id.clone();
    let good = login.pending.stamped_by(&login.key);
    let tables = ["sessions", "pending_requests", "otp_issues"];
    let before = server.database().snapshot(&tables);

    let refuse = async |name: &str, code: &str, change: &dyn Fn(&mut <VerifyAuthCredential as Operation>::Input)| {
        let mut input = good.clone();
        change(&mut input);
        let answer = login.pending.send(&input).await;
        assert!(answer.is_refused(401, code), "{name}: {answer:?}");
        assert_eq!(server.database().snapshot(&tables), before, "{name} changed something");
    };
    refuse("no signature", "WALLET_SIGNATURE_MISSING", &|input| input.grid_wallet_signature = None).await;
    refuse("no request id", "REQUEST_ID_MISSING", &|input| input.request_id = None).await;
    refuse("no stamp", "WALLET_SIGNATURE_MALFORMED", &|input| input.grid_wallet_signature = Some("?".to_owned())).await;
    refuse("another key's stamp", "WALLET_SIGNATURE_INVALID", &|input| {
        let payload = &login.pending.challenge.payload_to_sign;
        input.grid_wallet_signature = Some(KeyPair::generate().stamp_payload(payload));
    })
    .await;
    refuse("a stamp over another payload", "WALLET_SIGNATURE_INVALID", &|input| {
        input.grid_wallet_signature = Some(login.key.stamp_payload("{}"));
    })
    .await;
    refuse("an unknown request", "REQUEST_ID_INVALID", &|input| {
        input.request_id = Some("Request:0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90".to_owned());
    })
    .await;
    refuse("a malformed request id", "REQUEST_ID_INVALID", &|input| input.request_id = Some("Request:1".to_owned()))
        .await;
    refuse("another body", "WALLET_SIGNATURE_BODY_MISMATCH", &|input| {
        let changed = format!("{} ", text_of(&input.body));
        input.body = body_of(&changed);
    })
    .await;

    let opened = login.pending.send(&login.pending.with_headers(stamp, request_id)).await;
    let _ = opened.accepted(200);
}

#[tokio::test]
async fn a_login_with_the_key_of_a_live_session_takes_its_place() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let first = wallet.login().await;
    let body = wallet.issue_code().await.seal(CODE, &first.key);
    let second = finish(&wallet, &body, &first.key).await;
    assert_ne!(second.id, first.id);
    assert_eq!(wallet.session_ids().await, [second.id]);
}

#[tokio::test]
pub(crate) async fn a_login_outlives_a_restart_between_its_legs() {
    let mut server = TestServer::sandbox().start().await;
    let wallet: Wallet = server.wallet().await;
    let login = wallet.begin_login().await;
    server.kill();
    server.restart().await;
    let session = login.finish().await;
    session.assert_live().await;
}
