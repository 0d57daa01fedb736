//! A recording reverse proxy: every client talks to the server through it, so every exchange is seen and checked.
//!
//! It runs on a thread of its own: a test may block its runtime (waiting for node, holding a database lock) and the
//! exchanges of others still go on.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, TRANSFER_ENCODING};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::conformance::{Contract, Exchange};

/// Longer than any client of ours waits.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Headers about one hop: they say nothing about the message.
const HOP_BY_HOP: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING];

/// A proxy in front of one server.
pub struct RecordingProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    contract: Arc<Contract>,
    upstream: Mutex<Upstream>,
    exchanges: Mutex<Vec<Exchange>>,
    violations: Mutex<Vec<String>>,
}

/// The server, and connections to it: a server that was started again gets new ones.
#[derive(Clone)]
struct Upstream {
    address: SocketAddr,
    http: reqwest::Client,
}

impl Upstream {
    fn at(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a TLS library");
        Self { address, http }
    }
}

impl RecordingProxy {
    /// A proxy on a free port in front of `upstream`, checking with `contract`.
    ///
    /// # Errors
    /// No port or no thread can be had.
    pub fn start(upstream: SocketAddr, contract: Arc<Contract>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            contract,
            upstream: Mutex::new(Upstream::at(upstream)),
            exchanges: Mutex::default(),
            violations: Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serving = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("proxy".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listening socket");
                tokio::select! {
                    () = accept(listener, serving) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Where clients connect.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends further requests to another address: the server was started again.
    pub fn redirect_to(&self, upstream: SocketAddr) {
        *locked(&self.shared.upstream) = Upstream::at(upstream);
    }

    /// Every exchange so far. A request without an answer isn't one.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        locked(&self.shared.exchanges).clone()
    }

    /// Everything that wasn't as documented so far. Asking clears the list.
    #[must_use]
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut *locked(&self.shared.violations))
    }
}

/// Fails the test if an exchange was not as documented and nobody asked, unless it fails already.
impl Drop for RecordingProxy {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let violations = self.take_violations();
        assert!(violations.is_empty() || std::thread::panicking(), "not as documented:\n{}", violations.join("\n"));
    }
}

impl std::fmt::Debug for RecordingProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingProxy").field("address", &self.address).finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Small messages in both directions: waiting to fill a segment would only slow the tests.
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| forward(Arc::clone(&shared), request));
            // A client that hangs up ends its own connection and nothing else.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Forwards one request and records the exchange. When the server doesn't answer, neither does the proxy: it breaks the
/// connection, as the server would have.
async fn forward(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let (parts, body) = request.into_parts();
    let request_body = body.collect().await?.to_bytes();
    let upstream = locked(&shared.upstream).clone();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let mut forwarded = upstream
        .http
        .request(parts.method.clone(), format!("http://{}{target}", upstream.address))
        .headers(end_to_end(&parts.headers));
    if !request_body.is_empty() {
        forwarded = forwarded.body(request_body.clone());
    }
    let answer = forwarded.send().await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await?;
    let exchange = Exchange {
        method: parts.method,
        target,
        request_headers: parts.headers,
        request_body,
        status,
        response_headers: headers.clone(),
        response_body: body.clone(),
    };
    let violations = shared.contract.violations(&exchange);
    locked(&shared.violations).extend(violations);
    locked(&shared.exchanges).push(exchange);
    let mut response = hyper::Response::new(Full::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = end_to_end(&headers);
    Ok::<_, Infallible>(response).map_err(Into::into)
}

fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for name in HOP_BY_HOP {
        kept.remove(name);
    }
    kept
}
