//! What each issuer gives, to whom, and what it doesn't.

use chrono::DateTime;
use countersign_tests::server::TestServer;
use serde_json::{Value, json};

use super::{
    By, claims, invalid, issuers, merge, pair, pair_of_each_class, part, post, refresh, seconds_between, text,
};

const DAY: i64 = 86_400;

#[tokio::test]
async fn a_pair_says_what_it_is() {
    let server = TestServer::sandbox().start().await;
    for (prefix, pair) in pair_of_each_class(&server, json!({})).await {
        let (access, refresh) = (text(&pair, "accessToken"), text(&pair, "refreshToken"));
        assert!(access.starts_with(prefix) && refresh.starts_with(prefix), "{pair}");
        let (a, r) = (claims(access), claims(refresh));
        for (token, claims, expires) in [(access, &a, "accessTokenExpiresAt"), (refresh, &r, "refreshTokenExpiresAt")] {
            let header = part(token, 0);
            assert_eq!((text(&header, "typ"), text(&header, "alg")), ("JWT", "EdDSA"));
            let expires = DateTime::parse_from_rfc3339(text(&pair, expires)).unwrap();
            assert_eq!(json!(expires.timestamp()), claims["exp"]);
            assert_eq!(expires.timestamp_subsec_nanos(), 0);
            assert_eq!(text(claims, "wks"), server.env("WORKSPACE_ID"));
            assert_eq!(text(claims, "iss"), server.env("BASE_URL"));
            assert!(!claims.as_object().unwrap().contains_key("meta"));
        }
        assert_eq!((text(&a, "token_type"), text(&r, "token_type")), ("access", "refresh"));
        assert_eq!((&r["aud"], &r["scopes"]), (&json!(["relayauth"]), &json!(["relayauth:token:refresh"])));
        assert_eq!(a["sid"], r["sid"]);
        assert_ne!(a["jti"], r["jti"]);
        assert_eq!(seconds_between(&a["iat"], &a["exp"]), 3_600);
        assert_eq!(seconds_between(&r["iat"], &r["exp"]), DAY);
        assert_eq!(text(&pair, "tokenType"), "Bearer");
        if prefix == "relay_pa_" {
            assert_eq!(a["scopes"], json!(["relayfile:fs:read:/work/*", "relayfile:fs:write:/work/*"]));
            assert_eq!((&a["aud"], &pair["paths"]), (&json!(["relayfile"]), &json!(["/work/*"])));
            assert_eq!((text(&pair, "agentName"), text(&pair, "agentId")), ("walker", text(&a, "sub")));
        } else {
            assert_eq!(a["scopes"], json!(["relayauth:role:read:*", "relayfile:fs:read:*"]));
            assert_eq!(a["aud"], json!(["relayauth", "relayfile"]));
            assert_eq!(text(&a, "sub"), server.env("IDENTITY_ID"));
        }
        if !prefix.is_empty() {
            assert_eq!(text(&pair, "tokenClass"), prefix.trim_end_matches('_'));
            assert_eq!(text(&pair, "workspaceId"), server.env("WORKSPACE_ID"));
        }
    }
}

#[tokio::test]
async fn lives_are_clamped_noted_and_carried_by_every_rotation() {
    let server = TestServer::sandbox().start().await;
    for (asked, lives) in [(1, 1), (60, 60), (7_776_000, 7_776_000), (7_776_001, 7_776_000), (i64::MAX, 7_776_000)] {
        for (class, issued) in pair_of_each_class(&server, json!({"refreshTokenTtlSeconds": asked})).await {
            let token = claims(text(&issued, "refreshToken"));
            assert_eq!(seconds_between(&token["iat"], &token["exp"]), lives, "{class} {asked}");
            let note = json!({"refreshTokenTtl": lives.to_string()});
            assert_eq!(token["meta"], note);
            assert_eq!(claims(text(&issued, "accessToken"))["meta"], note);
            if lives > 1 {
                let body = json!({"refreshToken": issued["refreshToken"], "refreshTokenTtlSeconds": 5});
                let next = post(&server, "/v1/tokens/refresh", By::Nobody, body).await.accepted(200);
                let token = claims(text(&next, "refreshToken"));
                assert_eq!((seconds_between(&token["iat"], &token["exp"]), &token["meta"]), (lives, &note));
            }
        }
    }
    for (class, issued) in
        pair_of_each_class(&server, json!({"refreshTokenTtlSeconds": null, "expiresIn": 100_000})).await
    {
        let (access, refresh) = (claims(text(&issued, "accessToken")), claims(text(&issued, "refreshToken")));
        let longest = if class.is_empty() { DAY } else { 3_600 };
        assert_eq!(seconds_between(&access["iat"], &access["exp"]), longest, "{class}");
        assert_eq!(seconds_between(&refresh["iat"], &refresh["exp"]), DAY);
        assert!(refresh.get("meta").is_none());
    }
}

#[tokio::test]
async fn a_life_is_a_whole_number_of_seconds_from_1() {
    let server = TestServer::sandbox().start().await;
    for (_, target, by, body) in issuers(&server) {
        for bad in [json!(0), json!(-1), json!(1.5), json!("60"), json!(true), json!([60]), json!({})] {
            let mut body = body.clone();
            body["refreshTokenTtlSeconds"] = bad.clone();
            let answer = post(&server, target, by, body).await;
            invalid(&answer, &["body/refreshTokenTtlSeconds"]);
        }
        let mut body = body.clone();
        body["expiresIn"] = json!(0);
        post(&server, target, by, body).await.refused(400, "invalid_input");
    }
}

#[tokio::test]
async fn no_pair_goes_beyond_its_identity_or_its_workspace_token() {
    let server = TestServer::sandbox().start().await;
    let asked = |scopes: &[&str]| json!({"scopes": scopes});
    let narrower = pair(&server, asked(&["relayfile:fs:read:/a"])).await;
    assert_eq!(claims(text(&narrower, "accessToken"))["scopes"], json!(["relayfile:fs:read:/a"]));
    for (target, by, member) in
        [("/v1/tokens", By::Key("API_KEY"), "identityId"), ("/v1/tokens/agent", By::Key("WORKSPACE_TOKEN"), "agentId")]
    {
        for above in ["relayfile:fs:write", "relayfile:*:read", "*:*:*", "relayauth:token:create"] {
            let mut body = asked(&["relayauth:role:read", above]);
            body[member] = json!(server.env("IDENTITY_ID"));
            post(&server, target, by, body).await.refused(403, "scope_escalation");
        }
        for bad in ["", "relayfile", "relayfile:fs", "a:b:c:d:e", "relayfile:fs:read:/../x"] {
            let mut body = asked(&[bad]);
            body[member] = json!(server.env("IDENTITY_ID"));
            post(&server, target, by, body).await.refused(400, "invalid_scope");
        }
        for id in [server.env("OTHER_ORG_IDENTITY"), "agent_unknown", "agent_0192f0a17c3b7d4e8f000123456789ab"] {
            post(&server, target, by, json!({member: id})).await.refused(404, "identity_not_found");
        }
        for audience in [json!([]), json!([""]), json!(vec!["a"; 21])] {
            let body = json!({member: server.env("IDENTITY_ID"), "audience": audience});
            post(&server, target, by, body).await.refused(400, "invalid_input");
        }
        let body = json!({member: server.env("IDENTITY_ID"), "audience": ["https://files.example.com"]});
        let own = post(&server, target, by, body).await.accepted(201);
        assert_eq!(claims(text(&own, "accessToken"))["aud"], json!(["https://files.example.com"]));
        let again = refresh(&server, text(&own, "refreshToken")).await.accepted(200);
        assert_eq!(claims(text(&again, "accessToken"))["aud"], json!(["https://files.example.com"]));
    }
}

#[tokio::test]
async fn keys_and_identities_get_no_more_than_their_maker_has() {
    let server = TestServer::sandbox().start().await;
    let workspace = server.env("WORKSPACE_ID");
    let key = json!({"name": "deploy", "scopes": ["relayauth:token:create:*", "relayauth:role:read"]});
    let made = post(&server, "/v1/api-keys", By::Key("API_KEY"), key.clone()).await.accepted(201);
    assert_eq!(made["apiKey"]["scopes"], key["scopes"]);
    assert!(text(&made, "key").starts_with(text(&made["apiKey"], "prefix")));
    let token = json!({"workspaceId": workspace, "name": "farm"});
    let made_token = post(&server, "/v1/tokens/workspace", By::Key("API_KEY"), token.clone()).await.accepted(201);
    assert_eq!(made_token["workspaceToken"]["scopes"].as_array().unwrap().len(), 6, "the caller's: {made_token}");
    let identity = json!({"name": "indexer", "workspaceId": workspace, "scopes": ["relayfile:fs:read:/a"]});
    let made_identity = post(&server, "/v1/identities", By::Key("API_KEY"), identity.clone()).await.accepted(201);
    assert_eq!(made_identity["sponsorChain"], json!([made_identity["sponsorId"]]));
    pair(&server, json!({"identityId": made_identity["id"]})).await;

    for (target, body) in [("/v1/api-keys", &key), ("/v1/tokens/workspace", &token), ("/v1/identities", &identity)] {
        let mut above = body.clone();
        above["scopes"] = json!(["relayauth:role:read", "relayauth:role:manage"]);
        post(&server, target, By::Key("API_KEY"), above.clone()).await.refused(403, "scope_escalation");
        above["scopes"] = json!(["nonsense"]);
        post(&server, target, By::Key("API_KEY"), above).await.refused(400, "invalid_scope");
        if body.get("workspaceId").is_some() {
            let mut elsewhere = body.clone();
            elsewhere["workspaceId"] = json!("ws_unknown");
            post(&server, target, By::Key("API_KEY"), elsewhere).await.refused(404, "workspace_not_found");
        }
        // The key that was made can't make others.
        post(&server, target, By::Header(text(&made, "key")), body.clone()).await.refused(403, "insufficient_scope");
    }
    let nowhere = json!({"name": "indexer"});
    invalid(&post(&server, "/v1/identities", By::Key("API_KEY"), nowhere).await, &["body/workspaceId"]);
}

#[tokio::test]
async fn a_weak_key_is_refused_everywhere() {
    let server = TestServer::sandbox().start().await;
    let identity = server.env("IDENTITY_ID");
    let workspace = server.env("WORKSPACE_ID");
    for (target, body) in [
        ("/v1/tokens", json!({"identityId": identity})),
        ("/v1/tokens/workspace-path", json!({"workspaceId": workspace, "paths": ["/a"], "agentId": identity})),
        ("/v1/tokens/workspace", json!({"workspaceId": workspace})),
        ("/v1/tokens/revoke", json!({"identityId": identity})),
        ("/v1/tokens/introspect", json!({"token": "x"})),
        ("/v1/identities", json!({"name": "x", "workspaceId": workspace})),
        ("/v1/api-keys", json!({"name": "x", "scopes": ["relayauth:role:read:*"]})),
        ("/v1/api-keys/key_0192f0a17c3b7d4e8f000123456789ab/revoke", Value::Null),
    ] {
        post(&server, target, By::Key("WEAK_API_KEY"), body).await.refused(403, "insufficient_scope");
    }
    let target = "/v1/tokens/introspect?token=x";
    let answer = super::call(&server, http::Method::GET, target, By::Key("WEAK_API_KEY"), Value::Null).await;
    answer.refused(403, "insufficient_scope");
}

#[tokio::test]
async fn revoking_a_key_ends_what_was_issued_with_it() {
    let server = TestServer::sandbox().start().await;
    let scopes = json!(["relayauth:token:create:*", "relayfile:*:*:*", "relayauth:role:read"]);
    let workspace = json!({"workspaceId": server.env("WORKSPACE_ID"), "scopes": scopes});
    let token = post(&server, "/v1/tokens/workspace", By::Key("API_KEY"), workspace).await.accepted(201);
    let key = json!({"name": "deploy", "scopes": scopes});
    let key = post(&server, "/v1/api-keys", By::Key("API_KEY"), key).await.accepted(201);
    for (target, id, secret, member, code, refused) in [
        (
            "/v1/tokens/agent",
            text(&token["workspaceToken"], "id"),
            text(&token, "key"),
            "agentId",
            "workspace_token_revoked",
            "workspace_token_revoked",
        ),
        ("/v1/tokens", text(&key["apiKey"], "id"), text(&key, "key"), "identityId", "token_revoked", "invalid_api_key"),
    ] {
        let mut body = json!({"audience": ["relayauth"]});
        merge(&mut body, json!({member: server.env("IDENTITY_ID")}));
        let issued = post(&server, target, By::Header(secret), body.clone()).await.accepted(201);
        let access = text(&issued, "accessToken");
        assert!(super::introspect(&server, access).await.is_object());
        for _ in 0..2 {
            let revoked = post(&server, &format!("/v1/api-keys/{id}/revoke"), By::Key("API_KEY"), Value::Null).await;
            let revoked = revoked.accepted(200);
            assert_eq!((text(&revoked, "id"), &revoked["revoked"]), (id, &json!(true)));
        }
        assert!(super::introspect(&server, access).await.is_null());
        assert!(super::introspect(&server, text(&issued, "refreshToken")).await.is_null());
        refresh(&server, text(&issued, "refreshToken")).await.refused(401, code);
        post(&server, target, By::Header(secret), body).await.refused(401, refused);
        let look = json!({"token": access});
        post(&server, "/v1/tokens/introspect", By::Bearer(access), look).await.refused(401, code);
    }
    for id in ["key_unknown", "key_0192f0a17c3b7d4e8f000123456789ab", "wst_0192f0a17c3b7d4e8f000123456789ab"] {
        let target = format!("/v1/api-keys/{id}/revoke");
        post(&server, &target, By::Key("API_KEY"), Value::Null).await.refused(404, "api_key_not_found");
    }
}
