//! The operations of an OpenAPI 3.0.3 document.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use super::route::Template;

/// An operation, its references resolved except inside schemas.
#[derive(Debug)]
pub struct DocumentedOperation {
    /// `operationId`.
    pub id: String,
    /// The method.
    pub method: Method,
    /// The path template.
    pub path: String,
    /// Whose callers it serves.
    pub door: Door,
    /// Sets of headers, of which a caller presents all of one set; none for an operation that anyone may call.
    pub credentials: Vec<Vec<String>>,
    /// Path, query and header parameters.
    pub parameters: Vec<DocumentedParameter>,
    /// The request body, if there is one.
    pub body: Option<DocumentedBody>,
    /// The responses by status.
    pub responses: BTreeMap<u16, DocumentedResponse>,
    pub(super) template: Template,
}

impl DocumentedOperation {
    /// Whether a caller must authenticate.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        !self.credentials.is_empty()
    }
}

/// A group of operations with one kind of callers, error body and naming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Customers, cards, and the credentials, sessions and keys of wallets; health and the document, too.
    Wallet,
    /// Logins of command lines, users and their sessions.
    CliLogin,
    /// Service tokens.
    ServiceTokens,
}

impl Door {
    fn of(path: &str) -> Self {
        if path.starts_with("/api/v1/") {
            Self::CliLogin
        } else if path.starts_with("/v1/") || path.starts_with("/.well-known/") {
            Self::ServiceTokens
        } else {
            Self::Wallet
        }
    }
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

/// A parameter.
#[derive(Debug)]
pub struct DocumentedParameter {
    /// Its name.
    pub name: String,
    /// Where it travels.
    pub place: Place,
    /// Whether it must be given.
    pub required: bool,
    /// Its schema, not lowered.
    pub schema: Value,
}

/// A request body.
#[derive(Debug)]
pub struct DocumentedBody {
    /// `application/json`, or that of forms.
    pub media_type: String,
    /// Whether it must be sent.
    pub required: bool,
    /// Its schema, not lowered.
    pub schema: Value,
}

impl DocumentedBody {
    /// Whether it is a form, and no JSON.
    #[must_use]
    pub fn is_form(&self) -> bool {
        self.media_type == "application/x-www-form-urlencoded"
    }
}

/// A response.
#[derive(Debug)]
pub struct DocumentedResponse {
    /// Media type to schema, not lowered; empty for no body.
    pub content: BTreeMap<String, Value>,
    /// Its headers.
    pub headers: Vec<DocumentedHeader>,
}

/// A response header.
#[derive(Debug)]
pub struct DocumentedHeader {
    /// Its name.
    pub name: String,
    /// Whether it must be there.
    pub required: bool,
    /// Its schema, not lowered.
    pub schema: Value,
}

pub(super) fn operations(document: &Value) -> Vec<DocumentedOperation> {
    let reader = Reader { document };
    let mut operations = Vec::new();
    for (path, item) in members(&document["paths"]) {
        for (method, operation) in members(item) {
            let Some(method) = method_named(method) else {
                assert!(method == "parameters" || method.starts_with("x-"), "{path}: can't read `{method}`");
                continue;
            };
            let shared = item.get("parameters").and_then(Value::as_array).into_iter().flatten();
            operations.push(reader.operation(path, method, operation, shared));
        }
    }
    operations
}

fn method_named(name: &str) -> Option<Method> {
    matches!(name, "get" | "put" | "post" | "delete" | "options" | "head" | "patch" | "trace")
        .then(|| name.to_ascii_uppercase().parse().expect("a method"))
}

struct Reader<'a> {
    document: &'a Value,
}

impl<'a> Reader<'a> {
    fn operation(
        &self,
        path: &str,
        method: Method,
        operation: &'a Value,
        shared: impl Iterator<Item = &'a Value>,
    ) -> DocumentedOperation {
        let security = operation.get("security").or_else(|| self.document.get("security"));
        let own = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let alternatives = security.and_then(Value::as_array).into_iter().flatten();
        let body = operation.get("requestBody").map(|body| self.resolved(body)).map(|body| {
            let mut contents = members(&body["content"]);
            let (media_type, content) = contents.next().unwrap_or_else(|| panic!("{path}: a body of no media type"));
            assert!(contents.next().is_none(), "{path}: can't read bodies of two media types");
            let (media_type, schema) = (media_type.to_owned(), content["schema"].clone());
            DocumentedBody { media_type, required: flag(body, "required"), schema }
        });
        let responses = members(&operation["responses"]).map(|(status, response)| {
            let status = status.parse().unwrap_or_else(|_| panic!("{path}: can't read responses of `{status}`"));
            (status, self.response(self.resolved(response)))
        });
        DocumentedOperation {
            id: text(operation, "operationId"),
            method,
            path: path.to_owned(),
            door: Door::of(path),
            credentials: alternatives
                .map(|schemes| members(schemes).map(|(name, _)| self.credential(name)).collect())
                .collect(),
            parameters: shared.chain(own).map(|parameter| self.parameter(self.resolved(parameter))).collect(),
            body,
            responses: responses.collect(),
            template: Template::parse(path),
        }
    }

    /// The header that a security scheme travels in.
    fn credential(&self, scheme: &str) -> String {
        let scheme = self.resolved(&self.document["components"]["securitySchemes"][scheme]);
        match (text(scheme, "type").as_str(), scheme.get("in").and_then(Value::as_str)) {
            ("http", _) => "authorization".to_owned(),
            ("apiKey", Some("header")) => text(scheme, "name"),
            other => panic!("can't read a security scheme of {other:?}"),
        }
    }

    fn parameter(&self, parameter: &Value) -> DocumentedParameter {
        let place = match text(parameter, "in").as_str() {
            "path" => Place::Path,
            "query" => Place::Query,
            "header" => Place::Header,
            other => panic!("can't read a parameter in `{other}`"),
        };
        DocumentedParameter {
            name: text(parameter, "name"),
            place,
            required: flag(parameter, "required"),
            schema: parameter["schema"].clone(),
        }
    }

    fn response(&self, response: &Value) -> DocumentedResponse {
        let content = response.get("content").map(members).into_iter().flatten();
        let headers = response.get("headers").map(members).into_iter().flatten();
        DocumentedResponse {
            content: content.map(|(media_type, body)| (media_type.to_owned(), body["schema"].clone())).collect(),
            headers: headers
                .map(|(name, header)| {
                    let header = self.resolved(header);
                    let (required, schema) = (flag(header, "required"), header["schema"].clone());
                    DocumentedHeader { name: name.to_owned(), required, schema }
                })
                .collect(),
        }
    }

    /// What a reference, or a chain of them, points to.
    fn resolved(&self, mut value: &'a Value) -> &'a Value {
        while let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} is outside the bundle"));
            value = self.document.pointer(pointer).unwrap_or_else(|| panic!("{reference} points nowhere"));
        }
        value
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("`{name}` is missing in {value}")).to_owned()
}
