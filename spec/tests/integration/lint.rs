//! What the linter does with settings, known findings and fixes, whatever the rules.

use crate::tree::Tree;
use countersign_spec::lint::{Lint, LintError, LintFormat, Linted};

/// A document with two operations that lack a summary, and a `lint.toml` beside it.
fn tree(settings: &str) -> Tree {
    let tree = Tree::new("", &[("a.yaml", "get: {operationId: getA}\n"), ("b.yaml", "get: {operationId: getB}\n")]);
    let paths = "paths:\n  /a: {$ref: ./a.yaml}\n  /b: {$ref: ./b.yaml}\n";
    tree.write("root.yaml", format!("openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\n{paths}"));
    if !settings.is_empty() {
        tree.write("lint.toml", settings);
    }
    tree
}

fn lint(tree: &Tree) -> Lint {
    Lint { root: tree.path("root.yaml"), rules: vec!["operation-summary".to_owned()], ..Lint::default() }
}

fn found(linted: &Linted) -> Vec<String> {
    let line = |finding| {
        let place = linted.place(finding);
        let file = place.file.file_name().unwrap().to_string_lossy().into_owned();
        format!("{file}:{}:{} {} {} {}", place.line, place.column, finding.severity, finding.rule, finding.pointer)
    };
    linted.findings.iter().map(line).collect()
}

#[track_caller]
fn check(tree: &Tree, expected: &[&str]) {
    assert_eq!(found(&lint(tree).run().unwrap_or_else(|cause| panic!("{cause}"))), expected);
}

#[test]
fn findings_stand_in_the_author_s_file_with_their_pointer() {
    check(&tree(""), &["a.yaml:1:1 error operation-summary /get", "b.yaml:1:1 error operation-summary /get"]);
}

#[test]
fn a_severity_can_be_set_and_a_rule_turned_off() {
    let warned = tree("[rules]\noperation-summary = 'warning'\n");
    check(&warned, &["a.yaml:1:1 warning operation-summary /get", "b.yaml:1:1 warning operation-summary /get"]);
    let silent = tree("[rules]\noperation-summary = 'off'\n");
    let linted = Lint { rules: Vec::new(), ..lint(&silent) }.run().unwrap_or_else(|cause| panic!("{cause}"));
    assert!(!linted.findings.is_empty());
    assert!(linted.findings.iter().all(|finding| finding.rule != "operation-summary"));
}

#[test]
fn an_override_holds_for_its_files_only_and_an_unused_one_is_reported() {
    let used = "[[override]]\nrule = 'operation-summary'\npath = 'a.yaml'\nseverity = 'off'\nreason = 'it is old'\n";
    check(&tree(used), &["b.yaml:1:1 error operation-summary /get"]);
    let pointed = tree(&used.replace("severity", "pointer = '/post'\nseverity"));
    let linted = lint(&pointed).run().unwrap_or_else(|cause| panic!("{cause}"));
    assert!(found(&linted).contains(&"a.yaml:1:1 error operation-summary /get".to_owned()), "the pointer is another");
    let unused = tree(&used.replace("a.yaml", "c/**"));
    let linted = Lint { rules: Vec::new(), ..lint(&unused) }.run().unwrap_or_else(|cause| panic!("{cause}"));
    assert!(found(&linted).contains(&"lint.toml:1:1 warning unused-override ".to_owned()), "{:?}", found(&linted));
    unused.write("lint.toml", used.replace("a.yaml", "c/**") + "[rules]\nunused-override = 'off'\n");
    let linted = Lint { rules: Vec::new(), ..lint(&unused) }.run().unwrap_or_else(|cause| panic!("{cause}"));
    assert!(!found(&linted).iter().any(|line| line.contains("unused-override")), "{:?}", found(&linted));
}

#[test]
fn settings_are_strict() {
    let refuse = |settings: &str, part: &str| {
        let tree = tree(settings);
        let Err(error) = lint(&tree).run() else { panic!("{settings} was accepted") };
        assert!(error.to_string().contains(part), "{error}");
    };
    refuse("[rules]\noperation-sumary = 'off'\n", "did you mean `operation-summary`?");
    refuse("[rules]\noperation-summary = 'loud'\n", "`loud` is no severity");
    refuse("[[override]]\nrule = 'struct'\npath = 'a'\nseverity = 'off'\nreason = ''\n", "needs a reason");
    refuse("unknown = 1\n", "unknown");
    refuse("\n[rules]\noperation-sumary = 'off'\n", "lint.toml: line 3: there is no rule `operation-sumary`");
    refuse("\n[rules]\noperation-summary = 'loud'\n", "line 3: `loud`");
    let place = |pointer: &str| {
        format!(
            "[[override]]\nrule = 'struct'\npath = 'a'\npointer = '{pointer}'\nseverity = 'off'\nreason = 'it is old'\n"
        )
    };
    refuse(&place("get"), "line 4: a pointer begins with `/`");
    refuse(
        "[rules]\noas3-unused-component = 'error'\nno-unused-components = 'off'\n",
        "line 3: line 2 sets the severity of `no-unused-components` too",
    );
}

#[test]
fn a_custom_rule_that_can_find_nothing_is_refused() {
    let custom = |id: &str, selector: &str, assertion: &str| {
        format!("[[custom]]\nid = '{id}'\nmessage = 'm'\nselector = {selector}\nassertion = {assertion}\n")
    };
    let (paths, truthy) = ("['$.paths']", "[{truthy = true}]");
    let refuse = |settings: &str, part: &str| {
        let tree = tree(settings);
        let Err(error) = lint(&tree).run() else { panic!("{settings} was accepted") };
        assert!(error.to_string().contains("line 1: custom rule `") && error.to_string().contains(part), "{error}");
    };
    refuse(&custom("a", "[]", truthy), "without a `selector`");
    refuse(&custom("a", paths, "[]"), "without an `assertion`");
    refuse(&custom("a", paths, "[{field = 'a'}]"), "something to assert");
    refuse(&custom("a", paths, "[{casing = 'camelCase'}]"), "`camelCase` is no casing");
    refuse(&custom("a", paths, "[{min = 5, max = 3}]"), "`min` 5 is above `max` 3");
    refuse(&custom("info-license", paths, truthy), "built-in");
    refuse(&custom("oas3-schema", paths, truthy), "built-in");
    let twice = custom("a", paths, truthy).repeat(2);
    let Err(error) = lint(&tree(&twice)).run() else { panic!("{twice} was accepted") };
    assert!(error.to_string().contains("line 6: custom rule `a`: line 1 has a rule of this name too"), "{error}");
    let idle = tree(&(custom("a", "['$.pahts']", truthy) + &custom("b", paths, truthy)));
    let linted = Lint { rules: Vec::new(), ..lint(&idle) }.run().unwrap_or_else(|cause| panic!("{cause}"));
    let about: Vec<String> = found(&linted).into_iter().filter(|line| line.contains("lint.toml")).collect();
    assert_eq!(about, ["lint.toml:1:1 warning unused-selector "]);
}

#[test]
fn of_two_names_for_a_rule_the_more_exact_one_holds() {
    for settings in [
        "[rules]\nexample-matches-schema = 'off'\nno-invalid-schema-examples = 'info'\n",
        "[rules]\nno-invalid-schema-examples = 'info'\nexample-matches-schema = 'off'\n",
    ] {
        let tree = tree(settings);
        tree.write("root.yaml", tree.read("root.yaml") + "components: {schemas: {A: {type: string, example: 1}}}\n");
        let linted = Lint { rules: Vec::new(), ..lint(&tree) }.run().unwrap_or_else(|cause| panic!("{cause}"));
        let severities: Vec<_> = linted
            .findings
            .iter()
            .filter(|one| one.rule == "no-invalid-schema-examples")
            .map(|one| one.severity)
            .collect();
        assert_eq!(severities, [countersign_spec::lint::Severity::Info], "{settings}");
    }
}

#[test]
fn an_override_turns_a_rule_on_where_it_holds() {
    let on = "[[override]]\nrule = 'operation-summary'\npath = 'a.yaml'\npointer = '#/get'\nseverity = 'warning'\nreason = 'it is new'\n";
    let tree = tree(&format!("{on}[rules]\noperation-summary = 'off'\n"));
    let all = Lint { rules: Vec::new(), ..lint(&tree) };
    let summaries = || {
        let lines = found(&all.run().unwrap_or_else(|cause| panic!("{cause}")));
        lines
            .into_iter()
            .filter(|line| line.contains("operation-summary") || line.contains("unused"))
            .collect::<Vec<_>>()
    };
    assert_eq!(summaries(), ["a.yaml:1:1 warning operation-summary /get"]);
    tree.write("lint.toml", format!("{}[rules]\noperation-summary = 'off'\n", on.replace("a.yaml", "c.yaml")));
    assert_eq!(summaries(), ["lint.toml:1:1 warning unused-override "]);
    tree.write("lint.toml", format!("{}[rules]\noperation-summary = 'off'\n", on.replace("'warning'", "'off'")));
    assert_eq!(summaries(), ["lint.toml:1:1 warning unused-override "], "what is off needs no override");
}

#[test]
fn an_override_for_a_tree_is_not_unused_where_its_bundle_is_linted() {
    let tree =
        tree("[[override]]\nrule = 'operation-summary'\npath = 'a.yaml'\nseverity = 'off'\nreason = 'it is old'\n");
    let bundle = countersign_spec::bundle(&tree.path("root.yaml"), countersign_spec::BundleOptions::default());
    tree.write("dist/bundle.yaml", bundle.unwrap_or_else(|found| panic!("{found}")).to_yaml());
    let unused = |root: &str| {
        let linted = Lint { root: tree.path(root), rules: Vec::new(), ..lint(&tree) }.run();
        found(&linted.unwrap_or_else(|cause| panic!("{cause}"))).iter().filter(|line| line.contains("unused")).count()
    };
    assert_eq!(unused("dist/bundle.yaml"), 0);
    tree.write("a.yaml", "get: {operationId: getA, summary: s}\n");
    assert_eq!((unused("root.yaml"), unused("dist/bundle.yaml")), (1, 0));
}

#[test]
fn a_custom_rule_that_is_off_runs_when_it_is_asked_for() {
    let custom = "[[custom]]\nid = 'a'\nmessage = 'm'\nselector = ['$.paths[*].get']\nassertion = [{field = 'x', truthy = true}]\n";
    let tree = tree(&format!("{custom}[rules]\na = 'off'\n"));
    assert!(tree.lint(&[]).iter().all(|line| !line.ends_with(" a")));
    assert_eq!(tree.lint(&["a"]).len(), 2);
}

#[test]
fn a_baseline_holds_back_what_is_known_and_nothing_new() {
    let tree = tree("");
    let known = tree.path("known.json");
    lint(&tree).run().unwrap_or_else(|cause| panic!("{cause}")).write_baseline(&known).unwrap();
    tree.write("b.yaml", "get: {operationId: getB}\npost: {operationId: createB}\n");
    let linted = Lint { baseline: Some(known), ..lint(&tree) }.run().unwrap_or_else(|cause| panic!("{cause}"));
    assert_eq!(found(&linted), ["b.yaml:2:1 error operation-summary /post"]);
    assert_eq!(linted.known, 2);
}

#[test]
fn a_baseline_knows_the_items_of_a_list_wherever_they_stand() {
    let tree = Tree::of(&[]);
    let write = |tags: &str| {
        let root =
            format!("openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\npaths:\n  /a: {{get: {{tags: [{tags}]}}}}\n");
        tree.write("root.yaml", root);
    };
    let run = |baseline| {
        let lint = Lint { root: tree.path("root.yaml"), baseline, ..Lint::default() };
        let mut linted = lint.run().unwrap_or_else(|cause| panic!("{cause}"));
        linted.findings.retain(|finding| finding.rule == "operation-tag-defined");
        linted
    };
    let known = tree.path("known.json");
    write("a, b");
    run(None).write_baseline(&known).unwrap();
    write("z, a, b");
    let linted = run(Some(known.clone()));
    let shown: Vec<&str> = linted.findings.iter().map(|finding| finding.pointer.as_str()).collect();
    assert_eq!((shown, linted.known, linted.stale), (vec!["/paths/~1a/get/tags/0"], 2, 0));
    write("b");
    let linted = run(Some(known));
    assert_eq!((linted.findings.len(), linted.known, linted.stale), (0, 1, 1));
    assert!(
        linted
            .print(LintFormat::Text)
            .ends_with("1 known finding is mended: write the baseline again, or it may hide new ones\n")
    );
}

#[test]
fn other_linters_names_are_understood() {
    let tree = tree("");
    let by = |name: &str| Lint { rules: vec![name.to_owned()], ..lint(&tree) }.run();
    assert!(by("operation-success-response").is_ok());
    assert!(matches!(by("operation-sumary"), Err(LintError::NoRule { .. })));
}

#[test]
fn json_has_the_documented_members() {
    let tree = tree("");
    let printed = lint(&tree).run().unwrap_or_else(|cause| panic!("{cause}")).print(LintFormat::Json);
    let json: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let first = json["findings"][0].as_object().unwrap();
    let mut members: Vec<&str> = first.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["column", "file", "line", "message", "pointer", "rule", "severity"]);
    assert_eq!(json["summary"]["errors"], 2);
}

#[test]
fn github_annotations_escape_what_would_end_them() {
    let tree = tree("");
    let printed = lint(&tree).run().unwrap_or_else(|cause| panic!("{cause}")).print(LintFormat::Github);
    let first = printed.lines().next().unwrap();
    assert!(first.starts_with("::error file="), "{first}");
    assert!(first.contains(",line=1,col=1,title=operation-summary::"), "{first}");
}
