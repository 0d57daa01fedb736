//! Sign-in by email code, and upgrades in place.

use countersign_tests::project::{TYPED, User};
use countersign_tests::race::race;
use countersign_tests::server::TestServer;
use http::Method;
use serde_json::json;

use super::refused;

const SIGN_IN: &str = "/api/v1/auth/otp/sign-in";
const SEND: &str = "/api/v1/auth/otp/send-sign-in-code";

#[tokio::test]
async fn an_address_is_one_user_however_it_is_spelled_and_a_code_works_once() {
    let server = TestServer::sandbox().start().await;
    let nonce = server.nonce("ada@example.com").await;
    assert_eq!(nonce.len(), 39);
    let code = json!({ "code": format!("{TYPED}{nonce}") });
    let first = server.cli_post(SIGN_IN, &code).send().await.accepted(200);
    assert_eq!(first["is_new_user"], true);
    refused(&server.cli_post(SIGN_IN, &code).send().await, 400, "INVALID_SIGN_IN_CODE", "");
    let upper = format!("{TYPED}{}", server.nonce("ADA@EXAMPLE.COM").await).to_uppercase();
    let second = server.cli_post(SIGN_IN, &json!({ "code": upper })).send().await.accepted(200);
    assert_eq!((&second["is_new_user"], &second["user_id"]), (&json!(false), &first["user_id"]));
    let user = server.user(first["user_id"].as_str().unwrap()).await;
    assert_eq!((&user["primary_email"], &user["is_anonymous"]), (&json!("ada@example.com"), &json!(false)));
}

#[tokio::test]
async fn five_wrong_codes_end_a_code_and_a_new_one_ends_the_one_before() {
    let server = TestServer::sandbox().start().await;
    let nonce = server.nonce("ada@example.com").await;
    for number in 1..=5 {
        let wrong = json!({ "code": format!("00000{number}{nonce}") });
        refused(&server.cli_post(SIGN_IN, &wrong).send().await, 400, "INVALID_SIGN_IN_CODE", "");
    }
    let right = json!({ "code": format!("{TYPED}{nonce}") });
    refused(&server.cli_post(SIGN_IN, &right).send().await, 400, "INVALID_SIGN_IN_CODE", "");
    let earlier = server.nonce("ada@example.com").await;
    let later = server.nonce("Ada@example.com").await;
    let other = server.nonce("bob@example.com").await;
    let code = |nonce: &str| json!({ "code": format!("{TYPED}{nonce}") });
    refused(&server.cli_post(SIGN_IN, &code(&earlier)).send().await, 400, "INVALID_SIGN_IN_CODE", "");
    for nonce in [later, other] {
        let _ = server.cli_post(SIGN_IN, &code(&nonce)).send().await.accepted(200);
    }
    for malformed in ["", "000000", &"0".repeat(45), &"\u{e4}".repeat(45)] {
        let answer = server.cli_post(SIGN_IN, &json!({ "code": malformed })).send().await;
        refused(&answer, 400, "INVALID_SIGN_IN_CODE", "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_racing_wrong_codes_five_are_tried() {
    let server = TestServer::sandbox().start().await;
    let nonce = server.nonce("ada@example.com").await;
    let wrong = json!({ "code": format!("111111{nonce}") });
    for answer in race(64, |_| server.cli_post(SIGN_IN, &wrong).send()).await {
        answer.refused(400, "INVALID_SIGN_IN_CODE");
    }
    assert_eq!(server.database().count("sign_in_wrong_codes"), 5);
    let tried = "SELECT count(*) FROM audit_log WHERE action = 'refuse-sign-in-code'";
    assert_eq!(server.database().number(tried), 5);
}

#[tokio::test]
async fn wrong_codes_count_per_address_over_all_its_codes_and_past_a_restart() {
    let mut server = TestServer::sandbox().setting("otp.wrong_per_window", "7").start().await;
    for round in 0..2 {
        let nonce = server.nonce("ada@example.com").await;
        for number in 1..=5 {
            if round == 1 && number > 2 {
                break;
            }
            let wrong = json!({ "code": format!("00000{number}{nonce}") });
            refused(&server.cli_post(SIGN_IN, &wrong).send().await, 400, "INVALID_SIGN_IN_CODE", "");
        }
        if round == 1 {
            server.stop().await;
            server.restart().await;
            let right = json!({ "code": format!("{TYPED}{nonce}") });
            refused(&server.cli_post(SIGN_IN, &right).send().await, 429, "RATE_LIMITED", "");
        }
    }
    let send = |email: &str| server.cli_post(SEND, &json!({ "email": email })).send();
    refused(&send("ADA@example.com").await, 429, "RATE_LIMITED", "");
    let _ = send("bob@example.com").await.accepted(200);
}

#[tokio::test]
async fn an_upgrade_keeps_the_id_and_ends_what_the_user_had_before() {
    let server = TestServer::sandbox().start().await;
    let anonymous = server.anonymous_user().await;
    let before = server.user(&anonymous.id).await;
    let upgraded = server.signed_in_as("ada@example.com", &anonymous).await;
    assert_eq!(upgraded.id, anonymous.id);
    let after = server.user(&anonymous.id).await;
    assert_eq!(after["signed_up_at_millis"], before["signed_up_at_millis"]);
    assert_eq!((&after["is_anonymous"], &after["primary_email"]), (&json!(false), &json!("ada@example.com")));
    // An attacker who kept the anonymous pair has nothing any more.
    assert!(!server.is_live(&anonymous).await && server.is_live(&upgraded).await);
    let me = server.by_user(Method::GET, "/api/v1/users/me", &anonymous).send().await;
    refused(&me, 401, "UNAUTHORIZED", "");
}

#[tokio::test]
async fn an_address_of_another_user_signs_that_one_in_and_leaves_the_anonymous_one() {
    let server = TestServer::sandbox().start().await;
    let ada = server.signed_in("ada@example.com").await;
    let anonymous = server.anonymous_user().await;
    let signed_in = server.signed_in_as("ada@example.com", &anonymous).await;
    assert_eq!(signed_in.id, ada.id);
    assert!(server.is_live(&anonymous).await && server.is_live(&ada).await);
    assert_eq!(server.user(&anonymous.id).await["is_anonymous"], true);
    // A named user's token upgrades nothing: the other address is another user.
    let other = server.signed_in_as("bob@example.com", &ada).await;
    assert_ne!(other.id, ada.id);
    // A token that isn't accepted is told, and the code is not used up.
    let code = json!({ "code": format!("{TYPED}{}", server.nonce("eve@example.com").await) });
    let bad = User { access: "x".to_owned(), ..anonymous.clone() };
    let answer = server.cli_post(SIGN_IN, &code).header("x-stack-access-token", &bad.access).send().await;
    refused(&answer, 401, "UNAUTHORIZED", "");
    let _ = server.cli_post(SIGN_IN, &code).send().await.accepted(200);
}

#[tokio::test]
async fn links_lead_only_where_the_project_has_registered() {
    let server = TestServer::sandbox().start().await;
    let project = server.env("PROJECT_ID").to_owned();
    let send =
        |callback: &str| server.cli_post(SEND, &json!({ "email": "ada@example.com", "callback_url": callback })).send();
    refused(&send("https://app.example.com/auth").await, 400, "REDIRECT_URL_NOT_WHITELISTED", "");
    let _ = server.operate(&["platform", "add-callback", &project, "https://app.example.com/auth"]);
    let _ = send("https://app.example.com/auth/done?next=1").await.accepted(200);
    for hostile in [
        "https://app.example.com/authority",
        "https://app.example.com.evil.example/auth",
        "https://app.example.com@evil.example/auth",
        "http://app.example.com/auth",
        "https://app.example.com/auth/../x",
        "https://app.example.com/auth#x",
        "javascript:alert(1)",
        "",
    ] {
        refused(&send(hostile).await, 400, "REDIRECT_URL_NOT_WHITELISTED", "");
    }
    let codes = server.database().count("sign_in_codes");
    assert_eq!(codes, 1, "a refused callback issues no code");
    let _ = server.operate(&["platform", "remove-callback", &project, "https://app.example.com/auth"]);
    refused(&send("https://app.example.com/auth").await, 400, "REDIRECT_URL_NOT_WHITELISTED", "");
}
