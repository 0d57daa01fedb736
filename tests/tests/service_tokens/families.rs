//! Families: rotated once, ended by reuse, by revocation, and with whatever they hang on.

use std::time::Duration;

use countersign_tests::answer::RawAnswer;
use countersign_tests::server::TestServer;
use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{By, call, claims, introspect, pair, pair_of_each_class, post, refresh, text};

#[tokio::test]
async fn a_token_that_is_used_twice_ends_its_family_in_every_class() {
    let server = TestServer::sandbox().start().await;
    for (prefix, first) in pair_of_each_class(&server, json!({})).await {
        let second = refresh(&server, text(&first, "refreshToken")).await.accepted(200);
        assert!(text(&second, "accessToken").starts_with(prefix) && text(&second, "refreshToken").starts_with(prefix));
        let (before, after) = (claims(text(&first, "accessToken")), claims(text(&second, "accessToken")));
        for same in ["sub", "org", "wks", "scopes", "aud", "sid", "sponsorId", "sponsorChain"] {
            assert_eq!(before[same], after[same], "{same}");
        }
        assert_ne!(before["jti"], after["jti"]);
        assert!(introspect(&server, text(&first, "accessToken")).await.is_object(), "it lives until it expires");
        assert!(introspect(&server, text(&first, "refreshToken")).await.is_null(), "it was spent");

        let reused = refresh(&server, text(&first, "refreshToken")).await;
        reused.refused(401, "token_revoked");
        assert!(text(&reused.json(), "message").contains("revoked"));
        assert_eq!(reused.json()["error"], reused.json()["message"]);
        refresh(&server, text(&second, "refreshToken")).await.refused(401, "token_revoked");
        for token in [&first["accessToken"], &second["accessToken"], &second["refreshToken"]] {
            assert!(introspect(&server, token.as_str().unwrap()).await.is_null());
        }
    }
}

#[tokio::test]
async fn of_32_refreshes_at_once_one_wins_and_the_family_is_dead() {
    let server = TestServer::sandbox().start().await;
    let first = pair(&server, json!({})).await;
    let mut racing = JoinSet::new();
    for _ in 0..32 {
        let request = server.request(Method::POST, "/v1/tokens/refresh").anonymous();
        let request = request.json(&json!({"refreshToken": first["refreshToken"]}));
        racing.spawn(async move { request.send().await });
    }
    let answers = racing.join_all().await;
    let won: Vec<Value> = answers.iter().filter(|answer| answer.status == 200).map(RawAnswer::json).collect();
    assert_eq!(won.len(), 1);
    for lost in answers.iter().filter(|answer| answer.status != 200) {
        lost.refused(401, "token_revoked");
    }
    refresh(&server, text(&won[0], "refreshToken")).await.refused(401, "token_revoked");
    assert!(introspect(&server, text(&won[0], "accessToken")).await.is_null());
}

#[tokio::test]
async fn what_is_no_live_refresh_token_is_refused() {
    let server = TestServer::sandbox().start().await;
    let issued = pair(&server, json!({"refreshTokenTtlSeconds": 1})).await;
    let token = text(&issued, "refreshToken");
    let tampered = format!("{}AAAA", &token[..token.len() - 4]);
    let prefixed = format!("relay_ag_{token}");
    for bad in ["x", "a.b.c", text(&issued, "accessToken"), server.env("API_KEY"), &tampered, &prefixed] {
        let answer = refresh(&server, bad).await;
        answer.refused(401, "invalid_token");
        assert!(text(&answer.json(), "message").to_lowercase().contains("invalid"));
    }
    for missing in [json!({}), json!({"refreshToken": null}), json!({"refreshToken": 1})] {
        let answer = post(&server, "/v1/tokens/refresh", By::Nobody, missing).await;
        answer.refused(400, "invalid_input");
        assert!(text(&answer.json(), "message").contains("refreshToken"));
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    refresh(&server, token).await.refused(401, "token_expired");
    assert!(introspect(&server, token).await.is_null());
}

#[tokio::test]
async fn a_lost_answer_is_given_again_where_that_is_on() {
    let server = TestServer::sandbox().setting("tokens.retry_window_secs", "30").start().await;
    let first = pair(&server, json!({})).await;
    let spent = text(&first, "refreshToken");
    let second = refresh(&server, spent).await.accepted(200);
    for _ in 0..3 {
        // EdDSA signs the same claims in the same way.
        assert_eq!(refresh(&server, spent).await.accepted(200), second);
    }
    refresh(&server, spent).await.refused(401, "token_revoked");

    let first = pair(&server, json!({})).await;
    let second = refresh(&server, text(&first, "refreshToken")).await.accepted(200);
    refresh(&server, text(&second, "refreshToken")).await.accepted(200);
    refresh(&server, text(&first, "refreshToken")).await.refused(401, "token_revoked");
    refresh(&server, text(&second, "refreshToken")).await.refused(401, "token_revoked");
}

#[tokio::test]
async fn tokens_are_revoked_by_token_session_or_identity_and_again() {
    let server = TestServer::sandbox().start().await;
    let revoke = |body: Value| post(&server, "/v1/tokens/revoke", By::Key("API_KEY"), body);
    for (member, claim) in [("tokenId", "jti"), ("sessionId", "sid"), ("identityId", "sub")] {
        for name in ["accessToken", "refreshToken"] {
            let issued = pair(&server, json!({})).await;
            let bystander = pair(&server, json!({})).await;
            let id = claims(text(&issued, name))[claim].clone();
            for _ in 0..2 {
                assert_eq!(revoke(json!({member: id})).await.status, 204);
            }
            refresh(&server, text(&issued, "refreshToken")).await.refused(401, "token_revoked");
            assert!(introspect(&server, text(&issued, "accessToken")).await.is_null());
            assert_eq!(introspect(&server, text(&bystander, "accessToken")).await.is_null(), member == "identityId");
        }
        let unknown = ["x", "tok_0192f0a17c3b7d4e8f000123456789ab_0a", "sess_0192f0a17c3b7d4e8f000123456789ab"];
        for id in unknown.into_iter().chain([server.env("OTHER_ORG_IDENTITY")]) {
            revoke(json!({member: id})).await.refused(404, "token_not_found");
        }
    }
    revoke(json!({})).await.refused(400, "invalid_input");
    // The first that is present counts.
    let issued = pair(&server, json!({})).await;
    let body = json!({"tokenId": "x", "sessionId": claims(text(&issued, "accessToken"))["sid"]});
    revoke(body).await.refused(404, "token_not_found");
    assert!(introspect(&server, text(&issued, "accessToken")).await.is_object());
}

#[tokio::test]
async fn introspection_tells_the_claims_of_own_live_tokens_only() {
    let server = TestServer::sandbox().start().await;
    for (_, issued) in pair_of_each_class(&server, json!({})).await {
        for name in ["accessToken", "refreshToken"] {
            assert_eq!(introspect(&server, text(&issued, name)).await, claims(text(&issued, name)));
        }
        let target = format!("/v1/tokens/introspect?token={}", text(&issued, "accessToken"));
        let answer = call(&server, Method::GET, &target, By::Key("API_KEY"), Value::Null).await;
        assert_eq!(answer.accepted(200), claims(text(&issued, "accessToken")));
    }
    for bad in ["x", "a.b.c", server.env("WORKSPACE_TOKEN")] {
        assert!(introspect(&server, bad).await.is_null());
    }
    call(&server, Method::GET, "/v1/tokens/introspect", By::Key("API_KEY"), Value::Null)
        .await
        .refused(400, "invalid_input");
    post(&server, "/v1/tokens/introspect", By::Key("API_KEY"), json!({})).await.refused(400, "invalid_input");

    let other = other_platform(&server);
    let printed = server.operate(&["platform", "key", "add", &other, "--scope", "relayauth:token:*"]);
    let foreign = printed.lines().find_map(|line| line.strip_prefix("key ")).expect("a key").to_owned();
    let issued = pair(&server, json!({})).await;
    for name in ["accessToken", "refreshToken"] {
        let look = json!({"token": issued[name]});
        let answer = post(&server, "/v1/tokens/introspect", By::Header(&foreign), look).await;
        assert!(answer.accepted(200).is_null());
        let id = claims(text(&issued, name))["jti"].clone();
        let answer = post(&server, "/v1/tokens/revoke", By::Header(&foreign), json!({"tokenId": id})).await;
        answer.refused(404, "token_not_found");
    }
    assert!(introspect(&server, text(&issued, "accessToken")).await.is_object());
}

#[tokio::test]
async fn a_disabled_identity_has_no_tokens() {
    let server = TestServer::sandbox().start().await;
    let issued = pair(&server, json!({})).await;
    let (identity, organisation) = (server.env("IDENTITY_ID"), claims(text(&issued, "accessToken"))["org"].clone());
    let disable = ["platform", "identity", "disable", organisation.as_str().unwrap(), identity];
    assert_eq!(server.operate(&disable).trim(), "disabled");
    refresh(&server, text(&issued, "refreshToken")).await.refused(401, "token_revoked");
    assert!(introspect(&server, text(&issued, "accessToken")).await.is_null());
    let body = json!({"identityId": identity});
    post(&server, "/v1/tokens", By::Key("API_KEY"), body).await.refused(404, "identity_not_found");
}

/// The id of the sandbox's second platform.
pub(super) fn other_platform(server: &TestServer) -> String {
    let listed = server.operate(&["platform", "list"]);
    let line = listed.lines().find(|line| line.ends_with("Another sandbox")).expect("a second platform");
    line.split_whitespace().next().expect("an id").to_owned()
}
