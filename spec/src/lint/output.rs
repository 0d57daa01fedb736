//! Findings as text, JSON, commands for GitHub, and SARIF.

use super::finding::Finding;
use super::rule::Severity;
use super::{Linted, pages, rules};
use crate::diagnostic::Diagnostic;
use crate::source::with_slashes;
use serde_json::{Value, json};

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LintFormat {
    /// For people: the author's line with a caret under the mistake
    #[default]
    Text,
    /// For programs
    Json,
    /// Workflow commands that become annotations of a pull request
    Github,
    /// SARIF 2.1.0
    Sarif,
}

pub(super) fn print(linted: &Linted, format: LintFormat) -> String {
    match format {
        LintFormat::Text => text(linted),
        LintFormat::Json => as_lines(&as_json(linted)),
        LintFormat::Github => linted.findings.iter().map(|finding| github(linted, finding)).collect(),
        LintFormat::Sarif => as_lines(&sarif(linted)),
    }
}

fn as_lines(value: &Value) -> String {
    format!("{value:#}\n")
}

fn count(linted: &Linted, severity: Severity) -> usize {
    linted.findings.iter().filter(|finding| finding.severity == severity).count()
}

fn text(linted: &Linted) -> String {
    let mut out = String::new();
    for finding in &linted.findings {
        let message = format!("{}[{}]: {}", finding.severity, finding.rule, finding.message);
        let mut diagnostic = Diagnostic::at(linted.tree.sources(), finding.span, message);
        diagnostic.help.clone_from(&finding.help);
        out += &format!("{diagnostic}\n\n");
    }
    let number = |severity, one: &str| match count(linted, severity) {
        1 => format!("1 {one}"),
        several => format!("{several} {one}s"),
    };
    let mut summary = if linted.findings.is_empty() {
        "no findings".to_owned()
    } else {
        let (errors, warnings) = (number(Severity::Error, "error"), number(Severity::Warning, "warning"));
        format!("{errors}, {warnings}, {} of information", count(linted, Severity::Info))
    };
    if linted.known > 0 {
        summary += &format!(", {} known", linted.known);
    }
    out += &format!("{summary} in {} files\n", linted.files());
    if linted.stale > 0 {
        let these =
            if linted.stale == 1 { "1 known finding is" } else { &format!("{} known findings are", linted.stale) };
        out += &format!("{these} mended: write the baseline again, or it may hide new ones\n");
    }
    out
}

fn as_json(linted: &Linted) -> Value {
    let findings: Vec<Value> = linted
        .findings
        .iter()
        .map(|finding| {
            let place = linted.place(finding);
            json!({
                "rule": finding.rule,
                "severity": finding.severity.name(),
                "message": finding.message,
                "file": with_slashes(&place.file),
                "line": place.line,
                "column": place.column,
                "pointer": finding.pointer,
            })
        })
        .collect();
    let summary = json!({
        "errors": count(linted, Severity::Error),
        "warnings": count(linted, Severity::Warning),
        "infos": count(linted, Severity::Info),
        "known": linted.known,
        "files": linted.files(),
    });
    json!({ "findings": findings, "summary": summary })
}

/// `::error file=…,line=…,col=…,title=…::message`
fn github(linted: &Linted, finding: &Finding) -> String {
    let place = linted.place(finding);
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let message = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| message(text).replace(':', "%3A").replace(',', "%2C");
    let file = property(&with_slashes(&place.file));
    let title = property(&finding.rule);
    let said = message(&finding.message);
    format!("::{level} file={file},line={},col={},title={title}::{said}\n", place.line, place.column)
}

fn sarif(linted: &Linted) -> Value {
    let level = |severity| match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    let mut ids: Vec<&str> = linted.findings.iter().map(|finding| finding.rule.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let described: Vec<Value> = ids
        .iter()
        .map(|id| match rules::ALL.iter().find(|entry| entry.rule.id == *id) {
            Some(entry) => json!({
                "id": id,
                "shortDescription": { "text": pages::summary(entry) },
                "help": { "text": entry.page(), "markdown": entry.page() },
                "defaultConfiguration": { "level": level(entry.rule.severity) },
            }),
            None => json!({ "id": id }),
        })
        .collect();
    let results: Vec<Value> = linted
        .findings
        .iter()
        .map(|finding| {
            let place = linted.place(finding);
            json!({
                "ruleId": finding.rule,
                "ruleIndex": ids.binary_search(&finding.rule.as_str()).unwrap_or_default(),
                "level": level(finding.severity),
                "message": { "text": finding.message },
                "locations": [{
                    "physicalLocation": {
                        "artifactLocation": { "uri": as_uri(&with_slashes(&place.file)) },
                        "region": { "startLine": place.line, "startColumn": place.column },
                    },
                    "logicalLocations": [{ "fullyQualifiedName": format!("#{}", finding.pointer) }],
                }],
            })
        })
        .collect();
    let driver = json!({
        "name": "countersign-spec",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": described,
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }],
    })
}

/// A path as a URI: a relative reference, or with a scheme if it is absolute. What is special in a URI is escaped.
fn as_uri(path: &str) -> String {
    let has_drive = path.as_bytes().get(1) == Some(&b':');
    let scheme = match (has_drive, path.starts_with('/')) {
        (true, _) => "file:///",
        (false, true) => "file://",
        (false, false) => "",
    };
    let mut uri = scheme.to_owned();
    for (index, byte) in path.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) || (has_drive && index == 1) {
            uri.push(char::from(byte));
        } else {
            uri += &format!("%{byte:02X}");
        }
    }
    uri
}
