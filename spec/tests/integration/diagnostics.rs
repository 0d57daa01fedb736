//! What is wrong, and where: every diagnostic with its file, line and column.

use crate::tree::{HEAD, Tree};
use countersign_spec::{BundleOptions, Dangling, LossyNumbers, OnCollision};
use std::fs::File;

/// One problem, at `place`, whose message contains `part`.
#[track_caller]
fn check(tree: &Tree, place: &str, part: &str) {
    let problems = tree.problems();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].starts_with(&format!("{place} ")), "{} is not at {place}", problems[0]);
    assert!(problems[0].contains(part), "{} does not say {part:?}", problems[0]);
}

/// A root document whose component `X` is a reference, and the column of that reference.
fn referring_to(reference: &str, files: &[(&str, &str)]) -> Tree {
    Tree::new(&format!("components:\n  schemas:\n    X:\n      $ref: {reference}\n"), files)
}

const REFERENCE: &str = "root.yaml:7:13";

#[test]
fn a_key_written_twice_is_refused_and_both_places_are_named() {
    let tree = Tree::new("x-a:\n  k: 1\n  l: 2\n  k: 3\n", &[]);
    check(&tree, "root.yaml:7:3", "the key `k` is written twice");
    assert!(tree.help().contains("root.yaml:5:3"), "{}", tree.help());
}

#[test]
fn keys_are_compared_as_the_text_that_they_become() {
    check(&Tree::new("x-a: {1: a, '1': b}\n", &[]), "root.yaml:4:13", "the key `1` is written twice");
}

#[test]
fn a_duplicate_key_in_another_file_is_reported_once_in_that_file() {
    let tree = Tree::new(
        "components: {schemas: {X: {$ref: ./s/x.yaml}, Y: {$ref: './s/x.yaml#/type'}}}\n",
        &[("s/x.yaml", "type: string\ntype: integer\n")],
    );
    check(&tree, "s/x.yaml:2:1", "the key `type` is written twice");
}

#[test]
fn a_missing_file_is_reported_at_the_reference_with_the_nearest_name() {
    let tree = referring_to("./schemas/Costumer.yaml", &[("schemas/Customer.yaml", "type: string\n")]);
    check(&tree, REFERENCE, "schemas/Costumer.yaml`, which does not exist");
    assert_eq!(tree.help(), "did you mean `Customer.yaml`?");
}

#[test]
fn a_missing_member_is_reported_at_the_reference_with_the_nearest_name() {
    let tree = referring_to("'./s.yaml#/defs/Thng'", &[("s.yaml", "defs: {Thing: {type: string}}\n")]);
    check(&tree, REFERENCE, "`./s.yaml#/defs/Thng` leads nowhere");
    assert_eq!(tree.help(), "did you mean `Thing`?");
}

#[test]
fn a_missing_member_without_a_near_name_lists_what_is_there() {
    let tree = referring_to("'#/components/schemas/Nothing'", &[]);
    check(&tree, REFERENCE, "has no `Nothing`");
    assert_eq!(tree.help(), "there are `X`");
}

#[test]
fn every_unresolved_reference_is_reported() {
    let tree = Tree::new("components:\n  schemas:\n    A: {$ref: ./a.yaml}\n    B: {$ref: ./b.yaml}\n", &[]);
    let problems = tree.problems();
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems[0].starts_with("root.yaml:6:15 `./a.yaml`"), "{problems:#?}");
    assert!(problems[1].starts_with("root.yaml:7:15 `./b.yaml`"), "{problems:#?}");
}

#[test]
fn a_reference_deep_in_another_file_is_reported_there() {
    let tree = referring_to("./s/x.yaml", &[("s/x.yaml", "type: object\nproperties:\n  y: {$ref: ./y.yaml}\n")]);
    check(&tree, "s/x.yaml:3:13", "s/y.yaml`, which does not exist");
}

#[test]
fn a_discriminator_mapping_that_leads_nowhere_is_reported_at_its_value() {
    let tree = Tree::new(
        "components:\n  schemas:\n    X:\n      oneOf: []\n      discriminator:\n        propertyName: t\n        mapping:\n          a: ./a.yaml\n",
        &[],
    );
    check(&tree, "root.yaml:11:14", "`./a.yaml` leads to");
}

#[test]
fn an_external_value_that_leads_nowhere_is_reported_at_its_value() {
    let tree = Tree::new("components:\n  examples:\n    X:\n      externalValue: ./v.json\n", &[]);
    check(&tree, "root.yaml:7:22", "`./v.json` leads to");
}

#[test]
fn an_unknown_anchor_is_reported_at_the_reference() {
    check(&referring_to("'#nowhere'", &[]), REFERENCE, "names no `$anchor`");
}

#[test]
fn references_in_a_circle_are_refused() {
    let tree = referring_to("./a.yaml", &[("a.yaml", "$ref: ./b.yaml\n"), ("b.yaml", "$ref: ./a.yaml\n")]);
    let problems = tree.problems();
    assert!(problems.iter().all(|problem| problem.contains("leads back to itself")), "{problems:#?}");
    assert!(problems[0].starts_with(REFERENCE), "{problems:#?}");
}

#[test]
fn the_network_is_never_asked() {
    for url in ["https://example.com/x.yaml", "http://example.com/x.yaml", "file:///etc/hostname", "ftp://x/y"] {
        check(&referring_to(url, &[]), REFERENCE, "points to the network");
    }
}

#[test]
fn absolute_paths_are_refused() {
    check(&referring_to("/etc/hostname", &[]), REFERENCE, "is an absolute path");
}

#[test]
fn paths_out_of_the_folder_of_the_root_document_are_refused() {
    let tree = Tree::new("", &[("outside.yaml", "type: string\n")]);
    tree.write("inner/root.yaml", format!("{HEAD}components: {{schemas: {{X: {{$ref: ../outside.yaml}}}}}}\n"));
    let found = countersign_spec::bundle(&tree.path("inner/root.yaml"), BundleOptions::default()).unwrap_err();
    assert!(found.0[0].message.contains("leads out of the tree"), "{found}");
    // Nor is it told whether there is such a file.
    std::fs::remove_file(tree.path("outside.yaml")).unwrap();
    let absent = countersign_spec::bundle(&tree.path("inner/root.yaml"), BundleOptions::default()).unwrap_err();
    assert_eq!(found, absent);
}

#[test]
fn paths_within_the_repository_of_the_root_document_are_read() {
    let tree = Tree::new("", &[("outside.yaml", "type: string\n"), (".git/HEAD", "ref: refs/heads/main\n")]);
    tree.write("inner/root.yaml", format!("{HEAD}components: {{schemas: {{outside: {{$ref: ../outside.yaml}}}}}}\n"));
    let document = countersign_spec::bundle(&tree.path("inner/root.yaml"), BundleOptions::default()).unwrap();
    assert!(document.root().pointer("/components/schemas/outside/type").is_some());
}

#[cfg(unix)]
#[test]
fn symbolic_links_out_of_the_tree_are_refused() {
    let outside = Tree::new("", &[("secret.yaml", "type: string\n")]);
    let tree = referring_to("./link.yaml", &[]);
    std::os::unix::fs::symlink(outside.path("secret.yaml"), tree.path("link.yaml")).unwrap();
    check(&tree, REFERENCE, "leads out of the tree");
}

#[test]
fn a_folder_is_not_a_file() {
    check(&referring_to("./s", &[("s/x.yaml", "a: 1\n")]), REFERENCE, "is not a file");
}

#[test]
fn an_empty_file_is_reported_at_the_reference() {
    check(&referring_to("./x.yaml", &[("x.yaml", "# nothing\n")]), REFERENCE, "which is empty");
}

#[test]
fn a_second_document_in_a_file_is_refused() {
    let tree = referring_to("./x.yaml", &[("x.yaml", "type: string\n---\ntype: integer\n")]);
    check(&tree, "x.yaml:2:1", "a second document begins here");
}

#[test]
fn unknown_tags_are_refused_each_at_its_place() {
    let tree = Tree::new("x-a: !mine 1\nx-b: !!binary aGk=\nx-c: !!set {a, b}\nx-d: !!int x\n", &[]);
    let problems = tree.problems();
    let expected = [
        "root.yaml:4:6 the tag `!mine` is not understood",
        "root.yaml:5:6 the tag `!!binary` is not understood here",
        "root.yaml:6:6 the tag `!!set` is not understood here",
        "root.yaml:7:6 `x` is not a `!!int`",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn a_collection_as_a_key_is_refused() {
    check(&Tree::new("x-a:\n  {b}: c\n", &[]), "root.yaml:5:3", "a collection cannot be a key");
}

#[test]
fn broken_yaml_is_reported_at_its_place() {
    check(&Tree::new("x-a: b: c\n", &[]), "root.yaml:4:7", "this is not YAML");
}

#[test]
fn an_alias_within_its_own_anchor_is_refused() {
    check(&Tree::new("x-a: &a [*a]\n", &[]), "root.yaml:4:10", "inside its own anchor");
}

#[test]
fn control_characters_are_refused() {
    check(&Tree::new("x-a: 'a\u{7}b'\n", &[]), "root.yaml:4:8", "U+0007");
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = "x-a: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("x-{level}: &a{level} [{aliases}]\n");
    }
    let problems = Tree::new(&bomb, &[]).problems();
    assert!(problems.last().unwrap().contains("more than 4000000 values"), "{problems:#?}");
}

#[test]
fn aliases_that_only_repeat_are_bounded_too() {
    let many = format!("x-a: &a [{}]\nx-b: [{}]\n", "1, ".repeat(2_000), "*a, ".repeat(2_500));
    let problems = Tree::new(&many, &[]).problems();
    assert!(problems[0].starts_with("root.yaml:5:") && problems[0].contains("more than 4000000"), "{problems:#?}");
}

#[test]
fn deep_nesting_is_refused_in_both_styles() {
    let flow = format!("x-a: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    assert!(Tree::new(&flow, &[]).problems()[0].starts_with("root.yaml:4:"));
    let block: String = (0..1_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    check(&Tree::new(&block, &[]), "root.yaml:204:201", "nested more than 200 levels deep");
}

#[test]
fn inlining_without_end_is_refused() {
    let item = "get: {responses: {}, callbacks: {c: {u: {$ref: ./item.yaml}}}}\n";
    let tree = Tree::new("webhooks: {w: {$ref: ./item.yaml}}\n", &[("item.yaml", item)]);
    let problems = tree.problems();
    assert!(problems[0].contains("leads back to itself"), "{problems:#?}");
    assert!(problems[0].starts_with("item.yaml:1:"), "{problems:#?}");
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_with_their_line() {
    let tree = referring_to("./x.yaml", &[]);
    tree.write("x.yaml", b"type: string\ntitle: \xff\n");
    check(&tree, REFERENCE, "x.yaml`, which is not UTF-8 (line 2)");
}

#[test]
fn a_huge_file_is_refused() {
    let tree = referring_to("./x.yaml", &[]);
    File::create(tree.path("x.yaml")).unwrap().set_len((64 << 20) + 1).unwrap();
    check(&tree, REFERENCE, "is larger than 64 MB");
}

#[test]
fn a_number_that_no_double_holds_is_refused_unless_rounding_is_asked_for() {
    let tree = Tree::new("x-a: 9007199254740993\nx-b: 82.50\nx-c: 1e2\nx-d: 0.1\n", &[]);
    check(&tree, "root.yaml:4:6", "would be printed as 9007199254740992");
    let rounded = tree.bundle(BundleOptions { lossy_numbers: LossyNumbers::Round, ..Default::default() }).unwrap();
    assert!(rounded.to_yaml().contains("x-a: 9007199254740992\nx-b: 82.5\nx-c: 100\nx-d: 0.1\n"));
}

#[test]
fn a_reference_in_an_examples_value_is_refused_unless_it_is_to_be_kept() {
    let tree =
        Tree::new("components:\n  examples:\n    X:\n      value:\n        $ref: ./v.yaml\n", &[("v.yaml", "a: 1\n")]);
    check(&tree, "root.yaml:8:15", "`./v.yaml` stands where no reference is read");
    let kept = tree.bundle(BundleOptions { dangling: Dangling::Keep, ..Default::default() }).unwrap();
    assert!(kept.to_yaml().contains("$ref: ./v.yaml"));
}

#[test]
fn a_component_name_that_needs_an_escape_is_refused_because_nothing_would_find_it() {
    let tree = Tree::new(
        "components:\n  schemas:\n    X:\n      items:\n        $ref: './s.yaml#/a~1b'\n",
        &[("s.yaml", "a/b: {type: string}\n")],
    );
    check(&tree, "root.yaml:8:15", "`#/components/schemas/a~1b` stands where");
}

#[test]
fn two_components_under_one_name_are_refused_and_both_files_are_named() {
    let files = [("a/Same.yaml", "type: string\n"), ("b/Same.yaml", "type: integer\n")];
    let root =
        "components:\n  schemas:\n    X:\n      anyOf:\n        - $ref: ./a/Same.yaml\n        - $ref: ./b/Same.yaml\n";
    let tree = Tree::new(root, &files);
    check(&tree, "root.yaml:9:17", "both named `Same`");
    let problem = tree.problems().remove(0);
    assert!(problem.contains("a/Same.yaml:1:1") && problem.contains("b/Same.yaml:1:1"), "{problem}");
    let numbered = tree.bundle(BundleOptions { on_collision: OnCollision::Number, ..Default::default() }).unwrap();
    assert!(numbered.root().pointer("/components/schemas/Same-2").is_some());
}

#[test]
fn equal_components_under_one_name_are_one() {
    let files = [("a/Same.yaml", "{type: string, title: t}\n"), ("b/Same.yaml", "{title: t, type: string}\n")];
    let root = "components: {schemas: {X: {anyOf: [{$ref: ./a/Same.yaml}, {$ref: ./b/Same.yaml}]}}}\n";
    let document = Tree::new(root, &files).bundled();
    assert_eq!(document.root().pointer("/components/schemas").unwrap().entries().count(), 2);
}

#[test]
fn text_beside_a_reference_that_gets_lost_is_a_warning() {
    let tree = Tree::new(
        "components:\n  schemas:\n    Z: {$ref: ./Z.yaml, description: lost}\n",
        &[("Z.yaml", "type: string\n")],
    );
    let document = tree.bundled();
    let [warning] = document.warnings() else { panic!("{:?}", document.warnings()) };
    let place = warning.place.clone().unwrap();
    assert_eq!((place.line, place.column), (6, 8));
    assert!(warning.message.contains("`Z` is lost"), "{warning}");
}

#[test]
fn what_is_not_openapi_is_refused() {
    let cases = [
        ("", "root.yaml:1:1", "the document is empty"),
        ("- 1\n", "root.yaml:1:1", "is a mapping"),
        ("info: {}\n", "root.yaml:1:1", "there is no `openapi`"),
        ("swagger: '2.0'\nopenapi: 2.0\n", "root.yaml:2:10", "only OpenAPI 3.0 and 3.1"),
        ("openapi: 4.0.0\n", "root.yaml:1:10", "only OpenAPI 3.0 and 3.1"),
        ("openapi: 3.1.0\ncomponents: []\n", "root.yaml:2:13", "`components` is not a mapping"),
    ];
    for (text, place, part) in cases {
        let tree = Tree::new("", &[("root.yaml", text)]);
        check(&tree, place, part);
    }
}

#[test]
fn a_missing_root_document_is_reported_without_a_place() {
    let tree = Tree::new("", &[]);
    let found = countersign_spec::bundle(&tree.path("none.yaml"), BundleOptions::default()).unwrap_err();
    assert_eq!(found.0[0].place, None);
    assert!(found.to_string().ends_with("none.yaml` does not exist"), "{found}");
}

#[test]
fn a_diagnostic_shows_the_authors_line_with_a_caret_and_says_how_to_mend_it() {
    let tree = referring_to("./Costumer.yaml", &[("Customer.yaml", "type: string\n")]);
    let found = tree.bundle(BundleOptions::default()).unwrap_err().to_string();
    let shown = found.split_once(": `./Costumer.yaml`").unwrap().1;
    let expected = "\n7 |       $ref: ./Costumer.yaml\n  |             ^\n  help: did you mean `Customer.yaml`?";
    assert!(shown.ends_with(expected), "{found}");
}

#[test]
fn a_long_line_is_cut_around_the_caret() {
    let tree = Tree::new(&format!("x-a: {{k: '{}', $ref: 1, k: 2}}\n", "x".repeat(5_000)), &[]);
    let shown = tree.bundle(BundleOptions::default()).unwrap_err().to_string();
    let lines: Vec<_> = shown.lines().collect();
    assert!(lines[1].len() < 200, "{shown}");
    let caret = lines[2].find('^').unwrap();
    assert!(lines[1][caret..].starts_with("k: 2"), "{shown}");
}

#[test]
fn thousands_of_problems_are_counted_but_not_all_shown() {
    let references: String = (0..1_000).map(|n| format!("    S{n}: {{$ref: ./none-{n}.yaml}}\n")).collect();
    let problems = Tree::new(&format!("components:\n  schemas:\n{references}"), &[]).problems();
    assert_eq!(problems.len(), 201);
    assert_eq!(problems[200], "and 800 more problems");
}
