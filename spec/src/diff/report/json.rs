//! The report for programs.

use super::Report;
use serde_json::{Map, Value, json};

impl Report {
    /// `{"verdict", "profile", "changes": [{"id", "verdict", "component"?, "operations", "message", "pointer",
    /// "accepted"?}], "changelog", "unused"?}`, with an indent of two and a final newline.
    pub fn to_json(&self) -> String {
        let changes: Vec<Value> = self
            .changes
            .iter()
            .map(|change| {
                let mut members = Map::new();
                members.insert("id".to_owned(), change.id.into());
                members.insert("verdict".to_owned(), change.verdict.as_str().into());
                if let Some(component) = &change.component {
                    members.insert("component".to_owned(), component.as_str().into());
                }
                members.insert("operations".to_owned(), change.operations.clone().into());
                members.insert("message".to_owned(), change.message.as_str().into());
                members.insert("pointer".to_owned(), change.pointer.as_str().into());
                if let Some(accepted) = &change.accepted {
                    let accepted = json!({"reason": accepted.reason, "expires": accepted.expires.to_string()});
                    members.insert("accepted".to_owned(), accepted);
                }
                Value::Object(members)
            })
            .collect();
        let mut report = Map::new();
        report.insert("verdict".to_owned(), self.verdict().as_str().into());
        report.insert("profile".to_owned(), self.profile.as_str().into());
        report.insert("changes".to_owned(), changes.into());
        report.insert("changelog".to_owned(), self.changelog.clone().into());
        if !self.unused.is_empty() {
            let unused: Vec<String> = self.unused.iter().map(ToString::to_string).collect();
            report.insert("unused".to_owned(), unused.into());
        }
        let mut text = format!("{:#}", Value::Object(report));
        text.push('\n');
        text
    }
}
