//! Findings that another linter's ignore file holds back: `.redocly.lint-ignore.yaml`.

use super::config::{absolute, relative};
use super::finding::Finding;
use super::pages;
use super::site::Site;
use super::tree::Tree;
use std::collections::HashSet;
use std::path::PathBuf;

/// One rule of one file in an ignore file.
pub(super) struct Ignored {
    /// The folder of the ignore file.
    pub(super) base: PathBuf,
    /// The document or the file of it, seen from that folder.
    pub(super) file: String,
    /// The ids of the rules.
    pub(super) rules: Vec<String>,
    /// `#/…` in the bundle, or within the file.
    pub(super) pointers: HashSet<String>,
}

impl Ignored {
    pub(super) fn new(base: PathBuf, file: &str, rule: &str, pointers: HashSet<String>) -> Self {
        Self { base, file: file.trim_start_matches("./").to_owned(), rules: pages::ids(rule), pointers }
    }

    pub(super) fn holds_back(&self, tree: &Tree, finding: &Finding, site: Option<Site<'_>>) -> bool {
        if !self.rules.contains(&finding.rule) {
            return false;
        }
        let place = tree.sources().place(finding.span);
        let of_file = relative(&absolute(&place.file), &self.base) == self.file;
        let within = if finding.pointer.is_empty() { "#/".to_owned() } else { format!("#{}", finding.pointer) };
        if of_file && self.pointers.contains(&within) {
            return true;
        }
        // The ignore file of a bundle knows places by their pointers in the bundle, whatever file they came from.
        site.is_some_and(|site| self.pointers.contains(&site.bundle_pointer()))
    }
}
