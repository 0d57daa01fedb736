//! ## What it finds
//! A bundle in `dist` beside the root document that is not what the sources give.
//! ## Why it matters
//! Others read the bundle: they would see an older document than the authors do.
//! ## Fix
//! Run `build` and commit the result. Where there is no bundle in `dist`, nothing is compared.
use crate::build::{Build, BuildError, Format};
use crate::bundle::BundleOptions;
use crate::lint::config::Config;
use crate::lint::finding::Finding;
use crate::lint::prelude::*;
use crate::watch::note;
use std::path::Path;

pub(crate) const RULE: Rule = Rule::error("bundle-in-sync", Check::Document(|_, _| {}));

/// Compares with what is on disk. Called apart from the walk: only here the place of the root document matters.
pub(crate) fn against_disk(root: &Path, tree: &Tree, config: &Config) -> Vec<Finding> {
    let Some(severity) = config.severity(&RULE) else { return Vec::new() };
    let mut report = Report::new(RULE.id, severity);
    let out = root.parent().unwrap_or(Path::new("")).join("dist");
    let exists = |format: &Format| {
        let path = out.join(format.file_name());
        note(&path);
        path.is_file()
    };
    let formats: Vec<Format> = [Format::Yaml, Format::Json].into_iter().filter(exists).collect();
    // What cannot be bundled has findings of other rules.
    if !formats.is_empty()
        && let Err(BuildError::Stale(files)) =
            (Build { root: root.to_owned(), out, formats, options: BundleOptions::default() }).check()
    {
        let stale: Vec<String> = files.iter().map(ToString::to_string).collect();
        report.key(tree.root(), stale.join("; ")).help("run `build` and commit the result");
    }
    report.found
}
