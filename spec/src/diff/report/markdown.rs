//! The report as a comment on a pull request.

use super::{Change, Report, counted};
use crate::diff::Verdict;
use crate::diff::finding::{code, visible};
use std::fmt::Write;

/// Longer lists are folded.
const UNFOLDED: usize = 3;

/// How many of one list are shown; the others are counted.
const MOST: usize = 100;

/// How many of the operations of one change are shown.
const MOST_OPERATIONS: usize = 40;

/// A comment has a limit of 65,536 characters. Changes end here, in bytes; the rest is for the changelog and the end.
const LONGEST: usize = 48_000;

/// Longest line of the changelog that is shown, in characters.
const LONGEST_LINE: usize = 200;

impl Report {
    /// What breaks and for whom, what to look at, everything else folded, and the changelog.
    pub fn to_markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let breaking = counted(self.count(Verdict::Breaking), "breaking change");
        match self.verdict() {
            Verdict::Breaking => writeln!(out, "## API: {breaking}")?,
            Verdict::Warning => writeln!(out, "## API: nothing breaks, but have a look")?,
            Verdict::NonBreaking if self.changes.is_empty() => writeln!(out, "## API: no change")?,
            Verdict::NonBreaking => writeln!(out, "## API: nothing breaks")?,
        }
        let section = |verdict| -> Vec<&Change> {
            self.changes.iter().filter(|one| one.verdict == verdict && one.accepted.is_none()).collect()
        };
        let accepted: Vec<&Change> = self.changes.iter().filter(|change| change.accepted.is_some()).collect();
        write_section(out, "What breaks", &section(Verdict::Breaking))?;
        write_section(out, "To look at", &section(Verdict::Warning))?;
        write_section(out, "Accepted breaks", &accepted)?;
        if !self.unused.is_empty() {
            writeln!(out, "\n### Accepted breaks without effect\n")?;
            for unused in &self.unused {
                writeln!(out, "- {}", one_line(&unused.to_string()))?;
            }
        }
        let rest = section(Verdict::NonBreaking);
        if !rest.is_empty() {
            writeln!(out, "\n<details><summary>{}</summary>", counted(rest.len(), "other change"))?;
            write_changes(out, &rest)?;
            writeln!(out, "\n</details>")?;
        }
        writeln!(out, "\n### Client changelog\n\n```text")?;
        for line in self.changelog.iter().take(MOST / 2) {
            let line = one_line(line);
            match line.char_indices().nth(LONGEST_LINE) {
                None => writeln!(out, "{line}")?,
                Some((end, _)) => writeln!(out, "{}…", &line[..end])?,
            }
        }
        if self.changelog.len() > MOST / 2 {
            writeln!(out, "and {} more", self.changelog.len() - MOST / 2)?;
        }
        writeln!(out, "```\n\nJudged by the `{}` profile.", self.profile.as_str())
    }
}

fn write_section(out: &mut String, title: &str, changes: &[&Change]) -> std::fmt::Result {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### {title}")?;
    write_changes(out, changes)
}

fn write_changes(out: &mut String, changes: &[&Change]) -> std::fmt::Result {
    out.push('\n');
    let mut shown = 0;
    for change in changes.iter().take(MOST) {
        let before = out.len();
        write_change(out, change)?;
        if out.len() > LONGEST {
            out.truncate(before);
            break;
        }
        shown += 1;
    }
    if changes.len() > shown {
        writeln!(out, "- and {} more", changes.len() - shown)?;
    }
    Ok(())
}

fn write_change(out: &mut String, change: &Change) -> std::fmt::Result {
    let Change { id, component, operations, message, place, accepted, .. } = change;
    let within = component.as_ref().map(|name| format!("**{}**: ", literal(name))).unwrap_or_default();
    writeln!(out, "- {within}{} (`{id}`, {})", one_line(message), literal(&place.to_string()))?;
    match operations.len() {
        0 => {}
        1..=UNFOLDED => writeln!(out, "  - for {}", operations.iter().map(code).collect::<Vec<_>>().join(", "))?,
        count => {
            write!(out, "  - <details><summary>for {}</summary>", counted(count, "operation"))?;
            for label in operations.iter().take(MOST_OPERATIONS) {
                write!(out, "<br><code>{}</code>", escaped(label))?;
            }
            if count > MOST_OPERATIONS {
                write!(out, "<br>and {} more", count - MOST_OPERATIONS)?;
            }
            writeln!(out, "</details>")?;
        }
    }
    match accepted {
        Some(accepted) => {
            writeln!(out, "  - accepted until {}: {}", accepted.expires, one_line(&accepted.reason))
        }
        None => Ok(()),
    }
}

/// A line break would end the item.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Characters that mean something to Markdown or HTML wherever they stand.
const SPECIAL: &[char] = &['\\', '`', '*', '~', '[', ']', '<', '>', '|', '&'];

/// A name as text that no character in it can turn into markup.
fn literal(name: &str) -> String {
    let name = visible(name);
    let mut out = String::with_capacity(name.len());
    let mut chars = name.chars().peekable();
    let mut before = None;
    while let Some(c) = chars.next() {
        // Within a word, an underscore is one.
        let in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        if SPECIAL.contains(&c) || (c == '_' && !(in_word(before) && in_word(chars.peek().copied()))) {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
    }
    out
}

/// The same within HTML, where Markdown still counts.
fn escaped(label: &str) -> String {
    let mut out = String::with_capacity(label.len());
    for c in visible(label).chars() {
        if SPECIAL.contains(&c) || c == '_' {
            // Writing to a String cannot fail.
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}
