//! One test for all rules: each finds in its fixture what the file beside it says. `EXPECTORATE=overwrite` writes the
//! expected findings, the registry and the manual anew.

use countersign_spec::lint::{Lint, LintFormat, manual, rule_ids};
use std::fs;
use std::path::{Path, PathBuf};

/// `codegen-safe/inline-body` has the fixture `codegen-safe-inline-body.yaml`.
fn fixture(id: &str) -> PathBuf {
    let name = id.replace('/', "-");
    // Rules that look at more than one file have a folder.
    let folder = Path::new("fixtures").join(&name).join("root.yaml");
    if folder.is_file() { folder } else { Path::new("fixtures").join(name + ".yaml") }
}

#[test]
fn every_rule_matches_its_fixture() {
    for id in rule_ids() {
        let root = fixture(id);
        assert!(root.is_file(), "{id} has no fixture {}", root.display());
        let lint = Lint { root, rules: vec![id.to_owned()], ..Lint::default() };
        let linted = lint.run().unwrap_or_else(|cause| panic!("{id}: {cause}"));
        assert!(!linted.findings.is_empty(), "{id} finds nothing in its own fixture");
        assert!(linted.findings.iter().all(|finding| finding.rule == id), "{id} also asks others");
        let expected = format!("fixtures/{}.txt", id.replace('/', "-"));
        expectorate::assert_contents(expected, &linted.print(LintFormat::Text));
    }
}

#[test]
fn every_rule_has_a_page_that_says_what_why_and_how() {
    for id in rule_ids() {
        let page = countersign_spec::lint::explain(id).unwrap();
        for heading in ["**What it finds.**", "**Why it matters.**", "**Fix.**"] {
            assert!(page.contains(heading), "the page of {id} lacks {heading}");
        }
    }
}

#[test]
fn the_registry_lists_every_file() {
    let folder = Path::new("src/lint/rules");
    let mut modules: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "mod")
        .collect();
    modules.sort();
    let mut text = "//! Every rule, one file each. GENERATED from the files in this folder by the test \
                    `the_registry_lists_every_file`:\n//! run it with `EXPECTORATE=overwrite`.\n\nuse super::rule::Entry;\n\n"
        .to_owned();
    for module in &modules {
        text += &format!("pub(super) mod {module};\n");
    }
    text += "\n/// All rules, by the names of their files.\n#[rustfmt::skip]\npub(super) const ALL: &[Entry] = &[\n";
    for module in &modules {
        text += &format!("    Entry::new(&{module}::RULE, include_str!(\"{module}.rs\")),\n");
    }
    expectorate::assert_contents(folder.join("mod.rs"), &(text + "];\n"));
}

#[test]
fn the_manual_holds_every_page() {
    expectorate::assert_contents("../docs/rules.md", &manual());
}
