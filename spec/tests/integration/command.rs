//! The binary: what it prints, and its exit codes.

use crate::tree::Tree;
use std::process::{Command, Output};

/// Runs the binary in the folder of `tree`.
fn run(tree: &Tree, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_countersign-spec")).args(arguments).current_dir(tree.path("")).output().unwrap()
}

#[track_caller]
fn check(tree: &Tree, arguments: &[&str], code: i32, part: &str) {
    let output = run(tree, arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(part), "{said} does not say {part:?}");
    assert!(output.stdout.is_empty());
}

fn tree() -> Tree {
    Tree::new("components:\n  schemas:\n    X:\n      $ref: ./X.yaml\n", &[("X.yaml", "type: string\n")])
}

#[test]
fn build_writes_and_check_agrees_until_the_source_changes() {
    let tree = tree();
    check(&tree, &["build", "--root", "root.yaml"], 0, "wrote dist/openapi.yaml\nwrote dist/openapi.json\n");
    check(&tree, &["build", "--root", "root.yaml"], 0, "dist/openapi.json is up to date");
    check(&tree, &["build", "--root", "root.yaml", "--check"], 0, "");
    tree.write("X.yaml", "type: integer\n");
    let stale = "dist/openapi.yaml is stale: it differs first at `/components/schemas/X/type`, from X.yaml:1:7\n";
    check(&tree, &["build", "--root", "root.yaml", "--check"], 1, stale);
}

#[test]
fn formats_and_folder_can_be_chosen() {
    let tree = tree();
    check(
        &tree,
        &["build", "--root", "root.yaml", "--out", "here", "--format", "json"],
        0,
        "wrote here/openapi.json\n",
    );
    assert!(!tree.path("here/openapi.yaml").exists());
}

#[test]
fn what_cannot_be_built_ends_with_two_and_shows_the_place() {
    let tree = tree();
    tree.write("X.yaml", "type: string\ntype: integer\n");
    check(
        &tree,
        &["build", "--root", "root.yaml"],
        2,
        "X.yaml:2:1: the key `type` is written twice\n2 | type: integer\n",
    );
    check(&tree, &["build", "--root", "none.yaml"], 2, "`none.yaml` does not exist");
    check(&tree, &["build", "--unknown"], 2, "--unknown");
}

#[test]
fn options_make_the_bundler_lenient() {
    let tree = Tree::new("x-a: 9007199254740993\n", &[]);
    check(&tree, &["build", "--root", "root.yaml"], 2, "a double cannot hold it");
    let lenient =
        ["build", "--root", "root.yaml", "--lossy-numbers", "round", "--on-collision", "number", "--dangling", "keep"];
    check(&tree, &lenient, 0, "wrote dist/openapi.yaml");
}
