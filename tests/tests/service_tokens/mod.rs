//! The token door over HTTP: pairs, families, keys and callers.

mod callers;
mod families;
mod issuers;
mod keys;
mod paths;
mod workspaces;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_tests::answer::RawAnswer;
use countersign_tests::server::TestServer;
use http::Method;
use serde_json::{Value, json};

/// Who calls.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    /// Whoever `--print-env` wrote the key of, in `x-api-key`.
    Key(&'a str),
    /// This key or token, in `x-api-key`.
    Header(&'a str),
    /// This token, as a bearer's.
    Bearer(&'a str),
    Nobody,
}

pub(crate) async fn call(server: &TestServer, method: Method, target: &str, by: By<'_>, body: Value) -> RawAnswer {
    let request = server.request(method, target).anonymous();
    let request = match by {
        By::Key(name) => request.header("x-api-key", server.env(name)),
        By::Header(key) => request.header("x-api-key", key),
        By::Bearer(token) => request.authorization(&format!("Bearer {token}")),
        By::Nobody => request,
    };
    let request = if body.is_null() { request } else { request.json(&body) };
    request.send().await
}

pub(crate) async fn post(server: &TestServer, target: &str, by: By<'_>, body: Value) -> RawAnswer {
    call(server, Method::POST, target, by, body).await
}

/// A pair of the sandbox's identity, with these members more.
pub(crate) async fn pair(server: &TestServer, members: Value) -> Value {
    let mut body = json!({"identityId": server.env("IDENTITY_ID")});
    merge(&mut body, members);
    post(server, "/v1/tokens", By::Key("API_KEY"), body).await.accepted(201)
}

#[expect(clippy::needless_pass_by_value, reason = "callers write the members where they call")]
pub(crate) fn merge(body: &mut Value, members: Value) {
    for (name, value) in members.as_object().expect("members") {
        body[name] = value.clone();
    }
}

/// A pair of each class.
pub(crate) async fn pair_of_each_class(server: &TestServer, members: Value) -> Vec<(&'static str, Value)> {
    let mut pairs = Vec::new();
    for (class, target, by, mut body) in issuers(server) {
        merge(&mut body, members.clone());
        pairs.push((class, post(server, target, by, body).await.accepted(201)));
    }
    pairs
}

/// The four issuers, with a call to each that is accepted.
pub(crate) fn issuers(server: &TestServer) -> [(&'static str, &'static str, By<'static>, Value); 4] {
    let (identity, workspace) = (server.env("IDENTITY_ID"), server.env("WORKSPACE_ID"));
    [
        ("", "/v1/tokens", By::Key("API_KEY"), json!({"identityId": identity})),
        ("relay_ag_", "/v1/tokens/agent", By::Key("WORKSPACE_TOKEN"), json!({"agentId": identity})),
        (
            "relay_pa_",
            "/v1/tokens/path",
            By::Key("WORKSPACE_TOKEN"),
            json!({"agentName": "walker", "paths": ["/work/*"]}),
        ),
        (
            "relay_pa_",
            "/v1/tokens/workspace-path",
            By::Key("API_KEY"),
            json!({"agentName": "walker", "paths": ["/work/*"], "workspaceId": workspace}),
        ),
    ]
}

pub(crate) async fn refresh(server: &TestServer, token: &str) -> RawAnswer {
    post(server, "/v1/tokens/refresh", By::Nobody, json!({"refreshToken": token})).await
}

/// What introspection says of a token.
pub(crate) async fn introspect(server: &TestServer, token: &str) -> Value {
    post(server, "/v1/tokens/introspect", By::Key("API_KEY"), json!({"token": token})).await.accepted(200)
}

pub(crate) fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("{member} is text in {value}"))
}

/// Header or payload of a token, without the prefix of its class.
pub(crate) fn part(token: &str, place: usize) -> Value {
    let jws = token.trim_start_matches("relay_ag_").trim_start_matches("relay_pa_");
    let encoded = jws.split('.').nth(place).expect("a JWS");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).expect("base64url")).expect("JSON")
}

pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

pub(crate) fn seconds_between(from: &Value, to: &Value) -> i64 {
    to.as_i64().expect("seconds") - from.as_i64().expect("seconds")
}

/// Insists on a 400 that names these members, and no others.
#[track_caller]
pub(crate) fn invalid(answer: &RawAnswer, paths: &[&str]) {
    answer.refused(400, "invalid_input");
    assert_eq!(answer.violation_paths(), paths);
}
