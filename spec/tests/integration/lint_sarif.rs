//! `--format sarif` against the schema of SARIF 2.1.0, and what the schema cannot say.

use crate::tree::Tree;
use countersign_spec::lint::{Lint, LintFormat, rule_ids};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn validator() -> jsonschema::Validator {
    let text = fs::read_to_string("tests/data/sarif-schema-2.1.0.json").unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    // A stray bracket in this pattern is an expression in JavaScript only. No log of ours names a language.
    for object in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{object}/properties/language")).unwrap();
        assert!(language.as_object_mut().unwrap().remove("pattern").is_some());
    }
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft7).should_validate_formats(true);
    options.build(&schema).unwrap()
}

/// Lints the document and checks the log by the schema, and that each index points to the rule that it says.
#[track_caller]
fn check(validator: &jsonschema::Validator, root: PathBuf) -> Value {
    let name = root.display().to_string();
    let linted = Lint { root, ..Lint::default() }.run().unwrap_or_else(|cause| panic!("{cause}"));
    let log: Value = serde_json::from_str(&linted.print(LintFormat::Sarif)).unwrap();
    let faults: Vec<String> =
        validator.iter_errors(&log).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{name}: {}", faults.join("\n"));
    let run = &log["runs"][0];
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"], "{name}");
    }
    assert_eq!(run["results"].as_array().unwrap().len(), linted.findings.len());
    log
}

#[test]
fn the_log_of_every_fixture_keeps_to_the_schema() {
    let validator = validator();
    assert!(!validator.is_valid(&serde_json::json!({ "version": "2.1.0", "runs": [{}] })), "the schema judges nothing");
    let mut rules_seen = 0;
    for id in rule_ids() {
        let name = id.replace('/', "-");
        let folder = Path::new("fixtures").join(&name).join("root.yaml");
        let root = if folder.is_file() { folder } else { Path::new("fixtures").join(name + ".yaml") };
        let log = check(&validator, root);
        rules_seen += log["runs"][0]["results"].as_array().unwrap().len();
    }
    assert!(rules_seen > rule_ids().count());
}

#[test]
fn custom_rules_clean_documents_and_strange_file_names_keep_to_the_schema() {
    let validator = validator();
    check(&validator, PathBuf::from("fixtures/custom/root.yaml"));
    let tree = Tree::of(&[]);
    tree.write("ä b/100%#.yaml", "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n");
    let log = check(&validator, tree.path("ä b/100%#.yaml"));
    let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    let uri = location.as_str().unwrap();
    assert!(uri.starts_with("file:///") && uri.ends_with("/%C3%A4%20b/100%25%23.yaml"), "{uri}");
}
