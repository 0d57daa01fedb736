//! How workers reach a server that is killed again and again, at another port after each start.

use std::time::Duration;

use countersign_client::{CallError, Client, Operation};
use countersign_tests::server::TestServer;
use serde_json::Value;
use tokio::sync::watch;

/// A refusal comes within milliseconds, the end of a killed process at once.
const TIMEOUT: Duration = Duration::from_secs(15);

/// One start of the server.
#[derive(Clone)]
pub(crate) struct Start {
    /// Which one: the first is 0.
    pub(crate) number: usize,
    /// A client of it.
    pub(crate) client: Client,
    /// Nobody kills it any more.
    pub(crate) is_last: bool,
}

impl Start {
    /// The server as it runs now. Clients go past the recording proxy: it would keep every exchange of a long run.
    pub(crate) fn of(server: &TestServer, number: usize, is_last: bool) -> Self {
        let http = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build().expect("a TLS library");
        let client = Client::new(server.env("BASE_URL").parse().expect("a URL"));
        let client = client.with_basic(server.env("CLIENT_ID"), server.env("CLIENT_SECRET")).with_http(http);
        Self { number, client, is_last }
    }
}

/// What came of a call.
#[derive(Debug)]
pub(crate) enum Heard<T> {
    /// A documented success.
    Done(T),
    /// A refusal.
    Refused(Refused),
    /// Nothing: it may have happened, or not.
    Nothing {
        /// The start that was asked.
        start: usize,
    },
}

/// A refusal. Status 0 stands for what must not come at all: its text is in `code`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) code: String,
}

impl Refused {
    /// Whether it is this one.
    pub(crate) fn is(&self, status: u16, code: &str) -> bool {
        (self.status, self.code.as_str()) == (status, code)
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.code)
    }
}

/// A worker's line to whatever start is up.
#[derive(Clone)]
pub(crate) struct Line(watch::Receiver<Start>);

impl Line {
    pub(crate) const fn new(starts: watch::Receiver<Start>) -> Self {
        Self(starts)
    }

    /// Whether workers should finish what they have begun, and begin nothing more.
    pub(crate) fn is_closing(&self) -> bool {
        self.0.borrow().is_last
    }

    /// Calls an operation once.
    pub(crate) async fn call<O: Operation>(&self, input: &O::Input) -> Heard<O::Outcome>
    where
        O::Error: std::fmt::Debug,
    {
        let start = self.0.borrow().clone();
        let refused = |status, code| Heard::Refused(Refused { status, code });
        match start.client.call::<O>(input).await {
            Ok(reply) => Heard::Done(reply.value),
            Err(CallError::Api(reply)) => refused(reply.status.as_u16(), code::<O>(&reply.value)),
            Err(CallError::Transport(cause)) if start.is_last => {
                refused(0, format!("no answer of a server that nobody kills: {cause:?}"))
            }
            Err(CallError::Transport(_)) => Heard::Nothing { start: start.number },
            Err(other) => refused(0, other.to_string()),
        }
    }

    /// Waits until a later start than `start` is up.
    pub(crate) async fn after(&self, start: usize) {
        if self.0.clone().wait_for(|up| up.number > start).await.is_err() {
            // The test is over and has failed: whatever waits here is about to be dropped.
            std::future::pending::<()>().await;
        }
    }
}

fn code<O: Operation>(error: &O::Error) -> String {
    let raw = O::encode_error(error).expect("an error that was read can be written");
    let body: Value = serde_json::from_slice(&raw.body).unwrap_or_default();
    body["code"].as_str().unwrap_or_default().to_owned()
}
