//! Rules that a team writes in `lint.toml`, tested by a fixture like those of the built-in ones.

use countersign_spec::lint::{Lint, LintFormat};
use std::path::PathBuf;

#[test]
fn custom_rules_match_their_fixture() {
    let lint = Lint {
        root: PathBuf::from("fixtures/custom/root.yaml"),
        rules: vec!["team/named-tags".to_owned(), "team/short-summary".to_owned(), "team/known-status".to_owned()],
        ..Lint::default()
    };
    let linted = lint.run().unwrap_or_else(|cause| panic!("{cause}"));
    assert!(!linted.findings.is_empty());
    expectorate::assert_contents("fixtures/custom.txt", &linted.print(LintFormat::Text));
}
