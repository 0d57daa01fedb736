//! Checks exchanges with the server against the OpenAPI bundle.
//!
//! An independent reading: it uses the bundle, a public JSON Schema validator and nothing of the generated code. For an
//! exchange with a documented operation the status must be documented, the media type and body must be those of that
//! status, every required header must be there and valid, and secured operations must forbid caching. What the server
//! *accepts* (2xx) must be as documented too: credentials, parameters and body. A path or method that the document
//! doesn't have may be answered 404 or 405, in any form, and nothing else; a path that can't be decoded also 400.

mod document;
mod lowering;
mod route;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap};
use http::{Method, StatusCode};
use serde_json::{Value, json};

pub use document::{DocumentedBody, DocumentedOperation, DocumentedParameter, DocumentedResponse, Door, Place};

/// The bundle, as `cargo xtask build` writes it.
const BUNDLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/dist/openapi.json");

/// One request and its answer, as they were on the wire.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// The request's headers.
    pub request_headers: HeaderMap,
    /// The request's body; empty for none.
    pub request_body: Bytes,
    /// The status.
    pub status: StatusCode,
    /// The answer's headers.
    pub response_headers: HeaderMap,
    /// The answer's body; empty for none.
    pub response_body: Bytes,
}

impl Exchange {
    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// The document, ready to check exchanges with.
pub struct Contract {
    components: Value,
    operations: Vec<DocumentedOperation>,
    /// Compiled once per distinct schema text.
    validators: Mutex<HashMap<String, Arc<jsonschema::Validator>>>,
}

impl Contract {
    /// The contract of this tree, read once per process.
    ///
    /// # Panics
    /// When the bundle is missing or isn't a document that this module can read.
    #[must_use]
    pub fn of_this_tree() -> Arc<Self> {
        static CONTRACT: OnceLock<Arc<Contract>> = OnceLock::new();
        Arc::clone(CONTRACT.get_or_init(|| Arc::new(Self::new(bundle()))))
    }

    /// A contract from an OpenAPI 3.0.3 document.
    ///
    /// # Panics
    /// When the document has a construct that this module can't read; it must not check less than the document says.
    #[must_use]
    pub fn new(mut document: Value) -> Self {
        let operations = document::operations(&document);
        lowering::lower(&mut document["components"]);
        let components = document["components"].take();
        Self { components, operations, validators: Mutex::default() }
    }

    /// Every operation of the document.
    #[must_use]
    pub fn operations(&self) -> &[DocumentedOperation] {
        &self.operations
    }

    /// What is wrong with an exchange; empty if nothing is. Values of the exchange may appear in the text.
    #[must_use]
    pub fn violations(&self, exchange: &Exchange) -> Vec<String> {
        let mut found = Vec::new();
        match self.operation_of(&exchange.method, exchange.path()) {
            Some(operation) => self.check(operation, exchange, &mut found),
            None if matches!(exchange.status.as_u16(), 404 | 405) => {}
            None if exchange.status == 400 && !route::is_decodable(exchange.path()) => {}
            None => found.push("the document has no such path and method".to_owned()),
        }
        for violation in &mut found {
            let Exchange { method, target, status, .. } = exchange;
            *violation = format!("{method} {target} -> {}: {violation}", status.as_u16());
        }
        found
    }

    /// The operation that a request is for.
    #[must_use]
    pub fn operation_of(&self, method: &Method, path: &str) -> Option<&DocumentedOperation> {
        let fitting = self.operations.iter().filter(|operation| operation.template.matches(path).is_some());
        fitting.filter(|operation| operation.method == method).min_by_key(|operation| operation.template.variables())
    }

    fn check(&self, operation: &DocumentedOperation, exchange: &Exchange, found: &mut Vec<String>) {
        match operation.responses.get(&exchange.status.as_u16()) {
            None => found.push(format!("{} does not document this status", operation.id)),
            Some(response) => {
                self.check_body(response, exchange, found);
                self.check_headers(response, exchange, found);
            }
        }
        if operation.is_secured() {
            let directives: Vec<_> = exchange.response_headers.get_all(CACHE_CONTROL).iter().collect();
            if directives != ["no-store"] {
                found.push(format!("Cache-Control must be no-store, is {directives:?}"));
            }
        }
        if exchange.status.is_success() {
            self.check_request(operation, exchange, found);
        }
    }

    fn check_body(&self, response: &DocumentedResponse, exchange: &Exchange, found: &mut Vec<String>) {
        let media_type =
            exchange.response_headers.get(CONTENT_TYPE).map(|value| essence(value.to_str().unwrap_or("?")));
        if response.content.is_empty() {
            if !exchange.response_body.is_empty() {
                found.push("has a body where the document has none".to_owned());
            }
            if let Some(media_type) = media_type {
                found.push(format!("has Content-Type {media_type} where the document has no body"));
            }
            return;
        }
        let documented = media_type.as_ref().and_then(|media_type| response.content.get(media_type));
        let Some(schema) = documented else {
            found.push(format!("the media type {media_type:?} is not documented"));
            return;
        };
        let body = if media_type.is_some_and(|media_type| media_type.ends_with("json")) {
            serde_json::from_slice(&exchange.response_body).map_err(|cause| cause.to_string())
        } else {
            String::from_utf8(exchange.response_body.to_vec()).map(Value::String).map_err(|cause| cause.to_string())
        };
        match body {
            Ok(body) => found.extend(self.schema_violations(schema, &body).map(|violation| format!("body{violation}"))),
            Err(cause) => found.push(format!("the body can't be read: {cause}")),
        }
    }

    fn check_headers(&self, response: &DocumentedResponse, exchange: &Exchange, found: &mut Vec<String>) {
        for header in &response.headers {
            let values: Vec<_> = exchange.response_headers.get_all(&header.name).iter().collect();
            match values.as_slice() {
                [] if header.required => found.push(format!("the header {} is missing", header.name)),
                [] => {}
                [value] => match value.to_str() {
                    Ok(text) => found.extend(self.text_violations(&header.schema, text, &header.name)),
                    Err(_) => found.push(format!("the header {} is not text", header.name)),
                },
                _ => found.push(format!("the header {} stands there {} times", header.name, values.len())),
            }
        }
    }

    /// What the server accepted must be what the document asks for.
    fn check_request(&self, operation: &DocumentedOperation, exchange: &Exchange, found: &mut Vec<String>) {
        let presents = |headers: &Vec<String>| headers.iter().all(|name| exchange.request_headers.contains_key(name));
        if operation.is_secured() && !operation.credentials.iter().any(presents) {
            found.push("was served without credentials".to_owned());
        }
        let path = operation.template.matches(exchange.path()).unwrap_or_default();
        for parameter in &operation.parameters {
            let name = &parameter.name;
            let text = match parameter.place {
                Place::Path => path.iter().find(|(variable, _)| variable == name).map(|(_, value)| value.clone()),
                Place::Query => url::form_urlencoded::parse(exchange.query().as_bytes())
                    .find(|(key, _)| key == name)
                    .map(|(_, value)| value.into_owned()),
                Place::Header => exchange
                    .request_headers
                    .get(name)
                    .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
            };
            match text {
                None if parameter.required => found.push(format!("was accepted without {name}")),
                None => {}
                Some(text) => found.extend(
                    self.text_violations(&parameter.schema, &text, name)
                        .map(|violation| format!("accepted: {violation}")),
                ),
            }
        }
        let Some(body) = &operation.body else { return };
        if exchange.request_body.is_empty() {
            if body.required {
                found.push("was accepted without a body".to_owned());
            }
            return;
        }
        let value = if body.is_form() {
            let members = url::form_urlencoded::parse(&exchange.request_body);
            Ok(members.map(|(name, text)| (name.into_owned(), Value::from(&*text))).collect())
        } else {
            serde_json::from_slice(&exchange.request_body)
        };
        match value {
            Ok(value) => {
                found.extend(
                    self.schema_violations(&body.schema, &value).map(|violation| format!("accepted: body{violation}")),
                );
            }
            Err(cause) => found.push(format!("accepted a body that isn't JSON: {cause}")),
        }
    }

    /// Violations of a header or parameter, whose text stands for the value that its schema asks for.
    fn text_violations<'a>(
        &'a self,
        schema: &'a Value,
        text: &str,
        name: &'a str,
    ) -> impl Iterator<Item = String> + 'a {
        let as_text = Value::String(text.to_owned());
        let validator = self.validator(schema);
        let parsed = serde_json::from_str::<Value>(text).ok().filter(|value| !value.is_string());
        let fits = validator.is_valid(&as_text) || parsed.is_some_and(|value| validator.is_valid(&value));
        let text = text.to_owned();
        (!fits).then(|| format!("{name} is {text:?}, which its schema refuses")).into_iter()
    }

    /// Violations of a JSON value, each beginning with the JSON Pointer to it.
    fn schema_violations(&self, schema: &Value, value: &Value) -> impl Iterator<Item = String> {
        let validator = self.validator(schema);
        let violations: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        violations.into_iter()
    }

    fn validator(&self, schema: &Value) -> Arc<jsonschema::Validator> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = validators.entry(schema.to_string()).or_insert_with(|| {
            let mut lowered = schema.clone();
            lowering::lower(&mut lowered);
            let root = json!({"allOf": [lowered], "components": self.components});
            let options =
                jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
            Arc::new(options.build(&root).unwrap_or_else(|cause| panic!("not a schema: {cause}\n{schema}")))
        });
        Arc::clone(entry)
    }
}

impl std::fmt::Debug for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contract").field("operations", &self.operations.len()).finish_non_exhaustive()
    }
}

/// The bundle of this tree, as it is.
///
/// # Panics
/// When it is missing or isn't JSON.
#[must_use]
pub fn bundle() -> Value {
    let text = std::fs::read_to_string(Path::new(BUNDLE))
        .unwrap_or_else(|cause| panic!("{BUNDLE}: {cause}; `cargo xtask build` writes it"));
    serde_json::from_str(&text).unwrap_or_else(|cause| panic!("{BUNDLE}: {cause}"))
}

/// The media type without its parameters, in lower case.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
