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
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::iter::once;
use std::path::{Path, PathBuf};

/// A file is not read again more often than this. Fixes that pass together cost one reading.
const MOST_READINGS: usize = 256;

/// A large file is read less often: not more than this many bytes, but a few times in any case.
const MOST_BYTES: usize = 64 << 20;
const LEAST_READINGS: usize = 16;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Applies the fixes of all findings. Returns how many were certain.
pub(super) fn apply(linted: &Linted) -> Result<usize, LintError> {
    let mut by_file: BTreeMap<u32, Vec<&Fix>> = BTreeMap::new();
    for finding in &linted.findings {
        if let Some(fix) = &finding.fix {
            by_file.entry(fix.span().file).or_default().push(fix);
        }
    }
    let mut mended = 0;
    for (file, mut fixes) in by_file {
        let Some(path) = linted.tree.sources().get(file).map(|source| source.path.clone()) else { continue };
        let failed = |cause| LintError::File { path: path.clone(), cause };
        let text = fs::read_to_string(&path).map_err(failed)?;
        let (mark, body) = text.split_at(if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 });
        // From the end to the beginning, so that no fix moves the place of another.
        fixes.sort_by_key(|fix| (Reverse(fix.place()), *fix));
        fixes.dedup();
        let Some(mut edit) = Edit::of(&path, body, &fixes) else { continue };
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
    /// Where the places of fixes are in the text. Fixes are made from its end to its beginning, so that these stay.
    offsets: HashMap<(u32, u32), usize>,
    line_end: &'static str,
    text: String,
    /// The fixes that the text holds.
    done: Vec<&'a Fix>,
    /// How often the text may still be read.
    readings: usize,
}

impl<'a> Edit<'a> {
    fn of(path: &Path, text: &str, fixes: &[&Fix]) -> Option<Self> {
        let is_json = path.extension().is_some_and(|extension| extension == "json") || is_json(text);
        let old = read(text)?;
        Some(Self {
            is_json,
            in_braces: in_braces(&old, text),
            old,
            offsets: offsets(text, fixes.iter().map(|fix| fix.place()).collect()),
            line_end: line_end(text),
            text: text.to_owned(),
            done: Vec::new(),
            readings: (MOST_BYTES / text.len().max(1)).clamp(LEAST_READINGS, MOST_READINGS),
        })
    }

    /// Applies those of the fixes that are certain, the later in the text first.
    fn take(&mut self, fixes: &[&'a Fix]) {
        if self.readings == 0 {
            return;
        }
        let mut change = Change::of(&self.text, self.line_end);
        let mut done = self.done.clone();
        for fix in fixes {
            let Some(offset) = self.offsets.get(&fix.place()) else { continue };
            change.go_to(*offset);
            let is_in_braces = self.in_braces.contains(&fix.place());
            if if is_in_braces { fix.in_braces(&mut change) } else { fix.in_block(&mut change) }.is_some() {
                done.push(fix);
            }
        }
        if done.len() == self.done.len() {
            return;
        }
        self.readings -= 1;
        let text = change.finish();
        if let Some(text) = text.filter(|text| self.is_as_intended(text, &done)) {
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

/// A text that is changed from its end to its beginning, in bytes: every change costs what it adds, not the whole text.
struct Change<'t> {
    /// The text up to where the changes have come to.
    before: &'t [u8],
    /// What follows, as it is to be: the end of the vector.
    after: Vec<u8>,
    start: usize,
    line_end: &'static str,
}

impl<'t> Change<'t> {
    fn of(text: &'t str, line_end: &'static str) -> Self {
        Self { before: text.as_bytes(), after: Vec::new(), start: 0, line_end }
    }

    fn put(&mut self, bytes: &[u8]) {
        if self.start < bytes.len() {
            let room = self.before.len() + self.after.len() + bytes.len();
            let mut longer = vec![0; room];
            longer.extend_from_slice(&self.after[self.start..]);
            (self.after, self.start) = (longer, room);
        }
        self.start -= bytes.len();
        self.after[self.start..self.start + bytes.len()].copy_from_slice(bytes);
    }

    fn go_to(&mut self, offset: usize) {
        let (before, between) = self.before.split_at(offset.min(self.before.len()));
        self.before = before;
        self.put(between);
    }

    fn rest(&self) -> &[u8] {
        &self.after[self.start..]
    }

    fn remove(&mut self, length: usize) {
        self.start = self.after.len().min(self.start + length);
    }

    /// The blanks and dashes that stand before in the line; `None` if there is anything else.
    fn indent(&self) -> Option<&'t [u8]> {
        let start = self.before.iter().rposition(|byte| !(is_blank(*byte) || *byte == b'-')).map_or(0, |at| at + 1);
        let (head, indent) = self.before.split_at(start);
        matches!(head.last(), None | Some(b'\n')).then_some(indent)
    }

    /// Takes away the end of what stands before.
    fn remove_before(&mut self, length: usize) {
        self.before = &self.before[..self.before.len().saturating_sub(length)];
    }

    fn finish(mut self) -> Option<String> {
        self.go_to(0);
        String::from_utf8(self.after.split_off(self.start)).ok()
    }
}

impl Fix {
    fn span(&self) -> Span {
        match self {
            Self::RemoveMember(at) | Self::Replace { at, .. } | Self::InsertBefore { at, .. } => *at,
        }
    }

    fn place(&self) -> (u32, u32) {
        (self.span().line, self.span().column)
    }

    /// Makes the change in a mapping that has a line for each member. `None` if it is not laid out so that the change is
    /// certain.
    fn in_block(&self, change: &mut Change<'_>) -> Option<()> {
        if let Self::Replace { old, text, .. } = self {
            return replace(change, old, text);
        }
        let before = change.indent().filter(|before| !before.contains(&b'\t'))?;
        if let Self::InsertBefore { member, .. } = self {
            change.put(&b" ".repeat(before.len()));
            let line_end = change.line_end;
            change.put(line_end.as_bytes());
            change.put(member.as_bytes());
            return Some(());
        }
        let end = end_of_member(change.rest(), before.len());
        if before.iter().all(|byte| *byte == b' ') {
            change.remove(end);
            change.remove_before(before.len());
            return Some(());
        }
        // The first member of an item: the next one takes its place behind the dash.
        let indent = change.rest()[end..].iter().take_while(|byte| **byte == b' ').count();
        (indent == before.len()).then(|| change.remove(end + indent))
    }

    /// Makes the change in a mapping that is written in braces, as all of JSON is.
    fn in_braces(&self, change: &mut Change<'_>) -> Option<()> {
        let own_line = change.indent().filter(|before| !before.contains(&b'-'));
        match self {
            Self::Replace { old, text, .. } => replace(change, old, text),
            Self::InsertBefore { member, .. } => {
                let (key, value) = member.split_once(": ")?;
                let quote = if change.rest().starts_with(b"\"") { "\"" } else { "" };
                match own_line {
                    Some(before) => {
                        change.put(before);
                        change.put(change.line_end.as_bytes());
                    }
                    None => change.put(b" "),
                }
                change.put(format!("{quote}{key}{quote}: {quote}{value}{quote},").as_bytes());
                Some(())
            }
            Self::RemoveMember(_) => {
                let rest = change.rest();
                let end = end_of_plain_member(rest)?;
                let after = blank(&rest[end..]);
                if rest[end + after..].starts_with(b",") {
                    let tail = end + after + 1;
                    let tail = tail + blank(&rest[tail..]);
                    let line = [b"\r\n".as_slice(), b"\n"].into_iter().find(|line| rest[tail..].starts_with(line));
                    match (own_line, line) {
                        (Some(before), Some(line)) => {
                            change.remove(tail + line.len());
                            change.remove_before(before.len());
                        }
                        _ => change.remove(tail),
                    }
                } else {
                    // The last member: the comma before it goes too.
                    change.remove(end);
                    let head = change.before.trim_ascii_end();
                    change.before = head.strip_suffix(b",").unwrap_or(head);
                }
                Some(())
            }
        }
    }
}

/// Puts another scalar in place of the one that follows, in the quotes that it has.
fn replace(change: &mut Change<'_>, old: &str, new: &str) -> Option<()> {
    let rest = change.rest();
    let quote = rest.first().copied().filter(|byte| matches!(byte, b'\'' | b'"'));
    let skipped = usize::from(quote.is_some());
    let tail = rest[skipped..].strip_prefix(old.as_bytes())?;
    let ends = tail.first().is_none_or(|byte| b"'\",}] :\n\r".contains(byte));
    // Without quotes, nothing would be null, and a colon at the end would make a key of it.
    let is_same_kind = quote.is_some() || !(new.is_empty() || new.ends_with(':'));
    if !(ends && is_same_kind) {
        return None;
    }
    change.remove(skipped + old.len());
    change.put(new.as_bytes());
    change.put(quote.as_slice());
    Some(())
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// How many spaces and tabs a text begins with.
fn blank(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_blank(**byte)).count()
}

/// The members in mappings that are written in braces, by the places of their keys.
fn in_braces(node: &Node, text: &str) -> HashSet<(u32, u32)> {
    let place = |span: Span| (span.line, span.column);
    let mappings = || node.all().filter_map(|node| Some((place(node.span), node.as_mapping()?)));
    let offsets = offsets(text, mappings().map(|(place, _)| place).collect());
    let is_brace = |place| offsets.get(&place).is_some_and(|at| text.as_bytes().get(*at) == Some(&b'{'));
    let written = mappings().filter(|(place, _)| is_brace(*place));
    written.flat_map(|(_, mapping)| mapping.members().map(|(_, key, _)| place(key)).collect::<Vec<_>>()).collect()
}

/// Where places are in a text, in bytes. All are found in one pass, however long the lines are.
fn offsets(text: &str, mut places: Vec<(u32, u32)>) -> HashMap<(u32, u32), usize> {
    places.sort_unstable();
    let starts: Vec<usize> = once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let number = |number: u32| usize::try_from(number).ok()?.checked_sub(1);
    let mut found = HashMap::new();
    // The last place that was found: its line, its column, and where that is.
    let mut last = (usize::MAX, 0, 0);
    for place in places {
        let (Some(line), Some(column)) = (number(place.0), number(place.1)) else { continue };
        let Some(start) = starts.get(line) else { continue };
        let (from, at) = if last.0 == line { (last.1, last.2) } else { (0, *start) };
        let Some((forward, _)) = text[at..].char_indices().nth(column - from) else { continue };
        last = (line, column, at + forward);
        found.insert(place, last.2);
    }
    found
}

fn line_end(text: &str) -> &'static str {
    if text.split('\n').next().is_some_and(|line| line.ends_with('\r')) { "\r\n" } else { "\n" }
}

/// The length of a member with its line ends, whose key has `indent` characters before it: lines further in belong to
/// it. Comments after a value on the line of the key do not.
fn end_of_member(member: &[u8], indent: usize) -> usize {
    let mut lines = member.split_inclusive(|byte| *byte == b'\n');
    let mut end = lines.next().map_or(0, <[u8]>::len);
    let colon = member[..end].windows(2).position(|pair| pair == b": ");
    let has_value = colon.is_some_and(|at| !member[at + 1..end].trim_ascii().is_empty());
    let mut length = end;
    for line in lines {
        length += line.len();
        let text = line.trim_ascii();
        let own = line.len() - line.trim_ascii_start().len();
        let is_item = own == indent && (text == b"-" || text.starts_with(b"- "));
        if text.is_empty() || (has_value && text.starts_with(b"#")) {
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
fn end_of_plain_member(member: &[u8]) -> Option<usize> {
    let colon = member.iter().position(|byte| *byte == b':')?;
    let value = member[colon + 1..].trim_ascii_start();
    let length = value.iter().position(|byte| b",}\n\r ".contains(byte)).unwrap_or(value.len());
    Some(member.len() - value.len() + length)
}
