//! Mending mistakes in the source text, in place: everything else in the file, comments included, stays as it is.

use super::finding::Fix;
use super::{LintError, Linted};
use crate::source::Span;
use std::collections::BTreeMap;
use std::fs;

/// Applies the fixes of all findings. Returns how many found their place.
pub(super) fn apply(linted: &Linted) -> Result<usize, LintError> {
    let mut by_file: BTreeMap<u32, Vec<&Fix>> = BTreeMap::new();
    for finding in &linted.findings {
        if let Some(fix) = &finding.fix {
            let fixes = by_file.entry(fix.span().file).or_default();
            if !fixes.contains(&fix) {
                fixes.push(fix);
            }
        }
    }
    let mut mended = 0;
    for (file, mut fixes) in by_file {
        let Some(path) = linted.tree.sources().get(file).map(|source| source.path.clone()) else { continue };
        let failed = |cause| LintError::File { path: path.clone(), cause };
        let text = fs::read_to_string(&path).map_err(failed)?;
        // From the end to the beginning, so that no fix moves the place of another.
        fixes.sort_by_key(|fix| std::cmp::Reverse((fix.span().line, fix.span().column)));
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let done = fixes.into_iter().filter(|fix| fix.apply(&mut lines).is_some()).count();
        let new = lines.concat();
        if new != text {
            fs::write(&path, new).map_err(failed)?;
        }
        mended += done;
    }
    Ok(mended)
}

impl Fix {
    fn span(&self) -> Span {
        match self {
            Self::RemoveMember(at) | Self::Replace { at, .. } | Self::InsertBefore { at, .. } => *at,
        }
    }

    /// `None` if the text at the place is not laid out so that the change is certain.
    fn apply(&self, lines: &mut Vec<String>) -> Option<()> {
        let span = self.span();
        let number = usize::try_from(span.line).ok()?.checked_sub(1)?;
        let line = lines.get(number)?;
        let column = usize::try_from(span.column).ok()?.checked_sub(1)?;
        let offset = line.char_indices().nth(column)?.0;
        let (before, rest) = line.split_at(offset);
        match self {
            Self::RemoveMember(_) => {
                if !before.trim_start_matches('\u{feff}').bytes().all(|byte| byte == b' ') {
                    return None;
                }
                let end = end_of_member(lines, number, column);
                lines.drain(number..end);
            }
            Self::Replace { old, text, .. } => {
                let quote = if rest.starts_with(['\'', '"']) { 1 } else { 0 };
                let tail = rest[quote..].strip_prefix(old.as_str())?;
                let ends = tail.trim_end().is_empty() || tail.starts_with(['\'', '"', ',', '}', ']', ' ', ':']);
                // Without quotes, nothing would be null, and a colon at the end would make a key of it.
                let is_same_kind = quote == 1 || !(text.is_empty() || text.ends_with(':'));
                if !ends || !is_same_kind {
                    return None;
                }
                lines[number] = format!("{before}{}{text}{tail}", &rest[..quote]);
            }
            Self::InsertBefore { member, .. } => {
                if !before.trim_start_matches('\u{feff}').bytes().all(|byte| matches!(byte, b' ' | b'-')) {
                    return None;
                }
                let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
                let indent = " ".repeat(column);
                lines[number] = format!("{before}{member}{end}{indent}{rest}");
            }
        }
        Some(())
    }
}

/// The line after the last one of the member whose key stands in line `start` with `indent` spaces before it.
fn end_of_member(lines: &[String], start: usize, indent: usize) -> usize {
    let mut end = start + 1;
    for (index, line) in lines.iter().enumerate().skip(start + 1) {
        let text = line.trim_end();
        let own = text.len() - text.trim_start().len();
        let is_item = own == indent && (text.trim_start() == "-" || text.trim_start().starts_with("- "));
        if text.is_empty() {
            continue;
        }
        if own <= indent && !is_item {
            break;
        }
        end = index + 1;
    }
    end
}
