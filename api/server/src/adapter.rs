//! From dropshot's requests to typed ones, and back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use countersign_flow::json;
use countersign_models::input::{Received, read_form};
use countersign_models::operation::{BodySpec, Encoding, OperationSpec};
use countersign_models::{Operation, RawReply, Violation};
use dropshot::{
    ApiDescription, ApiDescriptionRegisterError, ApiEndpoint, ApiEndpointVersions, HttpError, RequestContext,
};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tracing::{Instrument as _, Span, field};

use crate::credentials::Credentials;
use crate::emission::{Answer, Raw};

/// Deeper JSON is refused before it costs stack.
const MAX_JSON_DEPTH: usize = 64;

/// A body that isn't wanted is read on up to this many bytes, so that its sender gets to hear the answer instead of a
/// broken connection.
const DRAINED: usize = 8 * 1024 * 1024;

/// How a request is refused before a handler sees it. Who may call is asked of the [`crate::Service`], door by door.
pub trait Authority: Send + Sync + 'static {
    /// The answer to a request that can't reach its handler, in the error shape of the operation.
    fn refuse(&self, operation: &'static OperationSpec, refusal: Refusal) -> RawReply;

    /// The largest body that is read, in bytes.
    fn body_limit(&self) -> usize;
}

/// Why a request doesn't reach its handler, or its answer doesn't reach the caller.
#[derive(Debug)]
pub enum Refusal {
    /// The request breaks the document.
    Invalid(Vec<Violation>),
    /// The body is larger than the limit.
    TooLarge,
    /// The answer can't be sent: a generator's or handler's mistake, or a header value that no header may have.
    Internal(String),
}

/// A typed request.
#[derive(Debug)]
pub struct Request<O: Operation> {
    /// Parameters and body, checked against the document.
    pub input: O::Input,
    /// The body as sent, members that the document doesn't name included; `None` when there was none.
    pub body: Option<Value>,
}

/// What a handler answers.
pub type Answered<O> = Result<<O as Operation>::Outcome, <O as Operation>::Error>;

/// dropshot's context: the service.
pub type Context<S> = Arc<S>;

/// One operation of a service; implemented by generated code for every [`crate::Service`].
pub trait Serve<O: Operation>: Authority {
    /// Serves one request.
    fn serve(&self, incoming: Incoming) -> impl Future<Output = RawReply> + Send;
}

/// A request as dropshot hands it over.
pub struct Incoming {
    spec: &'static OperationSpec,
    path: BTreeMap<String, String>,
    request: hyper::Request<dropshot::Body>,
    peer: SocketAddr,
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming").field("operation", &self.spec.id).finish_non_exhaustive()
    }
}

impl Incoming {
    pub(crate) fn new(
        spec: &'static OperationSpec,
        path: BTreeMap<String, String>,
        request: hyper::Request<dropshot::Body>,
        peer: SocketAddr,
    ) -> Self {
        Self { spec, path, request, peer }
    }

    /// What the caller presents.
    #[must_use]
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials::new(self.spec, self.request.headers()).from_peer(self.peer)
    }

    /// Answers a caller who isn't let in.
    pub async fn refused(self, reply: RawReply) -> RawReply {
        // Nothing of the body is kept, and whether it can be read doesn't matter any more.
        drop(read_body(self.request.into_body(), 0).await);
        reply
    }

    /// Reads, checks and types the request, and has it handled.
    pub async fn handled<S, O, F, Fut>(self, service: &S, handler: F) -> RawReply
    where
        S: Authority,
        O: Operation,
        F: FnOnce(Request<O>) -> Fut + Send,
        Fut: Future<Output = Answered<O>> + Send,
    {
        match self.read::<O, S>(service).await {
            Ok(request) => written::<O, S>(service, &handler(request).await),
            Err(refusal) => service.refuse(O::spec(), refusal),
        }
    }

    async fn read<O: Operation, S: Authority>(self, service: &S) -> Result<Request<O>, Refusal> {
        let (parts, body) = self.request.into_parts();
        // A body has no meaning on GET (RFC 9110, section 9.3.1). Elsewhere even an undocumented one is read: it counts in
        // what a signed retry must repeat.
        let body = if parts.method == http::Method::GET {
            None
        } else {
            let bytes = read_body(body, service.body_limit()).await?;
            parse_body(self.spec.body.as_ref(), &parts.headers, &bytes)?
        };
        let query = parts.uri.query().unwrap_or_default();
        let received = Received {
            path: self.path.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            query: form_urlencoded::parse(query.as_bytes()).collect::<Vec<(Cow<'_, str>, Cow<'_, str>)>>(),
            headers: &parts.headers,
            body: body.as_ref(),
        };
        let input = O::decode_input(received).map_err(Refusal::Invalid)?;
        Ok(Request { input, body })
    }
}

/// Reads a body of at most `limit` bytes; a larger one is read on for a while and dropped.
async fn read_body(mut body: dropshot::Body, limit: usize) -> Result<Bytes, Refusal> {
    let mut bytes = BytesMut::new();
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        // The connection broke or the framing is wrong: nobody is left to be told much.
        let frame =
            frame.map_err(|_| Refusal::Invalid(vec![Violation::new("body", "could not be read to its end")]))?;
        let Ok(data) = frame.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen > limit.max(DRAINED) {
            break;
        }
        if seen <= limit {
            bytes.extend_from_slice(&data);
        }
    }
    if seen > limit { Err(Refusal::TooLarge) } else { Ok(bytes.freeze()) }
}

fn parse_body(spec: Option<&BodySpec>, headers: &HeaderMap, bytes: &[u8]) -> Result<Option<Value>, Refusal> {
    let invalid = |message: String| Refusal::Invalid(vec![Violation::new("body", message)]);
    if bytes.is_empty() {
        return Ok(None);
    }
    let encoding = spec.map_or(Encoding::Json, |body| body.encoding);
    if let Some(media_type) = headers.get(CONTENT_TYPE) {
        let media_type = media_type.to_str().unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_json = encoding == Encoding::Json && essence.ends_with("+json");
        if essence != encoding.media_type() && !is_json {
            return Err(invalid(format!("must be sent with Content-Type: {}", encoding.media_type())));
        }
    }
    if let Some(BodySpec { encoding: Encoding::Form, schema, .. }) = spec {
        return read_form(bytes, schema).map(Some).map_err(|violation| Refusal::Invalid(vec![violation]));
    }
    json::parse_unique(bytes, MAX_JSON_DEPTH).map(Some).map_err(|cause| invalid(format!("must be JSON: {cause}")))
}

fn written<O: Operation, S: Authority>(service: &S, answer: &Answered<O>) -> RawReply {
    let reply = match answer {
        Ok(outcome) => O::encode_outcome(outcome),
        Err(error) => O::encode_error(error),
    };
    reply.unwrap_or_else(|fault| service.refuse(O::spec(), Refusal::Internal(fault.to_string())))
}

/// Registers one operation with dropshot.
pub(crate) fn register<S: Serve<O>, O: Operation>(
    api: &mut ApiDescription<Context<S>>,
) -> Result<(), ApiDescriptionRegisterError> {
    let spec = O::spec();
    let method = http::Method::from_bytes(spec.method.as_bytes()).unwrap_or(http::Method::GET);
    let mut endpoint = ApiEndpoint::new(
        spec.id.to_owned(),
        handle::<S, O>,
        method,
        spec.body.as_ref().map_or(Encoding::Json, |body| body.encoding).media_type(),
        spec.path,
        ApiEndpointVersions::All,
    )
    .deprecated(spec.deprecated);
    if let Some(summary) = spec.summary {
        endpoint = endpoint.summary(summary);
    }
    if let Some(description) = spec.description {
        endpoint = endpoint.description(description);
    }
    for tag in spec.tags {
        endpoint = endpoint.tag(tag);
    }
    api.register(endpoint)
}

/// Serves one request inside its log span, and logs it: one line, with the route's template and never its values.
async fn handle<S: Serve<O>, O: Operation>(
    context: RequestContext<Context<S>>,
    raw: Raw<O>,
) -> Result<Answer<O>, HttpError> {
    let spec = O::spec();
    let started = Instant::now();
    let span = tracing::info_span!(
        "request",
        request_id = %context.request_id,
        method = spec.method,
        route = spec.path,
        operation = spec.id,
        platform = field::Empty,
        code = field::Empty,
        cause = field::Empty,
    );
    let service = Arc::clone(context.context());
    let reply = async move {
        let mut reply = service.serve(raw.into_incoming()).await;
        // A handler that says itself how long its answer may be kept is the exception.
        let is_private =
            spec.response(reply.status.as_u16()).is_some_and(|response| response.has_header("Cache-Control"));
        if is_private && !reply.headers.contains_key(CACHE_CONTROL) {
            reply.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(status = reply.status.as_u16(), micros, "request");
        reply
    }
    .instrument(span)
    .await;
    Ok(Answer { reply, operation: PhantomData })
}

/// Notes the caller's platform on the current request's log line.
pub fn log_platform(platform: impl std::fmt::Display) {
    Span::current().record("platform", field::display(platform));
}

/// Notes why the current request is refused: the error code that the caller gets, and a cause that only the log gets.
/// A cause names what failed and never a value of the request.
pub fn log_refusal(code: &str, cause: Option<&dyn std::fmt::Display>) {
    let span = Span::current();
    span.record("code", code);
    if let Some(cause) = cause {
        span.record("cause", field::display(cause));
    }
}
