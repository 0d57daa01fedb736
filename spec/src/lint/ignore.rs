//! Findings that another linter's ignore file holds back: `.redocly.lint-ignore.yaml`.

use super::config::absolute;
use super::finding::Finding;
use super::pages;
use super::site::Site;
use super::tree::Tree;
use crate::node::Node;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

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

/// The same beside a document that was read.
pub(super) struct Ignoring<'a> {
    ignored: &'a Ignored,
    /// The number of the file among the sources.
    file: Option<u32>,
    /// Whether the pointers may be those of the bundle.
    is_bundle: bool,
}

impl Ignored {
    pub(super) fn new(base: PathBuf, file: &str, rule: &str, pointers: HashSet<String>) -> Self {
        Self { base, file: file.trim_start_matches("./").to_owned(), rules: pages::ids(rule), pointers }
    }

    /// `bundles` holds what is known of files that are no sources.
    pub(super) fn of(&self, tree: &Tree, bundles: &mut HashMap<PathBuf, bool>) -> Ignoring<'_> {
        let path = absolute(&self.base.join(&self.file));
        let is_own = |own: &Path| own.file_name() == path.file_name() && absolute(own) == path;
        let file = tree.sources().iter().position(|source| is_own(&source.path));
        let is_bundle = match file {
            Some(file) => file == 0,
            None => *bundles.entry(path).or_insert_with_key(|path| !path.is_file() || is_bundle_of(path, tree)),
        };
        Ignoring { ignored: self, file: file.and_then(|file| u32::try_from(file).ok()), is_bundle }
    }
}

/// Whether a file that is not one of the sources is a bundle of them, and not another document.
fn is_bundle_of(path: &Path, tree: &Tree) -> bool {
    let Ok((_, node)) = super::peers::load(path) else { return false };
    let own = tree.root().follow("info");
    ["title", "version"].into_iter().all(|key| {
        let theirs = node.get("info").and_then(|info| info.get(key)).and_then(Node::as_str);
        theirs == own.and_then(|info| info.follow(key)).and_then(Site::str)
    })
}

impl Ignoring<'_> {
    pub(super) fn holds_back(&self, finding: &Finding, site: Option<Site<'_>>) -> bool {
        if !self.ignored.rules.contains(&finding.rule) {
            return false;
        }
        let is_held = |pointer: &str| {
            let whole = if pointer == "#" { "#/" } else { pointer };
            self.ignored.pointers.contains(whole) || site.is_some_and(|site| self.holds_near(pointer, site))
        };
        // The ignore file of a bundle knows places by their pointers in the bundle, whatever file they came from.
        (self.file == Some(finding.span.file) && is_held(&format!("#{}", finding.pointer)))
            || (self.is_bundle && site.is_some_and(|site| is_held(site.bundle_pointer().trim_end_matches('/'))))
    }

    /// Redocly points to a member that is missing, and to an object rather than to the name in it.
    fn holds_near(&self, pointer: &str, site: Site<'_>) -> bool {
        let is_name = matches!(site.key(), Some("name" | "operationId"));
        let above = pointer.rsplit_once('/').map(|(above, _)| above).filter(|_| is_name);
        above.is_some_and(|above| self.ignored.pointers.contains(above))
            || self.ignored.pointers.iter().any(|known| {
                let member = known.strip_prefix(pointer).and_then(|tail| tail.strip_prefix('/'));
                // A parameter that is missing is told at the list, and a value that is too much at itself.
                let is_told = |key: &str| matches!(key, "parameters" | "value") || !site.has(key);
                site.is_mapping() && member.is_some_and(|key| !key.contains('/') && is_told(key))
            })
    }
}
