//! What whoever is of one workspace reaches, and what ends with what (T1).

use std::time::Duration;

use countersign_tests::server::TestServer;
use serde_json::{Value, json};

use super::{By, merge, pair, post, refresh, text};

/// A workspace token of the sandbox's workspace, with these scopes.
async fn workspace_token(server: &TestServer, scopes: &[&str]) -> String {
    let body = json!({"workspaceId": server.env("WORKSPACE_ID"), "scopes": scopes});
    text(&post(server, "/v1/tokens/workspace", By::Key("API_KEY"), body).await.accepted(201), "key").to_owned()
}

/// An identity of another workspace of the same organisation.
async fn stranger(server: &TestServer, scopes: &[&str]) -> String {
    let platform = format!("SELECT platform_id FROM workspaces WHERE id = '{}'", server.env("WORKSPACE_ID"));
    let platform = server.database().texts(&platform).remove(0);
    let _ = server.operate(&["platform", "workspace", "add", &platform, "ws_other"]);
    let body = json!({"name": "stranger", "workspaceId": "ws_other", "scopes": scopes});
    text(&post(server, "/v1/identities", By::Key("API_KEY"), body).await.accepted(201), "id").to_owned()
}

#[tokio::test]
async fn a_workspace_token_reaches_its_own_workspace_and_no_scope_beyond_its_own() {
    let server = TestServer::sandbox().start().await;
    let stranger = stranger(&server, &["relayauth:api-key:manage:*"]).await;
    let body = json!({"identityId": stranger});
    post(&server, "/v1/tokens", By::Key("WORKSPACE_TOKEN"), body.clone()).await.refused(404, "identity_not_found");
    let _ = post(&server, "/v1/tokens", By::Key("API_KEY"), body).await.accepted(201);
    // In its own workspace, what is above its own scopes is not granted.
    let narrow = workspace_token(&server, &["relayauth:token:create:*", "relayauth:role:read:*"]).await;
    let mut body = json!({"identityId": server.env("IDENTITY_ID")});
    let granted = post(&server, "/v1/tokens", By::Header(&narrow), body.clone()).await.accepted(201);
    let claims = super::claims(text(&granted, "accessToken"));
    assert_eq!(claims["scopes"], json!(["relayauth:role:read:*"]));
    merge(&mut body, json!({"scopes": ["relayfile:fs:read:*"]}));
    post(&server, "/v1/tokens", By::Header(&narrow), body).await.refused(403, "scope_escalation");
}

#[tokio::test]
async fn a_workspace_token_that_manages_keys_makes_and_ends_none_of_the_organisation() {
    let server = TestServer::sandbox().start().await;
    let manages = ["relayauth:api-key:manage:*", "relayauth:token:create:*", "relayauth:token:manage:*"];
    let token = workspace_token(&server, &manages).await;
    let by = By::Header(&token);
    let body = json!({"name": "beyond", "scopes": ["relayauth:token:create:*"]});
    post(&server, "/v1/api-keys", by, body.clone()).await.refused(403, "scope_escalation");
    let key = post(&server, "/v1/api-keys", By::Key("API_KEY"), body).await.accepted(201);
    let target = format!("/v1/api-keys/{}/revoke", text(&key["apiKey"], "id"));
    post(&server, &target, by, Value::Null).await.refused(404, "api_key_not_found");
    let stranger = stranger(&server, &["relayauth:token:read:*"]).await;
    let body = json!({"name": "beyond", "workspaceId": "ws_other", "scopes": []});
    post(&server, "/v1/identities", by, body).await.refused(404, "workspace_not_found");
    let theirs = post(&server, "/v1/tokens", By::Key("API_KEY"), json!({"identityId": stranger})).await.accepted(201);
    let sid = super::claims(text(&theirs, "accessToken"))["sid"].clone();
    for body in [json!({"identityId": stranger}), json!({"sessionId": sid})] {
        post(&server, "/v1/tokens/revoke", by, body).await.refused(404, "token_not_found");
    }
    let _ = refresh(&server, text(&theirs, "refreshToken")).await.accepted(200);
}

#[tokio::test]
async fn what_descends_from_a_family_ends_with_it_also_when_what_was_between_is_over() {
    let server = TestServer::sandbox().setting("purge.interval_secs", "1").start().await;
    let identity = |name: &'static str| {
        let body = json!({
            "name": name, "workspaceId": server.env("WORKSPACE_ID"), "scopes": ["relayauth:token:create:*"],
        });
        let server = &server;
        async move { text(&post(server, "/v1/identities", By::Key("API_KEY"), body).await.accepted(201), "id").to_owned() }
    };
    let (first, second) = (identity("first").await, identity("second").await);
    let above = post(&server, "/v1/tokens", By::Key("API_KEY"), json!({"identityId": first})).await.accepted(201);
    let short = json!({"identityId": first, "expiresIn": 5, "refreshTokenTtlSeconds": 5});
    let between = post(&server, "/v1/tokens", By::Bearer(text(&above, "accessToken")), short).await.accepted(201);
    let body = json!({"identityId": second});
    let below = post(&server, "/v1/tokens", By::Bearer(text(&between, "accessToken")), body).await.accepted(201);
    tokio::time::sleep(Duration::from_secs(8)).await;
    let below = refresh(&server, text(&below, "refreshToken")).await.accepted(200);
    let sid = super::claims(text(&above, "accessToken"))["sid"].clone();
    let revoked = post(&server, "/v1/tokens/revoke", By::Key("API_KEY"), json!({"sessionId": sid})).await;
    assert_eq!(revoked.status, 204);
    refresh(&server, text(&below, "refreshToken")).await.refused(401, "token_revoked");
}

#[tokio::test]
async fn what_an_identity_has_issued_ends_when_it_is_disabled() {
    let server = TestServer::sandbox().start().await;
    let _ = pair(&server, json!({})).await;
    let body = json!({
        "name": "issuer", "workspaceId": server.env("WORKSPACE_ID"),
        "scopes": ["relayauth:token:create:*", "relayauth:role:read:*", "relayfile:fs:read:*"],
    });
    let issuer = post(&server, "/v1/identities", By::Key("API_KEY"), body).await.accepted(201);
    let issuer = text(&issuer, "id");
    let above = post(&server, "/v1/tokens", By::Key("API_KEY"), json!({"identityId": issuer})).await.accepted(201);
    let body = json!({"identityId": server.env("IDENTITY_ID")});
    let below = post(&server, "/v1/tokens", By::Bearer(text(&above, "accessToken")), body).await.accepted(201);
    let platform = format!("SELECT platform_id FROM workspaces WHERE id = '{}'", server.env("WORKSPACE_ID"));
    let platform = server.database().texts(&platform).remove(0);
    let _ = server.operate(&["platform", "identity", "disable", &platform, issuer]);
    refresh(&server, text(&below, "refreshToken")).await.refused(401, "token_revoked");
}
