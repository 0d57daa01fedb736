//! The check of every exchange is itself checked: it notices handlers that don't keep to the document.

use std::net::SocketAddr;
use std::sync::Arc;

use countersign_api::api_description;
use countersign_tests::conformance::Contract;
use countersign_tests::proxy::RecordingProxy;
use countersign_tests::raw::basic;
use countersign_tests::sample::{self, Ids};
use dropshot::{
    ApiDescription, ApiEndpoint, ApiEndpointVersions, Body, ConfigDropshot, HttpError, HttpServer, RequestContext,
    ServerBuilder, ServerContext,
};
use http::{Method, Response};
use serde_json::{Value, json};

use crate::unserved::Unserved;

/// What a misbehaving handler answers, whatever it is asked.
#[derive(Clone)]
struct Canned {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
}

impl Canned {
    /// An answer with the headers that every secured operation has.
    fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json"), ("cache-control", "no-store")];
        Self { status, headers, body: body.to_string() }
    }

    fn error(status: u16, code: &str) -> Self {
        Self::json(status, &json!({"status": status, "code": code, "message": "So it is."}))
    }

    fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.retain(|(kept, _)| *kept != name);
        self.headers.push((name, value));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(kept, _)| *kept != name);
        self
    }
}

async fn answer(context: RequestContext<Canned>) -> Result<Response<Body>, HttpError> {
    let canned = context.context();
    let mut response = Response::builder().status(canned.status);
    for (name, value) in &canned.headers {
        response = response.header(*name, *value);
    }
    response.body(canned.body.clone().into()).map_err(|cause| HttpError::for_internal_error(cause.to_string()))
}

fn serve<C: ServerContext>(api: ApiDescription<C>, context: C) -> HttpServer<C> {
    let bind_address = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = ConfigDropshot { bind_address, default_request_body_max_bytes: 65_536, ..ConfigDropshot::default() };
    let log = slog::Logger::root(slog::Discard, slog::o!());
    ServerBuilder::new(api, context, log).config(config).start().expect("a server")
}

/// Sends one request through the proxy to a dropshot server whose handler at `path` answers as told, and returns what
/// the check has to say about it.
async fn violations(canned: Canned, method: Method, path: &str, target: &str, authorized: bool) -> Vec<String> {
    let mut api = ApiDescription::new();
    api.register(ApiEndpoint::new(
        "canned".to_owned(),
        answer,
        method.clone(),
        dropshot::CONTENT_TYPE_JSON,
        path,
        ApiEndpointVersions::All,
    ))
    .expect("a route");
    let server = serve(api, canned);
    let proxy = RecordingProxy::start(server.local_addr(), Contract::of_this_tree()).expect("a proxy");
    let http = reqwest::Client::builder().no_proxy().build().expect("a TLS library");
    let mut request = http.request(method, format!("http://{}{target}", proxy.address()));
    if authorized {
        request = request.header("authorization", basic("a", "b"));
    }
    let status = request.send().await.expect("an answer").status();
    let found = proxy.take_violations();
    assert_eq!(proxy.exchanges().len(), 1, "{status}");
    server.close().await.expect("a server that ends");
    found
}

const LIST: &str = "/auth/sessions";

fn list_target() -> String {
    format!("{LIST}?accountId={}", Ids::unknown().account)
}

async fn list_violations(canned: Canned) -> Vec<String> {
    violations(canned, Method::GET, LIST, &list_target(), true).await
}

fn session() -> Value {
    json!({
        "id": Ids::unknown().session, "accountId": Ids::unknown().account, "type": "EMAIL_OTP", "nickname": "a@b.example",
        "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z", "expiresAt": "2026-01-01T00:15:00.000Z",
    })
}

#[track_caller]
fn assert_found(found: &[String], words: &str) {
    assert!(found.iter().any(|violation| violation.contains(words)), "{words:?} is not among {found:?}");
}

#[tokio::test]
async fn an_answer_as_documented_is_no_violation() {
    for canned in [
        Canned::json(200, &json!({"data": []})),
        Canned::json(200, &json!({"data": [session()], "unknown": 1})),
        Canned::error(429, "RATE_LIMITED").header("retry-after", "7"),
        Canned::error(401, "UNAUTHORIZED").header("www-authenticate", "Basic"),
    ] {
        let found = list_violations(canned).await;
        assert_eq!(found, [] as [String; 0]);
    }
}

#[tokio::test]
async fn an_undocumented_status_is_noticed() {
    for status in [204, 302, 404, 418, 502] {
        let found = list_violations(Canned::error(status, "INVALID_INPUT")).await;
        assert_found(&found, "does not document this status");
    }
}

#[tokio::test]
async fn a_bad_body_is_noticed() {
    let changed = |member: &str, value: Value| {
        let mut session = session();
        session[member] = value;
        json!({"data": [session]})
    };
    let mut incomplete = session();
    incomplete.as_object_mut().unwrap().remove("expiresAt");
    for body in [
        json!([]),
        json!({}),
        json!({"data": {}}),
        json!({"data": [incomplete]}),
        changed("id", json!("1")),
        changed("id", json!(Ids::unknown().account)),
        changed("type", json!("PIGEON")),
        changed("createdAt", json!("yesterday")),
        changed("createdAt", json!(1)),
        changed("nickname", Value::Null),
    ] {
        assert_found(&list_violations(Canned::json(200, &body)).await, "body");
    }
    let text = Canned { body: "{".to_owned(), ..Canned::json(200, &Value::Null) };
    assert_found(&list_violations(text).await, "can't be read");
    // Another status's body, and a code that this status doesn't have.
    assert_found(&list_violations(Canned::json(400, &json!({"data": []}))).await, "body");
    assert_found(&list_violations(Canned::error(400, "UNAUTHORIZED")).await, "body");
    let mixed = Canned::json(400, &json!({"status": 401, "code": "INVALID_INPUT", "message": ""}));
    assert_found(&list_violations(mixed).await, "body");
}

#[tokio::test]
async fn a_429_without_retry_after_is_noticed() {
    let limited = Canned::error(429, "RATE_LIMITED");
    assert_found(&list_violations(limited.clone()).await, "Retry-After is missing");
    for bad in ["soon", "0", "-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT"] {
        assert_found(&list_violations(limited.clone().header("retry-after", bad)).await, "Retry-After is");
    }
    assert_found(&list_violations(Canned::error(503, "UNAVAILABLE")).await, "Retry-After is missing");
    assert_found(&list_violations(Canned::error(401, "UNAUTHORIZED")).await, "WWW-Authenticate is missing");
}

#[tokio::test]
async fn a_cacheable_answer_of_a_secured_operation_is_noticed() {
    let good = Canned::json(200, &json!({"data": []}));
    assert_found(&list_violations(good.clone().without("cache-control")).await, "Cache-Control");
    assert_found(&list_violations(good.header("cache-control", "max-age=60")).await, "Cache-Control");
}

#[tokio::test]
async fn another_media_type_is_noticed() {
    let good = Canned::json(200, &json!({"data": []}));
    assert_found(&list_violations(good.clone().without("content-type")).await, "media type");
    assert_found(&list_violations(good.header("content-type", "text/html")).await, "media type");
}

#[tokio::test]
async fn serving_what_the_document_refuses_is_noticed() {
    let good = Canned::json(200, &json!({"data": []}));
    let anonymous = violations(good.clone(), Method::GET, LIST, &list_target(), false).await;
    assert_found(&anonymous, "without credentials");
    let without_account = violations(good.clone(), Method::GET, LIST, LIST, true).await;
    assert_found(&without_account, "accepted without accountId");
    let bad_account = violations(good, Method::GET, LIST, "/auth/sessions?accountId=1", true).await;
    assert_found(&bad_account, "accepted: accountId");
    let customer = json!({
        "id": Ids::unknown().customer, "customerType": "INDIVIDUAL",
        "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
    });
    let bodiless = violations(Canned::json(201, &customer), Method::POST, "/customers", "/customers", true).await;
    assert_found(&bodiless, "accepted without a body");
}

#[tokio::test]
async fn a_route_that_the_document_does_not_have_is_noticed_unless_it_is_refused() {
    let good = Canned::json(200, &json!({"data": []}));
    assert_found(&violations(good.clone(), Method::GET, "/secret", "/secret", true).await, "no such path");
    assert_found(&violations(good.clone(), Method::PUT, LIST, LIST, true).await, "no such path");
    assert_eq!(violations(good.clone(), Method::PUT, LIST, "/auth", true).await, [] as [String; 0], "404");
    assert_eq!(violations(good, Method::PUT, LIST, "/auth/sessions/", true).await.len(), 1);
}

#[tokio::test]
async fn what_nobody_asks_about_fails_the_test() {
    let mut api = ApiDescription::new();
    let endpoint = ApiEndpoint::new(
        "canned".to_owned(),
        answer,
        Method::GET,
        dropshot::CONTENT_TYPE_JSON,
        "/health",
        ApiEndpointVersions::All,
    );
    api.register(endpoint).expect("a route");
    let server = serve(api, Canned::json(200, &json!({"status": "FINE"})));
    let proxy = RecordingProxy::start(server.local_addr(), Contract::of_this_tree()).expect("a proxy");
    let http = reqwest::Client::builder().no_proxy().build().expect("a TLS library");
    http.get(format!("http://{}/health", proxy.address())).send().await.expect("an answer");
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(proxy)));
    let message = dropped.expect_err("dropping the proxy must panic");
    assert!(message.downcast_ref::<String>().is_some_and(|message| message.contains("not as documented")));
}

#[tokio::test]
async fn the_generated_adapter_alone_keeps_to_the_document() {
    let server = serve(api_description::<Unserved>().expect("routes"), Arc::new(Unserved));
    let contract = Contract::of_this_tree();
    let proxy = RecordingProxy::start(server.local_addr(), Arc::clone(&contract)).expect("a proxy");
    let http = reqwest::Client::builder().no_proxy().build().expect("a TLS library");
    for operation in contract.operations() {
        let (method, target, body) = sample::call(operation, &Ids::unknown());
        let request = http.request(method, format!("http://{}{target}", proxy.address()));
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        assert_eq!(request.send().await.expect("an answer").status(), 500, "{}", operation.id);
    }
    assert_eq!(proxy.take_violations(), [] as [String; 0]);
}
