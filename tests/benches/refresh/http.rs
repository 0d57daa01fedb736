//! Over HTTP: a server in a process of its own, and connections that send one request after the other.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use countersign_flow::otp_bundle::seal_code;
use countersign_flow::rand_core::UnwrapErr;
use countersign_flow::stamp::Stamp;
use countersign_flow::target_bundle::TargetBundle;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::wallet::{ACCOUNTS, SETTINGS, Session, new_key};

/// A server process, killed when it goes.
struct Served {
    process: Child,
    folder: tempfile::TempDir,
    address: String,
    authorization: String,
    quorum: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = &self.folder;
    }
}

impl Served {
    fn start(program: &Path, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let env_file = folder.path().join("env");
        let log = std::fs::File::create(folder.path().join("log")).expect("a log file");
        let process = Command::new(program)
            .args(args)
            .arg(folder.path().join("data"))
            .args(["--listen", "127.0.0.1:0", "--print-env"])
            .arg(&env_file)
            .envs(SETTINGS)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the server starts; build it with `cargo build --release -p countersign`");
        let deadline = Instant::now() + Duration::from_secs(30);
        let env = loop {
            if let Ok(text) = std::fs::read_to_string(&env_file) {
                break text;
            }
            assert!(Instant::now() < deadline, "the server did not start");
            std::thread::sleep(Duration::from_millis(10));
        };
        let get = |name: &str| {
            let line = env.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_default().to_owned()
        };
        let basic = STANDARD.encode(format!("{}:{}", get("CLIENT_ID"), get("CLIENT_SECRET")));
        Self {
            process,
            folder,
            address: get("BASE_URL").trim_start_matches("http://").to_owned(),
            authorization: format!("Basic {basic}"),
            quorum: get("QUORUM_PUBLIC_KEY"),
        }
    }

    async fn connect(&self) -> Connection {
        let stream = TcpStream::connect(&self.address).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket option");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("a handshake");
        tokio::spawn(connection);
        Connection { sender, host: self.address.clone(), authorization: self.authorization.clone() }
    }
}

/// One connection.
struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    authorization: String,
}

impl Connection {
    async fn call(
        &mut self,
        method: &str,
        path: &str,
        retry: Option<(&str, &str)>,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let mut request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("authorization", &self.authorization)
            .header("content-type", "application/json");
        if let Some((signature, id)) = retry {
            request = request.header("grid-wallet-signature", signature).header("request-id", id);
        }
        let body = body.map(ToString::to_string).unwrap_or_default();
        let request = request.body(Full::from(body)).expect("a request");
        self.sender.ready().await.expect("an open connection");
        let response = self.sender.send_request(request).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn expect(
        &mut self,
        status: u16,
        method: &str,
        path: &str,
        retry: Option<(&str, &str)>,
        body: Option<&Value>,
    ) -> Value {
        let (found, value) = self.call(method, path, retry, body).await;
        assert_eq!(found, status, "{method} {path}: {value}");
        value
    }

    /// A call and its signed repetition.
    async fn signed(&mut self, path: &str, body: &Value, key: &countersign_flow::key::SecretKey, status: u16) -> Value {
        let challenge = self.expect(202, "POST", path, None, Some(body)).await;
        let stamp = Stamp::make(text(&challenge, "payloadToSign").as_bytes(), key);
        self.expect(status, "POST", path, Some((&stamp, text(&challenge, "requestId"))), Some(body)).await
    }

    /// A customer with a live session.
    async fn log_in(&mut self, number: usize, quorum: &str) -> Session {
        let customer = json!({"customerType": "INDIVIDUAL", "email": format!("bench{number}@example.com")});
        let customer = self.expect(201, "POST", "/customers", None, Some(&customer)).await;
        let path = format!("/customers/internal-accounts?customerId={}", text(&customer, "id"));
        let accounts = self.expect(200, "GET", &path, None, None).await;
        let path = format!("/auth/credentials?accountId={}", text(&accounts["data"][0], "id"));
        let credentials = self.expect(200, "GET", &path, None, None).await;
        let credential = text(&credentials["data"][0], "id");
        let challenged =
            self.expect(200, "POST", &format!("/auth/credentials/{credential}/challenge"), None, None).await;
        let bundle = TargetBundle::verify(text(&challenged, "otpEncryptionTargetBundle"), quorum).expect("a bundle");
        let key = new_key();
        let sealed =
            seal_code(bundle.target(), "000000", key.public(), &mut UnwrapErr(getrandom::SysRng)).expect("a seal");
        let body = json!({"type": "EMAIL_OTP", "encryptedOtpBundle": sealed});
        let session = self.signed(&format!("/auth/credentials/{credential}/verify"), &body, &key, 200).await;
        Session { id: text(&session, "id").to_owned(), key }
    }
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// Refreshes sessions on the real server.
pub(crate) async fn refresh(server: &Path, connections: usize, duration: Duration) -> f64 {
    let served = Served::start(server, &["serve", "--sandbox", "--data-dir"]);
    let mut first = served.connect().await;
    let mut sessions = Vec::new();
    for number in 0..ACCOUNTS {
        sessions.push(Mutex::new(first.log_in(number, &served.quorum).await));
    }
    load(&served, connections, duration, Arc::new(sessions)).await
}

/// Does the same against the no-op server.
pub(crate) async fn noop(connections: usize, duration: Duration) -> f64 {
    let program = std::env::current_exe().expect("this program's path");
    let served = Served::start(&program, &["--serve-no-op"]);
    let session = || Session { id: "Session:01a1f84b-3978-71d9-afe6-2aada4d044ea".to_owned(), key: new_key() };
    let sessions = (0..ACCOUNTS).map(|_| Mutex::new(session())).collect();
    load(&served, connections, duration, Arc::new(sessions)).await
}

async fn load(served: &Served, connections: usize, duration: Duration, sessions: Arc<Vec<Mutex<Session>>>) -> f64 {
    let requests = Arc::new(AtomicU64::new(0));
    let mut tasks = Vec::new();
    let started = Instant::now();
    for task in 0..connections {
        let (mut connection, sessions) = (served.connect().await, Arc::clone(&sessions));
        let requests = Arc::clone(&requests);
        tasks.push(tokio::spawn(async move {
            let mut turn = task;
            while started.elapsed() < duration {
                let mut session = sessions[turn % ACCOUNTS].lock().await;
                turn += connections;
                let key = new_key();
                let body = json!({"clientPublicKey": key.public().compressed_hex()});
                let path = format!("/auth/sessions/{}/refresh", session.id);
                let opened = connection.signed(&path, &body, &session.key, 201).await;
                *session = Session { id: text(&opened, "id").to_owned(), key };
                requests.fetch_add(2, Ordering::Relaxed);
            }
        }));
    }
    for task in tasks {
        task.await.expect("a worker");
    }
    rate(requests.load(Ordering::Relaxed), started.elapsed())
}

/// Requests per second.
#[expect(clippy::cast_precision_loss, reason = "far fewer requests than 2^53")]
pub(crate) fn rate(requests: u64, elapsed: Duration) -> f64 {
    requests as f64 / elapsed.as_secs_f64()
}
