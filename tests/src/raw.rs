//! Requests that the generated client would never send.

use base64::Engine as _;
use bytes::Bytes;
use countersign_client::wallet::KeyPair;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

use crate::answer::RawAnswer;
use crate::server::TestServer;

/// A request, to be changed and sent. It begins with the sandbox platform's credentials.
#[derive(Clone, Debug)]
#[must_use = "a request that isn't sent proves nothing"]
pub struct RawRequest {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Bytes,
}

impl TestServer {
    /// A request to this path and query, as they are.
    pub fn request(&self, method: Method, target: &str) -> RawRequest {
        self.request_as(method, target, self.env("CLIENT_ID"), self.env("CLIENT_SECRET"))
    }

    /// A request of another platform.
    pub fn request_as(&self, method: Method, target: &str, id: &str, secret: &str) -> RawRequest {
        let url = format!("{}{target}", self.base_url());
        RawRequest { method, url, headers: HeaderMap::new(), body: Bytes::new() }.basic(id, secret)
    }
}

impl RawRequest {
    /// Without credentials.
    pub fn anonymous(mut self) -> Self {
        self.headers.remove(AUTHORIZATION);
        self
    }

    /// With these credentials.
    pub fn basic(self, id: &str, secret: &str) -> Self {
        self.authorization(&basic(id, secret))
    }

    /// With this `Authorization`.
    pub fn authorization(mut self, value: &str) -> Self {
        self.headers.insert(AUTHORIZATION, HeaderValue::from_str(value).expect("a header value"));
        self
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        self.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header value"));
        self
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body(body.to_string())
    }

    /// With these bytes as a body that says that it is JSON.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self
    }

    /// With the members of an object as a form.
    pub fn form(self, members: &Value) -> Self {
        let members = members.as_object().expect("an object");
        let texts = members.iter().map(|(name, value)| (name, value.as_str().expect("a text")));
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(texts).finish();
        self.body(form).content_type("application/x-www-form-urlencoded")
    }

    /// With another `Content-Type`.
    pub fn content_type(mut self, value: &'static str) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
        self
    }

    /// Sends it.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send(self) -> RawAnswer {
        // What a redirect says is looked at, not followed.
        let redirects = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().no_proxy().redirect(redirects).build().expect("a TLS library");
        let mut request = http.request(self.method, &self.url).headers(self.headers);
        if !self.body.is_empty() {
            request = request.body(self.body);
        }
        let response = request.send().await.unwrap_or_else(|cause| panic!("{}: {cause:?}", self.url));
        let (status, headers) = (response.status(), response.headers().clone());
        RawAnswer { status, headers, body: response.bytes().await.expect("a body") }
    }
}

impl RawRequest {
    /// Sends it `count` times at once, and returns the statuses.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn flood(&self, count: usize) -> Vec<u16> {
        let patience = std::time::Duration::from_secs(60);
        let http = reqwest::Client::builder().no_proxy().timeout(patience).build().expect("a TLS library");
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..count {
            let request = http.request(self.method.clone(), &self.url).headers(self.headers.clone());
            let request = if self.body.is_empty() { request } else { request.body(self.body.clone()) };
            calls.spawn(async move { request.send().await.expect("an answer").status().as_u16() });
        }
        calls.join_all().await
    }

    /// Sends it as the first leg of a signed retry.
    ///
    /// # Panics
    /// When it isn't answered with a challenge.
    pub async fn ask(self) -> Asked {
        let answer = self.clone().send().await;
        assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.body));
        Asked { request: self, challenge: answer.json() }
    }
}

/// A signed retry after a leg: the request, and what is to be signed.
#[derive(Clone, Debug)]
pub struct Asked {
    request: RawRequest,
    /// The answer to the leg.
    pub challenge: Value,
}

impl Asked {
    /// `payloadToSign`
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn payload(&self) -> &str {
        self.challenge["payloadToSign"].as_str().expect("a payload")
    }

    /// `requestId`
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.challenge["requestId"].as_str().expect("an id")
    }

    /// The next leg, with these two headers.
    pub fn with(&self, signature: &str, request_id: &str) -> RawRequest {
        self.request.clone().header("Grid-Wallet-Signature", signature).header("Request-Id", request_id)
    }

    /// The next leg, stamped by this key.
    pub fn stamped(&self, key: &KeyPair) -> RawRequest {
        self.with(&key.stamp_payload(self.payload()), self.request_id())
    }

    /// Sends the next leg, stamped by this key.
    pub async fn retry(&self, key: &KeyPair) -> RawAnswer {
        self.stamped(key).send().await
    }

    /// Sends the next leg, which is to be answered with a further challenge.
    ///
    /// # Panics
    /// When it isn't.
    pub async fn ask_again(&self, key: &KeyPair) -> Self {
        let answer = self.retry(key).await;
        assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.body));
        Self { request: self.request.clone(), challenge: answer.json() }
    }
}

/// The value of `Authorization` of RFC 7617.
#[must_use]
pub fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}")))
}
