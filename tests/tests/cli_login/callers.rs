//! Who may call: keys, access types and tokens, and what is taken for one that isn't.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_tests::server::TestServer;
use http::Method;
use serde_json::{Value, json};

use super::refused;

#[tokio::test]
async fn keys_and_access_type_decide_and_the_type_can_only_lower_rights() {
    let server = TestServer::sandbox().start().await;
    let user = server.anonymous_user().await;
    let (project, key, secret) =
        (server.env("PROJECT_ID"), server.env("PUBLISHABLE_CLIENT_KEY"), server.env("SECRET_SERVER_KEY"));
    let other = server.env("OTHER_PROJECT_ID");
    let none = "";
    let target = format!("/api/v1/users/{}", user.id);
    // Project, publishable key, server key, access type; whether a start and a server's look at a user are let through.
    for (project, publishable, server_key, access, starts, looks) in [
        (project, key, none, "client", true, false),
        (project, key, none, none, true, false),
        (project, key, none, "server", false, false),
        (project, none, secret, "server", true, true),
        (project, none, secret, none, true, true),
        (project, none, secret, "client", true, false),
        (project, key, secret, "server", true, true),
        (project, key, secret, "client", true, false),
        (project, key, "cs_ssk_x", "client", false, false),
        (project, "cs_pck_x", secret, "server", false, false),
        (project, secret, none, "client", false, false),
        (project, none, key, "server", false, false),
        (project, none, none, "client", false, false),
        (other, key, none, "client", false, false),
        (other, none, secret, "server", false, false),
        ("x", key, none, "client", false, false),
        (none, key, none, "client", false, false),
    ] {
        let headers = [
            ("x-stack-project-id", project),
            ("x-stack-publishable-client-key", publishable),
            ("x-stack-secret-server-key", server_key),
            ("x-stack-access-type", access),
        ];
        for (method, target, let_in) in
            [(Method::POST, "/api/v1/auth/cli", starts), (Method::GET, target.as_str(), looks)]
        {
            let mut call = server.request(method, target).anonymous();
            for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
                call = call.header(name, value);
            }
            let answer = call.send().await;
            if let_in {
                assert_eq!(answer.status, 200, "{headers:?} {target}");
            } else {
                refused(&answer, 401, "UNAUTHORIZED", "");
            }
        }
    }
    let odd = server.request(Method::POST, "/api/v1/auth/cli").anonymous().header("x-stack-project-id", project);
    let odd = odd.header("x-stack-publishable-client-key", key).header("x-stack-access-type", "admin");
    odd.send().await.invalid(&["header/x-stack-access-type"]);
}

#[tokio::test]
async fn a_disabled_platform_and_replaced_keys_open_nothing() {
    let server = TestServer::sandbox().start().await;
    let project = server.env("PROJECT_ID").to_owned();
    let printed = server.operate(&["platform", "rotate-project-keys", &project]);
    let value = |label: &str| {
        printed
            .lines()
            .find_map(|line| line.strip_prefix(label))
            .unwrap_or_else(|| panic!("{printed}"))
            .trim()
            .to_owned()
    };
    refused(&server.cli(Method::POST, "/api/v1/auth/cli").send().await, 401, "UNAUTHORIZED", "");
    let secret = value("secret server key");
    let start = || server.by_server_of(&project, &secret, Method::POST, "/api/v1/auth/cli").send();
    assert_eq!(start().await.status, 200);
    let _ = server.operate(&["platform", "disable", &project]);
    refused(&start().await, 401, "UNAUTHORIZED", "");
}

/// A token with its header or claims changed, and the signature left as it was.
fn changed(token: &str, part: usize, change: impl Fn(&mut Value)) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let mut value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&parts[part]).unwrap()).unwrap();
    change(&mut value);
    parts[part] = URL_SAFE_NO_PAD.encode(value.to_string());
    parts.join(".")
}

#[tokio::test]
async fn only_access_tokens_of_the_project_count_as_such() {
    let server = TestServer::sandbox().start().await;
    let user = server.signed_in("ada@example.com").await;
    let header: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(user.access.split('.').next().unwrap()).unwrap()).unwrap();
    assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("JWT")));
    assert!(header["kid"].as_str().unwrap().starts_with("cli-access:"), "{header}");
    // A token of the other project, for a user of it.
    let made = server.by_other_server(Method::POST, "/api/v1/users").send().await.accepted(201);
    let body = json!({ "user_id": made["id"] });
    let foreign = server.by_other_server(Method::POST, "/api/v1/auth/sessions").json(&body).send().await.accepted(200);
    for token in [
        foreign["access_token"].as_str().unwrap().to_owned(),
        user.refresh.clone(),
        format!("{}x", user.access),
        changed(&user.access, 0, |header| header["alg"] = "none".into()),
        changed(&user.access, 0, |header| header["alg"] = "HS256".into()),
        changed(&user.access, 0, |header| header["jwk"] = json!({})),
        changed(&user.access, 0, |header| header["kid"] = "verification:x".into()),
        changed(&user.access, 1, |claims| claims["exp"] = 99_999_999_999_i64.into()),
        changed(&user.access, 1, |claims| claims["token_type"] = "access".into()),
        changed(&user.access, 1, |claims| claims["sub"] = made["id"].clone()),
    ] {
        let answer = server.cli(Method::GET, "/api/v1/users/me").header("x-stack-access-token", &token).send().await;
        refused(&answer, 401, "UNAUTHORIZED", "");
    }
    let twice = server.by_user(Method::GET, "/api/v1/users/me", &user).header("x-stack-access-token", &user.access);
    refused(&twice.send().await, 401, "UNAUTHORIZED", "");
    refused(&server.cli(Method::GET, "/api/v1/users/me").send().await, 401, "UNAUTHORIZED", "");
    let missing = server.cli(Method::POST, "/api/v1/auth/sessions/current/refresh").send().await;
    refused(&missing, 401, "UNAUTHORIZED", "");
}

#[tokio::test]
async fn an_access_token_expires() {
    let server = TestServer::sandbox().setting("cli.access_ttl_secs", "1").start().await;
    let user = server.signed_in("ada@example.com").await;
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    refused(&server.by_user(Method::GET, "/api/v1/users/me", &user).send().await, 401, "UNAUTHORIZED", "");
    assert!(server.is_live(&user).await, "its session goes on");
}
