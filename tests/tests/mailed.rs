//! Production: codes that are mailed, and what a caller is told when they can't be.

use std::process::Command;

use countersign_client::operations::{VerifyAuthCredential, VerifyAuthCredentialOutcome};
use countersign_client::wallet::KeyPair;
use countersign_tests::answer::Pending;
use countersign_tests::outside::{Authority, Outside};
use countersign_tests::program::countersign;
use countersign_tests::server::{Setup, TestServer};
use countersign_tests::wallet::{CODE, Wallet};
use http::Method;
use serde_json::json;

const PASSWORD: &str = "canary-4b1d-of-the-password";

/// A production server with this SMTP server.
fn mailing(smtp: &Outside, authority: &Authority) -> Setup {
    TestServer::production()
        .log_level("trace")
        .setting("delivery.smtp_host", "localhost")
        .setting("delivery.smtp_port", &smtp.port.to_string())
        .setting("delivery.email_from", "Shop <no-reply@shop.example>")
        .setting("delivery.ca_file", authority.ca_file().to_str().unwrap())
        .setting("delivery.try_timeout_secs", "2")
        .setting("delivery.budget_secs", "2")
}

/// A customer of a new platform, with an account and this address.
async fn customer(server: &TestServer, email: &str) -> Wallet {
    let (id, secret) = server.platform_create("Shop");
    let body = json!({"customerType": "INDIVIDUAL", "email": email});
    let created = server.request_as(Method::POST, "/customers", &id, &secret).json(&body).send().await;
    assert_eq!(created.status, 201);
    let account = server.database().texts("SELECT id FROM internal_accounts ORDER BY created_at DESC").remove(0);
    Wallet::of(server.client_of(&id, &secret), account.parse().unwrap()).await
}

/// The code in the only mail to this address.
fn mailed_code(smtp: &Outside, address: &str) -> String {
    let mail = smtp.wait_for(|event| event["event"] == "mail" && event["to"][0] == address);
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    mail["content"].as_str().unwrap().lines().map(str::trim).find(is_code).expect("a code in the mail").to_owned()
}

#[tokio::test]
async fn a_mailed_code_opens_a_session_and_turns_up_in_no_log_and_no_file() {
    let authority = Authority::new();
    let smtp = Outside::smtp_server(Some(&authority), json!({"login": ["shop", PASSWORD]}));
    let setup = mailing(&smtp, &authority).setting("delivery.smtp_username", "shop");
    let server = setup.setting("delivery.smtp_password", PASSWORD).start().await;
    let address = "canary-9f2c@example.com";
    let wallet = customer(&server, address).await;

    let issued = wallet.issue_code().await;
    let code = mailed_code(&smtp, address);
    assert_ne!(code, CODE);
    let key = KeyPair::generate();
    let body = issued.seal(&code, &key);
    let pending = Pending::<VerifyAuthCredential>::begin(&wallet.client, wallet.verify_input(&body)).await;
    let outcome = pending.retry(&key).await.accepted(200);
    assert!(matches!(outcome, VerifyAuthCredentialOutcome::Ok(_)));

    let output = server.output();
    for secret in [code.as_str(), address, PASSWORD] {
        assert!(!output.contains(secret), "{secret} was logged");
    }
}

#[tokio::test]
async fn a_caller_is_told_when_a_code_was_not_delivered() {
    let authority = Authority::new();
    let smtp = Outside::smtp_server(Some(&authority), json!({}));
    let server = mailing(&smtp, &authority).start().await;
    for word in ["refuse-recipient", "stall-mail"] {
        let wallet = customer(&server, &format!("{word}@canary.example")).await;
        let answer = wallet.challenge().await;
        answer.refused(503, "UNAVAILABLE");
        assert!(answer.header("retry-after").is_some());
    }
    let output = server.output();
    assert!(output.contains("SMTP: 550 to the recipient") && output.contains("no answer in time to the message"));
    assert!(!output.contains("canary"), "{output}");
}

#[test]
fn a_server_whose_delivery_is_set_up_by_halves_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("email.html"), "<p>{{kode}}</p>").unwrap();
    let templates = folder.path().to_str().unwrap();
    let serve = |variables: &[(&str, &str)]| {
        let mut command: Command = countersign(["serve", "--listen", "127.0.0.1:0"]);
        command.env("COUNTERSIGN_DATABASE_URL", format!("sqlite:{}/x.db", folder.path().display()));
        command.env("COUNTERSIGN_KEYS_MASTER_KEY", "1".repeat(64)).envs(variables.iter().copied());
        let refused = command.current_dir(folder.path()).output().unwrap();
        (refused.status.code(), String::from_utf8(refused.stderr).unwrap())
    };
    for (variables, told) in [
        (&[("COUNTERSIGN_DELIVERY_SMTP_HOST", "mail.example")] as &[_], "delivery.email_from"),
        (&[("COUNTERSIGN_DELIVERY_SMTP_HOTS", "mail.example")], "delivery.smtp_hots is no setting"),
        (&[("COUNTERSIGN_DELIVERY_SMS_HOOK_URL", "https://h.example/")], "delivery.sms_prefixes"),
        (
            &[
                ("COUNTERSIGN_DELIVERY_SMS_HOOK_URL", "https://h.example/"),
                ("COUNTERSIGN_DELIVERY_SMS_PREFIXES", "+1, +44"),
            ],
            "delivery.sms_hook_secret",
        ),
        (&[("COUNTERSIGN_DELIVERY_TEMPLATES", templates)], "email.html: line 1: {{kode}}"),
    ] {
        let (code, stderr) = serve(variables);
        assert!(code == Some(2) && stderr.contains(told), "{told}: {code:?} {stderr}");
    }
    assert!(!folder.path().join("x.db").exists(), "nothing is made before the settings are known to be good");
}
