//! Each constraint keyword: what it accepts, what it refuses, and how it says so.

use countersign_models::Violation;
use countersign_models::schema::{
    Additional, ArrayRules, IntegerRules, Kind, NumberRules, ObjectRules, Pattern, Schema, StringRules, UnionRules,
};
use serde_json::{Value, json};

fn schema(kind: Kind) -> &'static Schema {
    Box::leak(Box::new(Schema { kind, nullable: false, annotations: "" }))
}

fn integer(change: impl FnOnce(&mut IntegerRules)) -> &'static Schema {
    let mut rules = IntegerRules {
        format: None,
        minimum: None,
        maximum: None,
        exclusive_minimum: false,
        exclusive_maximum: false,
        multiple_of: None,
        values: &[],
    };
    change(&mut rules);
    schema(Kind::Integer(rules))
}

fn number(change: impl FnOnce(&mut NumberRules)) -> &'static Schema {
    let mut rules = NumberRules {
        format: None,
        minimum: None,
        maximum: None,
        exclusive_minimum: false,
        exclusive_maximum: false,
        multiple_of: None,
    };
    change(&mut rules);
    schema(Kind::Number(rules))
}

fn string(change: impl FnOnce(&mut StringRules)) -> &'static Schema {
    let mut rules = StringRules { format: None, min_length: None, max_length: None, pattern: None, values: &[] };
    change(&mut rules);
    schema(Kind::String(rules))
}

fn array(items: &'static Schema, change: impl FnOnce(&mut ArrayRules)) -> &'static Schema {
    let mut rules = ArrayRules { items, min_items: None, max_items: None, unique_items: false };
    change(&mut rules);
    schema(Kind::Array(rules))
}

fn object(
    properties: &'static [(&'static str, &'static Schema)],
    change: impl FnOnce(&mut ObjectRules),
) -> &'static Schema {
    let mut rules = ObjectRules {
        properties,
        required: &[],
        additional: Additional::Ignored,
        min_properties: None,
        max_properties: None,
    };
    change(&mut rules);
    schema(Kind::Object(rules))
}

fn properties(list: Vec<(&'static str, &'static Schema)>) -> &'static [(&'static str, &'static Schema)] {
    list.leak()
}

/// A schema accepts each of `good`, and refuses each of `bad` with that one violation (`PATH MESSAGE`).
fn check(schema: &'static Schema, good: &[Value], bad: &[(Value, &str)]) {
    for value in good {
        assert_eq!(schema.check(value, "body"), [], "{value}");
    }
    for (value, expected) in bad {
        let found: Vec<String> = schema.check(value, "body").iter().map(Violation::to_string).collect();
        assert_eq!(found, [*expected], "{value}");
    }
}

#[test]
fn numbers_keep_to_their_bounds() {
    check(
        integer(|rules| (rules.minimum, rules.maximum) = (Some(-2), Some(3))),
        &[json!(-2), json!(3), json!(3.0)],
        &[
            (json!(-3), "body must be at least -2"),
            (json!(4), "body must be at most 3"),
            (json!(2.5), "body must be an integer of at most 64 bits"),
            (json!(u64::MAX), "body must be an integer of at most 64 bits"),
            (json!("1"), "body must be an integer of at most 64 bits"),
            (json!(true), "body must be an integer of at most 64 bits"),
            (json!(null), "body must be an integer of at most 64 bits"),
        ],
    );
    check(
        integer(|rules| {
            (rules.minimum, rules.maximum) = (Some(1), Some(5));
            (rules.exclusive_minimum, rules.exclusive_maximum) = (true, true);
        }),
        &[json!(2), json!(4)],
        &[(json!(1), "body must be greater than 1"), (json!(5), "body must be less than 5")],
    );
    check(
        number(|rules| (rules.minimum, rules.maximum) = (Some(-0.5), Some(0.5))),
        &[json!(-0.5), json!(0), json!(0.5)],
        &[
            (json!(-0.6), "body must be at least -0.5"),
            (json!(0.6), "body must be at most 0.5"),
            (json!("0"), "body must be a number"),
        ],
    );
    check(
        number(|rules| {
            (rules.minimum, rules.maximum) = (Some(0.0), Some(1.0));
            (rules.exclusive_minimum, rules.exclusive_maximum) = (true, true);
        }),
        &[json!(0.001)],
        &[(json!(0), "body must be greater than 0"), (json!(1.0), "body must be less than 1")],
    );
}

#[test]
fn an_int32_has_32_bits() {
    check(
        integer(|rules| rules.format = Some("int32")),
        &[json!(i32::MIN), json!(i32::MAX)],
        &[(json!(i64::from(i32::MAX) + 1), "body must be an integer of at most 32 bits")],
    );
    check(integer(|rules| rules.format = Some("int64")), &[json!(i64::MIN), json!(i64::MAX)], &[]);
}

#[test]
fn multiples_are_those_of_the_decimal() {
    let message = "body must be a multiple of 3";
    check(integer(|rules| rules.multiple_of = Some(3)), &[json!(0), json!(-6), json!(9)], &[(json!(4), message)]);
    let cents: Vec<Value> = (0..2_000).map(|cents| json!(format!("{}.{:02}", cents / 100, cents % 100))).collect();
    let cents: Vec<Value> = cents.iter().map(|text| json!(text.as_str().unwrap().parse::<f64>().unwrap())).collect();
    let message = "body must be a multiple of 0.01";
    check(
        number(|rules| rules.multiple_of = Some(0.01)),
        &cents,
        &[(json!(19.995), message), (json!(0.001), message), (json!(1_000_000.015), message)],
    );
}

#[test]
fn lengths_count_code_points() {
    check(
        string(|rules| (rules.min_length, rules.max_length) = (Some(2), Some(3))),
        &[json!("ab"), json!("äöü"), json!("👍👍👍")],
        &[
            (json!(""), "body must have at least 2 characters"),
            (json!("👍"), "body must have at least 2 characters"),
            (json!("abcd"), "body must have at most 3 characters"),
            (json!(12), "body must be a string"),
        ],
    );
    check(string(|rules| rules.max_length = Some(1)), &[], &[(json!("ab"), "body must have at most 1 character")]);
}

#[test]
fn patterns_enums_and_formats_hold_together() {
    static PATTERN: Pattern = Pattern::new("b+");
    check(string(|rules| rules.pattern = Some(&PATTERN)), &[json!("abc")], &[(json!("ac"), "body must match b+")]);
    check(
        string(|rules| rules.values = &["one", "two"]),
        &[json!("one")],
        &[(json!("One"), "body must be one of one, two"), (json!(1), "body must be a string")],
    );
    check(
        string(|rules| (rules.values, rules.max_length) = (&["one", "three"], Some(3))),
        &[json!("one")],
        &[(json!("three"), "body must have at most 3 characters")],
    );
    check(integer(|rules| rules.values = &[400]), &[json!(400)], &[(json!(401), "body must be 400")]);
    let formats = [
        ("byte", "aGk=", "aGk"),
        ("date", "2026-11-22", "2026-13-22"),
        ("date-time", "2026-11-22T08:00:00.5+01:00", "2026-11-22"),
        ("email", "jane@example.com", "jane"),
        ("uri", "https://example.com", "example.com"),
        ("uuid", "0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90", "0193d1c4"),
    ];
    for (format, good, bad) in formats {
        let message = format!("body must be of the format {format}");
        check(string(|rules| rules.format = Some(format)), &[json!(good)], &[(json!(bad), &message)]);
    }
}

#[test]
fn a_boolean_is_no_text_and_no_number() {
    let message = "body must be true or false";
    check(
        schema(Kind::Boolean),
        &[json!(true), json!(false)],
        &[(json!("true"), message), (json!(0), message), (json!(null), message)],
    );
}

#[test]
fn arrays_keep_to_their_counts() {
    check(
        array(schema(Kind::Boolean), |rules| (rules.min_items, rules.max_items) = (Some(1), Some(2))),
        &[json!([true]), json!([true, true])],
        &[
            (json!([]), "body must have at least 1 item"),
            (json!([true, true, true]), "body must have at most 2 items"),
            (json!([true, 1]), "body/1 must be true or false"),
            (json!({}), "body must be an array"),
        ],
    );
    check(
        array(schema(Kind::Any), |rules| rules.unique_items = true),
        &[json!([1, "1", [1], {"a": 1}, null])],
        &[
            (json!([{"a": 1, "b": 2}, {"b": 2, "a": 1}]), "body must not hold the same item twice"),
            (json!([1, 2, 1]), "body must not hold the same item twice"),
        ],
    );
}

#[test]
fn many_unique_items_take_no_quadratic_time() {
    let unique = array(schema(Kind::Any), |rules| rules.unique_items = true);
    let many = Value::Array((0..200_000).map(Value::from).collect());
    assert_eq!(unique.check(&many, "body"), []);
}

#[test]
fn objects_have_what_they_must_and_nothing_that_they_must_not() {
    let name = properties(vec![("name", string(|_| {}))]);
    check(
        object(name, |rules| rules.required = &["name", "other"]),
        &[json!({"name": "n", "other": null, "more": 1})],
        &[(json!({"other": 1}), "body/name is required"), (json!([]), "body must be an object")],
    );
    check(
        object(name, |rules| rules.additional = Additional::Refused),
        &[json!({}), json!({"name": "n"})],
        &[
            (json!({"name": "n", "x": 1, "y": 2}), "body must not have undeclared members, and has 2"),
            (json!({"name": null}), "body/name must be a string"),
        ],
    );
    check(
        object(name, |rules| rules.additional = Additional::Matching(schema(Kind::Boolean))),
        &[json!({"name": "n", "x": true})],
        &[(json!({"name": "n", "secret": 1}), "body/* must be true or false")],
    );
    check(object(name, |rules| rules.additional = Additional::Kept), &[json!({"x": {}})], &[]);
    check(
        object(&[], |rules| (rules.min_properties, rules.max_properties) = (Some(1), Some(2))),
        &[json!({"a": 1}), json!({"a": 1, "b": 1})],
        &[
            (json!({}), "body must have at least 1 member"),
            (json!({"a": 1, "b": 1, "c": 1}), "body must have at most 2 members"),
        ],
    );
}

#[test]
fn null_is_accepted_where_it_is_written_and_nowhere_else() {
    let nullable = Box::leak(Box::new(Schema {
        kind: Kind::String(StringRules {
            format: None,
            min_length: Some(1),
            max_length: None,
            pattern: None,
            values: &[],
        }),
        nullable: true,
        annotations: "",
    }));
    check(nullable, &[json!(null), json!("a")], &[(json!(""), "body must have at least 1 character")]);
    check(schema(Kind::Any), &[json!(null), json!([])], &[]);
    let reference = schema(Kind::Reference("Nullable", nullable));
    check(reference, &[json!(null)], &[(json!(1), "body must be a string")]);
}

#[test]
fn every_member_of_an_all_of_must_accept() {
    let short = object(properties(vec![("name", string(|rules| rules.max_length = Some(2)))]), |_| {});
    let long = object(properties(vec![("name", string(|rules| rules.min_length = Some(2)))]), |rules| {
        rules.required = &["name"];
    });
    check(
        schema(Kind::AllOf(vec![short, long, long].leak())),
        &[json!({"name": "ab"})],
        &[
            (json!({"name": "abc"}), "body/name must have at most 2 characters"),
            (json!({"name": "a"}), "body/name must have at least 2 characters"),
            (json!({}), "body/name is required"),
            (json!(3), "body must be an object"),
        ],
    );
}

#[test]
fn a_union_is_checked_by_the_branch_that_its_discriminator_names() {
    let cat = object(properties(vec![("lives", integer(|_| {}))]), |rules| rules.required = &["lives"]);
    let dog = object(properties(vec![("tricks", integer(|_| {}))]), |rules| rules.required = &["tricks"]);
    check(
        schema(Kind::OneOf(UnionRules { property: "kind", branches: vec![("cat", cat), ("dog", dog)].leak() })),
        &[json!({"kind": "cat", "lives": 9}), json!({"kind": "dog", "tricks": 1})],
        &[
            (json!({"kind": "dog", "lives": 9}), "body/tricks is required"),
            (json!({"kind": "cat", "lives": "9"}), "body/lives must be an integer of at most 64 bits"),
            (json!({"kind": "cow"}), "body/kind must be one of cat, dog"),
            (json!({"kind": 1}), "body/kind must be one of cat, dog"),
            (json!({"lives": 9}), "body/kind is required"),
            (json!("cat"), "body must be an object"),
        ],
    );
}

#[test]
fn paths_are_json_pointers() {
    let leaf = object(properties(vec![("a/b~c", schema(Kind::Boolean))]), |rules| rules.required = &["~/"]);
    let list = array(leaf, |_| {});
    let whole = object(properties(vec![("list", list)]), |_| {});
    let found = whole.check(&json!({"list": [{"~/": 1}, {"a/b~c": 1}]}), "body");
    let paths: Vec<&str> = found.iter().map(|violation| violation.path.as_str()).collect();
    assert_eq!(paths, ["body/list/1/~0~1", "body/list/1/a~1b~0c"]);
    let escaped = found[1].path.strip_prefix("body").unwrap();
    assert_eq!(json!({"list": [{}, {"a/b~c": 1}]}).pointer(escaped), Some(&json!(1)), "serde_json reads it too");
}

#[test]
fn every_violation_is_reported_and_none_repeats_a_value() {
    const SECRET: &str = "hunter2";
    static PATTERN: Pattern = Pattern::new("^[0-9]+$");
    let digits = string(|rules| (rules.pattern, rules.min_length) = (Some(&PATTERN), Some(9)));
    let whole = object(
        properties(vec![
            ("a", digits),
            ("b", string(|rules| rules.format = Some("uuid"))),
            ("c", string(|rules| rules.values = &["x"])),
            ("d", schema(Kind::Boolean)),
            ("e", array(integer(|rules| rules.minimum = Some(5)), |rules| rules.unique_items = true)),
            ("f", schema(Kind::OneOf(UnionRules { property: "kind", branches: &[] }))),
        ]),
        |rules| (rules.required, rules.additional) = (&["g"], Additional::Refused),
    );
    let value = json!({
        "a": SECRET, "b": SECRET, "c": SECRET, "d": SECRET, "e": [SECRET, SECRET, 4], "f": {"kind": SECRET}, SECRET: 1,
    });
    let found = whole.check(&value, "body");
    let paths: Vec<&str> = found.iter().map(|violation| violation.path.as_str()).collect();
    let expected = [
        "body/g",
        "body/a",
        "body/a",
        "body/b",
        "body/c",
        "body/d",
        "body/e",
        "body/e/0",
        "body/e/1",
        "body/e/2",
        "body/f/kind",
        "body",
    ];
    assert_eq!(paths, expected);
    for violation in found {
        assert!(!violation.to_string().contains(SECRET), "{violation}");
    }
}
