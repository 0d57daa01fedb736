//! The files of other linters, read as they stand.

use crate::tree::Tree;
use countersign_spec::lint::{Lint, Linted, rule_ids};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

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

/// The messages of the findings of one rule, with the lines in the file of settings.
fn notices(tree: &Tree) -> Vec<String> {
    let linted = tree.linted(&[]);
    let of_settings = linted.findings.iter().filter(|finding| finding.rule == "unsupported-setting");
    of_settings.map(|finding| format!("{} {}", linted.place(finding).line, finding.message)).collect()
}

/// `rule severity file#pointer`
fn line(linted: &Linted, finding: &countersign_spec::lint::Finding) -> String {
    let file = linted.place(finding).file.file_name().unwrap().to_string_lossy().into_owned();
    format!("{} {} {file}#{}", finding.rule, finding.severity, finding.pointer)
}

/// Equal, or theirs is a member of ours that is missing, or both are members of one thing: Redocly names an item of a
/// list by its text.
fn is_same_place(ours: &str, theirs: &str) -> bool {
    let parent = |place: &str| place.rfind('/').map(|at| place[..at].to_owned());
    let theirs_in = parent(theirs).map(|parent| parent.trim_end_matches('/').to_owned());
    ours == theirs || theirs_in.as_deref() == Some(ours) || theirs_in == parent(ours)
}

/// What the other linter found in a folder of `tests/peer-cases` is what is found here, of the rules written there.
fn check_case(folder: &str) {
    let folder = Path::new("tests/peer-cases").join(folder);
    let linted = Lint { root: folder.join("openapi.yaml"), ..Lint::default() }.run().unwrap();
    let own: BTreeSet<&str> = rule_ids().collect();
    let text = fs::read_to_string(folder.join("findings.txt")).unwrap();
    let theirs: Vec<&str> = text.lines().collect();
    let names: BTreeSet<&str> = theirs.iter().filter_map(|line| line.split(' ').next()).collect();
    let is_written_there = |rule: &str| names.contains(rule) || !own.contains(rule);
    let ours: BTreeSet<String> = linted
        .findings
        .iter()
        .filter(|finding| is_written_there(&finding.rule))
        .map(|finding| line(&linted, finding))
        .collect();
    let missed: Vec<&&str> =
        theirs.iter().filter(|theirs| !ours.iter().any(|ours| is_same_place(ours, theirs))).collect();
    let more: Vec<&String> =
        ours.iter().filter(|ours| !theirs.iter().any(|theirs| is_same_place(ours, theirs))).collect();
    assert!(missed.is_empty() && more.is_empty(), "missed {missed:#?}\nfound only here {more:#?}");
}

#[test]
fn configurable_rules_find_what_redocly_finds_with_them() {
    check_case("redocly");
}

#[test]
fn rules_of_spectral_find_what_spectral_finds_with_them() {
    check_case("spectral");
}

#[test]
fn an_ignore_file_holds_back_by_pointers_of_the_bundle() {
    let ignore = "root.yaml:\n  field-names-camelCase:\n    - '#/components/schemas/Thing/properties/some_name'\n  operation-summary:\n    - '#/paths/~1a/get'\n";
    let tree = tree(".redocly.lint-ignore.yaml", ignore);
    assert_eq!(tree.lint(&["field-names-camelCase", "operation-summary"]), ["Thing.yaml:4:3 field-names-camelCase"]);
}

#[test]
fn an_ignore_file_may_point_to_what_is_missing_as_redocly_does() {
    let root = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\ntags: [{name: a}, {name: a}]\npaths:\n  /a/{id}: {get: {parameters: [], responses: {}}}\n";
    let ignore = "root.yaml:\n  operation-summary: ['#/paths/~1a~1{id}/get/summary']\n  info-contact: ['#/info/contact']\n  tag-description: ['#/tags/0/description']\n\
                  \x20 path-parameters-defined: ['#/paths/~1a~1{id}/get/parameters']\n  no-duplicated-tag-names: ['#/tags/1']\n  info-license: ['#/info/title']\n";
    let tree = Tree::of(&[("root.yaml", root), (".redocly.lint-ignore.yaml", ignore)]);
    let rules = [
        "operation-summary",
        "info-contact",
        "tag-description",
        "path-parameters-defined",
        "no-duplicated-tag-names",
        "info-license",
    ];
    assert_eq!(tree.lint(&rules), ["root.yaml:2:1 info-license", "root.yaml:3:19 tag-description"]);
}

#[test]
fn an_ignore_file_of_another_document_holds_nothing_back() {
    let ignored = |entry: &str, files: &[(&str, &str)]| {
        let tree = tree(".redocly.lint-ignore.yaml", &format!("{entry}:\n  info-license: ['#/info']\n"));
        files.iter().for_each(|(name, text)| tree.write(name, text));
        tree.lint(&["info-license"]).is_empty()
    };
    let other = "openapi: 3.1.0\ninfo: {title: other, version: '1'}\n";
    let newer = "openapi: 3.1.0\ninfo: {title: t, version: '2'}\n";
    let bundle = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n";
    assert!(ignored("root.yaml", &[]));
    assert!(ignored("dist/openapi.yaml", &[]), "the bundle was not built yet");
    assert!(ignored("dist/openapi.yaml", &[("dist/openapi.yaml", bundle)]));
    assert!(!ignored("other.yaml", &[("other.yaml", other)]));
    assert!(!ignored("other.yaml", &[("other.yaml", newer)]));
    assert!(!ignored("Thing.yaml", &[]), "a file of the tree has pointers of its own");
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

/// The severity that the one finding of a rule has; `None` if there is none.
fn severity(tree: &Tree, rule: &str) -> Option<String> {
    let linted = tree.linted(&[]);
    linted.findings.iter().find(|finding| finding.rule == rule).map(|finding| finding.severity.to_string())
}

#[test]
fn named_rule_sets_of_redocly_decide_what_is_on() {
    let with = |settings: &str, rule: &str| severity(&tree("redocly.yaml", settings), rule);
    assert_eq!(with("extends: [minimal]\n", "operation-summary").as_deref(), Some("warning"));
    assert_eq!(with("extends: [minimal]\n", "info-license"), None);
    assert_eq!(with("extends: recommended-strict\n", "info-license").as_deref(), Some("error"));
    assert_eq!(with("extends: [spec]\n", "operation-summary"), None);
    assert_eq!(with("rules: {info-license: warn}\n", "operation-summary"), None, "what nothing names is off");
    assert_eq!(with("resolve: {}\n", "operation-summary").as_deref(), Some("error"), "it says nothing of rules");
    assert_eq!(with("oas3_0Rules: {info-license: warn}\nrules: {}\n", "info-license"), None, "this is 3.1");
    assert_eq!(with("oas3_1Rules: {info-license: warn}\n", "info-license").as_deref(), Some("warning"));
    assert_eq!(with("extends: [minimal]\n", "field-names-camelCase").as_deref(), Some("error"), "Redocly has no such");
}

#[test]
fn settings_of_the_api_that_is_linted_come_last() {
    let settings = "extends: [recommended]\nrules: {info-license: error}\n\
                    apis:\n  other@v1: {root: other.yaml, rules: {info-license: off}}\n\
                    \x20 main@v1: {root: ./root.yaml, rules: {operation-summary: off, info-license: warn}}\n";
    let tree = tree("redocly.yaml", settings);
    assert_eq!(severity(&tree, "operation-summary"), None);
    assert_eq!(severity(&tree, "info-license").as_deref(), Some("warning"));
}

#[test]
fn rule_files_extend_other_files() {
    let tree = tree("redocly.yaml", "extends: [base.yaml]\nrules: {rule/own: warn}\n");
    let own =
        "rule/own: {subject: {type: Info, property: contact}, assertions: {defined: true}, message: '{{problems}}'}";
    tree.write("base.yaml", format!("extends: [minimal]\nrules:\n  operation-summary: error\n  {own}\n"));
    assert_eq!(severity(&tree, "operation-summary").as_deref(), Some("error"));
    assert_eq!(severity(&tree, "rule/own").as_deref(), Some("warning"));
    assert_eq!(severity(&tree, "no-empty-servers").as_deref(), Some("warning"));
}

#[test]
fn with_both_files_the_graver_severity_counts() {
    let tree = tree("redocly.yaml", "rules: {operation-operationId: off, info-contact: error}\n");
    tree.write(".spectral.yaml", "extends: spectral:oas\nrules: {info-contact: off}\n");
    assert_eq!(severity(&tree, "operation-operationId").as_deref(), Some("warning"));
    assert_eq!(severity(&tree, "info-contact").as_deref(), Some("error"));
    assert_eq!(severity(&tree, "info-license"), None, "neither turns it on");
}

#[test]
fn what_redocly_would_do_and_is_not_done_here_is_said_once_where_it_stands() {
    let settings = "extends: [recommended, my/preset, 'https://a.b/c.yaml']\nplugins: [./my.js]\nrules:\n  \
                    path-segment-plural: error\n  no-http-verbs-in-paths: off\n  my/rule: warn\n  no-such: error\n  \
                    info-license: fatal\n  boolean-parameter-prefixes: {severity: error, prefixes: [is]}\n  \
                    rule/code: {subject: {type: Info}, assertions: {my/check: {}, required: [contact]}}\n  \
                    rule/type: {subject: {type: Infos}, assertions: {defined: true}}\n  \
                    rule/gate: {subject: {type: Info}, assertions: {defined: true}, where: [{subject: {type: Root}, assertions: {my/check: {}}}]}\n  \
                    rule/misused: {subject: {type: Info, property: title}, assertions: {required: [a]}}\n  \
                    rule/field-names-camelCase: {subject: {type: SchemaProperties}, assertions: {casing: camelCase}}\n\
                    preprocessors: {my/change: on}\n";
    let tree = tree("redocly.yaml", settings);
    let expected = [
        "1 `https://a.b/c.yaml` is not read: it is no file beside this one",
        "1 `my/preset` is not known here: its rules are not run",
        "3 judged by the built-in rules of these names, not by what is written here: field-names-camelCase",
        "4 there is no counterpart of Redocly's `path-segment-plural` here: it is not run",
        "6 `my/rule` comes from a plugin, which is a program: it is not run",
        "7 Redocly has no rule `no-such`",
        "8 the severity of `info-license` is not one of error, warn and off",
        "9 options of `boolean-parameter-prefixes` are not read, it runs without them: prefixes",
        "10 the assertion `my/check` comes from a plugin, which is a program: it is not run",
        "11 `rule/type` is not run: there is no type `Infos` here",
        "12 `rule/gate` is not run: the assertion `my/check` comes from a plugin, which is a program: it is not run",
        "13 the assertion `required` cannot be used with `property`",
        "15 `preprocessors` change the document before it is linted there; here it is linted as written",
    ];
    assert_eq!(notices(&tree), expected);
    assert_eq!(severity(&tree, "rule/code").as_deref(), Some("error"), "its other assertion holds");
    assert_eq!(severity(&tree, "field-names-camelCase").as_deref(), Some("error"));
    tree.write("lint.toml", "[rules]\nunsupported-setting = 'off'\n");
    assert!(notices(&tree).is_empty());
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

#[test]
fn rule_sets_of_spectral_decide_what_is_on() {
    let with = |settings: &str, rule: &str| severity(&tree(".spectral.yaml", settings), rule);
    assert_eq!(with("extends: spectral:oas\n", "info-license"), None, "it is not recommended");
    assert_eq!(with("extends: [[spectral:oas, all]]\n", "info-license").as_deref(), Some("warning"));
    assert_eq!(with("extends: [[spectral:oas, off]]\n", "operation-tags"), None);
    assert_eq!(with("extends: spectral:oas\nrules: {openapi-tags: error}\n", "openapi-tags").as_deref(), Some("error"));
    assert_eq!(with("extends: spectral:oas\n", "openapi-tags"), None);
    assert_eq!(
        with("extends: [[spectral:oas, off]]\nrules: {operation-tags: true}\n", "operation-tags").as_deref(),
        Some("warning")
    );
    assert_eq!(
        with("extends: spectral:oas\nrules: {operation-tags: hint}\n", "operation-tags").as_deref(),
        Some("info")
    );
    assert_eq!(
        with("extends: spectral:oas\nrules: {operation-tags: {severity: 0}}\n", "operation-tags").as_deref(),
        Some("error")
    );
    let own = |more: &str| format!("rules: {{own: {{given: $.info, {more} then: {{field: x, function: truthy}}}}}}\n");
    assert_eq!(with(&own(""), "own").as_deref(), Some("warning"));
    assert_eq!(with(&own("severity: 3,"), "own").as_deref(), Some("info"));
    assert_eq!(with(&own("severity: -1,"), "own"), None);
    assert_eq!(with(&own("recommended: false,"), "own"), None);
    assert_eq!(with(&own("formats: [oas2, oas3_0],"), "own"), None);
    assert_eq!(with(&own("formats: [oas3.1],"), "own").as_deref(), Some("warning"));
    assert_eq!(with(&("formats: [oas2]\n".to_owned() + &own("")), "own"), None);
}

#[test]
fn a_rule_that_is_written_down_takes_the_place_of_the_stock_rule_of_its_name() {
    let rule = "rules: {operation-tags: {given: '$.paths[*][*]', severity: error, message: mine, then: {field: x-a, function: truthy}}}\n";
    let tree = tree(".spectral.yaml", &format!("extends: [[spectral:oas, off]]\n{rule}"));
    let linted = tree.linted(&[]);
    let said: Vec<&str> =
        linted.findings.iter().filter(|one| one.rule == "operation-tags").map(|one| one.message.as_str()).collect();
    assert_eq!(said, ["mine"]);
}

#[test]
fn overrides_of_spectral_hold_for_their_files_and_places() {
    let rules = "extends: spectral:oas\noverrides:\n\
                 \x20 - {files: ['*.yaml'], rules: {operation-tags: off, new: {given: $.info, then: {field: x, function: truthy}}}}\n\
                 \x20 - {files: ['other/*.yaml'], rules: {operation-description: off}}\n\
                 \x20 - {files: ['{a,b}.yaml#/get/responses'], rules: {operation-success-response: off}}\n\
                 except:\n  'root.yaml#/info': [info-contact]\n";
    let tree = tree(".spectral.yaml", rules);
    tree.write("a.yaml", "get: {responses: {}}\n");
    assert_eq!(severity(&tree, "operation-tags"), None);
    assert_eq!(severity(&tree, "new").as_deref(), Some("warning"));
    assert_eq!(severity(&tree, "operation-description").as_deref(), Some("warning"));
    assert_eq!(severity(&tree, "operation-2xx-response"), None);
    assert_eq!(severity(&tree, "info-contact"), None);
    assert_eq!(severity(&tree, "info-description").as_deref(), Some("warning"));
}

#[test]
fn what_spectral_would_do_and_is_not_done_here_is_said_once_where_it_stands() {
    let rules = "extends: [[spectral:oas, off], 'https://a.b/c.yaml', ./code.js]\nparserOptions: {duplicateKeys: warn}\nrules:\n  \
                 openapi-tags: error\n  \
                 code: {given: $, then: {function: code}}\n  \
                 path: {given: '$.a[(@.length-1)]', then: {function: truthy}}\n  \
                 alias: {given: '#No', then: {function: truthy}}\n  \
                 half: {given: $.info, then: [{function: code}, {field: x, function: truthy}]}\n  \
                 option: {given: $, then: {function: length, functionOptions: {mini: 3}}}\n  \
                 casing: {given: $, then: {function: casing, functionOptions: {type: Camel}}}\n  \
                 regex: {given: $, then: {function: pattern, functionOptions: {match: '('}}}\n  \
                 info-contact: {severity: warn, given: $.x}\n  \
                 no-such: warn\n  \
                 delete-returns-204: {given: $, then: {function: code}}\n";
    let tree = tree(".spectral.yaml", rules);
    let found = notices(&tree);
    let begins = [
        "1 the rules of `./code.js` are not run: it is not a file of settings",
        "1 the rules of `https://a.b/c.yaml` are not run: it is no file beside this one",
        "2 `parserOptions` is not read",
        "3 judged by the built-in rules of these names, not by what is written here: delete-returns-204",
        "5 `code` is not run: `code` is no stock function, but a program",
        "6 `path` is not run: `[(@.length-1)]` is not understood",
        "7 `alias` is not run: there is no alias `No`",
        "8 `half`: `code` is no stock function, but a program",
        "9 `option` is not run: `length` has no option `mini`",
        "10 `casing` is not run: `Camel` is no casing: write camel, pascal, kebab, snake, macro, cobol or flat",
        "11 `regex` is not run: `(` is not a regular expression that is understood",
        "13 there is no rule `no-such` to set the severity of",
    ];
    let begins: Vec<String> = begins.iter().map(|line| (*line).to_owned()).collect();
    let others: Vec<&String> = found.iter().filter(|line| !begins.contains(line)).collect();
    assert!(begins.iter().all(|line| found.contains(line)), "{found:#?}");
    assert_eq!(others.len(), 1, "{others:#?}");
    assert!(others[0].starts_with("12 `info-contact`"), "{others:#?}");
    assert_eq!(severity(&tree, "half").as_deref(), Some("warning"));
}

#[test]
fn a_rule_file_that_is_a_program_is_said_to_be_one() {
    let tree = tree(".spectral.js", "module.exports = {};\n");
    assert_eq!(notices(&tree), ["1 this file of rules is a program, and cannot be read"]);
}

#[test]
fn components_of_the_bundle_are_selected_in_the_split_tree() {
    let rules = "rules: {titled: {given: '$.components.schemas[*]', message: '{{property}} {{path}}', then: {field: title, function: truthy}}}\n";
    let tree = tree(".spectral.yaml", rules);
    let linted = tree.linted(&[]);
    let said: Vec<String> = linted
        .findings
        .iter()
        .filter(|one| one.rule == "titled")
        .map(|one| format!("{} {}", linted.place(one).line, one.message))
        .collect();
    assert_eq!(said, ["1 title #/components/schemas/Thing"]);
}

#[test]
fn a_large_value_is_not_judged_by_a_schema_for_ever() {
    let level = |name: usize| {
        format!(
            "    S{name}: {{allOf: [{{$ref: '#/components/schemas/S{}'}}, {{$ref: '#/components/schemas/S{}'}}]}}\n",
            name + 1,
            name + 1
        )
    };
    let schemas: String = (0..40).map(level).collect::<String>() + "    S40: {type: string}\n";
    let tree = Tree::new(&format!("components:\n  schemas:\n{schemas}"), &[]);
    let rules = "rules: {big: {given: $.components.schemas.S0, then: {function: schema, functionOptions: {schema: {type: object}}}}}\n";
    tree.write(".spectral.yaml", rules);
    let linted = tree.linted(&[]);
    let found: Vec<&str> =
        linted.findings.iter().filter(|one| one.rule == "big").map(|one| one.message.as_str()).collect();
    assert_eq!(found, ["`S0` is too large to be judged by a schema"]);
}
