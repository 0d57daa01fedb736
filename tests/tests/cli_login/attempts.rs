//! Attempts: start, poll, complete.

use std::time::Duration;

use countersign_tests::server::TestServer;
use http::Method;
use serde_json::json;

use super::refused;

const START: &str = "/api/v1/auth/cli";

#[tokio::test]
async fn a_program_is_logged_in_once_and_gets_a_session_of_its_own() {
    let server = TestServer::sandbox().start().await;
    let user = server.signed_in("ada@example.com").await;
    let attempt = server.start_attempt(json!({})).await;
    for code in [&attempt.polling, &attempt.login] {
        assert!(code.len() == 45 && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()), "{code}");
    }
    assert_eq!(server.polled(&attempt).await, "waiting");
    server.approve(&attempt, &user).await;
    let polled = server.poll(&attempt).send().await.accepted(201);
    assert_eq!(polled["status"], "success");
    let refresh = polled["refresh_token"].as_str().unwrap();
    assert_ne!(refresh, user.refresh, "a poll makes a new session");
    assert_eq!(server.polled(&attempt).await, "used");
    assert!(server.is_live(&user).await, "the approver's token stays valid");
    // The program's session is the approver's user, and ends by itself.
    let answer = server.cli(Method::POST, "/api/v1/auth/sessions/current/refresh");
    let access = answer.header("x-stack-refresh-token", refresh).send().await.accepted(200);
    let me = server.cli(Method::GET, "/api/v1/users/me");
    let me = me.header("x-stack-access-token", access["access_token"].as_str().unwrap()).send().await.accepted(200);
    assert_eq!(me["id"], user.id.as_str());
    let out = server.cli(Method::DELETE, "/api/v1/auth/sessions/current").header("x-stack-refresh-token", refresh);
    assert_eq!(out.send().await.status, 204);
    assert!(server.is_live(&user).await);
}

#[tokio::test]
async fn an_attempt_lives_as_long_as_it_asked_for_and_expired_comes_first() {
    let server = TestServer::sandbox().start().await;
    let user = server.signed_in("ada@example.com").await;
    let short = json!({ "expires_in_millis": 1_000 });
    let [waiting, denied, approved, used] = [
        server.start_attempt(short.clone()).await,
        server.start_attempt(short.clone()).await,
        server.start_attempt(short.clone()).await,
        server.start_attempt(short).await,
    ];
    server.database().execute(
        "UPDATE cli_attempts SET denied_at = created_at WHERE id = (SELECT id FROM cli_attempts ORDER BY id LIMIT 1 OFFSET 1)",
    );
    server.approve(&approved, &user).await;
    server.approve(&used, &user).await;
    let _ = server.poll(&used).send().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for attempt in [&waiting, &denied, &approved, &used] {
        assert_eq!(server.polled(attempt).await, "expired");
        let late = server.complete(attempt, json!({ "refresh_token": user.refresh })).send().await;
        refused(&late, 400, "INVALID_LOGIN_CODE", "Invalid login code or the code has expired");
    }
    for millis in [json!(999), json!(86_400_001), json!("7200000"), json!(1.5)] {
        let body = json!({ "expires_in_millis": millis });
        server.cli_post(START, &body).send().await.invalid(&["body/expires_in_millis"]);
    }
    for millis in [1_000, 86_400_000] {
        server.start_attempt(json!({ "expires_in_millis": millis })).await;
    }
    // Without a body too, and for two hours.
    let started = server.cli(Method::POST, START).send().await.accepted(200);
    let ends = chrono_millis(started["expires_at"].as_str().unwrap());
    let begun = server.database().number("SELECT max(created_at) FROM cli_attempts");
    assert_eq!(ends - begun, 7_200_000);
}

/// Milliseconds since 1970 of `2026-11-25T13:00:00.123Z`, for differences within a month.
fn chrono_millis(text: &str) -> i64 {
    let value = countersign_models::types::CliLoginStart {
        polling_code: String::new(),
        login_code: String::new(),
        expires_at: serde_json::from_value(json!(text)).unwrap(),
    };
    value.expires_at.timestamp_millis()
}

#[tokio::test]
async fn codes_and_tokens_that_open_nothing_are_refused_by_their_own_codes() {
    let server = TestServer::sandbox().start().await;
    let attempt = server.start_attempt(json!({})).await;
    let user = server.signed_in("ada@example.com").await;
    let other = server.by_other_server(Method::POST, "/api/v1/auth/cli/poll");
    let foreign = other.json(&json!({ "polling_code": attempt.polling })).send().await;
    let unknown = server.cli_post("/api/v1/auth/cli/poll", &json!({ "polling_code": "x" })).send().await;
    for answer in [foreign, unknown] {
        refused(&answer, 400, "INVALID_POLLING_CODE", "polling code");
    }
    for mode in ["check", "claim-anon-session", "complete"] {
        let body = json!({ "login_code": attempt.polling, "mode": mode, "refresh_token": user.refresh });
        let answer = server.cli_post("/api/v1/auth/cli/complete", &body).send().await;
        refused(&answer, 400, "INVALID_LOGIN_CODE", "Invalid login code or the code has expired");
        let body = json!({ "login_code": attempt.login, "mode": mode, "refresh_token": user.refresh });
        let answer = server.by_other_server(Method::POST, "/api/v1/auth/cli/complete").json(&body).send().await;
        refused(&answer, 400, "INVALID_LOGIN_CODE", "Invalid login code or the code has expired");
    }
    for body in [json!({}), json!({ "refresh_token": "" }), json!({ "mode": "complete" })] {
        let answer = server.complete(&attempt, body).send().await;
        refused(&answer, 400, "REFRESH_TOKEN_REQUIRED", "refresh_token is required");
    }
    let answer = server.complete(&attempt, json!({ "refresh_token": "cs_refresh_x" })).send().await;
    refused(&answer, 400, "INVALID_REFRESH_TOKEN", "Invalid refresh token");
    // None of that has used the attempt up.
    assert_eq!(server.polled(&attempt).await, "waiting");
    server.approve(&attempt, &user).await;
    let again = server.complete(&attempt, json!({ "refresh_token": user.refresh })).send().await;
    refused(&again, 400, "INVALID_LOGIN_CODE", "Invalid login code or the code has expired");
    server.complete(&attempt, json!({ "mode": "other" })).send().await.invalid(&["body/mode"]);
}

#[tokio::test]
async fn a_poll_finds_an_attempt_denied_whose_approver_is_gone() {
    let server = TestServer::sandbox().start().await;
    for gone in ["signed out", "deleted"] {
        let user = server.signed_in("ada@example.com").await;
        let attempt = server.start_attempt(json!({})).await;
        server.approve(&attempt, &user).await;
        if gone == "deleted" {
            let target = format!("/api/v1/users/{}", user.id);
            assert_eq!(server.by_server(Method::DELETE, &target).send().await.status, 204);
        } else {
            let out = server.cli(Method::DELETE, "/api/v1/auth/sessions/current");
            assert_eq!(out.header("x-stack-refresh-token", &user.refresh).send().await.status, 204);
        }
        assert_eq!(server.polled(&attempt).await, "denied", "{gone}");
        assert_eq!(server.polled(&attempt).await, "denied", "{gone}");
    }
}

#[tokio::test]
async fn an_attempt_is_polled_twenty_times_at_once_then_once_a_second() {
    let server = TestServer::sandbox().start().await;
    let (attempt, other) = (server.start_attempt(json!({})).await, server.start_attempt(json!({})).await);
    let mut refusals = 0;
    for _ in 0..30 {
        let answer = server.poll(&attempt).send().await;
        if answer.status == 429 {
            refused(&answer, 429, "RATE_LIMITED", "");
            assert!(answer.headers.contains_key("retry-after"));
            refusals += 1;
        }
    }
    assert!((5..=10).contains(&refusals), "{refusals} of 30 polls were refused");
    assert_eq!(server.polled(&other).await, "waiting", "another attempt has a limit of its own");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(server.polled(&attempt).await, "waiting");
}

#[tokio::test]
async fn calls_of_one_address_are_limited_together_and_refused_ones_count() {
    let server = TestServer::sandbox().setting("cli.address_per_minute", "3").start().await;
    let attempt = server.start_attempt(json!({})).await;
    server.anonymous_user().await;
    let wrong = json!({ "login_code": "x", "mode": "check" });
    let answer = server.cli_post("/api/v1/auth/cli/complete", &wrong).send().await;
    refused(&answer, 400, "INVALID_LOGIN_CODE", "");
    // The forged header of a peer that is no trusted proxy changes nothing.
    for (target, body) in [
        ("/api/v1/auth/cli", json!({})),
        ("/api/v1/auth/cli/complete", wrong),
        ("/api/v1/auth/otp/send-sign-in-code", json!({ "email": "ada@example.com" })),
        ("/api/v1/auth/otp/sign-in", json!({ "code": "x" })),
    ] {
        let answer = server.cli_post(target, &body).header("x-forwarded-for", "192.0.2.7").send().await;
        refused(&answer, 429, "RATE_LIMITED", "");
    }
    assert_eq!(server.polled(&attempt).await, "waiting", "polls have a limit of their own");

    let proxied = TestServer::sandbox()
        .setting("cli.address_per_minute", "1")
        .setting("server.trusted_proxies", "127.0.0.0/8")
        .start()
        .await;
    for (address, status) in [("192.0.2.7", 200), ("192.0.2.8", 200), ("192.0.2.7", 429), ("6.6.6.6, 192.0.2.7", 429)] {
        let start = proxied.cli_post("/api/v1/auth/cli", &json!({})).header("x-forwarded-for", address);
        assert_eq!(start.send().await.status, status, "{address}");
    }
}

#[tokio::test]
async fn nothing_of_codes_and_tokens_is_stored_in_clear_and_expired_attempts_are_purged() {
    let server = TestServer::sandbox().setting("purge.interval_secs", "1").setting("cli.kept_secs", "1").start().await;
    let user = server.signed_in("ada@example.com").await;
    let attempt = server.start_attempt(json!({ "expires_in_millis": 1_000, "client_name": "acme" })).await;
    server.approve(&attempt, &user).await;
    let polled = server.poll(&attempt).send().await.accepted(201);
    let program = polled["refresh_token"].as_str().unwrap();
    let nonce = server.nonce("ada@example.com").await;
    let texts: Vec<Vec<u8>> = std::fs::read_dir(server.data_dir())
        .unwrap()
        .filter_map(|entry| std::fs::read(entry.unwrap().path()).ok())
        .collect();
    let files: Vec<&Vec<u8>> = texts.iter().filter(|text| !text.starts_with(b"{")).collect();
    for secret in [attempt.polling.as_str(), &attempt.login, &user.refresh, &nonce, program] {
        assert!(!files.iter().any(|file| file.windows(secret.len()).any(|part| part == secret.as_bytes())), "{secret}");
    }
    for _ in 0..100 {
        if server.database().count("cli_attempts") == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the attempt is still there");
}
