//! Accepted breaks, and the command.

use super::Pair;
use std::fs;
use std::process::{Command, Output};

fn pair() -> Pair {
    let document = |properties: &str| {
        format!(
            "paths: {{/a: {{get: {{responses: {{'200': {{description: x, content: {{application/json: {{schema: {{$ref: '#/components/schemas/A'}}}}}}}}}}}}}}}}
components: {{schemas: {{A: {{type: object, properties: {{{properties}}}}}}}}}\n"
        )
    };
    Pair::new(&document("a: {type: string}, b: {type: integer}"), &document("b: {type: integer}"))
}

fn run(pair: &Pair, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_countersign-spec"))
        .args(["diff", "base.yaml", "head.yaml"])
        .args(arguments)
        .current_dir(pair.path())
        .output()
        .unwrap()
}

/// Runs with a file of accepted breaks, on a day in 2026.
fn run_accepting(accepted: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let pair = pair();
    fs::write(pair.path().join("accepted.toml"), accepted).unwrap();
    let output = run(&pair, &[&["--accepted", "accepted.toml", "--today", "2026-06-15"], arguments].concat());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

const ENTRY: &str = "[[accept]]\nid = \"property-removed\"\ncomponent = \"A\"\nreason = \"nobody reads it\"\n";

#[test]
fn exit_codes_tell_breaking_from_fine_and_from_no_answer() {
    let broken = run(&pair(), &[]);
    assert_eq!(broken.status.code(), Some(1));
    let said = String::from_utf8(broken.stdout).unwrap();
    assert!(
        said.starts_with("breaking [property-removed] A: `a` is gone: clients still read it\n  at base.yaml:"),
        "{said}"
    );
    assert!(said.contains("  in GET /a\n"), "{said}");
    assert_eq!(run(&pair(), &["--profile", "wire"]).status.code(), Some(0));
    assert_eq!(run(&pair(), &["--profile", "nobody"]).status.code(), Some(2));
    let pair = pair();
    fs::write(pair.path().join("head.yaml"), "openapi: 3.1.0\npaths: {$ref: ./none.yaml}\n").unwrap();
    let unreadable = run(&pair, &[]);
    assert_eq!((unreadable.status.code(), unreadable.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8(unreadable.stderr).unwrap().contains("none.yaml"));
}

#[test]
fn a_split_tree_and_its_bundle_are_the_same() {
    let pair = pair();
    fs::create_dir(pair.path().join("tree")).unwrap();
    let root = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {/a: {get: {responses: {'200': {description: x, content: {application/json: {schema: {$ref: ./A.yaml}}}}}}}}\n";
    fs::write(pair.path().join("tree/root.yaml"), root).unwrap();
    fs::write(pair.path().join("tree/A.yaml"), "type: object\nproperties: {b: {type: integer}}\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_countersign-spec"))
        .args(["diff", "head.yaml", "tree/root.yaml", "--profile", "sdk", "--format", "json"])
        .current_dir(pair.path())
        .output()
        .unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("\"changes\": []"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn an_accepted_break_is_a_warning_until_its_day_is_over() {
    let (code, out, _) = run_accepting(&format!("{ENTRY}expires = 2026-06-15\n"), &[]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.starts_with("warning [property-removed]"), "{out}");
    assert!(out.contains("  accepted until 2026-06-15: nobody reads it\n"), "{out}");
    let (code, out, _) = run_accepting(&format!("{ENTRY}expires = 2026-06-14\n"), &[]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("note: the accepted break `property-removed` of `A` expired on 2026-06-14\n"), "{out}");
}

#[test]
fn entries_that_fit_nothing_are_reported() {
    let stale = "[[accept]]\nid = \"property-removed\"\npointer = \"/x\"\nreason = \"r\"\nexpires = 2027-01-01\n";
    let (code, out, _) = run_accepting(&format!("{ENTRY}expires = 2026-12-31\n{stale}"), &[]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("the accepted break `property-removed` at `/x` fits nothing; delete it"), "{out}");
    let (_, markdown, _) = run_accepting(&format!("{ENTRY}expires = 2026-12-31\n{stale}"), &["--format", "markdown"]);
    assert!(markdown.contains("### Accepted breaks\n\n- **A**: `a` is gone"), "{markdown}");
    assert!(markdown.contains("### Accepted breaks without effect\n"), "{markdown}");
}

#[test]
fn an_entry_without_reason_day_or_aim_is_refused() {
    let aimless = ENTRY.replace("component = \"A\"\n", "");
    for (file, part) in [
        (ENTRY.to_owned(), "missing field `expires`"),
        (format!("{ENTRY}expires = 12:00:00\n"), "expires on no day"),
        (format!("{ENTRY}expires = \"soon\"\n"), "not a list of accepted breaks"),
        (format!("{}expires = 2026-12-31\n", ENTRY.replace("nobody reads it", " ")), "has no reason"),
        (format!("{aimless}expires = 2026-12-31\n"), "neither `pointer` nor `component` nor `operation`"),
        (format!("{ENTRY}expires = 2026-12-31\nuntil = 1\n"), "unknown field `until`"),
        (
            format!("{ENTRY}expires = 2026-12-31\n").replace("property-removed", "property-remove"),
            "the entry 1 has the unknown id `property-remove`, did you mean `property-removed`?",
        ),
        ("accept = [".to_owned(), "not a list of accepted breaks"),
    ] {
        let (code, out, err) = run_accepting(&file, &[]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
        assert!(err.contains(part), "{err}");
    }
}

#[test]
fn an_entry_for_one_operation_does_not_let_another_be_broken() {
    let entry = |operation: &str| {
        ENTRY.replace("component = \"A\"", &format!("operation = \"{operation}\"")) + "expires = 2026-12-31\n"
    };
    let (code, out, _) = run_accepting(&entry("GET /a"), &[]);
    assert_eq!(code, Some(0), "{out}");
    let document = |properties: &str| {
        let answer = "responses: {'200': {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}";
        format!(
            "paths: {{/a: {{get: {{{answer}}}}}, /b: {{get: {{{answer}}}}}}}\ncomponents: {{schemas: {{A: {{type: object, properties: {{{properties}}}}}}}}}\n"
        )
    };
    let shared = Pair::new(&document("a: {type: string}"), &document(""));
    fs::write(shared.path().join("accepted.toml"), entry("GET /a")).unwrap();
    let output = run(&shared, &["--accepted", "accepted.toml", "--today", "2026-06-15"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn an_entry_may_say_what_is_lost() {
    let entry = |message: &str| format!("{ENTRY}message = \"{message}\"\nexpires = 2026-12-31\n");
    assert_eq!(run_accepting(&entry("`a` is gone"), &[]).0, Some(0));
    assert_eq!(run_accepting(&entry("`c` is gone"), &[]).0, Some(1));
}

#[test]
fn an_entry_is_not_stale_where_another_profile_needs_it() {
    let (code, out, _) = run_accepting(&format!("{ENTRY}expires = 2026-12-31\n"), &["--profile", "wire"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(!out.contains("note:"), "{out}");
}
