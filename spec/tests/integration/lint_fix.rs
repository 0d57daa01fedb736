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

/// What stays in the file, byte for byte.
#[track_caller]
fn stays(rules: &[&str], file: &str, text: &str) {
    let root = format!("{HEAD}components:\n  schemas:\n    S: {{$ref: {file}}}\n");
    let tree = Tree::of(&[("root.yaml", &root), (file, text)]);
    assert!(!tree.lint(rules).is_empty(), "nothing to mend");
    assert_eq!(tree.linted(rules).fix().unwrap(), 0);
    assert_eq!(tree.read(file), text);
    assert!(!tree.lint(rules).is_empty(), "the finding stays");
}

#[test]
fn json_stays_json() {
    stays(&["const-has-type"], "s.json", "{\n  \"description\": \"d\",\n  \"const\": \"x\"\n}\n");
    // As YAML, the comma that would be left is allowed.
    let last = "{\n  \"type\": \"string\",\n  \"pattern\": \"^a{4}$\",\n  \"maxLength\": 4\n}\n";
    stays(&["redundant-length"], "s.json", last);
    stays(&["redundant-length"], "s.yaml", last);
}

#[test]
fn a_member_in_the_middle_of_json_goes() {
    let before = "{\n  \"type\": \"string\",\n  \"maxLength\": 4,\n  \"pattern\": \"^a{4}$\"\n}\n";
    let tree = Tree::of(&[
        ("root.yaml", &format!("{HEAD}components: {{schemas: {{S: {{$ref: s.json}}}}}}\n")),
        ("s.json", before),
    ]);
    assert_eq!(tree.linted(&["redundant-length"]).fix().unwrap(), 1);
    assert_eq!(tree.read("s.json"), before.replace("  \"maxLength\": 4,\n", ""));
}

#[test]
fn flow_mappings_over_several_lines_keep_what_shares_the_line() {
    stays(
        &["redundant-length"],
        "s.yaml",
        "{\n  type: string,\n  minLength: 4, pattern: '^a{4}$',\n  description: x }\n",
    );
    stays(&["const-has-type"], "s.yaml", "{\n  const: x\n}\n");
}

#[test]
fn two_fixes_never_write_one_key_twice() {
    let schema = |types| format!("components:\n  schemas:\n    A:\n      const: A\n{types}      enum: [A]\n");
    let tree = Tree::of(&[("root.yaml", &format!("{HEAD}{}", schema("")))]);
    assert_eq!(tree.linted(&["const-has-type", "enum-has-type"]).fix().unwrap(), 1);
    assert_eq!(tree.read("root.yaml"), format!("{HEAD}{}", schema("      type: string\n")));
    assert!(tree.lint(&["const-has-type", "enum-has-type"]).is_empty());
}

#[test]
fn what_a_merge_key_shares_is_left_alone() {
    let merged = "allOf:\n  - &len\n    type: string\n    maxLength: 4\n  - <<: *len\n    pattern: '^a{4}$'\n";
    stays(&["redundant-length"], "s.yaml", merged);
}

#[test]
fn one_uncertain_fix_does_not_hold_up_the_others() {
    let certain = "    A:\n      enum: [a]\n";
    let before = format!("components:\n  schemas:\n{certain}    B: {{\n      enum: [b]\n    }}\n");
    let after = before.replace("      enum: [a]", "      type: string\n      enum: [a]");
    check("enum-has-type", &before, &after);
}

#[test]
fn a_byte_order_mark_stays_before_everything() {
    let tree = Tree::of(&[
        ("root.yaml", &format!("{HEAD}components: {{schemas: {{S: {{$ref: s.yaml}}}}}}\n")),
        ("s.yaml", "\u{feff}const: A\n"),
    ]);
    assert_eq!(tree.linted(&["const-has-type"]).fix().unwrap(), 1);
    assert_eq!(tree.read("s.yaml"), "\u{feff}type: string\nconst: A\n");
}
