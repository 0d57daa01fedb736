//! Users and their sessions, by server key and by their own tokens.

use std::time::Duration;

use countersign_tests::server::TestServer;
use http::Method;
use serde_json::{Value, json};

use super::refused;

const USERS: &str = "/api/v1/users";

#[tokio::test]
async fn a_server_makes_changes_and_deletes_users() {
    let server = TestServer::sandbox().start().await;
    let made = server.by_server(Method::POST, USERS).json(&json!({})).send().await.accepted(201);
    assert_eq!((&made["is_anonymous"], &made["client_metadata"]), (&json!(false), &Value::Null));
    let _ = server.by_server(Method::POST, USERS).send().await.accepted(201);
    let body = json!({
        "primary_email": "ada@example.com", "display_name": "Ada",
        "client_metadata": { "a": 1 }, "server_metadata": { "b": [2, null] },
    });
    let made = server.by_server(Method::POST, USERS).json(&body).send().await.accepted(201);
    for (member, value) in body.as_object().unwrap() {
        assert_eq!(&made[member], value, "{member}");
    }
    let id = made["id"].as_str().unwrap();
    let target = format!("{USERS}/{id}");
    let patch = json!({ "display_name": null, "client_metadata": { "c": 3 } });
    let patched = server.by_server(Method::PATCH, &target).json(&patch).send().await.accepted(200);
    assert_eq!((&patched["display_name"], &patched["client_metadata"]), (&Value::Null, &json!({ "c": 3 })));
    assert_eq!(patched["server_metadata"], made["server_metadata"], "what is left out stays");
    // What a server says of an address proves nothing.
    let signed_in = server.signed_in("ada@example.com").await;
    assert_ne!(signed_in.id, id);
    for (member, large) in [("client_metadata", json!({ "x": "y".repeat(16_384) }))] {
        let answer = server.by_server(Method::PATCH, &target).json(&json!({ member: large })).send().await;
        answer.invalid(&["body/client_metadata"]);
    }
    let session = json!({ "user_id": id });
    let _ = server.by_server(Method::POST, "/api/v1/auth/sessions").json(&session).send().await.accepted(200);
    assert_eq!(server.by_server(Method::DELETE, &target).send().await.status, 204);
    for method in [Method::GET, Method::DELETE] {
        refused(&server.by_server(method, &target).send().await, 404, "REFERENCE_NOT_FOUND", "");
    }
    let answer = server.by_server(Method::POST, "/api/v1/auth/sessions").json(&session).send().await;
    refused(&answer, 404, "REFERENCE_NOT_FOUND", "");
    let kept =
        format!("SELECT count(*) FROM users WHERE id = '{id}' AND coalesce(primary_email, client_metadata) IS NULL");
    assert_eq!(server.database().number(&kept), 1, "what it said of itself is gone");
}

#[tokio::test]
async fn a_session_by_server_key_lives_as_long_as_it_was_asked_for() {
    let server = TestServer::sandbox().start().await;
    let user = server.anonymous_user().await;
    for (millis, life) in [(Some(1_000), 1_000), (None, 31_536_000_000)] {
        let mut body = json!({ "user_id": user.id });
        if let Some(millis) = millis {
            body["expires_in_millis"] = millis.into();
        }
        let _ = server.by_server(Method::POST, "/api/v1/auth/sessions").json(&body).send().await.accepted(200);
        let newest = "SELECT expires_at - created_at FROM cli_sessions ORDER BY id DESC LIMIT 1";
        assert_eq!(server.database().number(newest), life);
    }
    for millis in [999, 31_536_000_001_i64] {
        let body = json!({ "user_id": user.id, "expires_in_millis": millis });
        let answer = server.by_server(Method::POST, "/api/v1/auth/sessions").json(&body).send().await;
        answer.invalid(&["body/expires_in_millis"]);
    }
}

#[tokio::test]
async fn a_user_sees_and_changes_itself_and_only_what_clients_may() {
    let server = TestServer::sandbox().start().await;
    let (ada, bob) = (server.signed_in("ada@example.com").await, server.signed_in("bob@example.com").await);
    let secret = json!({ "server_metadata": { "plan": "free" } });
    let _ = server.by_server(Method::PATCH, &format!("{USERS}/{}", ada.id)).json(&secret).send().await.accepted(200);
    for target in ["me".to_owned(), ada.id.clone()] {
        let me = server.by_user(Method::GET, &format!("{USERS}/{target}"), &ada).send().await.accepted(200);
        assert_eq!(me["id"], ada.id.as_str());
        assert_eq!(me.get("server_metadata"), None);
    }
    for target in [bob.id.as_str(), "unknown", "0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90"] {
        for method in [Method::GET, Method::PATCH] {
            let call = server.by_user(method.clone(), &format!("{USERS}/{target}"), &ada);
            let call = if method == Method::PATCH { call.json(&json!({})) } else { call };
            refused(&call.send().await, 404, "REFERENCE_NOT_FOUND", "");
        }
    }
    let change = json!({ "display_name": "Ada", "client_metadata": { "theme": "dark" } });
    let changed = server.by_user(Method::PATCH, &format!("{USERS}/me"), &ada).json(&change).send().await.accepted(200);
    assert_eq!((&changed["display_name"], &changed["client_metadata"]), (&json!("Ada"), &json!({ "theme": "dark" })));
    for member in ["server_metadata", "primary_email"] {
        let call = server.by_user(Method::PATCH, &format!("{USERS}/me"), &ada).json(&json!({ member: null }));
        refused(&call.send().await, 403, "FORBIDDEN", "");
    }
    assert_eq!(server.user(&ada.id).await["server_metadata"], json!({ "plan": "free" }));
}

#[tokio::test]
async fn an_access_token_ends_with_its_session_and_oauth_clients_get_theirs_by_a_form() {
    let server = TestServer::sandbox().start().await;
    let user = server.signed_in("ada@example.com").await;
    let form = |secret: &str, token: &str| {
        let project = server.env("PROJECT_ID");
        let text = format!("grant_type=refresh_token&refresh_token={token}&client_id={project}&client_secret={secret}");
        server
            .request(Method::POST, "/api/v1/auth/oauth/token")
            .anonymous()
            .body(text)
            .content_type("application/x-www-form-urlencoded")
            .send()
    };
    let key = server.env("PUBLISHABLE_CLIENT_KEY");
    let granted = form(key, &user.refresh).await.accepted(200);
    assert_eq!((&granted["token_type"], &granted["expires_in"]), (&json!("Bearer"), &json!(600)));
    let mut fresh = user.clone();
    fresh.access = granted["access_token"].as_str().unwrap().to_owned();
    let _ = server.by_user(Method::GET, "/api/v1/users/me", &fresh).send().await.accepted(200);
    refused(&form("cs_pck_x", &user.refresh).await, 401, "UNAUTHORIZED", "");
    refused(&form(server.env("SECRET_SERVER_KEY"), &user.refresh).await, 401, "UNAUTHORIZED", "");
    refused(&form(key, "x").await, 400, "INVALID_REFRESH_TOKEN", "");
    let out = server.by_user(Method::DELETE, "/api/v1/auth/sessions/current", &fresh).send().await;
    assert_eq!(out.status, 204);
    refused(&server.by_user(Method::GET, "/api/v1/users/me", &fresh).send().await, 401, "UNAUTHORIZED", "");
    refused(&form(key, &user.refresh).await, 400, "INVALID_REFRESH_TOKEN", "");
}

#[tokio::test]
async fn a_session_that_ends_while_its_change_waits_changes_nothing() {
    let server = TestServer::sandbox().start().await;
    let user = server.signed_in("ada@example.com").await;
    let before = server.user(&user.id).await;
    let mut other = server.database();
    other.hold_write_lock();
    let change = server.by_user(Method::PATCH, &format!("{USERS}/me"), &user).json(&json!({"display_name": "Late"}));
    let (answer, ()) = tokio::join!(change.send(), async {
        // Until the call has been let in and waits for the lock.
        tokio::time::sleep(Duration::from_secs(2)).await;
        other.execute(&format!("UPDATE cli_sessions SET ended_at = created_at WHERE user_id = '{}'", user.id));
        other.release();
    });
    refused(&answer, 401, "UNAUTHORIZED", "");
    assert_eq!(server.user(&user.id).await, before);
}
