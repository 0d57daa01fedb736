//! Other severities for some places, as `[[override]]` in `lint.toml` says, and which of them nothing needs any more.

use super::config::{absolute, relative};
use super::finding::Finding;
use super::glob;
use super::rule::Severity;
use std::cell::Cell;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// No more files than this are looked for below a `lint.toml`.
const MOST_FILES: usize = 20_000;

/// Another severity for a rule in some places.
pub(super) struct Override {
    pub(super) rules: Vec<String>,
    pub(super) path: String,
    pub(super) pointer: Option<String>,
    pub(super) severity: Option<Severity>,
    /// Where it stands in `lint.toml`.
    pub(super) line: u32,
    pub(super) used: Cell<bool>,
}

impl Override {
    /// Whether it holds for a finding of its rule in a file, as seen from `lint.toml`.
    pub(super) fn fits(&self, finding: &Finding, path: &str) -> bool {
        let below = |pointer: &String| {
            finding.pointer.strip_prefix(pointer.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        glob::fits(&self.path, path) && self.pointer.as_ref().is_none_or(below)
    }

    /// What is said of one that nothing needs.
    pub(super) fn message(&self) -> String {
        format!("nothing in `{}` needs this override of `{}` any more", self.path, self.rules.join("`, `"))
    }
}

/// Those of the overrides that held for nothing and are not for other documents: the settings of a tree are those of a
/// bundle beside it too, which has none of the files.
pub(super) fn unused<'o>(idle: Vec<&'o Override>, documents: &[PathBuf], folder: &Path) -> Vec<&'o Override> {
    if idle.is_empty() {
        return idle;
    }
    let base = absolute(folder);
    let own: HashSet<String> = documents.iter().map(|path| relative(&absolute(path), &base)).collect();
    let (own_idle, foreign): (Vec<&Override>, Vec<&Override>) =
        idle.into_iter().partition(|one| own.iter().any(|path| glob::fits(&one.path, path)));
    if foreign.is_empty() {
        return own_idle;
    }
    let others = files(&base);
    let without = foreign.into_iter().filter(|one| !others.iter().any(|path| glob::fits(&one.path, path)));
    own_idle.into_iter().chain(without).collect()
}

/// The files below a folder, as seen from it. Hidden folders and those of programs are left out.
fn files(base: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![base.to_owned()];
    while let Some(folder) = pending.pop().filter(|_| found.len() < MOST_FILES) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let is_hidden = name.to_string_lossy().starts_with('.') || name == "node_modules" || name == "target";
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !is_hidden => pending.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(relative(&entry.path(), base)),
                _ => {}
            }
        }
    }
    found
}
