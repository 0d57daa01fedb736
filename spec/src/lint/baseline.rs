//! Findings that are known: a file that a team adopts a rule with, so that only new mistakes are reported.
//!
//! A finding is known by its rule, file, message, and the keys that lead to it. Lines move with every edit above them,
//! and the indices of lists with every item that is inserted before.

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
    /// With `*` for the index of an item.
    pointer: String,
    message: String,
}

#[derive(Serialize, Deserialize)]
struct Baseline {
    findings: Vec<Known>,
}

fn known(linted: &Linted, finding: &Finding, base: &Path) -> Known {
    let file = relative(&absolute(&linted.place(finding).file), base);
    let pointer = match finding.at {
        Some(id) => linted.tree.site(id).pattern_of_pointer(),
        None => finding.pointer.clone(),
    };
    Known { rule: finding.rule.clone(), file, pointer, message: without_places(&finding.message) }
}

/// Without the lines and columns that a message speaks of.
fn without_places(message: &str) -> String {
    let is_place = |word: &&str| {
        let mut parts = word.trim_end_matches(|c: char| !c.is_ascii_digit()).rsplit(':');
        let mut is_number = || parts.next().is_some_and(|part| part.parse::<u32>().is_ok());
        is_number() && is_number()
    };
    message.split(' ').filter(|word| !is_place(word)).collect::<Vec<_>>().join(" ")
}

fn base(path: &Path) -> std::path::PathBuf {
    absolute(path.parent().unwrap_or(Path::new("")))
}

/// Takes away the findings that the file holds, each as often as it holds it, and counts those and what is left over.
pub(super) fn hold_back(linted: &mut Linted, path: &Path) -> Result<(), LintError> {
    let text = super::text_of(path)?;
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
    linted.known = before - linted.findings.len();
    linted.stale = left.values().sum();
    Ok(())
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
