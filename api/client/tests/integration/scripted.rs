//! An HTTP server that gives prepared answers and keeps what it was sent.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// An answer: status, headers and body.
pub(crate) struct Answer(String);

impl Answer {
    pub(crate) fn text(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        Self(format!(
            "HTTP/1.1 {status} Prepared\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ))
    }

    pub(crate) fn json(status: u16, headers: &[(&str, &str)], body: &Value) -> Self {
        let headers: Vec<_> = headers.iter().copied().chain([("Content-Type", "application/json")]).collect();
        Self::text(status, &headers, &body.to_string())
    }
}

/// A request as it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Recorded {
    /// `POST /path?query HTTP/1.1`
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Recorded {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The server. Each request takes the next answer; when none is left, the connection is closed.
pub(crate) struct Scripted {
    pub address: String,
    requests: Arc<Mutex<Vec<Recorded>>>,
}

impl Scripted {
    pub(crate) async fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut answers = answers.into_iter();
            while let Ok((stream, _)) = listener.accept().await {
                let mut stream = BufReader::new(stream);
                let request = read(&mut stream).await;
                kept.lock().expect("the requests").push(request);
                if let Some(Answer(text)) = answers.next() {
                    stream.write_all(text.as_bytes()).await.expect("the answer is sent");
                }
            }
        });
        Self { address, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().expect("the requests").clone()
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Recorded {
    let mut request = Recorded::default();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.expect("a line");
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        match line.split_once(": ") {
            Some((name, value)) => request.headers.push((name.to_ascii_lowercase(), value.to_owned())),
            None => line.clone_into(&mut request.line),
        }
    }
    let length = request.header("content-length").map_or(0, |length| length.parse().expect("a length"));
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.expect("the body");
    request.body = String::from_utf8(body).expect("text");
    request
}
