//! The files of other linters, read as they stand.

use crate::tree::Tree;

const ROOT: &str = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /a: {$ref: ./a.yaml}\n\
                    components:\n  schemas:\n    Alias: {$ref: ./Thing.yaml}\n";
const OPERATION: &str = "get:\n  responses:\n    '200':\n      description: d\n      content:\n        application/json:\n\
                         \x20         schema: {$ref: ./Thing.yaml}\n";
const THING: &str = "type: object\nproperties:\n  some_name: {type: string}\n  other_name: {type: string}\n";

fn tree(name: &str, text: &str) -> Tree {
    let tree = Tree::of(&[("root.yaml", ROOT), ("a.yaml", OPERATION), ("Thing.yaml", THING)]);
    tree.write(name, text);
    tree
}

#[test]
fn an_ignore_file_holds_back_by_pointers_of_the_bundle() {
    let ignore = "root.yaml:\n  field-names-camelCase:\n    - '#/components/schemas/Thing/properties/some_name'\n  operation-summary:\n    - '#/paths/~1a/get'\n";
    let tree = tree(".redocly.lint-ignore.yaml", ignore);
    assert_eq!(tree.lint(&["field-names-camelCase", "operation-summary"]), ["Thing.yaml:4:3 field-names-camelCase"]);
}

#[test]
fn an_ignore_file_holds_back_by_pointers_of_a_file_and_by_aliases() {
    let ignore = "Thing.yaml:\n  field-names-camelCase:\n    - '#/properties/other_name'\n\
                  root.yaml:\n  operation-success-response:\n    - '#/paths/~1a/get/responses'\n";
    let tree = tree(".redocly.lint-ignore.yaml", ignore);
    tree.write("a.yaml", "get: {responses: {}}\n");
    tree.write("root.yaml", ROOT.replace("Alias", "Thing"));
    assert_eq!(
        tree.lint(&["field-names-camelCase", "operation-2xx-response"]),
        ["Thing.yaml:3:3 field-names-camelCase"]
    );
}

#[test]
fn severities_of_redocly_hold_unless_lint_toml_says_otherwise() {
    let tree =
        tree("redocly.yaml", "extends: [recommended]\nrules:\n  operation-summary: off\n  struct: {severity: warn}\n");
    assert!(!tree.lint(&[]).contains(&"a.yaml:1:1 operation-summary".to_owned()));
    tree.write("lint.toml", "[rules]\noperation-summary = 'info'\n");
    assert!(tree.lint(&[]).contains(&"a.yaml:1:1 operation-summary".to_owned()));
}

#[test]
fn rules_of_spectral_run_with_their_stock_functions() {
    let rules = "extends: ['spectral:oas']\naliases:\n  Operations: ['$.paths[*][get,put,post]']\nrules:\n\
                 \x20 operation-tags: off\n\
                 \x20 must-summarize:\n    given: '#Operations'\n    message: '{{property}} is missing'\n    severity: error\n\
                 \x20   then: {field: summary, function: truthy}\n\
                 \x20 short-names:\n    given: $.components.schemas[*].properties[*]~\n\
                 \x20   then: {function: length, functionOptions: {max: 9}}\n\
                 \x20 own-function:\n    given: $\n    then: {function: something}\n";
    let tree = tree(".spectral.yaml", rules);
    let found = tree.lint(&[]);
    assert!(found.contains(&"a.yaml:1:1 must-summarize".to_owned()), "{found:?}");
    assert!(found.contains(&"Thing.yaml:4:3 short-names".to_owned()), "{found:?}");
    assert!(!found.iter().any(|line| line.ends_with("operation-tags") || line.ends_with("own-function")), "{found:?}");
    assert!(!found.contains(&"Thing.yaml:3:3 short-names".to_owned()), "{found:?}");
}
