//! The tables in `diff-cases/`.

use super::{Pair, changes};
use countersign_spec::diff::Profile;
use countersign_spec::{BundleOptions, bundle, diff};
use serde::Deserialize;
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaCases {
    case: Vec<SchemaCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaCase {
    name: String,
    base: String,
    head: String,
    to_server: Vec<String>,
    to_client: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentCases {
    case: Vec<DocumentCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentCase {
    name: String,
    base: String,
    head: String,
    expected: Vec<String>,
}

pub(crate) fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diff-cases").join(file);
    fs::read_to_string(path).unwrap()
}

const BODY: &str = "content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}";
const EMPTY: &str = "responses: {'204': {description: none}}";

/// Others that a case may refer to.
const OTHERS: &str = "
    Other: {type: object, required: [o], properties: {o: {type: string}}}
    Cat: {type: object, required: [t], properties: {t: {type: string}, claws: {type: integer}}}
    Puss: {type: object, required: [t], properties: {t: {type: string}, claws: {type: integer}}}
    Dog: {type: object, required: [t], properties: {t: {type: string}, tail: {type: boolean}}}
    Cow: {type: object, required: [t, milk], properties: {t: {type: string}, milk: {type: number}}}
";

fn document(operations: &str, schema: &str) -> String {
    format!("{operations}\ncomponents:\n  schemas:\n    Thing: {schema}{OTHERS}")
}

#[track_caller]
fn check_schemas(place: &str, operations: &str, label: &str, expected: impl Fn(&SchemaCase) -> &[String]) {
    let cases: SchemaCases = toml::from_str(&read("schema.toml")).unwrap();
    let mut failures = Vec::new();
    for case in &cases.case {
        let pair = Pair::new(&document(operations, &case.base), &document(operations, &case.head));
        let mut wanted = expected(case).to_vec();
        wanted.sort();
        let found = changes(&pair, |change| {
            let reaches_all = change.operations == [label];
            if reaches_all { String::new() } else { format!(" in {:?}", change.operations) }
        });
        if found != wanted {
            failures.push(format!("{place}, {}: found {found:?}, expected {wanted:?}", case.name));
        }
    }
    assert!(failures.is_empty(), "{} of {}\n{}", failures.len(), cases.case.len(), failures.join("\n"));
}

#[test]
fn request_bodies_go_to_the_server() {
    let operations = format!("paths: {{/things: {{post: {{requestBody: {{{BODY}}}, {EMPTY}}}}}}}");
    check_schemas("request", &operations, "POST /things", |case| &case.to_server);
}

#[test]
fn responses_go_to_the_client() {
    let operations = format!("paths: {{/things: {{get: {{responses: {{'200': {{description: x, {BODY}}}}}}}}}}}");
    check_schemas("response", &operations, "GET /things", |case| &case.to_client);
}

#[test]
fn bodies_of_webhooks_go_to_the_client() {
    let operations = format!("webhooks: {{thing.made: {{post: {{requestBody: {{{BODY}}}, {EMPTY}}}}}}}");
    check_schemas("webhook", &operations, "webhook thing.made", |case| &case.to_client);
}

#[test]
fn answers_to_webhooks_go_to_the_server() {
    let operations =
        format!("webhooks: {{thing.made: {{post: {{responses: {{'200': {{description: x, {BODY}}}}}}}}}}}");
    check_schemas("answer to a webhook", &operations, "webhook thing.made", |case| &case.to_server);
}

#[test]
fn bodies_of_callbacks_go_to_the_client() {
    let callback =
        format!("callbacks: {{made: {{'{{$request.body#/url}}': {{post: {{requestBody: {{{BODY}}}, {EMPTY}}}}}}}}}");
    let operations = format!("paths: {{/things: {{post: {{{EMPTY}, {callback}}}}}}}");
    check_schemas("callback", &operations, "POST /things", |case| &case.to_client);
}

#[test]
fn schemas_of_parameters_go_to_the_server() {
    let parameter = "parameters: [{name: p, in: query, schema: {$ref: '#/components/schemas/Thing'}}]";
    let operations = format!("paths: {{/things: {{get: {{{parameter}, {EMPTY}}}}}}}");
    check_schemas("parameter", &operations, "GET /things", |case| &case.to_server);
}

#[test]
fn documents_are_compared_as_the_table_says() {
    let cases: DocumentCases = toml::from_str(&read("document.toml")).unwrap();
    let mut failures = Vec::new();
    for case in &cases.case {
        let mut wanted = case.expected.clone();
        wanted.sort();
        let found = changes(&Pair::new(&case.base, &case.head), |change| format!(" {}", change.pointer));
        if found != wanted {
            failures.push(format!("{}:\n  found {found:#?}\n  expected {wanted:#?}", case.name));
        }
    }
    assert!(failures.is_empty(), "{} of {}\n{}", failures.len(), cases.case.len(), failures.join("\n"));
}

#[test]
fn any_two_schemas_can_be_compared_and_each_is_the_same_as_itself() {
    let cases: SchemaCases = toml::from_str(&read("schema.toml")).unwrap();
    let operations = format!(
        "paths: {{/things: {{put: {{requestBody: {{{BODY}}}, responses: {{'200': {{description: x, {BODY}}}}}}}}}}}"
    );
    let folder = tempfile::tempdir().unwrap();
    let documents: Vec<_> = cases
        .case
        .iter()
        .flat_map(|case| [&case.base, &case.head])
        .enumerate()
        .map(|(number, schema)| {
            let path = folder.path().join(format!("{number}.yaml"));
            fs::write(&path, super::whole(&document(&operations, schema))).unwrap();
            bundle(&path, BundleOptions::default()).unwrap()
        })
        .collect();
    for (one, base) in documents.iter().enumerate() {
        assert_eq!(diff::diff(base, base, Profile::Sdk).unwrap().changes, [], "document {one}");
        // Every sixty-first will do: the next ones differ by little.
        for head in documents.iter().skip(one % 61).step_by(61) {
            diff::diff(base, head, Profile::House).unwrap();
        }
    }
}
