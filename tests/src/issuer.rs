//! An OpenID Connect issuer on this machine: metadata and keys over HTTPS, with keys that it can change, and ways to fail.
//!
//! It runs on a thread of its own, under a certificate authority of its own, and counts what it is asked.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// Where the metadata is (OpenID Connect Discovery 1.0, section 4).
pub const METADATA: &str = "/.well-known/openid-configuration";
/// Where the keys are.
pub const KEYS: &str = "/keys";
/// Before a path: the same again, for redirects.
pub const MOVED: &str = "/moved";

/// How an issuer answers.
#[derive(Clone, Debug, Default)]
pub enum Behaviour {
    /// As it should.
    #[default]
    Well,
    /// As it should, after this long.
    Slow(Duration),
    /// Keys of this many bytes: a good set, and white space after it.
    Padded(usize),
    /// What is asked for under this path is under [`MOVED`]: a redirect there.
    Redirecting(&'static str),
    /// As it should, but for this status.
    Failing(u16),
    /// This metadata.
    Metadata(Value),
    /// This text for keys.
    Keys(String),
}

/// An issuer. Dropping it stops it.
pub struct LocalIssuer {
    address: SocketAddr,
    folder: TempDir,
    tls: TlsAcceptor,
    state: Arc<Mutex<State>>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

#[derive(Default)]
struct State {
    url: String,
    keys: Vec<Value>,
    behaviour: Behaviour,
    asked: Vec<String>,
}

impl LocalIssuer {
    /// Starts an issuer on a free port, without keys.
    ///
    /// # Errors
    /// No port, no thread, or no certificate can be had.
    pub fn start() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let tls = certify(&folder).map_err(io::Error::other)?;
        let mut issuer =
            Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), folder, tls, state: Arc::default(), running: None };
        issuer.resume()?;
        issuer.state().url = issuer.url();
        Ok(issuer)
    }

    /// Its URL: `iss` of its tokens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// The certificate of its authority.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Publishes these keys and no others.
    pub fn publish(&self, keys: &[&IssuerKey]) {
        self.state().keys = keys.iter().map(|key| key.jwk.clone()).collect();
    }

    /// Answers in this way from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.state().behaviour = behaviour;
    }

    /// The paths that it was asked for, in order. Asking clears the list.
    #[must_use]
    pub fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state().asked)
    }

    /// Goes down: its port is closed, and so is every connection.
    pub fn stop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }

    /// Comes back after [`LocalIssuer::stop`], on the same port.
    ///
    /// # Errors
    /// The port was taken meanwhile.
    pub fn resume(&mut self) -> io::Result<()> {
        let listener = std::net::TcpListener::bind(self.address)?;
        listener.set_nonblocking(true)?;
        self.address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (tls, state) = (self.tls.clone(), Arc::clone(&self.state));
        let thread = std::thread::Builder::new().name("issuer".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listening socket");
                tokio::select! {
                    () = accept(listener, tls, state) => {}
                    _ = stopped => {}
                }
            });
        })?;
        self.running = Some((stop, thread));
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl Drop for LocalIssuer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes an authority, writes its certificate into the folder, and has it certify `localhost`.
fn certify(folder: &TempDir) -> Result<TlsAcceptor, Box<dyn std::error::Error + Send + Sync>> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    std::fs::write(folder.path().join("ca.pem"), authority.pem())?;
    let key = KeyPair::generate()?;
    let leaf =
        CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let tls = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)?;
    Ok(TlsAcceptor::from(Arc::new(tls)))
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, state: Arc<Mutex<State>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (tls, state) = (tls.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(move |request: hyper::Request<_>| {
                let (path, state) = (request.uri().path().to_owned(), Arc::clone(&state));
                async move { Ok::<_, std::convert::Infallible>(answer(&path, &state).await) }
            });
            // A client that hangs up ends its own connection and nothing else.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(path: &str, state: &Mutex<State>) -> Response<Full<Bytes>> {
    let (behaviour, url, keys) = {
        let mut state = locked(state);
        state.asked.push(path.to_owned());
        (state.behaviour.clone(), state.url.clone(), json!({"keys": state.keys}).to_string())
    };
    let metadata = json!({"issuer": url, "jwks_uri": format!("{url}{KEYS}"), "response_types_supported": ["id_token"]});
    match (behaviour, path) {
        (Behaviour::Failing(status), METADATA) => respond(status, metadata.to_string()),
        (Behaviour::Failing(status), _) => respond(status, keys),
        (Behaviour::Metadata(metadata), METADATA) => respond(200, metadata.to_string()),
        (Behaviour::Redirecting(moved), path) if moved == path => {
            let mut redirect = respond(302, String::new());
            let to = format!("{url}{MOVED}{path}");
            redirect.headers_mut().insert(http::header::LOCATION, to.parse().expect("a URL"));
            redirect
        }
        (Behaviour::Padded(bytes), KEYS) => {
            let spaces = " ".repeat(bytes.saturating_sub(keys.len()));
            respond(200, keys + &spaces)
        }
        (Behaviour::Keys(text), KEYS) => respond(200, text),
        (behaviour, _) => {
            if let Behaviour::Slow(time) = behaviour {
                tokio::time::sleep(time).await;
            }
            match path.strip_prefix(MOVED).unwrap_or(path) {
                METADATA => respond(200, metadata.to_string()),
                KEYS => respond(200, keys),
                _ => respond(404, String::new()),
            }
        }
    }
}

fn respond(status: u16, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

/// A key that an issuer signs with.
pub struct IssuerKey {
    kid: String,
    algorithm: &'static str,
    pair: Pair,
    /// The public key as it is published; tests may change it.
    pub jwk: Value,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    P256(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl IssuerKey {
    /// A new RSA key of 2048 bits.
    ///
    /// # Panics
    /// When the library fails.
    #[must_use]
    pub fn rs256(kid: &str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        let public = pair.public_key();
        let (n, e) = (public.modulus(), public.exponent());
        let [n, e] = [n, e].map(|number| URL_SAFE_NO_PAD.encode(number.big_endian_without_leading_zero()));
        Self::new(kid, "RS256", json!({"kty": "RSA", "n": n, "e": e}), Pair::Rsa(Box::new(pair)))
    }

    /// A new key on P-256.
    ///
    /// # Panics
    /// When the library fails.
    #[must_use]
    pub fn es256(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let point = pair.public_key().as_ref();
        let [x, y] = [&point[1..33], &point[33..]].map(|number| URL_SAFE_NO_PAD.encode(number));
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
        Self::new(kid, "ES256", jwk, Pair::P256(Box::new(pair)))
    }

    /// A new Ed25519 key.
    ///
    /// # Panics
    /// When the library fails.
    #[must_use]
    pub fn eddsa(kid: &str) -> Self {
        let pair = Ed25519KeyPair::generate().expect("a key");
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(pair.public_key())});
        Self::new(kid, "EdDSA", jwk, Pair::Ed25519(Box::new(pair)))
    }

    fn new(kid: &str, algorithm: &'static str, mut jwk: Value, pair: Pair) -> Self {
        jwk["kid"] = kid.into();
        jwk["alg"] = algorithm.into();
        jwk["use"] = "sig".into();
        Self { kid: kid.to_owned(), algorithm, pair, jwk }
    }

    /// The header of this key's tokens.
    #[must_use]
    pub fn header(&self) -> Value {
        json!({"alg": self.algorithm, "kid": self.kid, "typ": "JWT"})
    }

    /// A token of this key.
    #[must_use]
    pub fn token(&self, claims: &Value) -> String {
        self.token_with(&self.header(), claims)
    }

    /// A token signed by this key, whatever its header says.
    ///
    /// # Panics
    /// When the library fails.
    #[must_use]
    pub fn token_with(&self, header: &Value, claims: &Value) -> String {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let text = format!("{header}.{claims}");
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
                    .expect("a signature");
                signature
            }
            Pair::P256(pair) => {
                pair.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature").as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(text.as_bytes()).as_ref().to_vec(),
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
