//! The report for programs.

use super::{Change, Report};
use serde::Serialize;

#[derive(Serialize)]
struct JsonReport<'r> {
    verdict: &'r str,
    profile: &'r str,
    changes: Vec<JsonChange<'r>>,
    changelog: &'r [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unused: Vec<String>,
}

#[derive(Serialize)]
struct JsonChange<'r> {
    id: &'r str,
    verdict: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<&'r str>,
    operations: &'r [String],
    message: &'r str,
    pointer: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<JsonAcceptance<'r>>,
}

#[derive(Serialize)]
struct JsonAcceptance<'r> {
    reason: &'r str,
    expires: String,
}

impl Report {
    /// `{"verdict", "profile", "changes": [{"id", "verdict", "component"?, "operations", "message", "pointer",
    /// "accepted"?}], "changelog", "unused"?}`, with an indent of two and a final newline.
    pub fn to_json(&self) -> String {
        let report = JsonReport {
            verdict: self.verdict().as_str(),
            profile: self.profile.as_str(),
            changes: self.changes.iter().map(JsonChange::new).collect(),
            changelog: &self.changelog,
            unused: self.unused.iter().map(ToString::to_string).collect(),
        };
        // Text and lists of text: there is nothing that could not be written.
        let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl<'r> JsonChange<'r> {
    fn new(change: &'r Change) -> Self {
        let Change { id, verdict, component, operations, message, pointer, accepted, .. } = change;
        let accepted = accepted
            .as_ref()
            .map(|accepted| JsonAcceptance { reason: &accepted.reason, expires: accepted.expires.to_string() });
        Self { id, verdict: verdict.as_str(), component: component.as_deref(), operations, message, pointer, accepted }
    }
}
