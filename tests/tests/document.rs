//! What dropshot emits of the registered operations is what the bundle says.
//!
//! It proves what is registered, not what handlers send: that is the check of every exchange. That secured operations
//! do refuse anonymous callers is shown in `bad_input`.
//!
//! dropshot can't emit everything. What is set aside here, each with its reason, and nothing else:
//!
//! - `info`, `servers`, `tags` and their descriptions: the caller of the emission gives them, no operation does.
//! - `security` and `securitySchemes`: dropshot has no notion of them.
//! - `discriminator`: dropshot builds its schemas from schemars, which doesn't know it. `oneOf` is compared.
//! - `x-` annotations: the generator's own notes, such as `x-transport`.
//! - `example`, `examples`: no rule. schemars gives a parameter or body none, and the adapter passes on schemas' only.
//! - `description` of headers and request bodies: dropshot has a place for neither.
//! - `required` of a request body: dropshot always says `true`. That an optional body is optional is shown in `login`.
//! - `default` of a parameter: dropshot drops the metadata of a parameter's schema. `description` it moves.
//! - The schema `Error` and the responses `4XX` and `5XX`: dropshot's own, for what never reaches an operation.

use std::collections::BTreeMap;

use countersign_api::{api_description, emission};
use countersign_tests::conformance::bundle;
use serde_json::{Map, Value, json};

use crate::unserved::Unserved;

/// An operation in one form for both documents: references to parameters, headers and responses resolved, what
/// dropshot can't emit removed.
type Comparable = BTreeMap<String, Value>;

/// What dropshot emits.
fn emitted() -> Comparable {
    let api = api_description::<Unserved>().expect("routes");
    let document = api.openapi("Countersign", "0.0.0".parse().expect("a version")).json().expect("JSON");
    let mut all = schemas(&document);
    all.remove("schema Error");
    for (name, operation) in operations(&document) {
        let success = members(&operation["responses"])
            .find_map(|(_, response)| response.pointer("/content/application~1json/schema"))
            .unwrap_or_else(|| panic!("{name}: no success"));
        let responses = success[emission::RESPONSES].clone();
        all.insert(name, comparable(&document, &operation, &responses));
    }
    all
}

/// What a bundle says.
fn documented(document: &Value) -> Comparable {
    let mut all = schemas(document);
    for (name, operation) in operations(document) {
        all.insert(name, comparable(document, &operation, &operation["responses"]));
    }
    all
}

fn schemas(document: &Value) -> Comparable {
    members(&document["components"]["schemas"])
        .map(|(name, schema)| (format!("schema {name}"), cleaned(schema)))
        .collect()
}

fn operations(document: &Value) -> Vec<(String, Value)> {
    members(&document["paths"])
        .flat_map(|(path, item)| {
            members(item).map(move |(method, operation)| (format!("{method} {path}"), operation.clone()))
        })
        .collect()
}

fn comparable(document: &Value, operation: &Value, responses: &Value) -> Value {
    let mut all = json!({});
    for member in ["operationId", "summary", "description", "tags"] {
        all[member] = operation[member].clone();
    }
    all["deprecated"] = json!(operation["deprecated"] == json!(true));
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter = resolved(document, parameter);
        let mut schema = cleaned(&parameter["schema"]);
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("default");
        }
        let name = format!("{} {}", parameter["in"].as_str().unwrap_or("?"), parameter["name"].as_str().unwrap_or("?"));
        let required = parameter["required"] == json!(true);
        all["parameters"][name] =
            json!({"required": required, "description": parameter["description"], "schema": schema});
    }
    for (media_type, body) in members(&operation["requestBody"]["content"]) {
        all["body"][media_type] = cleaned(&body["schema"]);
    }
    for (status, response) in members(responses) {
        let response = resolved(document, response);
        let mut comparable = json!({"description": response["description"]});
        for (name, header) in members(&response["headers"]) {
            let header = resolved(document, header);
            let required = header["required"] == json!(true);
            comparable["headers"][name] = json!({"required": required, "schema": cleaned(&header["schema"])});
        }
        for (media_type, body) in members(&response["content"]) {
            comparable["content"][media_type] = cleaned(&body["schema"]);
        }
        all["responses"][status] = comparable;
    }
    all
}

/// A schema without what is set aside, and with `required` in one order: it is a set.
fn cleaned(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, value)| {
                // A property may have any of these names; its schema is an object, which the annotations aren't.
                let annotation =
                    matches!(name.as_str(), "example" | "examples" | "discriminator") || name.starts_with("x-");
                !annotation || (value.is_object() && name.as_str() != "discriminator" && is_schema(value))
            });
            Value::Object(kept.map(|(name, value)| (name.clone(), sorted(name, cleaned(value)))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(cleaned).collect()),
        scalar => scalar.clone(),
    }
}

fn is_schema(value: &Value) -> bool {
    ["type", "$ref", "allOf", "oneOf", "anyOf"].iter().any(|keyword| value.get(keyword).is_some())
}

fn sorted(name: &str, mut value: Value) -> Value {
    if let ("required", Some(names)) = (name, value.as_array_mut()) {
        names.sort_by_key(ToString::to_string);
    }
    value
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap_or_else(|| panic!("{reference} points nowhere")),
        None => value,
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// Where two documents differ: the names of schemas and operations, or of one of their members.
fn differences(left: &Comparable, right: &Comparable) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let mut found = Vec::new();
    for name in names {
        match (left.get(name), right.get(name)) {
            (Some(left), Some(right)) => compare(name, left, right, &mut found),
            (Some(_), None) => found.push(format!("{name}: only in the bundle")),
            _ => found.push(format!("{name}: only emitted")),
        }
    }
    found
}

fn compare(place: &str, left: &Value, right: &Value, found: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let names: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for name in names {
                let (left, right) = (left.get(name).unwrap_or(&Value::Null), right.get(name).unwrap_or(&Value::Null));
                compare(&format!("{place}/{name}"), left, right, found);
            }
        }
        _ if left == right => {}
        _ => found.push(format!("{place}: {left} in the bundle, {right} emitted")),
    }
}

#[test]
fn the_emitted_document_is_the_bundle() {
    let found = differences(&documented(&bundle()), &emitted());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A change of the bundle that the comparison must notice: a name, and the change.
type Change = (&'static str, fn(&mut Value));

#[test]
fn a_bundle_that_says_otherwise_is_noticed() {
    let emitted = emitted();
    let refresh = "/paths/~1auth~1sessions~1{id}~1refresh/post";
    assert!(bundle().pointer(refresh).is_some());
    let changes: [Change; 9] = [
        ("another pattern", |bundle| bundle["components"]["schemas"]["SessionId"]["pattern"] = json!("^x$")),
        ("one value more", |bundle| {
            bundle["components"]["schemas"]["AuthMethodType"]["enum"] = json!(["EMAIL_OTP", "PASSKEY"]);
        }),
        ("a member that is not required", |bundle| {
            let required = bundle["components"]["schemas"]["AuthSession"]["required"].as_array_mut();
            required.expect("required").pop();
        }),
        ("another limit", |bundle| bundle["components"]["parameters"]["LimitQuery"]["schema"]["maximum"] = json!(99)),
        ("a header that is not required", |bundle| {
            bundle["components"]["headers"]["Retry-After"]["required"] = json!(false);
        }),
        ("another status", |bundle| {
            let responses = bundle["paths"]["/auth/sessions/{id}/refresh"]["post"]["responses"].as_object_mut();
            let responses = responses.expect("responses");
            let created = responses.remove("201").expect("a 201");
            responses.insert("200".to_owned(), created);
        }),
        ("another operationId", |bundle| bundle["paths"]["/health"]["get"]["operationId"] = json!("health")),
        ("another path", |bundle| {
            let health = bundle["paths"]["/health"].take();
            bundle["paths"].as_object_mut().expect("paths").remove("/health");
            bundle["paths"]["/healthz"] = health;
        }),
        ("another parameter's place", |bundle| {
            bundle["components"]["parameters"]["RetryRequestId"]["in"] = json!("query");
        }),
    ];
    for (name, change) in changes {
        let mut changed = bundle();
        change(&mut changed);
        assert!(!differences(&documented(&changed), &emitted).is_empty(), "{name} was not noticed");
    }
}
