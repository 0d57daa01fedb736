//! Tokens for paths: where they lead, who is behind them, and when their delegation ends.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use countersign_tests::server::TestServer;
use serde_json::{Value, json};

use super::{By, claims, introspect, invalid, issuers, merge, post, refresh, text};

#[tokio::test]
async fn paths_that_could_lead_elsewhere_are_refused() {
    let server = TestServer::sandbox().start().await;
    for (_, target, by, body) in &issuers(&server)[2..] {
        for bad in [
            "",
            "/",
            "/*",
            "work",
            "/work/../etc",
            "/work/./a",
            "/work//a",
            "/wo*k",
            "/work/*/a",
            "/work/%2e%2e/a",
            "/work\\a",
            "/work:a",
            "/work/%2525",
            "/work/%zz",
            "/work/\u{0}",
        ] {
            let mut body = body.clone();
            body["paths"] = json!(["/work/*", bad]);
            post(&server, target, *by, body).await.refused(400, "invalid_paths");
        }
        let mut none = body.clone();
        none["paths"] = json!([]);
        post(&server, target, *by, none).await.refused(400, "invalid_paths");
        let mut nobody = body.clone();
        nobody.as_object_mut().unwrap().remove("agentName");
        post(&server, target, *by, nobody.clone()).await.refused(400, "invalid_input");
        nobody["agentId"] = json!(server.env("OTHER_ORG_IDENTITY"));
        post(&server, target, *by, nobody).await.refused(404, "identity_not_found");
        let mut elsewhere = body.clone();
        elsewhere["workspaceId"] = json!("ws_unknown");
        post(&server, target, *by, elsewhere).await.refused(404, "workspace_not_found");
        for (asked, code) in [
            ("relayfile:fs:read:/workspace", "invalid_scope"),
            ("relayfile:fs:read:/work", "invalid_scope"),
            ("relayfile:fs:read", "invalid_scope"),
            ("relayfile:fs:*:/work/a", "invalid_scope"),
            ("relayauth:role:read", "invalid_scope"),
            ("nonsense", "invalid_scope"),
        ] {
            let mut body = body.clone();
            body["scopes"] = json!([asked]);
            post(&server, target, *by, body).await.refused(400, code);
        }
    }
    let without = json!({"paths": ["/work"], "agentName": "walker"});
    let answer = post(&server, "/v1/tokens/workspace-path", By::Key("API_KEY"), without).await;
    invalid(&answer, &["body/workspaceId"]);
}

#[tokio::test]
async fn a_path_token_gives_an_agent_no_more_than_the_agent_has() {
    let server = TestServer::sandbox().start().await;
    for (_, target, by, body) in &issuers(&server)[2..] {
        let mut body = body.clone();
        body.as_object_mut().unwrap().remove("agentName");
        body["agentId"] = json!(server.env("IDENTITY_ID"));
        // The identity only reads: of both for each path, that is what is left.
        let issued = post(&server, target, *by, body.clone()).await.accepted(201);
        assert_eq!(claims(text(&issued, "accessToken"))["scopes"], json!(["relayfile:fs:read:/work/*"]));
        body["scopes"] = json!(["relayfile:fs:write:/work/a"]);
        post(&server, target, *by, body.clone()).await.refused(403, "scope_escalation");
        body["scopes"] = json!(["relayfile:fs:read:/work/a"]);
        body["ttlSeconds"] = json!(60);
        let issued = post(&server, target, *by, body).await.accepted(201);
        let access = claims(text(&issued, "accessToken"));
        assert_eq!(access["scopes"], json!(["relayfile:fs:read:/work/a"]));
        assert_eq!(super::seconds_between(&access["iat"], &access["exp"]), 60);
    }
}

#[tokio::test]
async fn a_delegation_ends_with_its_moment() {
    let server = TestServer::sandbox().start().await;
    let at = |after: Duration| {
        let moment = DateTime::<Utc>::from(now() + after);
        json!(moment.to_rfc3339_opts(SecondsFormat::Millis, true))
    };
    for (_, target, by, body) in &issuers(&server)[2..] {
        let mut body: Value = body.clone();
        merge(&mut body, json!({"delegationNotAfter": "2020-01-01T00:00:00Z"}));
        invalid(&post(&server, target, *by, body.clone()).await, &["body/delegationNotAfter"]);
        body["delegationNotAfter"] = json!("tomorrow");
        post(&server, target, *by, body.clone()).await.refused(400, "invalid_input");

        body["delegationNotAfter"] = at(Duration::from_millis(3_500));
        let issued = post(&server, target, *by, body).await.accepted(201);
        let end = DateTime::parse_from_rfc3339(text(&issued, "delegationNotAfter")).unwrap().timestamp();
        for name in ["accessToken", "refreshToken"] {
            assert_eq!(claims(text(&issued, name))["exp"], json!(end));
        }
        let next = refresh(&server, text(&issued, "refreshToken")).await.accepted(200);
        assert_eq!(claims(text(&next, "refreshToken"))["exp"], json!(end));
        assert_eq!((&next["paths"], &next["agentName"]), (&json!(["/work/*"]), &json!("walker")));
        assert_eq!(next["delegationNotAfter"], issued["delegationNotAfter"]);
        tokio::time::sleep(Duration::from_millis(3_600)).await;
        refresh(&server, text(&next, "refreshToken")).await.refused(401, "delegation_expired");
        assert!(introspect(&server, text(&next, "accessToken")).await.is_null());
    }
}

#[expect(clippy::disallowed_methods, reason = "a caller is not the server")]
fn now() -> SystemTime {
    SystemTime::now()
}
