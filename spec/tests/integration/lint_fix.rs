//! `--fix`: what it changes, what it leaves, and that once is enough.

use crate::tree::Tree;
use countersign_spec::lint::Lint;

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
fn members_in_braces_are_mended_in_braces() {
    let schema = |text: &str| format!("components: {{schemas: {{A: {{{text}}}}}}}\n");
    let pattern = "pattern: '^[0-9]{6}$'";
    let before = schema(&format!("type: string, maxLength: 6, {pattern}"));
    check("redundant-length", &before, &schema(&format!("type: string, {pattern}")));
    let before = schema(&format!("type: string, {pattern}, minLength: 6, maxLength: 6"));
    check("redundant-length", &before, &schema(&format!("type: string, {pattern}")));
    check("enum-has-type", &schema("enum: [a]"), &schema("type: string, enum: [a]"));
    check(
        "const-has-type",
        &schema("title: t, \"const\": 1"),
        &schema("title: t, \"type\": \"integer\", \"const\": 1"),
    );
    let lines = "components:\n  schemas:\n    A: {\n      type: string, # c\n      maxLength: 6, pattern: '^[0-9]{6}$',\n      description: x }\n    B: {\n      const: x # d\n    }\n";
    check("redundant-length", lines, &lines.replace("maxLength: 6, ", ""));
    check("const-has-type", lines, &lines.replace("      const: x", "      type: string,\n      const: x"));
}

#[test]
fn json_stays_json() {
    let before = "{\n  \"openapi\": \"3.1.0\",\n  \"info\": {\"title\": \"t\", \"version\": \"1\"},\n  \"components\": {\n    \"schemas\": {\n      \"A\": {\n        \"type\": \"string\",\n        \"pattern\": \"^a{4}$\",\n        \"maxLength\": 4\n      },\n      \"B\": {\n        \"const\": \"x\"\n      }\n    }\n  }\n}\n";
    let after = before
        .replace("\"^a{4}$\",\n        \"maxLength\": 4\n", "\"^a{4}$\"\n")
        .replace("        \"const\"", "        \"type\": \"string\",\n        \"const\"");
    let tree = Tree::of(&[("root.json", before)]);
    let lint = Lint {
        root: tree.path("root.json"),
        rules: vec!["redundant-length".to_owned(), "const-has-type".to_owned()],
        ..Lint::default()
    };
    assert_eq!(lint.run().unwrap().fix().unwrap(), 2);
    assert_eq!(tree.read("root.json"), after);
}

#[test]
fn two_rules_that_ask_for_one_member_get_one() {
    let before = "components:\n  schemas:\n    A:\n      const: A\n      enum: [A]\n";
    let tree = Tree::of(&[("root.yaml", &format!("{HEAD}{before}"))]);
    tree.linted(&["const-has-type", "enum-has-type"]).fix().unwrap();
    assert_eq!(tree.read("root.yaml").matches("type: string").count(), 1);
    assert!(tree.lint(&["const-has-type", "enum-has-type"]).is_empty());
}

#[test]
fn the_first_member_of_an_item_goes_and_its_dash_stays() {
    let before = "components:\n  schemas:\n    A:\n      oneOf:\n        - maxLength: 3\n          pattern: '^a{3}$'\n        - type: string\n";
    check("redundant-length", before, &before.replace("maxLength: 3\n          ", ""));
}

#[test]
fn a_comment_below_a_removed_length_stays() {
    let before =
        "components:\n  schemas:\n    A:\n      minLength: 4\n        # about the pattern\n      pattern: '^a{4}$'\n";
    check("redundant-length", before, &before.replace("      minLength: 4\n", ""));
}

#[test]
fn what_is_not_certain_is_left_alone() {
    let mixed = "components:\n  schemas:\n    A:\n      enum: [a, 1]\n";
    check("enum-has-type", mixed, mixed);
    // The length stands in a mapping that others take over, where nothing makes it redundant.
    let merged = "components:\n  schemas:\n    Len: &len\n      type: string\n      maxLength: 4\n    B:\n      <<: *len\n      pattern: '^a{4}$'\n";
    check("redundant-length", merged, merged);
    let only = "components: {schemas: {A: {allOf: [{pattern: '^a{4}$'}, {maxLength: 4}]}}}\n";
    check("redundant-length", only, only);
}

#[test]
fn line_ends_and_a_byte_order_mark_stay_as_they_are() {
    let text = format!("\u{feff}{HEAD}components:\n  schemas:\n    A:\n      enum: [a]\n").replace('\n', "\r\n");
    let tree = Tree::of(&[("root.yaml", &text)]);
    assert_eq!(tree.linted(&["enum-has-type"]).fix().unwrap(), 1);
    let expected = text.replace("      enum", "      type: string\r\n      enum");
    assert_eq!(tree.read("root.yaml"), expected);
}

#[test]
fn a_byte_order_mark_stays_before_a_member_that_is_added_at_the_top() {
    let tree = Tree::of(&[("root.yaml", &format!("{HEAD}components:\n  schemas:\n    A: {{$ref: ./A.yaml}}\n"))]);
    tree.write("A.yaml", "\u{feff}const: A\r\ntitle: t");
    assert_eq!(tree.linted(&["const-has-type"]).fix().unwrap(), 1);
    assert_eq!(tree.read("A.yaml"), "\u{feff}type: string\r\nconst: A\r\ntitle: t");
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
fn a_byte_order_mark_stays_before_everything() {
    let tree = Tree::of(&[
        ("root.yaml", &format!("{HEAD}components: {{schemas: {{S: {{$ref: s.yaml}}}}}}\n")),
        ("s.yaml", "\u{feff}const: A\n"),
    ]);
    assert_eq!(tree.linted(&["const-has-type"]).fix().unwrap(), 1);
    assert_eq!(tree.read("s.yaml"), "\u{feff}type: string\nconst: A\n");
}

#[test]
fn one_uncertain_fix_does_not_hold_up_the_others() {
    let uncertain = "    M: &len\n      maxLength: 4\n    B:\n      <<: *len\n      pattern: '^a{4}$'\n";
    let before = format!("components:\n  schemas:\n    A:\n      maxLength: 3\n      pattern: '^a{{3}}$'\n{uncertain}");
    check("redundant-length", &before, &before.replace("      maxLength: 3\n", ""));
}

#[test]
fn a_schema_that_an_alias_repeats_is_mended_once_for_both() {
    let before = "components:\n  schemas:\n    A: &a\n      enum: [x]\n    C: *a\n";
    check("enum-has-type", before, &before.replace("enum", "type: string\n      enum"));
}
