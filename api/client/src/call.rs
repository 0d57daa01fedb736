//! One call: a typed input out, a typed answer back.

use std::fmt;
use std::time::Duration;

use countersign_models::operation::{Credential, Encoding, OperationSpec};
use countersign_models::{Operation, RawReply, Violation};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use url::Url;

/// How long a call may take, connection included, unless [`Client::with_http`] says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client of one server. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    base: Url,
    http: reqwest::Client,
    /// At most one for each way in which a credential travels. An operation gets those that it asks for.
    credentials: Vec<(Credential, HeaderValue)>,
}

/// A documented success.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply<T> {
    /// The HTTP status.
    pub status: StatusCode,
    /// Every header, documented or not.
    pub headers: HeaderMap,
    /// The typed outcome.
    pub value: T,
}

/// Why a call has no documented success.
#[derive(Debug, thiserror::Error)]
pub enum CallError<E: fmt::Debug> {
    /// A documented error of the operation.
    #[error("{} {:?}", .0.status, .0.value)]
    Api(Box<Reply<E>>),
    /// The input breaks the document; nothing was sent.
    #[error("the input is not as documented: {}", list(.0))]
    InvalidRequest(Vec<Violation>),
    /// A documented status whose body or headers are not as documented.
    #[error("{} with an answer that is not as documented: {fault}", .reply.status)]
    InvalidPayload {
        /// The answer as it came.
        reply: Box<RawReply>,
        /// What is wrong with it.
        fault: countersign_models::reply::ReplyFault,
    },
    /// A status that the document doesn't give this operation.
    #[error("{} is no documented status of this operation", .0.status)]
    Undocumented(Box<RawReply>),
    /// No answer was had: connection, time-out, TLS.
    #[error("no answer: {0}")]
    Transport(#[from] reqwest::Error),
}

fn list(violations: &[Violation]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Client {
    /// A client of the server at `base`, such as `https://auth.example.com`. A path in it is kept as a prefix.
    ///
    /// # Panics
    /// When the TLS library can't be set up, as `reqwest::Client::new` does.
    #[must_use]
    pub fn new(base: Url) -> Self {
        let http = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).build();
        #[expect(clippy::expect_used, reason = "documented above; no setting of the caller can cause it")]
        let http = http.expect("a TLS library");
        Self { base, http, credentials: Vec::new() }
    }

    /// The same client with HTTP Basic credentials: a platform's client id and secret.
    #[must_use]
    pub fn with_basic(self, id: &str, secret: &str) -> Self {
        self.with(Credential::Basic, &format!("Basic {}", base64_text(format!("{id}:{secret}").as_bytes())))
    }

    /// The same client with a bearer token: an access token of a service, or a workspace token.
    #[must_use]
    pub fn with_bearer(self, token: &str) -> Self {
        self.with(Credential::Bearer, &format!("Bearer {token}"))
    }

    /// The same client with a credential that travels in a header of its own, such as `x-api-key`. The document's
    /// security schemes name the headers.
    #[must_use]
    pub fn with_header(self, name: &'static str, value: &str) -> Self {
        self.with(Credential::Header(name), value)
    }

    /// Replaces the credential that travels like this one. What no header can hold is no credential.
    fn with(mut self, credential: Credential, value: &str) -> Self {
        self.credentials.retain(|(other, _)| *other != credential);
        if let Ok(mut value) = HeaderValue::from_str(value) {
            value.set_sensitive(true);
            self.credentials.push((credential, value));
        }
        self
    }

    /// The credentials that an operation asks for, of those that there are.
    fn credentials_for(&self, spec: &OperationSpec) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for scheme in spec.security.iter().copied().flatten() {
            let Some((_, value)) = self.credentials.iter().find(|(credential, _)| *credential == scheme.credential)
            else {
                continue;
            };
            let name = match scheme.credential {
                Credential::Basic | Credential::Bearer => Ok(AUTHORIZATION),
                Credential::Header(name) => HeaderName::from_bytes(name.as_bytes()),
            };
            if let Ok(name) = name {
                headers.insert(name, value.clone());
            }
        }
        headers
    }

    /// The same client over another `reqwest` client: proxies, time-outs, certificates.
    #[must_use]
    pub fn with_http(mut self, http: reqwest::Client) -> Self {
        self.http = http;
        self
    }

    /// Calls any operation; the methods named after the operations do just this.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call<O: Operation>(&self, input: &O::Input) -> Result<Reply<O::Outcome>, CallError<O::Error>>
    where
        O::Error: fmt::Debug,
    {
        let outgoing = O::encode_input(input).map_err(CallError::InvalidRequest)?;
        let mut url = self.base.clone();
        url.set_path(&format!("{}{}", self.base.path().trim_end_matches('/'), outgoing.path));
        if !outgoing.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&outgoing.query);
        }
        let method = Method::from_bytes(O::spec().method.as_bytes()).unwrap_or(Method::GET);
        let mut request = self.http.request(method, url).headers(self.credentials_for(O::spec()));
        for (name, value) in outgoing.headers {
            request = request.header(name, value);
        }
        if let Some(body) = outgoing.body {
            let encoding = O::spec().body.as_ref().map_or(Encoding::Json, |body| body.encoding);
            request = request.header(CONTENT_TYPE, encoding.media_type()).body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let reply = RawReply { status, headers, body: response.bytes().await? };
        let read = if status.is_client_error() || status.is_server_error() {
            O::decode_error(&reply).map(|error| error.map(Err))
        } else {
            O::decode_outcome(&reply).map(|outcome| outcome.map(Ok))
        };
        match read {
            Ok(Some(Ok(value))) => Ok(Reply { status, headers: reply.headers, value }),
            Ok(Some(Err(value))) => Err(CallError::Api(Box::new(Reply { status, headers: reply.headers, value }))),
            Ok(None) => Err(CallError::Undocumented(Box::new(reply))),
            Err(fault) => Err(CallError::InvalidPayload { reply: Box::new(reply), fault }),
        }
    }
}

/// RFC 4648, section 4, as RFC 7617 wants it.
fn base64_text(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}
