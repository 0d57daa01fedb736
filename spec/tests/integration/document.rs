//! What readers of a bundle rely on: places, order, resolution, repeatability.

use crate::tree::Tree;
use countersign_spec::{BundleOptions, Dangling, LossyNumbers, Node, OnCollision, bundle};
use std::fs;
use std::path::Path;

fn place(tree: &Tree, document: &countersign_spec::Document, node: &Node) -> String {
    let place = document.place(node.span);
    let file = place.file.strip_prefix(tree.path("")).unwrap().display().to_string();
    format!("{file}:{}:{}", place.line, place.column)
}

#[test]
fn nodes_of_the_bundle_keep_their_place_in_the_authors_file() {
    let tree = Tree::new(
        "components:\n  schemas:\n    X:\n      $ref: ./s/X.yaml\n",
        &[("s/X.yaml", "type: object\nproperties:\n  y:\n    $ref: ./Y.yaml\n"), ("s/Y.yaml", "\ntype: string\n")],
    );
    let document = tree.bundled();
    let at = |pointer| place(&tree, &document, document.root().pointer(pointer).unwrap());
    assert_eq!(at("/info/title"), "root.yaml:2:15");
    assert_eq!(at("/components/schemas/X"), "s/X.yaml:1:1");
    assert_eq!(at("/components/schemas/X/properties/y/$ref"), "s/X.yaml:4:11");
    assert_eq!(at("/components/schemas/Y/type"), "s/Y.yaml:2:7");
    let span = document.root().pointer("/components/schemas/Y/type").unwrap().span;
    assert_eq!(document.source_line(span), Some("type: string"));
}

#[test]
fn keys_have_places_too() {
    let tree = Tree::new("x-a:\n  key: value\n", &[]);
    let document = tree.bundled();
    let mapping = document.root().get("x-a").unwrap().as_mapping().unwrap();
    let span = mapping.key_span("key").unwrap();
    assert_eq!((span.line, span.column), (5, 3));
}

#[test]
fn columns_count_characters_not_bytes() {
    let tree = Tree::new("x-a: {é: ü, k: v}\n", &[]);
    let document = tree.bundled();
    let span = document.root().pointer("/x-a/k").unwrap().span;
    assert_eq!(span.column, 16);
}

#[test]
fn integer_like_keys_come_first_in_ascending_order() {
    let document = Tree::new("x-a: {b: 1, '200': 2, a: 3, 7: 4, '010': 5, '4294967295': 6}\n", &[]).bundled();
    let keys: Vec<_> = document.root().get("x-a").unwrap().entries().map(|(key, _)| key).collect();
    assert_eq!(keys, ["7", "200", "b", "a", "010", "4294967295"]);
}

#[test]
fn resolve_follows_references_and_refuses_circles_and_dead_ends() {
    let tree = Tree::new(
        "components:\n  schemas:\n    A: {$ref: '#/components/schemas/B'}\n    B: {$ref: '#/components/schemas/C'}\n    \
         C: {type: string}\nx-data: {deep: {circle: {$ref: '#/x-data/deep/circle'}, end: {$ref: '#/nowhere'}, out: {$ref: x}}}\n",
        &[],
    );
    let document = tree.bundle(BundleOptions { dangling: Dangling::Keep, ..Default::default() }).unwrap();
    let at = |pointer| document.root().pointer(pointer).unwrap();
    let resolved = document.resolve(at("/components/schemas/A")).unwrap();
    assert_eq!(resolved.get("type").unwrap().as_str(), Some("string"));
    for (name, column, part) in
        [("circle", 32, "back to itself"), ("end", 69, "nowhere"), ("out", 95, "out of the document")]
    {
        let refused = document.resolve(at("/x-data/deep").get(name).unwrap()).unwrap_err();
        assert!(refused.message.contains(part), "{refused}");
        assert_eq!(refused.place.unwrap().column, column, "{name}");
    }
}

#[test]
fn a_property_named_ref_is_not_a_reference() {
    let root = "components: {schemas: {A: {properties: {$ref: {type: string}}}}}\n";
    let document = Tree::new(root, &[]).bundled();
    let properties = document.root().pointer("/components/schemas/A/properties").unwrap();
    assert_eq!(document.resolve(properties).unwrap().entries().count(), 1);
}

#[test]
fn pointers_unescape_slash_and_tilde() {
    let document = Tree::new("x-a: {a/b: {c~d: [x, y]}}\n", &[]).bundled();
    assert_eq!(document.root().pointer("/x-a/a~1b/c~0d/1").unwrap().as_str(), Some("y"));
    assert!(document.root().pointer("/x-a/a~1b/c~0d/01").is_none());
    assert!(document.root().pointer("x-a").is_none());
}

#[test]
fn numbers_are_doubles_and_print_as_javascript_prints_them() {
    let numerals = [
        ("1.0", "1"),
        ("-0", "0"),
        ("1e21", "1e+21"),
        ("123456789012345680000", "123456789012345680000"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1e-7"),
        ("1.5e-9", "1.5e-9"),
        ("-82.50", "-82.5"),
        ("0x1F", "31"),
        ("0o17", "15"),
        (".inf", "Infinity"),
    ];
    for (written, printed) in numerals {
        let document = Tree::new(&format!("x-a: {{{written}: 1}}\n"), &[]).bundled();
        let (key, _) = document.root().get("x-a").unwrap().entries().next().unwrap();
        assert_eq!(key, printed);
    }
    let document = Tree::new("x-a: [7.0, 7.5, 1e300]\n", &[]).bundled();
    let items = document.root().get("x-a").unwrap().items();
    assert_eq!(items[0].as_i64(), Some(7));
    assert_eq!((items[1].as_i64(), items[1].as_f64()), (None, Some(7.5)));
    assert_eq!(items[2].as_i64(), None);
    assert_eq!(items[0].to_json(), 7);
}

#[test]
fn json_escapes_beyond_the_basic_plane_are_read_as_one_character() {
    let json =
        r##"{"openapi": "3.1.0", "info": {"title": "\ud83d\ude00 \\ud83d", "version": "1"}, "x": ["\ud83d\ude00"]}"##;
    let tree = Tree::new("", &[("root.yaml", json)]);
    let document = tree.bundled();
    assert_eq!(document.root().pointer("/info/title").unwrap().as_str(), Some("😀 \\ud83d"));
    assert_eq!(document.root().pointer("/x/0").unwrap().as_str(), Some("😀"));
    let yaml = Tree::new("x-a: \"\\ud83d\\ude00\"\nx-b: '\\ud83d\\ude00'\n", &[]).bundled();
    assert_eq!(yaml.root().get("x-a").unwrap().as_str(), Some("😀"));
    assert_eq!(yaml.root().get("x-b").unwrap().as_str(), Some("\\ud83d\\ude00"));
}

#[test]
fn half_a_pair_of_escapes_is_refused() {
    assert!(Tree::new("x-a: \"\\ud83d\"\n", &[]).problems()[0].starts_with("root.yaml:4:6 this is not YAML"));
}

const LENIENT: BundleOptions =
    BundleOptions { on_collision: OnCollision::Number, dangling: Dangling::Keep, lossy_numbers: LossyNumbers::Round };

fn case(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundle-cases").join(path)
}

#[test]
fn the_bundle_of_a_bundle_is_the_bundle() {
    // Not `references`: it has a component whose name needs an escape, which nothing finds again.
    for name in ["aliases-and-anchors", "data-and-events", "names-and-unions", "scalars"] {
        let path = case(name).join("r.yaml");
        let once = fs::read_to_string(&path).unwrap();
        let twice = bundle(&path, LENIENT).unwrap_or_else(|found| panic!("{name}: {found}")).to_yaml();
        assert!(once == twice, "{name} changes when it is bundled again");
    }
}

#[test]
fn the_json_of_a_bundle_is_the_same_document() {
    let document = bundle(&case("names-and-unions/root.yaml"), LENIENT).unwrap();
    let tree = Tree::new("", &[("root.yaml", &document.to_json())]);
    assert_eq!(tree.bundle(LENIENT).unwrap().to_yaml(), document.to_yaml());
}

#[test]
fn the_same_tree_gives_the_same_bytes() {
    let once = bundle(&case("references/root.yaml"), LENIENT).unwrap();
    let again = bundle(&case("references/root.yaml"), LENIENT).unwrap();
    assert_eq!(once.to_yaml(), again.to_yaml());
    assert_eq!(once.to_json(), again.to_json());
}

#[test]
fn openapi_3_0_reads_fewer_places_than_3_1() {
    let files = [("s/D.yaml", "type: string\n")];
    let root = "components: {schemas: {X: {$defs: {D: {$ref: ./s/D.yaml}}}}}\n";
    let tree = Tree::new(root, &files);
    assert!(tree.bundled().root().pointer("/components/schemas/D").is_some());
    tree.write("root.yaml", format!("openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths: {{}}\n{root}"));
    assert!(tree.problems()[0].contains("`./s/D.yaml` stands where no reference is read"));
}

#[test]
fn a_file_that_is_not_yaml_or_json_is_text() {
    let tree = Tree::new("x-a: {$ref: ./notes.md}\n", &[("notes.md", "\u{feff}# Notes\r\nmore\n")]);
    assert_eq!(tree.bundled().root().get("x-a").unwrap().as_str(), Some("# Notes\nmore\n"));
}

#[test]
fn recursion_through_thousands_of_files_needs_no_deep_stack() {
    let chain: String = (0..20_000).map(|n| format!("  s{n}: {{items: {{$ref: '#/d/s{}'}}}}\n", n + 1)).collect();
    let many = format!("d:\n{chain}  s20000: {{type: string}}\n");
    let tree = Tree::new("components: {schemas: {R: {$ref: './many.yaml#/d/s0'}}}\n", &[("many.yaml", &many)]);
    assert_eq!(tree.bundled().root().pointer("/components/schemas").unwrap().entries().count(), 20_002);
}

#[test]
fn an_anchor_in_the_root_document_is_a_target() {
    let root = "components: {schemas: {A: {$anchor: foo, type: string}, B: {$ref: '#foo'}}}\n";
    let document = Tree::new(root, &[]).bundled();
    assert_eq!(document.root().pointer("/components/schemas/B/$ref").unwrap().as_str(), Some("#foo"));
    let resolved = document.resolve(document.root().pointer("/components/schemas/B").unwrap()).unwrap();
    assert_eq!(resolved.get("type").unwrap().as_str(), Some("string"));
}

#[test]
fn a_root_that_names_its_own_file_refers_to_itself() {
    let root = "components: {schemas: {A: {type: string}, B: {$ref: 'root.yaml#/components/schemas/A'}}}\n";
    let document = Tree::new(root, &[]).bundled();
    let reference = document.root().pointer("/components/schemas/B/$ref").unwrap();
    assert_eq!(reference.as_str(), Some("#/components/schemas/A"));
}
