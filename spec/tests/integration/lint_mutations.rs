//! Seeded mistakes in the project's own document: each is found at its line, every rule has one, and the untouched
//! document is clean.

use countersign_spec::lint::{Lint, LintFormat, Linted, rule_ids};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// `tests/mutations.toml`; its head says what the members mean.
#[derive(Deserialize)]
struct Mistakes {
    mistake: Vec<Mistake>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mistake {
    rule: String,
    file: String,
    from: String,
    to: String,
    line: String,
    at: Option<String>,
    version: Option<String>,
    #[serde(default)]
    off: bool,
    #[serde(default)]
    prepare: Vec<[String; 3]>,
    #[serde(default)]
    also: Vec<[String; 3]>,
    #[serde(default)]
    new: Vec<[String; 2]>,
}

const ROOT: &str = "openapi.yaml";

fn mistakes() -> Vec<Mistake> {
    let text = fs::read_to_string("tests/mutations.toml").unwrap();
    toml::from_str::<Mistakes>(&text).unwrap_or_else(|cause| panic!("{cause}")).mistake
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// A copy of the document in which mistakes are made and undone.
struct Seeded {
    folder: tempfile::TempDir,
    /// What files held before they were changed; `None` for those that were not there.
    changed: Vec<(PathBuf, Option<String>)>,
}

impl Seeded {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(Path::new("../openapi"), folder.path());
        Self { folder, changed: Vec::new() }
    }

    fn write(&mut self, file: &str, text: String) {
        let path = self.folder.path().join(file);
        self.changed.push((path.clone(), fs::read_to_string(&path).ok()));
        fs::write(path, text).unwrap();
    }

    fn change(&mut self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.folder.path().join(file)).unwrap();
        assert!(text.contains(from), "{file} does not hold {from:?}");
        self.write(file, text.replacen(from, to, 1));
    }

    fn undo(&mut self) {
        while let Some((path, text)) = self.changed.pop() {
            match text {
                Some(text) => fs::write(path, text).unwrap(),
                None => fs::remove_file(path).unwrap(),
            }
        }
    }

    /// The findings, by the settings of the project or of one rule that they leave off.
    fn lint(&self, mistake: Option<&Mistake>) -> Linted {
        let rules = mistake.filter(|mistake| mistake.off).map(|mistake| mistake.rule.clone());
        let lint = Lint { root: self.folder.path().join(ROOT), rules: rules.into_iter().collect(), ..Lint::default() };
        lint.run().unwrap_or_else(|cause| panic!("{cause}"))
    }

    /// The places of the findings of the mistake's rule.
    fn found(&self, mistake: &Mistake) -> Vec<(String, u32)> {
        let linted = self.lint(Some(mistake));
        let own = linted.findings.iter().filter(|finding| finding.rule == mistake.rule);
        let place = |finding| {
            let place = linted.place(finding);
            (place.file.strip_prefix(self.folder.path()).unwrap().display().to_string(), place.line)
        };
        own.map(place).collect()
    }
}

#[test]
fn the_untouched_document_is_clean_in_both_versions() {
    let mut seeded = Seeded::new();
    let clean = seeded.lint(None);
    assert!(clean.findings.is_empty(), "{}", clean.print(LintFormat::Text));
    let _ = fs::remove_dir_all(seeded.folder.path().join("dist"));
    seeded.change(ROOT, "openapi: 3.0.3", "openapi: 3.1.0");
    let mut clean = seeded.lint(None);
    // In 3.0 a description beside a reference needs an `allOf` around it. In 3.1 it needs none, and that is said.
    clean.findings.retain(|finding| finding.rule != "no-illogical-composition-keywords");
    // And `nullable` is a word of 3.0 alone.
    clean.findings.retain(|finding| !(finding.rule == "struct" && finding.message.contains("`nullable`")));
    assert!(clean.findings.is_empty(), "{}", clean.print(LintFormat::Text));
}

#[test]
fn every_rule_has_a_seeded_mistake() {
    let all = mistakes();
    let seeded: BTreeSet<&str> = all.iter().map(|mistake| mistake.rule.as_str()).collect();
    let missing: Vec<&str> = rule_ids().filter(|id| !seeded.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_seeded_mistake_is_found_at_its_line() {
    let mut bundled = Seeded::new();
    let mut bare = Seeded::new();
    // Bundling again for every mistake would take long.
    fs::remove_dir_all(bare.folder.path().join("dist")).unwrap();
    let mut missed = Vec::new();
    for mistake in mistakes() {
        let seeded = if mistake.rule == "bundle-in-sync" { &mut bundled } else { &mut bare };
        if let Some(version) = &mistake.version {
            seeded.change(ROOT, "openapi: 3.0.3", &format!("openapi: {version}"));
        }
        for [file, from, to] in &mistake.prepare {
            seeded.change(file, from, to);
        }
        let before = seeded.found(&mistake);
        if !before.is_empty() {
            missed.push(format!("{}: found {before:?} before the mistake", mistake.rule));
        }
        for [file, text] in &mistake.new {
            seeded.write(file, text.clone());
        }
        for [file, from, to] in &mistake.also {
            seeded.change(file, from, to);
        }
        seeded.change(&mistake.file, &mistake.from, &mistake.to);
        let found = seeded.found(&mistake);
        let file = mistake.at.as_ref().unwrap_or(&mistake.file);
        let text = fs::read_to_string(seeded.folder.path().join(file)).unwrap();
        let line = text.lines().position(|line| line.contains(&mistake.line)).map(|at| at + 1);
        if !found.iter().any(|(where_, at)| where_ == file && usize::try_from(*at).ok() == line) {
            missed.push(format!("{} in {file}:{line:?} ({:?}): found {found:?}", mistake.rule, mistake.to));
        }
        seeded.undo();
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
