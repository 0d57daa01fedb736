//! Mending mistakes in the source text, in place: everything else in the file, comments included, stays as it is.
//!
//! The text is edited in the style that it is written in, and then read again: it must be the same document but for the
//! intended changes. A fix that does not pass is left undone, and its finding stays.

use super::finding::Fix;
use super::{LintError, Linted};
use crate::node::{Node, Value};
use crate::read::{Budget, parse};
use crate::source::{Source, Sources, Span};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap, HashSet};
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
    /// The members in mappings that are written in braces, by the places of their keys.
    in_braces: HashSet<(u32, u32)>,
    text: String,
    /// The fixes that the text holds.
    done: Vec<&'a Fix>,
    readings: usize,
}

impl<'a> Edit<'a> {
    fn of(path: &Path, text: &str) -> Option<Self> {
        let is_json = path.extension().is_some_and(|extension| extension == "json") || is_json(text);
        let old = read(text)?;
        let in_braces = in_braces(&old, text);
        Some(Self { old, is_json, in_braces, text: text.to_owned(), done: Vec::new(), readings: 0 })
    }

    /// Applies those of the fixes that are certain, the later in the text first.
    fn take(&mut self, fixes: &[&'a Fix]) {
        if self.readings == MOST_READINGS {
            return;
        }
        let mut text = self.text.clone();
        let mut done = self.done.clone();
        for fix in fixes {
            let place = (fix.span().line, fix.span().column);
            let new = if self.in_braces.contains(&place) { fix.in_braces(&text) } else { fix.in_block(&text) };
            if let Some(new) = new {
                text = new;
                done.push(fix);
            }
        }
        if done.len() == self.done.len() {
            return;
        }
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

    /// The text with the change in a mapping that has a line for each member. `None` if it is not laid out so that the
    /// change is certain.
    fn in_block(&self, text: &str) -> Option<String> {
        let (start, offset) = offset(text, self.span())?;
        let (before, rest) = (&text[start..offset], &text[offset..]);
        if let Self::Replace { old, text: new, .. } = self {
            return replaced(text, offset, old, new);
        }
        if !before.bytes().all(|byte| matches!(byte, b' ' | b'-')) {
            return None;
        }
        match self {
            Self::InsertBefore { member, .. } => {
                let indent = " ".repeat(before.chars().count());
                Some(format!("{}{member}{}{indent}{rest}", &text[..offset], line_end(text)))
            }
            _ => {
                let end = offset + end_of_member(rest, before.len());
                let next = &text[end..];
                if before.bytes().all(|byte| byte == b' ') {
                    return Some(format!("{}{next}", &text[..start]));
                }
                // The first member of an item: the next one takes its place behind the dash.
                let indent = next.len() - next.trim_start_matches(' ').len();
                (indent == before.len()).then(|| format!("{}{}", &text[..offset], &next[indent..]))
            }
        }
    }

    /// The text with the change in a mapping that is written in braces, as all of JSON is.
    fn in_braces(&self, text: &str) -> Option<String> {
        let (start, offset) = offset(text, self.span())?;
        let (before, rest) = (&text[start..offset], &text[offset..]);
        let is_own_line = before.bytes().all(|byte| byte == b' ' || byte == b'\t');
        match self {
            Self::Replace { .. } => None,
            Self::InsertBefore { member, .. } => {
                let (key, value) = member.split_once(": ")?;
                let quote = if rest.starts_with('"') { "\"" } else { "" };
                let space = if is_own_line { format!("{}{before}", line_end(text)) } else { " ".to_owned() };
                let member = format!("{quote}{key}{quote}: {quote}{value}{quote},");
                Some(format!("{}{member}{space}{rest}", &text[..offset]))
            }
            Self::RemoveMember(_) => {
                let end = offset + end_of_plain_member(rest)?;
                let after = text[end..].trim_start_matches([' ', '\t']);
                if let Some(tail) = after.strip_prefix(',') {
                    let tail = tail.trim_start_matches([' ', '\t']);
                    let line = tail.strip_prefix("\r\n").or_else(|| tail.strip_prefix('\n'));
                    return Some(match line.filter(|_| is_own_line) {
                        Some(line) => format!("{}{line}", &text[..start]),
                        None => format!("{}{tail}", &text[..offset]),
                    });
                }
                // The last member: the comma before it goes too.
                let head = text[..offset].trim_end();
                Some(format!("{}{}", head.strip_suffix(',').unwrap_or(head), &text[end..]))
            }
        }
    }
}

/// The text with another scalar in place of the one at `offset`, in the quotes that it has.
fn replaced(text: &str, offset: usize, old: &str, new: &str) -> Option<String> {
    let rest = &text[offset..];
    let quote = usize::from(rest.starts_with(['\'', '"']));
    let tail = rest[quote..].strip_prefix(old)?;
    let ends = tail.trim_end().is_empty() || tail.starts_with(['\'', '"', ',', '}', ']', ' ', ':', '\n', '\r']);
    // Without quotes, nothing would be null, and a colon at the end would make a key of it.
    let is_same_kind = quote == 1 || !(new.is_empty() || new.ends_with(':'));
    (ends && is_same_kind).then(|| format!("{}{}{new}{tail}", &text[..offset], &rest[..quote]))
}

/// The members in mappings that are written in braces, by the places of their keys.
fn in_braces(node: &Node, text: &str) -> HashSet<(u32, u32)> {
    let mut found = HashSet::new();
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    for node in node.all() {
        let Value::Mapping(mapping) = &node.value else { continue };
        let line = usize::try_from(node.span.line).ok().and_then(|line| starts.get(line.checked_sub(1)?));
        let column = usize::try_from(node.span.column).unwrap_or(0).saturating_sub(1);
        if line.is_some_and(|start| text[*start..].chars().nth(column) == Some('{')) {
            found.extend(mapping.members().map(|(_, key, _)| (key.line, key.column)));
        }
    }
    found
}

/// Where the line of a place begins, and the place itself, in bytes.
fn offset(text: &str, at: Span) -> Option<(usize, usize)> {
    let number = usize::try_from(at.line).ok()?.checked_sub(1)?;
    let start = match number {
        0 => 0,
        _ => text.match_indices('\n').nth(number - 1)?.0 + 1,
    };
    let column = usize::try_from(at.column).ok()?.checked_sub(1)?;
    let line = text[start..].split('\n').next().unwrap_or_default();
    Some((start, start + line.char_indices().nth(column)?.0))
}

fn line_end(text: &str) -> &'static str {
    if text.split('\n').next().is_some_and(|line| line.ends_with('\r')) { "\r\n" } else { "\n" }
}

/// The length of a member with its line ends, whose key has `indent` characters before it: lines further in belong to
/// it. Comments after a value on the line of the key do not.
fn end_of_member(member: &str, indent: usize) -> usize {
    let mut lines = member.split_inclusive('\n');
    let mut end = lines.next().map_or(0, str::len);
    let has_value = member[..end].split_once(": ").is_some_and(|(_, value)| !value.trim().is_empty());
    let mut length = end;
    for line in lines {
        length += line.len();
        let text = line.trim();
        let own = line.len() - line.trim_start().len();
        let is_item = own == indent && (text == "-" || text.starts_with("- "));
        if text.is_empty() || (has_value && text.starts_with('#')) {
            continue;
        }
        if own <= indent && !is_item {
            break;
        }
        end = length;
    }
    end
}

/// The length of a member whose value is a plain scalar without a comma in it.
fn end_of_plain_member(member: &str) -> Option<usize> {
    let colon = member.find(':')?;
    let value = member[colon + 1..].trim_start();
    let length = value.find([',', '}', '\n', '\r', ' ']).unwrap_or(value.len());
    Some(member.len() - value.len() + length)
}
