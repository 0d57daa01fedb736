//! Setting another linter's findings beside ours: what both found, and what only one did.
//!
//! Read are the JSON of `redocly lint --format json` and of `spectral lint -f json`, of the same tree or of its bundle.
//! Rules are the same if they share an id or an alias; places are, if the pointers are equal within a file or in the
//! bundle, or if one points to a member that the other finds missing.

use super::config::absolute;
use super::pages;
use super::{LintError, Linted};
use crate::pointer::escape;
use crate::source::with_slashes;
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A finding of the other linter.
struct Theirs {
    rule: String,
    message: String,
    file: PathBuf,
    /// `#/…`
    pointer: String,
}

/// The comparison as text for people.
pub(super) fn compare(linted: &Linted, path: &Path) -> Result<String, LintError> {
    let text = super::text_of(path)?;
    let wrong = |message: &str| LintError::Config { path: path.to_owned(), message: message.to_owned() };
    let json: Value = serde_json::from_str(&text).map_err(|cause| wrong(&format!("is not JSON: {cause}")))?;
    let theirs = read(&json).ok_or_else(|| wrong("is neither the JSON of Redocly nor of Spectral"))?;
    let mut by_rule: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, one) in theirs.iter().enumerate() {
        let ids = pages::ids(&one.rule);
        for id in if ids.is_empty() { vec![one.rule.clone()] } else { ids } {
            by_rule.entry(id).or_default().push(index);
        }
    }
    let mut matched = vec![false; theirs.len()];
    let mut ours_only = Vec::new();
    let mut same = Vec::new();
    for finding in &linted.findings {
        let place = linted.place(finding);
        let line = format!("{place} {}: {}", finding.rule, finding.message);
        let own = format!("#{}", finding.pointer);
        let in_bundle = finding.at.map(|id| linted.tree.site(id).bundle_pointer());
        let file = absolute(&place.file);
        let mut is_same = false;
        for index in by_rule.get(&finding.rule).into_iter().flatten() {
            let one = &theirs[*index];
            let in_file = is_near(&own, &one.pointer) && absolute(&one.file) == file;
            if in_file || in_bundle.as_deref().is_some_and(|own| is_near(own, &one.pointer)) {
                matched[*index] = true;
                is_same = true;
            }
        }
        if is_same { same.push(line) } else { ours_only.push(line) }
    }
    let left = theirs.iter().zip(matched).filter(|(_, matched)| !matched);
    let theirs_only: Vec<String> = left
        .map(|(one, _)| format!("{}{} {}: {}", with_slashes(&one.file), one.pointer, one.rule, one.message))
        .collect();
    Ok(section("same", &same) + &section("ours only", &ours_only) + &section("theirs only", &theirs_only))
}

fn section(title: &str, lines: &[String]) -> String {
    let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("{title}: {}\n{lines}", lines.lines().count())
}

/// Equal, or one is the other's parent: some linters point to the member that is missing, others to where it is.
fn is_near(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim_end_matches('/'), b.trim_end_matches('/'));
    let is_parent = |parent: &str, child: &str| child.rsplit_once('/').is_some_and(|(head, _)| head == parent);
    a == b || is_parent(a, b) || is_parent(b, a)
}

fn read(json: &Value) -> Option<Vec<Theirs>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().replace('\n', " ");
    if let Some(problems) = json.get("problems").and_then(Value::as_array) {
        let one = |problem: &Value| {
            let place = problem.get("location")?.get(0)?;
            Some(Theirs {
                rule: problem.get("ruleId")?.as_str()?.to_owned(),
                message: text(problem.get("message")?),
                file: PathBuf::from(place.get("source")?.get("ref")?.as_str()?),
                pointer: place.get("pointer").and_then(Value::as_str).unwrap_or("#").to_owned(),
            })
        };
        return Some(problems.iter().filter_map(one).collect());
    }
    let one = |problem: &Value| {
        let tokens = problem.get("path")?.as_array()?.iter();
        let token = |token: &Value| token.as_str().map_or_else(|| token.to_string(), |text| escape(text).into_owned());
        Some(Theirs {
            rule: problem.get("code")?.as_str()?.to_owned(),
            message: text(problem.get("message")?),
            file: PathBuf::from(problem.get("source")?.as_str()?),
            pointer: tokens.map(token).fold("#".to_owned(), |pointer, token| pointer + "/" + &token),
        })
    };
    Some(json.as_array()?.iter().filter_map(one).collect())
}
