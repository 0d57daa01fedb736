//! Who may call, with what, in which header.

use std::time::Duration;

use countersign_tests::server::TestServer;
use serde_json::{Value, json};

use super::{By, call, claims, introspect, issuers, pair, post, refresh, text};

#[tokio::test]
async fn a_caller_without_good_credentials_is_told_why() {
    let server = TestServer::sandbox().start().await;
    let body = json!({"identityId": server.env("IDENTITY_ID")});
    let request = || server.request(http::Method::POST, "/v1/tokens").anonymous().json(&body);
    request().send().await.refused(401, "missing_authorization");
    for value in ["Bearer", "Bearer ", "Basic eDp5", "x"] {
        request().authorization(value).send().await.refused(401, "invalid_authorization");
    }
    let key = server.env("API_KEY");
    request().header("x-api-key", key).header("x-api-key", key).send().await.refused(401, "invalid_authorization");
    request().header("x-api-key", "").send().await.refused(401, "invalid_authorization");
    for unknown in ["x", "relay_key_x", &key[1..], server.env("CLIENT_SECRET")] {
        post(&server, "/v1/tokens", By::Header(unknown), body.clone()).await.refused(401, "invalid_api_key");
    }
    for unknown in ["x", "a.b.c", "relay_ws_x", key] {
        post(&server, "/v1/tokens", By::Bearer(unknown), body.clone()).await.refused(401, "invalid_token");
    }
    let answer = post(&server, "/v1/tokens", By::Nobody, body).await;
    assert_eq!(answer.headers["www-authenticate"], "Bearer realm=\"countersign\"");
}

#[tokio::test]
async fn agents_and_paths_ask_for_a_workspace_token_in_either_header() {
    let server = TestServer::sandbox().start().await;
    let token = server.env("WORKSPACE_TOKEN");
    let caller = bearer(&server, json!({})).await;
    for (_, target, _, body) in &issuers(&server)[1..3] {
        for by in [By::Header(token), By::Bearer(token)] {
            post(&server, target, by, body.clone()).await.accepted(201);
        }
        for by in [By::Key("API_KEY"), By::Bearer(&caller), By::Header("x")] {
            post(&server, target, by, body.clone()).await.refused(401, "workspace_token_required");
        }
        post(&server, target, By::Nobody, body.clone()).await.refused(401, "missing_authorization");
        post(&server, target, By::Header("relay_ws_x"), body.clone()).await.refused(401, "invalid_token");
    }
    let workspace = json!({"workspaceId": server.env("WORKSPACE_ID")});
    let (_, target, _, body) = &issuers(&server)[3];
    for (target, body) in [(*target, body), ("/v1/tokens/workspace", &workspace)] {
        post(&server, target, By::Header(token), body.clone()).await.refused(401, "invalid_api_key");
        post(&server, target, By::Bearer(token), body.clone()).await.refused(401, "missing_authorization");
    }
    // A workspace token without the right to issue.
    let weak = json!({"workspaceId": server.env("WORKSPACE_ID"), "scopes": ["relayfile:fs:read"]});
    let weak = post(&server, "/v1/tokens/workspace", By::Key("API_KEY"), weak).await.accepted(201);
    for (_, target, _, body) in &issuers(&server)[1..3] {
        post(&server, target, By::Header(text(&weak, "key")), body.clone()).await.refused(403, "insufficient_scope");
    }
}

#[tokio::test]
async fn an_access_token_acts_within_its_scopes_its_audience_and_its_time() {
    let server = TestServer::sandbox().start().await;
    let caller = bearer(&server, json!({})).await;
    let look = |by| {
        let server = &server;
        async move { post(server, "/v1/tokens/introspect", by, json!({"token": "x"})).await }
    };
    assert!(look(By::Bearer(&caller)).await.accepted(200).is_null());
    // For others, spent on something else, or of the wrong type.
    let issued = pair(&server, json!({"audience": ["relayfile"]})).await;
    look(By::Bearer(text(&issued, "accessToken"))).await.refused(401, "invalid_token");
    look(By::Bearer(text(&issued, "refreshToken"))).await.refused(401, "invalid_token");
    let without = pair(&server, json!({})).await;
    look(By::Bearer(text(&without, "accessToken"))).await.refused(403, "insufficient_scope");
    let brief = bearer(&server, json!({"expiresIn": 1})).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    look(By::Bearer(&brief)).await.refused(401, "token_expired");

    // What it issues lies within its own scopes, and ends with it.
    let mut child = json!({"identityId": server.env("IDENTITY_ID"), "scopes": ["relayfile:fs:read"]});
    post(&server, "/v1/tokens", By::Bearer(&caller), child.clone()).await.refused(403, "scope_escalation");
    child.as_object_mut().unwrap().remove("scopes");
    let child = post(&server, "/v1/tokens", By::Bearer(&caller), child).await.accepted(201);
    assert_eq!(claims(text(&child, "accessToken"))["scopes"], json!(["relayauth:role:read:*"]));
    let said = claims(text(&child, "accessToken"));
    assert_eq!(said["parentTokenId"], claims(&caller)["jti"]);
    let sid = json!({"sessionId": claims(&caller)["sid"]});
    assert_eq!(post(&server, "/v1/tokens/revoke", By::Key("API_KEY"), sid).await.status, 204);
    look(By::Bearer(&caller)).await.refused(401, "token_revoked");
    assert!(introspect(&server, text(&child, "accessToken")).await.is_null());
    refresh(&server, text(&child, "refreshToken")).await.refused(401, "token_revoked");
}

#[tokio::test]
async fn credentials_of_other_doors_open_nothing_here_and_ours_nothing_there() {
    let server = TestServer::sandbox().start().await;
    let caller = bearer(&server, json!({})).await;
    let account = server.env("ACCOUNT_ID");
    let target = format!("/auth/credentials?accountId={account}");
    for by in [By::Bearer(&caller), By::Key("API_KEY")] {
        call(&server, http::Method::GET, &target, by, Value::Null).await.refused(401, "UNAUTHORIZED");
    }
    let body = json!({"identityId": server.env("IDENTITY_ID")});
    let wallet = server.request(http::Method::POST, "/v1/tokens").json(&body).send().await;
    wallet.refused(401, "invalid_authorization");
}

/// An access token that may do something at this door.
pub(super) async fn bearer(server: &TestServer, members: Value) -> String {
    let scopes = json!(["relayauth:token:create", "relayauth:token:read", "relayauth:role:read"]);
    let identity = json!({"name": "caller", "workspaceId": server.env("WORKSPACE_ID"), "scopes": scopes});
    let identity = post(server, "/v1/identities", By::Key("API_KEY"), identity).await.accepted(201);
    let mut body = members;
    body["identityId"] = identity["id"].clone();
    let issued = post(server, "/v1/tokens", By::Key("API_KEY"), body).await.accepted(201);
    text(&issued, "accessToken").to_owned()
}
