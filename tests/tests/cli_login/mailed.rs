//! Production: codes and links by email.

use countersign_tests::outside::{Authority, Outside};
use countersign_tests::raw::RawRequest;
use countersign_tests::server::TestServer;
use http::Method;
use serde_json::json;

use super::refused;

const SEND: &str = "/api/v1/auth/otp/send-sign-in-code";
const SIGN_IN: &str = "/api/v1/auth/otp/sign-in";

#[tokio::test]
async fn a_code_and_a_link_are_mailed_and_either_signs_in_once() {
    let authority = Authority::new();
    let smtp = Outside::smtp_server(Some(&authority), json!({}));
    let server = TestServer::production()
        .log_level("trace")
        .setting("delivery.smtp_host", "localhost")
        .setting("delivery.smtp_port", &smtp.port.to_string())
        .setting("delivery.email_from", "Shop <no-reply@shop.example>")
        .setting("delivery.ca_file", authority.ca_file().to_str().unwrap())
        .setting("delivery.destination_per_hour", "2")
        .start()
        .await;
    let printed = server.operate(&["platform", "create", "Shop & Sons"]);
    let value = |label: &str| printed.lines().find_map(|line| line.strip_prefix(label)).unwrap().trim().to_owned();
    let (project, key) = (value("platform "), value("publishable client key "));
    let post = |target: &str, body: &serde_json::Value| -> RawRequest {
        let call = server.request_as(Method::POST, target, "", "").anonymous().json(body);
        call.header("x-stack-project-id", &project).header("x-stack-publishable-client-key", &key)
    };
    let _ = server.operate(&["platform", "add-callback", &project, "https://shop.example/in"]);
    let email = "canary-5d1e@example.com";

    let link = json!({ "email": email, "callback_url": "https://shop.example/in?next=1" });
    let nonce = post(SEND, &link).send().await.accepted(200)["nonce"].as_str().unwrap().to_owned();
    let mail = smtp.wait_for(|event| event["event"] == "mail");
    // The text is quoted-printable: soft line breaks and `=` are undone.
    let content = mail["content"].as_str().unwrap().replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
    let code = content.split_once("https://shop.example/in?next=1&code=").expect("a link").1;
    let code: String = code.chars().take_while(char::is_ascii_alphanumeric).collect();
    assert!(code.ends_with(&nonce) && code.len() == 45, "{code}");
    assert!(content.contains(&code[..6]));
    // Opening the link asks the application, not us. A POST signs in, and once.
    let signed_in = post(SIGN_IN, &json!({ "code": code })).send().await.accepted(200);
    refused(&post(SIGN_IN, &json!({ "code": code })).send().await, 400, "INVALID_SIGN_IN_CODE", "");

    let _ = post(SEND, &json!({ "email": email })).send().await.accepted(200);
    refused(&post(SEND, &json!({ "email": email })).send().await, 429, "RATE_LIMITED", "");
    let output = server.output();
    let refresh = signed_in["refresh_token"].as_str().unwrap();
    for secret in [code.as_str(), nonce.as_str(), email, refresh, &key, "next=1"] {
        assert!(!output.contains(secret), "{secret} was logged");
    }
}
