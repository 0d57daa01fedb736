//! A well-formed request for every operation of the document, for tests that must not leave one out.

use http::Method;
use serde_json::{Value, json};

use crate::conformance::{Contract, DocumentedOperation, Place};
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
        }
    }
}

/// Every operation that needs a caller.
#[must_use]
pub fn secured_operations() -> Vec<String> {
    let contract = Contract::of_this_tree();
    contract.operations().iter().filter(|operation| operation.secured).map(|operation| operation.id.clone()).collect()
}

/// The method and the target of a first call of an operation, and its body if it takes one.
///
/// # Panics
/// When the operation has no sample here: a new one must get one.
#[must_use]
pub fn call(operation: &DocumentedOperation, ids: &Ids) -> (Method, String, Option<Value>) {
    let (id, body) = match operation.id.as_str() {
        "createCustomer" => ("", Some(json!({"customerType": "INDIVIDUAL", "fullName": "Ada Sample"}))),
        "listInternalAccounts" | "listAuthCredentials" | "listAuthSessions" | "listDelegatedKeys" => ("", None),
        "createCard" => {
            let body = json!({"cardholderId": ids.customer, "form": "VIRTUAL", "fundingSources": [ids.account]});
            ("", Some(body))
        }
        "getCardById" => (ids.card.as_str(), None),
        "createAuthCredential" => ("", Some(json!({"type": "SMS_OTP", "accountId": ids.account}))),
        "revokeAuthCredential" => (ids.credential.as_str(), None),
        "createDelegatedKey" => ("", Some(json!({"cardId": ids.card, "nickname": "Sample"}))),
        "getDelegatedKeyById" | "revokeDelegatedKey" => (ids.delegated_key.as_str(), None),
        "stampWithDelegatedKey" => (ids.delegated_key.as_str(), Some(json!({"payloadToSign": "a sample"}))),
        "challengeAuthCredential" => (ids.credential.as_str(), Some(json!({}))),
        "verifyAuthCredential" => {
            (ids.credential.as_str(), Some(json!({"type": "EMAIL_OTP", "encryptedOtpBundle": "{}"})))
        }
        "revokeAuthSession" => (ids.session.as_str(), None),
        "refreshAuthSession" => (ids.session.as_str(), Some(json!({"clientPublicKey": COMPRESSED_KEY}))),
        "getHealth" | "getReadiness" | "getOpenapiJson" | "getOpenapiYaml" => ("", None),
        other => panic!("{other} has no sample request: give it one in tests/src/sample.rs"),
    };
    let mut target = operation.path.replace("{id}", id);
    let query: Vec<String> = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.place == Place::Query)
        .filter_map(|parameter| match parameter.name.as_str() {
            "accountId" => Some(format!("accountId={}", ids.account)),
            "customerId" => Some(format!("customerId={}", ids.customer)),
            "cardId" => Some(format!("cardId={}", ids.card)),
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
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
    }
}
