//! `--fix`: what it changes, what it leaves, and that once is enough.

use crate::tree::Tree;

const HEAD: &str = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n";

/// Fixes a root document; the text below [`HEAD`] becomes `expected`, and a second time changes nothing.
#[track_caller]
fn check(rule: &str, before: &str, expected: &str) {
    let tree = Tree::of(&[("root.yaml", &format!("{HEAD}{before}"))]);
    tree.linted(&[rule]).fix().unwrap_or_else(|cause| panic!("{cause}"));
    let once = tree.read("root.yaml");
    assert_eq!(once.strip_prefix(HEAD), Some(expected));
    tree.linted(&[rule]).fix().unwrap_or_else(|cause| panic!("{cause}"));
    assert_eq!(tree.read("root.yaml"), once, "the second time changed more");
}

#[test]
fn a_redundant_length_goes_and_comments_stay() {
    let before = "components:\n  schemas:\n    A:\n      # six digits\n      type: string\n      maxLength: 6 # six\n      pattern: '^[0-9]{6}$' # kept\n";
    let after =
        "components:\n  schemas:\n    A:\n      # six digits\n      type: string\n      pattern: '^[0-9]{6}$' # kept\n";
    check("redundant-length", before, after);
}

#[test]
fn a_type_is_added_with_the_indentation_of_its_neighbour() {
    let before = "components:\n  schemas:\n    A:\n      oneOf:\n        - const: 1\n          title: One\n        - enum: [a, b]\n";
    let after = "components:\n  schemas:\n    A:\n      oneOf:\n        - const: 1\n          title: One\n        - type: string\n          enum: [a, b]\n";
    check("enum-has-type", before, after);
    check("const-has-type", after, &after.replace("- const", "- type: integer\n          const"));
}

#[test]
fn a_slash_goes_from_within_quotes() {
    check(
        "no-server-trailing-slash",
        "servers:\n  - url: 'https://a.b/' # c\n",
        "servers:\n  - url: 'https://a.b' # c\n",
    );
    check("no-server-trailing-slash", "servers: [{url: https://a.b/}]\n", "servers: [{url: https://a.b}]\n");
}

#[test]
fn what_is_not_certain_is_left_alone() {
    let flow = "components: {schemas: {A: {type: string, maxLength: 6, pattern: '^[0-9]{6}$'}}}\n";
    check("redundant-length", flow, flow);
    check("enum-has-type", "components: {schemas: {A: {enum: [a]}}}\n", "components: {schemas: {A: {enum: [a]}}}\n");
    let mixed = "components:\n  schemas:\n    A:\n      enum: [a, 1]\n";
    check("enum-has-type", mixed, mixed);
}

#[test]
fn what_would_not_be_text_any_more_is_left_alone() {
    for url in ["https:/", "//"] {
        let server = format!("servers:\n  - url: {url}\n");
        check("no-server-trailing-slash", &server, &server);
    }
    check("no-server-trailing-slash", "servers: [{url: 'https:/'}]\n", "servers: [{url: 'https:'}]\n");
}

#[test]
fn line_ends_and_a_byte_order_mark_stay_as_they_are() {
    let text = format!("\u{feff}{HEAD}components:\n  schemas:\n    A:\n      enum: [a]\n").replace('\n', "\r\n");
    let tree = Tree::of(&[("root.yaml", &text)]);
    assert_eq!(tree.linted(&["enum-has-type"]).fix().unwrap(), 1);
    let expected = text.replace("      enum", "      type: string\r\n      enum");
    assert_eq!(tree.read("root.yaml"), expected);
}
