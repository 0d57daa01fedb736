//! One value, one text.

use countersign_flow::json::{JsonError, canonical, parse_unique};
use countersign_flow::retry::{body_digest, empty_body_digest};
use serde_json::{Map, Value, json};

fn reordered(text: &str) -> String {
    canonical(&parse_unique(text, 16).unwrap())
}

#[test]
fn members_are_sorted_at_every_depth_and_arrays_are_not() {
    assert_eq!(
        reordered(r#" { "b" : [ {"z":1,"y":{"d":2,"c":3}} , 2, 1 ], "a" : null, "B": true } "#),
        r#"{"B":true,"a":null,"b":[{"y":{"c":3,"d":2},"z":1},2,1]}"#
    );
}

/// Holds whether or not some dependency switches `serde_json` to maps in order of insertion: the members come in neither
/// order, and the order wanted is not the one of a sorted map either.
#[test]
fn names_are_sorted_as_javascript_sorts_them() {
    let names = ["\u{ff61}", "z", "\u{1f389}", "", "a", "\u{e9}", "A", "aa", "10", "9"];
    let mut object = Map::new();
    for name in names {
        object.insert(name.to_owned(), Value::Null);
    }
    let expected: Vec<String> = ["", "10", "9", "A", "a", "aa", "z", "\u{e9}", "\u{1f389}", "\u{ff61}"]
        .iter()
        .map(|name| format!(r#""{name}":null"#))
        .collect();
    assert_eq!(canonical(&Value::Object(object)), format!("{{{}}}", expected.join(",")));
}

#[test]
fn strings_are_escaped_as_javascript_escapes_them() {
    assert_eq!(
        canonical(&json!("\"\\/\u{8}\u{c}\n\r\t\0\u{1b}\u{7f}\u{2028}é🎉")),
        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001b\u{7f}\u{2028}é🎉\""
    );
}

#[test]
fn numbers_are_written_as_javascript_writes_them() {
    for (read, written) in [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("1.0", "1"),
        ("1e2", "100"),
        ("-12.50", "-12.5"),
        ("0.1", "0.1"),
        ("0.000001", "0.000001"),
        ("0.00000123", "0.00000123"),
        ("1e-7", "1e-7"),
        ("1.25e-9", "1.25e-9"),
        ("100000000000000000000", "100000000000000000000"),
        ("1e21", "1e+21"),
        ("1.5e300", "1.5e+300"),
        ("123456789012345680000", "123456789012345680000"),
        ("9007199254740993", "9007199254740993"),
        ("5e-324", "5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("333333333.33333329", "333333333.3333333"),
    ] {
        assert_eq!(reordered(read), written, "{read}");
    }
}

#[test]
fn the_canonical_text_is_a_fixed_point() {
    let text = reordered(r#"{"z":[1.0,"\u00e9\ud83c\udf89",{"b":{},"a":[]}],"a":-1.5e-10}"#);
    assert_eq!(reordered(&text), text);
}

#[test]
fn repeated_members_are_refused_at_every_depth() {
    for text in [r#"{"a":1,"a":1}"#, r#"{"x":{"a":1,"b":2,"a":3}}"#, r#"[{"a":1,"\u0061":2}]"#] {
        assert_eq!(parse_unique(text, 16), Err(JsonError::DuplicateMember), "{text}");
    }
    assert!(parse_unique(r#"{"a":{"a":{"a":1}},"A":1}"#, 16).is_ok());
}

#[test]
fn only_one_value_is_read() {
    for text in ["", " ", "{}{}", "{} x", "1 2", "{\"a\":1", "[1,]", "nul", "\u{feff}{}", "1e400", "'a'"] {
        assert_eq!(parse_unique(text, 16), Err(JsonError::Malformed), "{text:?}");
    }
    assert_eq!(parse_unique(b"\"\xff\"", 16), Err(JsonError::Malformed));
    assert_eq!(parse_unique("\n {} \t\r\n", 16), Ok(json!({})));
}

#[test]
fn depth_is_limited() {
    assert_eq!(parse_unique("1", 0), Ok(json!(1)));
    assert_eq!(parse_unique("[]", 0), Err(JsonError::TooDeep));
    assert!(parse_unique(r#"{"a":[1]}"#, 2).is_ok());
    assert_eq!(parse_unique(r#"{"a":[{}]}"#, 2), Err(JsonError::TooDeep));
    // Far beyond any limit, the parser must not run out of stack.
    assert!(parse_unique("[".repeat(100_000), usize::MAX).is_err());
}

#[test]
fn a_body_digest_is_about_the_value_not_the_text() {
    let digest = |text: &str| body_digest(&parse_unique(text, 16).unwrap());
    assert_eq!(digest(r#"{"a":1,"b":2}"#), digest("{ \"b\" : 2,\n \"a\" : 1 }"));
    assert_ne!(digest(r#"{"a":1,"b":2}"#), digest(r#"{"a":1,"b":2,"extra":null}"#));
    assert_ne!(digest(r#"{"key":"0A"}"#), digest(r#"{"key":"0a"}"#));
    assert_ne!(digest("{}"), empty_body_digest());
    assert_eq!(hex::encode(empty_body_digest()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
