//! Mending mistakes in the source text, in place: everything else in the file, comments included, stays as it is.
//!
//! The text is edited line by line, and then read again: it must be the same document but for the intended changes.
//! A fix that does not pass is left undone, and its finding stays.

use super::finding::Fix;
use super::{LintError, Linted};
use crate::node::{Node, Value};
use crate::read::{Budget, parse};
use crate::source::{Source, Sources, Span};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// A file is not read again more often than this. Fixes that pass together cost one reading.
const MOST_READINGS: usize = 256;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Applies the fixes of all findings. Returns how many were certain.
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
        let (mark, body) = text.split_at(if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 });
        // From the end to the beginning, so that no fix moves the place of another.
        fixes.sort_by_key(|fix| std::cmp::Reverse((fix.span().line, fix.span().column)));
        let Some(mut edit) = Edit::of(&path, body) else { continue };
        edit.take(&fixes);
        if !edit.done.is_empty() {
            fs::write(&path, format!("{mark}{}", edit.text)).map_err(failed)?;
        }
        mended += edit.done.len();
    }
    Ok(mended)
}

/// A file that is being edited.
struct Edit<'a> {
    old: Node,
    /// YAML allows a comma that JSON does not.
    is_json: bool,
    text: String,
    /// The fixes that the text holds.
    done: Vec<&'a Fix>,
    readings: usize,
}

impl<'a> Edit<'a> {
    fn of(path: &Path, text: &str) -> Option<Self> {
        let is_json = path.extension().is_some_and(|extension| extension == "json") || is_json(text);
        Some(Self { old: read(text)?, is_json, text: text.to_owned(), done: Vec::new(), readings: 0 })
    }

    /// Applies those of the fixes that are certain, the later in the text first.
    fn take(&mut self, fixes: &[&'a Fix]) {
        if self.readings == MOST_READINGS {
            return;
        }
        let mut lines: Vec<String> = self.text.split_inclusive('\n').map(str::to_owned).collect();
        let mut done = self.done.clone();
        done.extend(fixes.iter().filter(|fix| fix.apply(&mut lines).is_some()));
        if done.len() == self.done.len() {
            return;
        }
        let text = lines.concat();
        self.readings += 1;
        if self.is_as_intended(&text, &done) {
            (self.text, self.done) = (text, done);
        } else if fixes.len() > 1 {
            let (later, earlier) = fixes.split_at(fixes.len() / 2);
            self.take(later);
            self.take(earlier);
        }
    }

    fn is_as_intended(&self, text: &str, fixes: &[&Fix]) -> bool {
        let mut intent = Intent::of(fixes);
        let expected = intent.applied_to(&self.old);
        expected.is_some() && read(text).map(|new| new.to_json()) == expected && (!self.is_json || is_json(text))
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn read(text: &str) -> Option<Node> {
    let mut sources = Sources::default();
    let file = sources.add(Source { path: PathBuf::new(), text: text.replace("\r\n", "\n") })?;
    parse(&sources, file, &mut Budget::default()).ok().flatten()
}

/// What the fixes mean for the values of a document.
struct Intent<'a> {
    by_place: HashMap<(u32, u32), Vec<&'a Fix>>,
    /// The mapping that holds the member at a place. An alias repeats the mapping whole, which is no harm; a merge key
    /// puts the member in another one, where the change may be wrong.
    owners: HashMap<(u32, u32), Span>,
}

impl<'a> Intent<'a> {
    fn of(fixes: &[&'a Fix]) -> Self {
        let mut by_place: HashMap<_, Vec<&'a Fix>> = HashMap::new();
        for fix in fixes {
            by_place.entry((fix.span().line, fix.span().column)).or_default().push(fix);
        }
        Self { by_place, owners: HashMap::new() }
    }

    /// The value that the document should then have; `None` if a fix would change more than one place.
    fn applied_to(&mut self, node: &Node) -> Option<Json> {
        Some(match &node.value {
            Value::Mapping(mapping) => {
                let mut members = serde_json::Map::new();
                let mut added = Vec::new();
                for (key, key_span, member) in mapping.members() {
                    let mut stays = true;
                    let place = (key_span.line, key_span.column);
                    for fix in self.by_place.get(&place).into_iter().flatten() {
                        match fix {
                            Fix::RemoveMember(_) => stays = false,
                            Fix::InsertBefore { member, .. } => added.push(read(member)?),
                            Fix::Replace { .. } => continue,
                        }
                        if *self.owners.entry(place).or_insert(node.span) != node.span {
                            return None;
                        }
                    }
                    if stays {
                        members.insert(key.to_owned(), self.applied_to(member)?);
                    }
                }
                for (key, value) in added.iter().flat_map(Node::entries) {
                    if members.insert(key.to_owned(), value.to_json()).is_some() {
                        return None;
                    }
                }
                members.into()
            }
            Value::Sequence(items) => {
                let items: Option<Vec<Json>> = items.iter().map(|item| self.applied_to(item)).collect();
                items?.into()
            }
            Value::String(old) => {
                let place = (node.span.line, node.span.column);
                let new = self.by_place.get(&place).into_iter().flatten().find_map(|fix| match fix {
                    Fix::Replace { old: wanted, text, .. } if **old == **wanted => Some(text.clone()),
                    _ => None,
                });
                if new.is_some() && self.owners.insert(place, node.span).is_some() {
                    return None;
                }
                new.map_or_else(|| node.to_json(), Json::from)
            }
            _ => node.to_json(),
        })
    }
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
                if !before.bytes().all(|byte| byte == b' ') {
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
                if !before.bytes().all(|byte| matches!(byte, b' ' | b'-')) {
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
