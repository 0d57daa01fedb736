//! What the server answered, and what a test says about it.

use std::fmt::Debug;

use bytes::Bytes;
use countersign_client::wallet::KeyPair;
use countersign_client::{CallError, Client, Operation, Reply, SignedOperation};
use countersign_models::operation::Challenge;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// The answer to a call of the generated client.
#[derive(Debug)]
#[must_use = "an answer that nobody looks at proves nothing"]
pub struct Answer<O: Operation>(Result<Reply<O::Outcome>, CallError<O::Error>>)
where
    O::Outcome: Debug,
    O::Error: Debug;

impl<O: Operation> Answer<O>
where
    O::Outcome: Debug,
    O::Error: Debug,
{
    /// Calls an operation.
    pub async fn to(client: &Client, input: &O::Input) -> Self {
        Self(client.call::<O>(input).await)
    }

    /// The status.
    ///
    /// # Panics
    /// When there was no documented answer.
    #[track_caller]
    pub fn status(&self) -> u16 {
        match &self.0 {
            Ok(reply) => reply.status.as_u16(),
            Err(CallError::Api(reply)) => reply.status.as_u16(),
            Err(other) => panic!("no documented answer: {other}"),
        }
    }

    /// The error code; `None` for a success.
    #[track_caller]
    pub fn code(&self) -> Option<String> {
        match &self.0 {
            Ok(_) => None,
            Err(CallError::Api(reply)) => {
                let raw = O::encode_error(&reply.value).expect("an error that was read can be written");
                let body: Value = serde_json::from_slice(&raw.body).expect("an error body");
                body["code"].as_str().map(str::to_owned)
            }
            Err(other) => panic!("no documented answer: {other}"),
        }
    }

    /// Insists on a refusal.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        let found = (self.status(), self.code());
        assert_eq!(found, (status, Some(code.to_owned())), "{:?}", self.0);
    }

    /// Whether it is this refusal.
    #[track_caller]
    pub fn is_refused(&self, status: u16, code: &str) -> bool {
        self.status() == status && self.code().as_deref() == Some(code)
    }

    /// The typed success.
    #[track_caller]
    pub fn outcome(self) -> O::Outcome {
        match self.0 {
            Ok(reply) => reply.value,
            Err(refused) => panic!("refused: {refused}"),
        }
    }

    /// The typed success of a wanted status.
    #[track_caller]
    pub fn accepted(self, status: u16) -> O::Outcome {
        assert_eq!(self.status(), status, "{:?}", self.0);
        self.outcome()
    }

    /// A header of the answer.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = match &self.0 {
            Ok(reply) => &reply.headers,
            Err(CallError::Api(reply)) => &reply.headers,
            Err(other) => panic!("no documented answer: {other}"),
        };
        headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// A signed retry after its first leg: the call, and what is to be signed.
pub struct Pending<O: SignedOperation> {
    client: Client,
    input: O::Input,
    /// The payload to sign and the pending request's id.
    pub challenge: Challenge,
}

impl<O> Pending<O>
where
    O: SignedOperation,
    O::Input: Clone,
    O::Outcome: Debug,
    O::Error: Debug,
{
    /// Does the first leg.
    ///
    /// # Panics
    /// When it isn't answered with a challenge.
    pub async fn begin(client: &Client, input: O::Input) -> Self {
        let outcome = Answer::<O>::to(client, &input).await.accepted(202);
        let challenge = O::challenge(&outcome).expect("a 202 of a signed operation is a challenge");
        Self { client: client.clone(), input, challenge }
    }

    /// The input of the second leg, stamped by `key`.
    pub fn stamped_by(&self, key: &KeyPair) -> O::Input {
        self.with_headers(key.stamp_payload(&self.challenge.payload_to_sign), self.challenge.request_id.clone())
    }

    /// The input of the second leg with any two headers.
    pub fn with_headers(&self, signature: String, request_id: String) -> O::Input {
        let mut input = self.input.clone();
        O::answer(&mut input, signature, request_id);
        input
    }

    /// Does the second leg, stamped by `key`.
    pub async fn retry(&self, key: &KeyPair) -> Answer<O> {
        self.send(&self.stamped_by(key)).await
    }

    /// Calls the operation with an input that the test has changed.
    pub async fn send(&self, input: &O::Input) -> Answer<O> {
        Answer::to(&self.client, input).await
    }
}

/// The answer to a [raw](crate::raw) request.
#[derive(Clone, Debug)]
#[must_use = "an answer that nobody looks at proves nothing"]
pub struct RawAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl RawAnswer {
    /// The body as JSON; `null` if it isn't.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The error code, empty if there is none.
    #[must_use]
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The paths of `details.errors`.
    #[must_use]
    pub fn violation_paths(&self) -> Vec<String> {
        let body = self.json();
        let errors = body.pointer("/details/errors").and_then(Value::as_array).cloned().unwrap_or_default();
        errors.iter().filter_map(|error| error["path"].as_str().map(str::to_owned)).collect()
    }

    /// Insists on a success of this status, and returns its body.
    #[track_caller]
    pub fn accepted(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// Insists on a 400 that names these members, and no others.
    #[track_caller]
    pub fn invalid(&self, paths: &[&str]) {
        self.refused(400, "INVALID_INPUT");
        assert_eq!(self.violation_paths(), paths, "{}", String::from_utf8_lossy(&self.body));
    }

    /// Insists on a refusal.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        let found = (self.status.as_u16(), self.code());
        assert_eq!(found, (status, code.to_owned()), "{}", String::from_utf8_lossy(&self.body));
    }
}
