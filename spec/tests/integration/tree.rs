//! A document in a folder of its own, written for one test.

use countersign_spec::lint::{Lint, Linted};
use countersign_spec::{BundleOptions, Diagnostics, Document, bundle};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The beginning of a root document that leaves `components` and whatever else to the test.
pub(crate) const HEAD: &str = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n";

pub(crate) struct Tree(TempDir);

impl Tree {
    /// `root.yaml` with [`HEAD`] before `root`, and other files by their paths.
    pub(crate) fn new(root: &str, files: &[(&str, &str)]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        tree.write("root.yaml", format!("{HEAD}{root}"));
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    /// Only these files, the root document among them.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(path, text)| tree.write(path, text));
        tree
    }

    /// What a file holds now.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// The findings of these rules, or of all, as `file:line:column rule`.
    pub(crate) fn lint(&self, rules: &[&str]) -> Vec<String> {
        let linted = self.linted(rules);
        let line = |finding| {
            let place = linted.place(finding);
            format!("{}:{}:{} {}", self.relative(&place.file), place.line, place.column, finding.rule)
        };
        linted.findings.iter().map(line).collect()
    }

    pub(crate) fn linted(&self, rules: &[&str]) -> Linted {
        let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
        let lint = Lint { root: self.path("root.yaml"), rules, ..Lint::default() };
        lint.run().unwrap_or_else(|cause| panic!("{cause}"))
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn bundle(&self, options: BundleOptions) -> Result<Document, Diagnostics> {
        bundle(&self.path("root.yaml"), options)
    }

    pub(crate) fn bundled(&self) -> Document {
        self.bundle(BundleOptions::default()).unwrap_or_else(|found| panic!("{found}"))
    }

    /// Every problem as `file:line:column message`, the file relative to the folder.
    pub(crate) fn problems(&self) -> Vec<String> {
        let found = self.bundle(BundleOptions::default()).expect_err("the document has a problem");
        let line = |place: Option<countersign_spec::Place>, message| match place {
            Some(place) => format!("{}:{}:{} {message}", self.relative(&place.file), place.line, place.column),
            None => message,
        };
        found.0.into_iter().map(|one| line(one.place, one.message)).collect()
    }

    /// The help of the only problem.
    pub(crate) fn help(&self) -> String {
        let found = self.bundle(BundleOptions::default()).expect_err("the document has a problem");
        assert_eq!(found.0.len(), 1, "{found}");
        found.0[0].help.clone().unwrap_or_default()
    }

    fn relative(&self, path: &Path) -> String {
        path.strip_prefix(self.0.path()).unwrap_or(path).display().to_string()
    }
}
