//! Findings that are known: a file that a team adopts a rule with, so that only new mistakes are reported.
//!
//! A finding is known by its rule, file and pointer, not by its line: lines move with every edit above them.

use super::config::{absolute, relative};
use super::finding::Finding;
use super::{LintError, Linted};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

#[derive(Serialize, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Known {
    rule: String,
    /// Seen from the folder of the baseline.
    file: String,
    pointer: String,
}

#[derive(Serialize, Deserialize)]
struct Baseline {
    findings: Vec<Known>,
}

fn known(linted: &Linted, finding: &Finding, base: &Path) -> Known {
    let file = relative(&absolute(&linted.place(finding).file), base);
    Known { rule: finding.rule.clone(), file, pointer: finding.pointer.clone() }
}

fn base(path: &Path) -> std::path::PathBuf {
    absolute(path.parent().unwrap_or(Path::new("")))
}

/// Takes away the findings that the file holds, each as often as it holds it. Returns how many.
pub(super) fn hold_back(linted: &mut Linted, path: &Path) -> Result<usize, LintError> {
    crate::watch::note(path);
    let text = fs::read_to_string(path).map_err(|cause| LintError::File { path: path.to_owned(), cause })?;
    let baseline: Baseline = serde_json::from_str(&text)
        .map_err(|cause| LintError::Config { path: path.to_owned(), message: format!("is not a baseline: {cause}") })?;
    let mut left: HashMap<Known, usize> = HashMap::new();
    for one in baseline.findings {
        *left.entry(one).or_default() += 1;
    }
    let base = base(path);
    let all = std::mem::take(&mut linted.findings);
    let before = all.len();
    for finding in all {
        match left.get_mut(&known(linted, &finding, &base)) {
            Some(count) if *count > 0 => *count -= 1,
            _ => linted.findings.push(finding),
        }
    }
    Ok(before - linted.findings.len())
}

/// Writes all findings, sorted, so that the file changes as little as the tree does.
pub(super) fn write(linted: &Linted, path: &Path) -> Result<(), LintError> {
    let base = base(path);
    let mut findings: Vec<_> = linted.findings.iter().map(|finding| known(linted, finding, &base)).collect();
    findings.sort();
    let failed = |cause| LintError::File { path: path.to_owned(), cause };
    let text = serde_json::to_string_pretty(&Baseline { findings }).map_err(|cause| failed(cause.into()))?;
    fs::write(path, text + "\n").map_err(failed)
}
