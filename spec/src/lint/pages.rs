//! The manual: rules by name, their pages, and the book of all pages.

use super::LintError;
use super::rule::{Entry, Severity};
use super::rules::ALL;
use crate::suggest;
use std::fmt::Write as _;

/// Overrides that nothing needs are found while settings are applied, not in the document, so this is no rule of the
/// walk. It can be configured like one.
pub(super) const UNUSED_OVERRIDE: &str = "unused-override";

const UNUSED_OVERRIDE_PAGE: &str = "\
# unused-override

Severity: warning.

**What it finds.**
An override in `lint.toml` that no finding needs.
**Why it matters.**
It hides the next mistake of that kind.
**Fix.**
Remove it.
";

/// The ids of the rules that a name stands for: its own, or all that have it as an alias.
pub(super) fn ids(name: &str) -> Vec<String> {
    if name == UNUSED_OVERRIDE {
        return vec![name.to_owned()];
    }
    ALL.iter().filter(|entry| entry.answers_to(name)).map(|entry| entry.rule.id.to_owned()).collect()
}

/// # Errors
/// There is no rule of that name.
pub(super) fn require(name: &str) -> Result<Vec<&'static Entry>, LintError> {
    let found: Vec<&Entry> = ALL.iter().filter(|entry| entry.answers_to(name)).collect();
    if !found.is_empty() || name == UNUSED_OVERRIDE {
        return Ok(found);
    }
    let names = ALL.iter().flat_map(|entry| std::iter::once(entry.rule.id).chain(entry.rule.aliases.iter().copied()));
    Err(LintError::NoRule { name: name.to_owned(), nearest: suggest::nearest(name, names).map(str::to_owned) })
}

/// The page of a rule, or of every rule that has the name as an alias.
///
/// # Errors
/// [`LintError::NoRule`]
pub fn explain(name: &str) -> Result<String, LintError> {
    if name == UNUSED_OVERRIDE {
        return Ok(UNUSED_OVERRIDE_PAGE.to_owned());
    }
    let pages: Vec<String> = require(name)?.into_iter().map(|entry| page(entry, "#")).collect();
    Ok(pages.join("\n"))
}

/// The ids of all rules.
pub fn rule_ids() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|entry| entry.rule.id)
}

/// One line for each rule: its id, its severity, and what it finds.
pub fn list() -> String {
    let width = ALL.iter().map(|entry| entry.rule.id.len()).max().unwrap_or_default();
    let mut out = String::new();
    for entry in ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{:width$}  {:<7}  {}", entry.rule.id, shown_severity(entry), summary(entry));
    }
    out
}

fn shown_severity(entry: &Entry) -> &'static str {
    if entry.rule.ours_only { "off" } else { entry.rule.severity.name() }
}

/// The first sentence of the first section.
pub(super) fn summary(entry: &Entry) -> String {
    let page = entry.page();
    let text: Vec<&str> = page.lines().skip_while(|line| line.starts_with('#')).collect();
    let first = text.iter().take_while(|line| !line.is_empty() && !line.starts_with('#'));
    let joined = first.copied().collect::<Vec<_>>().join(" ");
    joined.find(". ").map_or(joined.clone(), |end| joined[..=end].to_owned())
}

fn page(entry: &Entry, level: &str) -> String {
    let rule = entry.rule;
    let mut out = format!("{level} {}\n\n", rule.id);
    let severity = match (rule.ours_only, rule.severity) {
        (true, severity) => format!("Off unless `lint.toml` or `--rule` names it; then: {severity}."),
        (false, Severity::Error) => "Severity: error.".to_owned(),
        (false, severity) => format!("Severity: {severity}."),
    };
    out.push_str(&severity);
    if !rule.aliases.is_empty() {
        let _ = write!(out, " Also known as `{}`.", rule.aliases.join("`, `"));
    }
    out.push_str("\n\n");
    for line in entry.page().lines() {
        match line.strip_prefix("## ") {
            Some(heading) => {
                let _ = writeln!(out, "**{heading}.**");
            }
            None => {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

/// All pages as one Markdown document.
pub fn manual() -> String {
    let mut out = "<!-- GENERATED from the doc comments of spec/src/lint/rules/*.rs. Edit those instead. -->\n\n\
                   # Lint rules\n\nEvery rule runs at its severity unless `lint.toml` says otherwise. `countersign-spec lint --explain ID` shows \
                   the same pages.\n"
        .to_owned();
    for entry in ALL {
        out.push('\n');
        out.push_str(&page(entry, "##"));
    }
    out
}
