//! The command `lint` of the binary: what it prints where, and its exit codes.

use crate::tree::Tree;
use std::process::{Command, Output};

fn run(tree: &Tree, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-spec"));
    command.arg("lint").args(arguments).current_dir(tree.path("")).output().unwrap()
}

#[track_caller]
fn check(tree: &Tree, arguments: &[&str], code: i32, out: &str, err: &str) {
    let output = run(tree, arguments);
    let (said, complained) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(code), "{said}{complained}");
    assert!(said.contains(out), "{said} does not say {out:?}");
    assert!(complained.contains(err) && (code == 2 || complained.is_empty()), "{complained}");
}

fn tree() -> Tree {
    let root = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /a: {get: {responses: {}}}\n";
    Tree::of(&[("root.yaml", root)])
}

#[test]
fn the_exit_code_says_whether_there_are_errors() {
    let tree = tree();
    let shown = "root.yaml:4:8: error[operation-summary]: `GET /a` has no summary\n4 |   /a: {get: {responses: {}}}\n  |        ^\n";
    check(&tree, &["--root", "root.yaml"], 1, shown, "");
    check(&tree, &["--root", "root.yaml", "--rule", "operation-tags"], 0, "0 errors, 1 warning", "");
    check(&tree, &["--root", "root.yaml", "--rule", "tag-description"], 0, "no findings in 1 files\n", "");
    check(&tree, &["--root", "none.yaml"], 2, "", "`none.yaml` does not exist");
    check(&tree, &["--root", "root.yaml", "--rule", "operation-sumary"], 2, "", "did you mean `operation-summary`?");
    check(&tree, &["--root", "root.yaml", "--config", "none.toml"], 2, "", "none.toml");
}

#[test]
fn the_manual_is_at_hand() {
    let tree = tree();
    check(&tree, &["--list"], 0, "redundant-length", "");
    check(&tree, &["--explain", "redundant-length"], 0, "**Fix.**\nRemove the length.", "");
    check(&tree, &["--explain", "example-matches-schema"], 0, "# no-invalid-parameter-examples", "");
    check(&tree, &["--explain", "nothing"], 2, "", "there is no rule `nothing`");
    tree.write(
        "lint.toml",
        "[[custom]]\nid = 'team/x'\nmessage = 'say x'\nselector = ['$.paths']\nassertion = [{truthy = true}]\n",
    );
    check(&tree, &["--root", "root.yaml", "--explain", "team/x"], 0, "say x\n\nIt judges:\n\n- `$.paths`\n", "");
}

#[test]
fn a_baseline_is_written_and_then_holds() {
    let tree = tree();
    check(&tree, &["--root", "root.yaml", "--write-baseline", "known.json"], 0, " known in 1 files\n", "");
    check(&tree, &["--root", "root.yaml", "--baseline", "known.json"], 0, " known in 1 files\n", "");
    check(&tree, &["--root", "root.yaml", "--baseline", "none.json"], 2, "", "none.json");
    check(&tree, &["--root", "root.yaml", "--baseline", "known.json", "--write-baseline", "new.json"], 0, " known", "");
    assert_eq!(tree.read("new.json"), tree.read("known.json"), "all findings are written, the known ones too");
}

#[test]
fn settings_are_looked_for_beside_the_root_and_above_and_not_in_the_working_directory() {
    let tree = tree();
    tree.write("lint.toml", "[rules]\noperation-summary = 'info'\n");
    tree.write("api/root.yaml", tree.read("root.yaml"));
    check(&tree, &["--root", "api/root.yaml", "--rule", "operation-summary"], 0, "info[operation-summary]", "");
    let other = Tree::of(&[("lint.toml", "nonsense")]);
    let root = tree.path("root.yaml");
    check(&other, &["--root", &root.to_string_lossy(), "--rule", "operation-tags"], 0, "", "");
}

#[test]
fn another_linter_s_findings_are_set_beside_ours() {
    let tree = tree();
    let redocly = r##"{"problems": [
        {"ruleId": "operation-summary", "message": "m", "location": [{"source": {"ref": "root.yaml"}, "pointer": "#/paths/~1a/get"}]},
        {"ruleId": "no-such-rule", "message": "m", "location": [{"source": {"ref": "root.yaml"}, "pointer": "#/info"}]}
    ]}"##;
    tree.write("redocly.json", redocly);
    let same = "same: 1\n  root.yaml:4:8 operation-summary: `GET /a` has no summary\n";
    let arguments = ["--root", "root.yaml", "--compare", "redocly.json"];
    check(&tree, &arguments, 0, same, "");
    check(&tree, &arguments, 0, "theirs only: 1\n  root.yaml#/info no-such-rule: m\n", "");
    let spectral = r#"[{"code": "operation-success-response", "message": "m", "path": ["paths", "/a", "get", "responses"], "source": "root.yaml"}]"#;
    tree.write("spectral.json", spectral);
    let arguments = ["--root", "root.yaml", "--compare", "spectral.json", "--rule", "operation-2xx-response"];
    check(&tree, &arguments, 0, "same: 1\n", "");
    tree.write("other.json", "{}");
    check(
        &tree,
        &["--root", "root.yaml", "--compare", "other.json"],
        2,
        "",
        "neither the JSON of Redocly nor of Spectral",
    );
}

#[test]
fn what_fix_leaves_undone_is_said() {
    let tree = Tree::of(&[(
        "root.yaml",
        "openapi: 3.1.0\ninfo: {title: t, version: '1'}\ncomponents:\n  schemas:\n    Len: &len\n      maxLength: 4\n    A:\n      <<: *len\n      pattern: '^a{4}$'\n",
    )]);
    let arguments = ["--root", "root.yaml", "--rule", "redundant-length", "--fix"];
    check(&tree, &arguments, 0, "`--fix` left this undone", "");
}
