//! The report for a terminal.

use super::{Change, Report, counted};
use crate::diff::Verdict;
use crate::diff::finding::visible;
use std::fmt::Write;

/// How many operations are listed.
const MOST: usize = 6;

impl Report {
    /// One paragraph for each change: verdict, place and message, then whom it reaches.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for change in &self.changes {
            // Writing to a String cannot fail.
            let _ = write_change(&mut out, change);
        }
        for unused in &self.unused {
            let _ = writeln!(out, "note: {unused}");
        }
        if !self.changes.is_empty() || !self.unused.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(
            out,
            "{}: {} breaking, {} to look at, {} other ({} profile)",
            self.verdict(),
            self.count(Verdict::Breaking),
            counted(self.count(Verdict::Warning), "change"),
            self.count(Verdict::NonBreaking),
            self.profile.as_str(),
        );
        out.push_str("changelog:\n");
        for line in &self.changelog {
            let _ = writeln!(out, "  {line}");
        }
        out
    }
}

fn write_change(out: &mut String, change: &Change) -> std::fmt::Result {
    let Change { id, verdict, component, operations, message, place, accepted, .. } = change;
    let within = component.as_ref().map(|name| format!("{}: ", visible(name))).unwrap_or_default();
    writeln!(out, "{verdict} [{id}] {within}{message}")?;
    writeln!(out, "  at {place}")?;
    if !operations.is_empty() {
        let more = operations.len().saturating_sub(MOST);
        let listed = operations.iter().take(MOST).map(|label| visible(label)).collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(out, "  in {listed}{more}")?;
    }
    if let Some(accepted) = accepted {
        writeln!(out, "  accepted until {}: {}", accepted.expires, visible(&accepted.reason))?;
    }
    Ok(())
}
