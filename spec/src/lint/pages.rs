//! The manual: rules by name, their pages, and the book of all pages.

use super::LintError;
use super::rule::{Entry, Severity};
use super::rules::ALL;
use crate::suggest;
use std::fmt::Write as _;

/// Overrides that nothing needs are found while settings are applied, not in the document, so this is no rule of the
/// walk. It can be configured like one.
pub(super) const UNUSED_OVERRIDE: &str = "unused-override";

/// What another linter's file asks for and nobody can do, like [`UNUSED_OVERRIDE`].
pub(super) const UNSUPPORTED_SETTING: &str = "unsupported-setting";

/// A custom rule that selects nothing, like [`UNUSED_OVERRIDE`].
pub(super) const UNUSED_SELECTOR: &str = "unused-selector";

/// The rules about settings, with what stands on their pages.
const OF_SETTINGS: [(&str, &str); 3] = [
    (
        UNSUPPORTED_SETTING,
        "\
**What it finds.**
Something in `redocly.yaml` or `.spectral.yaml` that is not honoured here: a rule without a counterpart, an option, a
function that is a program.
**Why it matters.**
What is not told would be missed by nobody until a mistake slips through.
**Fix.**
Write the rule as a custom one in `lint.toml`, or turn it off where it stands once you can do without it.
",
    ),
    (
        UNUSED_OVERRIDE,
        "\
**What it finds.**
An override in `lint.toml` that no finding needs. One for files of another document beside this one is not meant: the
same settings hold for a bundle, which has none of the files of its tree.
**Why it matters.**
It hides the next mistake of that kind.
**Fix.**
Remove it.
",
    ),
    (
        UNUSED_SELECTOR,
        "\
**What it finds.**
A custom rule in `lint.toml` whose selectors match nothing in the document.
**Why it matters.**
A slip in a path is silent: the rule looks kept because it is never asked.
**Fix.**
Correct the selector. A rule for documents of other kinds belongs into a `lint.toml` of theirs.
",
    ),
];

const OF_PEERS: &str = "
## Settings of other linters

Without settings of its own a document is linted by those that its other linters have: the nearest `redocly.yaml`,
`.spectral.yaml` and `.redocly.lint-ignore.yaml`, beside the root document or above it. What they say holds for the rules
that their linter knows, by its ids or ours; a rule that they do not turn on is off. With both files the graver severity
counts, since both linters run. `lint.toml` wins over both, and rules that neither linter knows keep their own severity.

- `redocly.yaml`: `extends` (`minimal`, `recommended`, `recommended-strict`, `spec`, files), `rules`, `oas3_0Rules` and
  `oas3_1Rules`, the same in `apis` for the document that is linted, and configurable rules (`rule/…`) with all
  assertions, `where` and the filters by keys.
- `.spectral.yaml`: `extends` (`spectral:oas` with `all`, `recommended` or `off`, files), severities, `aliases`, `formats`,
  `overrides`, `except`, and rules with all stock functions. `components` in a path holds every component of the bundle,
  in files of their own too.

What cannot be honoured is a finding of `unsupported-setting`, once, where it stands.
";

fn page_of_settings(name: &str, level: &str) -> Option<String> {
    let (id, text) = OF_SETTINGS.iter().find(|(id, _)| *id == name)?;
    Some(format!("{level} {id}\n\nSeverity: warning.\n\n{text}"))
}

fn is_of_settings(name: &str) -> bool {
    OF_SETTINGS.iter().any(|(id, _)| *id == name)
}

/// The ids of the rules that a name stands for: its own, or all that have it as an alias.
pub(super) fn ids(name: &str) -> Vec<String> {
    if is_of_settings(name) {
        return vec![name.to_owned()];
    }
    ALL.iter().filter(|entry| entry.answers_to(name)).map(|entry| entry.rule.id.to_owned()).collect()
}

/// # Errors
/// There is no rule of that name.
pub(super) fn require(name: &str) -> Result<Vec<&'static Entry>, LintError> {
    let found: Vec<&Entry> = ALL.iter().filter(|entry| entry.answers_to(name)).collect();
    if !found.is_empty() || is_of_settings(name) {
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
    if let Some(page) = page_of_settings(name, "#") {
        return Ok(page);
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
    for (id, text) in OF_SETTINGS {
        let first = text.lines().skip(1).take_while(|line| !line.starts_with("**")).collect::<Vec<_>>().join(" ");
        let _ = writeln!(out, "{id:width$}  warning  {first}");
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
        (true, severity) => format!("Off unless settings or `--rule` turn it on; then: {severity}."),
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
    out.push_str(OF_PEERS);
    for entry in ALL {
        out.push('\n');
        out.push_str(&page(entry, "##"));
    }
    for page in OF_SETTINGS.iter().filter_map(|(id, _)| page_of_settings(id, "##")) {
        out.push('\n');
        out.push_str(&page);
    }
    out
}
