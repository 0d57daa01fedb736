//! From parser events to nodes.

use super::mapping::{Key, Pair};
use super::scalar::{self, Style};
use super::scan::scan;
use super::{Budget, MAX_DEPTH, MAX_VALUES, mapping, surrogate};
use crate::diagnostic::{Diagnostic, Found};
use crate::node::{Node, Value};
use crate::source::{Sources, Span};
use foldhash::{HashMap, HashMapExt as _};
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use std::borrow::Cow;

/// Parses the file that `sources` holds under `file`. `Ok(None)` if it holds no value at all.
///
/// # Errors
/// Every problem of the file. After a syntax error the rest of a file cannot be judged.
pub(crate) fn parse(sources: &Sources, file: u32, budget: &mut Budget) -> Result<Option<Node>, Vec<Diagnostic>> {
    let text = sources.get(file).map(|source| source.text.as_str()).unwrap_or_default();
    if let Some(unprintable) = find_unprintable(sources, file, text) {
        return Err(vec![unprintable]);
    }
    match scan(text, file, budget) {
        Some(root) => Ok(Some(root)),
        None => parse_all_yaml(sources, file, text, budget),
    }
}

/// Parses whatever YAML allows.
pub(super) fn parse_all_yaml(
    sources: &Sources,
    file: u32,
    text: &str,
    budget: &mut Budget,
) -> Result<Option<Node>, Vec<Diagnostic>> {
    let mut text = Cow::Borrowed(text);
    let whole_budget = budget.clone();
    for _ in 0..=(MAX_REPAIRED / text.len().max(1)).max(1) {
        let mut tree = Tree::new(sources, file, budget);
        let Err(fatal) = tree.read(&text) else {
            return if tree.found.is_empty() { Ok(tree.root) } else { Err(tree.found.into_vec()) };
        };
        let repaired = tree.bad_escape.and_then(|scalar| surrogate::joined(&text, scalar));
        let mut found = tree.found.into_vec();
        found.push(*fatal);
        match repaired {
            Some(repaired) => text = Cow::Owned(repaired),
            None => return Err(found),
        }
        budget.clone_from(&whole_budget);
    }
    let beginning = Span { file, line: 1, column: 1 };
    let message = "too many characters are written as pairs of escapes";
    Err(vec![Diagnostic::at(sources, beginning, message).with_help("write the characters themselves")])
}

/// How many bytes may be read again because of [`surrogate::joined`], which costs one reading for each scalar.
const MAX_REPAIRED: usize = 64 << 20;

/// The first byte of what [`find_unprintable`] refuses; other characters begin so too, but rare ones.
fn is_suspicious(byte: u8) -> bool {
    matches!(byte, 0..0x20 | 0x7f | 0xc2 | 0xef) && !matches!(byte, b'\t' | b'\n' | b'\r')
}

/// Whether a text may hold a character that YAML does not allow to stand in a file. Written so that the compiler looks
/// at many bytes at once.
pub(super) fn has_suspicious(text: &str) -> bool {
    text.as_bytes().chunks(1 << 12).any(|some| some.iter().fold(false, |any, byte| any | is_suspicious(*byte)))
}

/// The first character that YAML does not allow to stand in a file.
fn find_unprintable(sources: &Sources, file: u32, text: &str) -> Option<Diagnostic> {
    let refused = |c: char| {
        matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}')
            || matches!(c, '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
    };
    let first = text.bytes().position(is_suspicious)?;
    let offset = first + text[first..].find(refused)?;
    let (before, from) = text.split_at(offset);
    let c = from.chars().next()?;
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let line = number(before.matches('\n').count().saturating_add(1));
    let column = number(before.rsplit('\n').next().unwrap_or("").chars().count().saturating_add(1));
    let message = format!("the character U+{:04X} cannot stand in a file", u32::from(c));
    let help = format!("remove it, or write `\\u{:04X}` in double quotes", u32::from(c));
    Some(Diagnostic::at(sources, Span { file, line, column }, message).with_help(help))
}

/// A problem after which the file cannot be read on. Boxed: it is rare, and results are everywhere.
type Fatal = Box<Diagnostic>;

/// The place behind the last character of a file.
fn end(file: u32, text: &str) -> Span {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let line = number(text.split(['\n', '\r']).count());
    let column = number(text.rsplit(['\n', '\r']).next().map_or(0, |last| last.chars().count())).saturating_add(1);
    Span { file, line, column }
}

/// A collection whose end has not come yet.
enum Open {
    Sequence { span: Span, anchor: usize, items: Vec<Node> },
    Mapping { span: Span, anchor: usize, pairs: Vec<Pair>, key: Option<(Key, Span)> },
}

struct Tree<'a> {
    sources: &'a Sources,
    file: u32,
    budget: &'a mut Budget,
    open: Vec<Open>,
    /// Finished anchored nodes. An anchor that is not here yet encloses the alias.
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    found: Found,
    /// The place behind the last character.
    end: Span,
    /// Where a quoted scalar begins that holds half of a pair of escapes, in characters.
    bad_escape: Option<usize>,
}

impl<'a> Tree<'a> {
    fn new(sources: &'a Sources, file: u32, budget: &'a mut Budget) -> Self {
        Self {
            sources,
            file,
            budget,
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            found: Found::default(),
            end: end(file, sources.get(file).map_or("", |source| &source.text)),
            bad_escape: None,
        }
    }

    fn read(&mut self, text: &str) -> Result<(), Fatal> {
        let mut documents = 0_u32;
        let mut parser = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let (event, at) = event.map_err(|error| {
                if error.info().contains("invalid Unicode character escape") {
                    self.bad_escape = Some(error.marker().index());
                }
                let message = format!("this is not YAML: {}", error.info());
                self.diagnostic(self.span(error.marker()), message)
            })?;
            let span = self.span(&at.start);
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(self.fatal(span, "a second document begins here", "keep one document per file"));
                    }
                }
                Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.as_deref(), span)?,
                Event::SequenceStart(anchor, tag) => {
                    self.collection_tag(tag.as_deref(), "seq", span);
                    self.enter(Open::Sequence { span, anchor, items: Vec::new() }, span)?;
                }
                Event::MappingStart(anchor, tag) => {
                    self.collection_tag(tag.as_deref(), "map", span);
                    self.enter(Open::Mapping { span, anchor, pairs: Vec::new(), key: None }, span)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.leave(span)?,
                Event::Alias(anchor) => {
                    let Some(node) = self.anchors.get(&anchor).cloned() else {
                        return Err(self.fatal(
                            span,
                            "this alias stands inside its own anchor",
                            "a document cannot contain itself",
                        ));
                    };
                    self.pay_for(&node, span)?;
                    match (&node.value, self.awaits_key()) {
                        (Value::Sequence(_) | Value::Mapping(_), true) => return Err(self.complex_key(span)),
                        (scalar, true) => {
                            let key = Key::Name(mapping::key_text(scalar).into());
                            self.put_key(key, span);
                        }
                        (_, false) => self.put(node, 0)?,
                    }
                }
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Fatal> {
        self.pay(text.len(), span)?;
        let style = if style == ScalarStyle::Plain { Style::Plain } else { Style::Quoted };
        let is_merge = tag.is_none_or(|tag| tag.is_yaml_core_schema() && tag.suffix == "merge")
            && style == Style::Plain
            && text == "<<";
        if is_merge && self.awaits_key() {
            self.put_key(Key::Merge, span);
            return Ok(());
        }
        let value = match scalar::resolve(text, style, tag) {
            Ok(value) => value,
            Err(message) => {
                let help = "write the value without a tag, in quotes if it is text";
                self.found.add(|| Diagnostic::at(self.sources, span, message).with_help(help));
                Value::Null
            }
        };
        if self.awaits_key() {
            self.put_key(Key::Name(mapping::key_text(&value).into()), span);
            if anchor > 0 {
                self.anchors.insert(anchor, Node { value, span });
            }
            return Ok(());
        }
        self.put(Node { value, span }, anchor)
    }

    /// Whether the next value is a key.
    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Mapping { key: None, .. }))
    }

    fn put_key(&mut self, new: Key, span: Span) {
        if let Some(Open::Mapping { key, .. }) = self.open.last_mut() {
            *key = Some((new, span));
        }
    }

    fn enter(&mut self, collection: Open, span: Span) -> Result<(), Fatal> {
        self.pay(0, span)?;
        if self.awaits_key() {
            return Err(self.complex_key(span));
        }
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} levels deep");
            return Err(self.fatal(span, message, "split the file and refer to the parts"));
        }
        self.open.push(collection);
        Ok(())
    }

    fn leave(&mut self, span: Span) -> Result<(), Fatal> {
        let Some(open) = self.open.pop() else {
            return Err(self.fatal(span, "a collection ends that never began", "remove it"));
        };
        match open {
            Open::Sequence { span, anchor, items } => self.put(Node { value: Value::Sequence(items), span }, anchor),
            Open::Mapping { span, anchor, pairs, .. } => {
                let merged = mapping::assemble(pairs);
                for problem in merged.problems {
                    let help = match problem.first {
                        Some(first) => format!("it was first written at {}; remove one", self.sources.place(first)),
                        None => "`<<` takes a mapping or a list of mappings".to_owned(),
                    };
                    self.found.add(|| Diagnostic::at(self.sources, problem.span, problem.message).with_help(help));
                }
                if merged.copied > 0 {
                    for (_, node) in merged.mapping.iter() {
                        self.pay_for(node, span)?;
                    }
                }
                self.put(Node { value: Value::Mapping(merged.mapping), span }, anchor)
            }
        }
    }

    /// Puts a finished node where it belongs, and remembers it if it is anchored.
    fn put(&mut self, node: Node, anchor: usize) -> Result<(), Fatal> {
        if anchor > 0 {
            self.pay_for(&node, node.span)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping { pairs, key, .. }) => {
                if let Some((key, key_span)) = key.take() {
                    pairs.push(Pair { key, key_span, node });
                }
            }
        }
        Ok(())
    }

    /// Pays for a copy of a whole tree. Copies are also how an alias could make a document deeper than it is written.
    fn pay_for(&mut self, node: &Node, span: Span) -> Result<(), Fatal> {
        let mut pending = vec![(node, self.open.len())];
        while let Some((node, depth)) = pending.pop() {
            if depth > MAX_DEPTH {
                let message = format!("this alias nests more than {MAX_DEPTH} levels deep");
                return Err(self.fatal(span, message, "use fewer aliases"));
            }
            self.pay(node.as_str().map_or(0, str::len), span)?;
            pending.extend(node.items().iter().map(|item| (item, depth + 1)));
            pending.extend(node.entries().map(|(_, value)| (value, depth + 1)));
        }
        Ok(())
    }

    fn pay(&mut self, text_bytes: usize, span: Span) -> Result<(), Fatal> {
        if self.budget.pay(text_bytes) {
            return Ok(());
        }
        let message = format!("the document holds more than {MAX_VALUES} values, aliases expanded");
        Err(self.fatal(span, message, "use fewer aliases or split the document"))
    }

    fn collection_tag(&mut self, tag: Option<&Tag>, expected: &str, span: Span) {
        let Some(tag) = tag else { return };
        let fits = scalar::is_non_specific(tag) || (tag.is_yaml_core_schema() && tag.suffix == expected);
        if !fits {
            let message = format!("the tag `{}` is not understood here", scalar::shown(tag));
            self.found.add(|| Diagnostic::at(self.sources, span, message).with_help("remove the tag"));
        }
    }

    fn complex_key(&self, span: Span) -> Fatal {
        self.fatal(span, "a collection cannot be a key", "keys are text; did a `{` or `[` lack its quotes?")
    }

    fn fatal(&self, span: Span, message: impl Into<String>, help: &str) -> Fatal {
        Box::new(self.diagnostic(span, message).with_help(help))
    }

    fn diagnostic(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(self.sources, span, message)
    }

    fn span(&self, marker: &saphyr_parser::Marker) -> Span {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let line = number(marker.line()).max(1);
        // The parser counts one line more than there are when a key without a value ends a file without a line break.
        if line > self.end.line {
            self.end
        } else {
            Span { file: self.file, line, column: number(marker.col().saturating_add(1)) }
        }
    }
}
