//! A well-formed request for every operation of the document, for tests that must not leave one out. One file for each
//! door, as the handlers have folders.

mod cli_login;
mod operations;
mod platform;
mod service_tokens;
mod wallet;

use http::Method;
use serde_json::Value;

use crate::conformance::{Contract, DocumentedOperation, Door, Place};
use crate::raw::RawRequest;
use crate::server::TestServer;

/// A P-256 point as a compressed key: the generator of the group (SEC 2, section 2.4.2).
pub const COMPRESSED_KEY: &str = "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";

/// The ids that the requests name.
#[derive(Clone, Debug)]
pub struct Ids {
    /// An internal account.
    pub account: String,
    /// A customer.
    pub customer: String,
    /// A credential.
    pub credential: String,
    /// A session.
    pub session: String,
    /// A card.
    pub card: String,
    /// A delegated key.
    pub delegated_key: String,
    /// A user of a project.
    pub user: String,
    /// The polling code of a login of a command line.
    pub polling_code: String,
    /// The login code of a login of a command line.
    pub login_code: String,
    /// An identity.
    pub identity: String,
    /// A workspace.
    pub workspace: String,
    /// An API key.
    pub api_key: String,
}

/// What an operation is asked with: the variable of its path, and its body.
struct Sample<'a> {
    id: &'a str,
    body: Option<Value>,
}

impl<'a> Sample<'a> {
    fn of(id: &'a str) -> Self {
        Self { id, body: None }
    }

    fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }
}

impl Ids {
    /// Well-formed ids that no server ever issued.
    #[must_use]
    pub fn unknown() -> Self {
        let id = |kind: &str| format!("{kind}:0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90");
        Self {
            account: id("InternalAccount"),
            customer: id("Customer"),
            credential: id("AuthMethod"),
            session: id("Session"),
            card: id("Card"),
            delegated_key: id("DelegatedKey"),
            user: "0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90".to_owned(),
            polling_code: "polling".repeat(7)[..45].to_owned(),
            login_code: "logging".repeat(7)[..45].to_owned(),
            identity: "agent_0193d1c47a55".to_owned(),
            workspace: "ws_0193d1c47a55".to_owned(),
            api_key: "key_0193d1c47a55".to_owned(),
        }
    }
}

/// Every operation of a door that needs a caller.
#[must_use]
pub fn secured_operations(door: Door) -> Vec<String> {
    let contract = Contract::of_this_tree();
    let secured = contract.operations().iter().filter(|operation| operation.door == door && operation.is_secured());
    secured.map(|operation| operation.id.clone()).collect()
}

/// The method and the target of a first call of an operation, and its body if it takes one.
///
/// # Panics
/// When the operation has no sample here: a new one must get one.
#[must_use]
pub fn call(operation: &DocumentedOperation, ids: &Ids) -> (Method, String, Option<Value>) {
    let sample = platform::sample(&operation.id, ids)
        .or_else(|| wallet::sample(&operation.id, ids))
        .or_else(|| cli_login::sample(&operation.id, ids))
        .or_else(|| service_tokens::sample(&operation.id, ids))
        .or_else(|| operations::sample(&operation.id));
    let Some(Sample { id, body }) = sample else {
        panic!("{} has no sample request: give it one in tests/src/sample/", operation.id)
    };
    let mut target = operation.path.clone();
    for variable in operation.parameters.iter().filter(|parameter| parameter.place == Place::Path) {
        target = target.replace(&format!("{{{}}}", variable.name), id);
    }
    let query: Vec<String> = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.place == Place::Query)
        .filter_map(|parameter| match parameter.name.as_str() {
            "accountId" => Some(format!("accountId={}", ids.account)),
            "customerId" => Some(format!("customerId={}", ids.customer)),
            "cardId" => Some(format!("cardId={}", ids.card)),
            "token" => Some("token=sample".to_owned()),
            other if parameter.required => panic!("the query parameter {other} has no sample value"),
            _ => None,
        })
        .collect();
    if !query.is_empty() {
        target = format!("{target}?{}", query.join("&"));
    }
    (operation.method.clone(), target, body)
}

impl TestServer {
    /// A first call of an operation, with the sandbox platform's credentials.
    ///
    /// # Panics
    /// When the document has no such operation, or this crate no sample of it.
    pub fn sample(&self, operation: &str, ids: &Ids) -> RawRequest {
        let contract = Contract::of_this_tree();
        let operation = contract
            .operations()
            .iter()
            .find(|documented| documented.id == operation)
            .unwrap_or_else(|| panic!("no operation {operation}"));
        let (method, target, body) = call(operation, ids);
        let request = self.request(method, &target);
        match (body, &operation.body) {
            (Some(body), Some(documented)) if documented.is_form() => request.form(&body),
            (Some(body), _) => request.json(&body),
            (None, _) => request,
        }
    }
}
