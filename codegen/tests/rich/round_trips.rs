//! What the code generated from the rich document does. Runs in the crate that `integration/compiles.rs` builds.
#![allow(deprecated)]

use std::borrow::Cow;

use countersign_models::input::{Received, read_form};
use countersign_models::operation::{BodySpec, Credential, Encoding, SecurityScheme};
use countersign_models::operations::*;
use countersign_models::types::*;
use countersign_models::{Exactly, JsonText, Operation, RawReply, SignedOperation, Violation};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

fn circle() -> Shape {
    let value = json!({"shape-type": "CIRCLE", "name": "c", "nickname": null, "radius": 2, "colour": "2d", "loose": {"n": [1]}, "at": "2026-11-22T08:00:00Z"});
    serde_json::from_value(value).unwrap()
}

fn input() -> TransformShapeInput {
    TransformShapeInput::new("Shape:a-.b".parse().unwrap(), Type::Type, circle())
}

/// Sends an input as a client does and reads it as a server does.
fn received<O: Operation>(input: &O::Input) -> Result<O::Input, Vec<Violation>> {
    let outgoing = O::encode_input(input)?;
    let mut headers = HeaderMap::new();
    for (name, value) in &outgoing.headers {
        headers.append(*name, value.parse().unwrap());
    }
    let path: Vec<&str> = outgoing.path.split('/').collect();
    let template: Vec<&str> = O::spec().path.split('/').collect();
    let variables = template.iter().zip(&path).filter(|(name, _)| name.starts_with('{'));
    let body: Option<Value> = outgoing.body.as_deref().map(|body| match O::spec().body.as_ref().unwrap() {
        BodySpec { encoding: Encoding::Json, .. } => serde_json::from_slice(body).unwrap(),
        BodySpec { encoding: Encoding::Form, schema, .. } => read_form(body, schema).unwrap(),
    });
    O::decode_input(Received {
        path: variables.map(|(name, value)| (name.trim_matches(['{', '}']), *value)).collect(),
        query: outgoing
            .query
            .iter()
            .map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(value.as_str())))
            .collect(),
        headers: &headers,
        body: body.as_ref(),
    })
}

fn paths(violations: Vec<Violation>) -> Vec<String> {
    violations.into_iter().map(|violation| violation.path).collect()
}

#[test]
fn an_input_survives_the_way_to_the_server() {
    let mut full = input();
    full.self_ = Some(true);
    full.limit = Some(7_i32);
    full.ratio = Some(0.25);
    full.tag = Some(vec![1, -2, 3]);
    full.kinds = Some(vec![Type::Self_, Type::KebabCase]);
    full.since = Some("2026-11-22T08:00:00Z".parse().unwrap());
    full.x_trace = Some("12".to_owned());
    assert_eq!(received::<TransformShape>(&full).unwrap(), full);
    assert_eq!(received::<TransformShape>(&input()).unwrap(), input());
    assert_eq!(received::<ReplaceTree>(&ReplaceTreeInput::new()).unwrap().body, None);
}

fn form() -> SignFormInput {
    let body = json!({"name": "Ada & Co = 1+1", "count": 7, "kind": "with blanks"});
    SignFormInput::new(serde_json::from_value(body).unwrap())
}

#[test]
fn a_form_survives_the_way_to_the_server() {
    assert_eq!(received::<SignForm>(&form()).unwrap(), form());
    let sent = SignForm::encode_input(&form()).unwrap().body.unwrap();
    assert_eq!(String::from_utf8(sent).unwrap(), "count=7&kind=with+blanks&name=Ada+%26+Co+%3D+1%2B1");
    assert_eq!(SignForm::spec().body.as_ref().unwrap().encoding.media_type(), "application/x-www-form-urlencoded");
}

#[test]
fn a_member_of_a_form_comes_once_and_is_of_its_type() {
    let schema = SignForm::spec().body.as_ref().unwrap().schema;
    let read = |text: &str| read_form(text.as_bytes(), schema);
    assert_eq!(read("count=7&name=8&other=9").unwrap(), json!({"count": 7, "name": "8", "other": "9"}));
    assert_eq!(read("count=seven").unwrap(), json!({"count": "seven"}), "for the schema to refuse");
    assert_eq!(read("count=7&count=7").unwrap_err().path, "body/count");
    assert_eq!(read("other=7&other=7").unwrap_err().path, "body/*", "a name that the caller made up is not repeated");
}

#[test]
fn an_answer_may_be_null() {
    let (reply, read): (_, Option<Tree>) = outcome_of::<SignForm>(None);
    assert_eq!((reply.body.as_ref(), read), (b"null".as_slice(), None));
    let tree: Tree = serde_json::from_value(json!({"left": null, "label": 1})).unwrap();
    assert_eq!(outcome_of::<SignForm>(Some(tree.clone())).1, Some(tree));
}

#[test]
fn an_operation_knows_the_sets_of_credentials_that_it_takes() {
    let scheme = |name, credential| SecurityScheme { name, credential };
    let project = || scheme("project", Credential::Header("x-project"));
    let expected = [
        vec![project(), scheme("key", Credential::Header("x-key"))],
        vec![project(), scheme("token", Credential::Bearer)],
    ];
    assert!(SignForm::spec().security.iter().copied().eq(expected.iter().map(Vec::as_slice)));
    assert_eq!(ReplaceTree::spec().security, [[scheme("basic", Credential::Basic)]]);
    assert!(GetTree::spec().security.is_empty());
}

#[test]
fn what_breaks_the_document_is_not_sent() {
    let mut bad = input();
    bad.limit = Some(101);
    bad.ratio = Some(0.0);
    bad.tag = Some(vec![1, 2, 3, 4]);
    bad.x_trace = Some("too long a text".to_owned());
    bad.body = Shape::Square(Square { side: 0 });
    let refused = TransformShape::encode_input(&bad).unwrap_err();
    assert_eq!(paths(refused), ["query/limit", "query/ratio", "query/tag", "header/X-Trace", "body/side"]);
}

#[test]
fn a_path_variable_can_not_leave_its_place() {
    let remove =
        |kind: &str| RemoveShape::encode_input(&RemoveShapeInput::new("Shape:a".parse().unwrap(), kind.into()));
    for kind in ["", ".", ".."] {
        assert_eq!(paths(remove(kind).unwrap_err()), ["path/type"]);
    }
    assert_eq!(remove("../x?{id}#").unwrap().path, "/shapes/Shape:a/..%2Fx%3F%7Bid%7D%23");
}

#[test]
fn a_request_is_refused_with_every_violation() {
    let headers = HeaderMap::new();
    let body = json!({"shape-type": "GROUP", "members": [{"shape-type": "SQUARE", "side": 0, "extra": 1}, {"shape-type": "OVAL"}, 3, {}]});
    let query = [("limit", "0"), ("limit", "1"), ("tag", "x"), ("self", "yes"), ("since", "today"), ("kinds", "2D")];
    let refused = TransformShape::decode_input(Received {
        path: vec![("id", "shape"), ("type", "type")],
        query: query.iter().map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value))).collect(),
        headers: &headers,
        body: Some(&body),
    });
    let expected = [
        "path/id",
        "query/self",
        "query/limit",
        "query/tag/0",
        "query/since",
        "query/kinds/0",
        "body/members/0/side",
        "body/members/0",
        "body/members/1/shape-type",
        "body/members/2",
        "body/members/3/shape-type",
    ];
    assert_eq!(paths(refused.unwrap_err()), expected);
}

#[test]
fn a_whole_number_may_be_written_with_a_fraction_of_zero() {
    let headers = HeaderMap::new();
    let decoded = TransformShape::decode_input(Received {
        path: vec![("id", "Shape:a"), ("type", "type")],
        query: Vec::new(),
        headers: &headers,
        body: Some(&json!({"shape-type": "SQUARE", "side": 5.0})),
    });
    assert_eq!(decoded.unwrap().body, Shape::Square(Square { side: 5 }));
}

/// Writes an outcome or an error, and reads it again.
fn outcome_of<O: Operation>(outcome: O::Outcome) -> (RawReply, O::Outcome) {
    let reply = O::encode_outcome(&outcome).unwrap();
    let read = O::decode_outcome(&reply).unwrap().unwrap();
    (reply, read)
}

fn error_of<O: Operation>(error: O::Error) -> (RawReply, O::Error) {
    let reply = O::encode_error(&error).unwrap();
    let read = O::decode_error(&reply).unwrap().unwrap();
    (reply, read)
}

fn error400() -> Error400 {
    serde_json::from_value(json!({"status": 400, "code": "X", "offset": -1, "details": {"a": "b", "other": [1]}}))
        .unwrap()
}

#[test]
fn each_success_has_its_status_headers_and_body() {
    let challenge = Challenge { payload_to_sign: "p".to_owned(), request_id: "Shape:r".parse().unwrap() };
    let table = [
        (200, Some("application/json"), TransformShapeOutcome::Ok(circle())),
        (202, Some("application/json"), TransformShapeOutcome::ChallengeIssued { retry_after: 3, body: challenge }),
        (204, None, TransformShapeOutcome::NoContent { x_left: Some(2), x_why: None }),
        (204, None, TransformShapeOutcome::NoContent { x_left: None, x_why: Some("12".to_owned()) }),
        (206, Some("text/plain"), TransformShapeOutcome::Status206("part".to_owned())),
    ];
    for (status, media_type, outcome) in table {
        let (reply, read) = outcome_of::<TransformShape>(outcome.clone());
        assert_eq!(reply.status.as_u16(), status);
        assert_eq!(reply.headers.get("content-type").map(|value| value.to_str().unwrap()), media_type);
        assert_eq!(read, outcome);
    }
}

#[test]
fn each_error_has_its_status_headers_and_body() {
    let conflict = serde_json::from_value(json!({"status": 409, "code": "GONE_BEFORE"})).unwrap();
    let refresh = Some("2026-11-22T08:00:00Z".parse().unwrap());
    let table = [
        (400, TransformShapeError::BadRequest(error400())),
        (409, TransformShapeError::Conflict(conflict)),
        (418, TransformShapeError::Status418),
        (429, TransformShapeError::TooManyRequests { retry_after: 9, refresh, body: error400() }),
        (503, TransformShapeError::ServiceUnavailable("down".to_owned())),
    ];
    for (status, error) in table {
        let (reply, read) = error_of::<TransformShape>(error.clone());
        assert_eq!(reply.status.as_u16(), status);
        assert_eq!(read, error);
        assert!(TransformShape::decode_outcome(&reply).unwrap().is_none(), "{status} is no success");
    }
}

#[test]
fn an_answer_that_is_not_as_documented_is_a_fault() {
    let reply = |status: u16, headers: &[(&'static str, &str)], body: &str| {
        let mut reply = RawReply::empty(StatusCode::from_u16(status).unwrap());
        reply.body = body.to_owned().into();
        for (name, value) in headers {
            reply.headers.insert(*name, value.parse().unwrap());
        }
        reply
    };
    let body = serde_json::to_string(&error400()).unwrap();
    assert!(TransformShape::decode_error(&reply(429, &[("retry-after", "9")], &body)).is_ok());
    assert!(TransformShape::decode_error(&reply(429, &[], &body)).is_err(), "a required header is missing");
    assert!(TransformShape::decode_error(&reply(429, &[("retry-after", "soon")], &body)).is_err());
    assert!(TransformShape::decode_error(&reply(400, &[], &body.replace("400", "401"))).is_err(), "`status` is 400");
    assert!(TransformShape::decode_error(&reply(409, &[], r#"{"status":409,"code":"NEW"}"#)).is_err());
    assert!(TransformShape::decode_outcome(&reply(200, &[], "<html>")).is_err());
    assert!(TransformShape::decode_outcome(&reply(201, &[], "{}")).unwrap().is_none(), "201 is not documented");
    assert!(TransformShape::decode_error(&reply(500, &[], "{}")).unwrap().is_none());
}

#[test]
fn a_challenge_with_headers_is_a_challenge() {
    let challenge = Challenge { payload_to_sign: "p".to_owned(), request_id: "Shape:r".parse().unwrap() };
    let found = TransformShape::challenge(&TransformShapeOutcome::ChallengeIssued { retry_after: 3, body: challenge });
    let found = found.unwrap();
    assert_eq!((found.payload_to_sign.as_str(), found.request_id.as_str()), ("p", "Shape:r"));
    assert!(TransformShape::challenge(&TransformShapeOutcome::Ok(circle())).is_none());
    let mut retry = input();
    TransformShape::answer(&mut retry, "stamp".to_owned(), found.request_id);
    assert_eq!(retry.grid_wallet_signature.as_deref(), Some("stamp"));
    assert_eq!(retry.request_id.as_deref(), Some("Shape:r"));
    assert_eq!(retry.body, input().body);
}

#[test]
fn values_of_every_kind_survive_json() {
    let tree = json!({
        "left": {"left": null, "label": 1, "right": {"left": null, "label": null}},
        "label": null, "depth": 3, "type": "t", "self": "s", "async": "a", "a/b~c": 5, "day": "2026-11-22", "small": 4,
        "any": [1, {"x": null}], "whatever": 1.5, "free": {"k": [true]}, "secret": "aGk=",
        "by-name": {"first": "f", "second": {"name": "n"}},
        "twig": {"tree": {"left": null, "label": 2}}, "parent": {"left": null, "label": 3},
    });
    let typed: Tree = serde_json::from_value(tree.clone()).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), tree);
    let left: Option<Box<Tree>> = typed.left;
    assert_eq!(left.unwrap().label, Some(1));
    let group = json!({"shape-type": "GROUP", "members": [circle()], "frame": {"shape-type": "SQUARE", "side": 1}});
    let typed: Shape = serde_json::from_value(group.clone()).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), group);
    assert_eq!(Shape::from(Square { side: 1 }), Shape::Square(Square { side: 1 }));
    let open = json!({"a": "b", "more": {"deep": 1}});
    let typed: Open = serde_json::from_value(open.clone()).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), open);
}

#[test]
fn enums_travel_in_the_documents_spelling() {
    let spelled: Vec<&str> = Type::ALL.iter().map(|value| value.as_str()).collect();
    assert_eq!(spelled, ["self", "type", "2d", "kebab-case", "SCREAMING_CASE", "camelCase", "with blanks"]);
    for value in Type::ALL {
        assert_eq!(serde_json::to_value(value).unwrap(), value.as_str());
    }
    assert_eq!(Type::_2d.to_string(), "2d");
}

#[test]
fn a_checked_string_holds_only_what_its_schema_accepts() {
    assert!("Shape:a b".parse::<ShapeId>().is_err());
    assert!(serde_json::from_value::<ShapeId>(json!("Shape:")).is_err());
    let refused = Day::try_from("2026-02-30".to_owned()).unwrap_err();
    assert!(!refused.to_string().contains("2026"), "a message repeats no value: {refused}");
    assert_eq!(serde_json::from_value::<Exactly<-1>>(json!(-1)).unwrap(), Exactly);
    assert!(serde_json::from_value::<Exactly<-1>>(json!(1)).is_err());
}

#[test]
fn any_object_as_a_whole_answer_is_kept_byte_for_byte() {
    let text = "{\"b\": 1,  \"a\": 1.50}";
    let (reply, read) = outcome_of::<Match>(JsonText::new(text.to_owned()).unwrap());
    assert_eq!((reply.body.as_ref(), read.as_str()), (text.as_bytes(), text));
}

#[test]
fn every_operation_is_listed_as_the_document_declares_it() {
    let ids: Vec<_> = ALL.iter().map(|spec| (spec().id, spec().method, spec().is_secured(), spec().deprecated)).collect();
    let expected = [
        ("transformShape", "POST", true, false),
        ("removeShape", "DELETE", true, true),
        ("getTree", "GET", false, false),
        ("replaceTree", "PUT", true, false),
        ("signForm", "POST", true, false),
        ("match", "GET", false, false),
        ("listWords", "GET", false, false),
    ];
    let sorted = |mut list: Vec<_>| {
        list.sort_unstable();
        list
    };
    assert_eq!(sorted(ids), sorted(expected.to_vec()));
}
