//! The question that the wire profile answers.

use super::Pair;
use super::cases::read;
use countersign_spec::diff::{Profile, Verdict};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    place: String,
    base: String,
    head: String,
    broken: bool,
}

fn document(place: &str, schema: &str) -> String {
    let body = format!("content: {{application/json: {{schema: {schema}}}}}");
    match place {
        "request" => format!("paths: {{/a: {{post: {{requestBody: {{{body}}}, responses: {{}}}}}}}}"),
        "response" => format!("paths: {{/a: {{post: {{responses: {{'200': {{description: x, {body}}}}}}}}}}}"),
        "webhook" => format!("webhooks: {{w: {{post: {{requestBody: {{{body}}}, responses: {{}}}}}}}}"),
        other => panic!("there is no place {other}"),
    }
}

#[test]
fn a_correct_old_client_is_broken_by_what_the_table_says() {
    let cases: Cases = toml::from_str(&read("wire.toml")).unwrap();
    assert_eq!(cases.case.len(), 25);
    for case in cases.case {
        let pair = Pair::new(&document(&case.place, &case.base), &document(&case.place, &case.head));
        let report = pair.report(Profile::Wire);
        assert_eq!(report.verdict() == Verdict::Breaking, case.broken, "{}: {:#?}", case.name, report.changes);
    }
}
