//! Block mappings and sequences, told apart by indentation.

use super::Scanner;
use super::line::Ended;
use crate::node::{Entry, Node, Value};
use crate::ordered::Text;
use crate::read::mapping::key_text;
use crate::read::scalar;
use crate::source::Span;

/// Longer keys must fit a parser's look-ahead; they are left to it.
const LONGEST_KEY: usize = 1000;

impl<'a> Scanner<'a, '_> {
    /// The collection whose first line begins at `at`, `indent` columns in.
    pub(super) fn block(&mut self, indent: usize) -> Option<Node> {
        if self.is_dash() { self.sequence(indent) } else { self.block_mapping(indent) }
    }

    /// `- ` or a `-` at the end of a line.
    fn is_dash(&self) -> bool {
        self.peek() == Some(b'-') && matches!(self.peek_at(1), None | Some(b' ' | b'\n'))
    }

    fn sequence(&mut self, indent: usize) -> Option<Node> {
        let span = self.span();
        self.descend()?;
        let mut items = Vec::new();
        loop {
            let dash = self.span();
            self.at += 1;
            self.skip_spaces();
            let item = if self.is_line_empty() {
                self.end_of_line()?;
                self.skip_empty_lines()?;
                if self.at < self.text.len() && self.column() > indent {
                    self.nested(indent)?
                } else {
                    self.pay(0)?;
                    Node { value: Value::Null, span: dash }
                }
            } else {
                self.nested(indent)?
            };
            items.push(item);
            if self.at == self.text.len() || self.column() < indent {
                break;
            }
            if self.column() > indent {
                return None;
            }
            if !self.is_dash() {
                // Behind a sequence that stands below its key without more indentation, the next key follows.
                break;
            }
        }
        self.ascend();
        Some(Node { value: Value::Sequence(items), span })
    }

    fn block_mapping(&mut self, indent: usize) -> Option<Node> {
        let (key, key_span) = self.key()??;
        self.mapping_from(indent, key, key_span)
    }

    /// The mapping whose first key was read, up to and with its `:`.
    fn mapping_from(&mut self, indent: usize, key: Text, key_span: Span) -> Option<Node> {
        self.descend()?;
        let span = key_span;
        let (mut key, mut key_span) = (key, key_span);
        let mut members = Vec::new();
        loop {
            let node = self.member_value(indent)?;
            members.push((key, Entry { key_span, node }));
            if self.at == self.text.len() || self.column() < indent {
                break;
            }
            if self.column() > indent || self.is_dash() {
                return None;
            }
            (key, key_span) = self.key()??;
        }
        self.ascend();
        Self::mapping(members, span)
    }

    /// What stands behind a `:` and on the lines that belong to it. Ends at the first character of the next line that
    /// doesn't.
    fn member_value(&mut self, indent: usize) -> Option<Node> {
        let colon = self.span();
        self.at += 1;
        self.skip_spaces();
        if !self.is_line_empty() {
            return self.inline(indent);
        }
        self.end_of_line()?;
        self.skip_empty_lines()?;
        let column = self.column();
        if self.at < self.text.len() && column > indent {
            return self.nested(indent);
        }
        if self.at < self.text.len() && column == indent && self.is_dash() {
            return self.sequence(indent);
        }
        self.pay(0)?;
        Some(Node { value: Value::Null, span: colon })
    }

    /// A value that may be a collection in block style: behind a `- `, or on a line of its own.
    fn nested(&mut self, parent: usize) -> Option<Node> {
        if self.is_dash() {
            return self.sequence(self.column());
        }
        let column = self.column();
        let start = (self.at, self.line, self.line_start);
        if let Some((key, key_span)) = self.key()? {
            return self.mapping_from(column, key, key_span);
        }
        (self.at, self.line, self.line_start) = start;
        self.inline(parent)
    }

    /// A key and the `:` behind it, at which it ends. The inner `None` says that this is no key.
    fn key(&mut self) -> Option<Option<(Text, Span)>> {
        let span = self.span();
        let start = self.at;
        let key = match self.peek()? {
            b'"' | b'\'' => {
                let text = self.quoted()?;
                if !(self.peek() == Some(b':') && matches!(self.peek_at(1), None | Some(b' ' | b'\n'))) {
                    // A space before the `:` is allowed, and rare.
                    let only = matches!(self.peek(), None | Some(b'\n')) || self.peek_at(1) == Some(b'#');
                    return only.then_some(None);
                }
                self.keys.get(&text)
            }
            b'[' | b'{' | b'|' | b'>' => return Some(None),
            _ if self.may_be_plain()? => match self.plain_line()? {
                (text, Ended::Key) => self.plain_key(text)?,
                _ => return Some(None),
            },
            _ => return None,
        };
        self.pay(key.len())?;
        (self.at - start <= LONGEST_KEY).then_some(Some((key, span)))
    }

    /// The name that a plain key gives; a number is written as JavaScript would.
    pub(super) fn plain_key(&mut self, text: &str) -> Option<Text> {
        if text == "<<" {
            return None;
        }
        Some(match scalar::untagged(text) {
            None => self.keys.get(text),
            Some(value) => self.keys.get(&key_text(&value)),
        })
    }

    /// A value that begins on the line of its key or dash, or alone on a line: no block collection.
    fn inline(&mut self, indent: usize) -> Option<Node> {
        let span = self.span();
        match self.peek()? {
            b'|' => self.literal(indent, false),
            b'>' => self.literal(indent, true),
            b'[' | b'{' => {
                let node = self.flow(Some(indent))?;
                self.end_of_line()?;
                self.skip_empty_lines()?;
                Some(node)
            }
            b'"' | b'\'' => {
                let text = self.quoted()?;
                self.end_of_line()?;
                self.skip_empty_lines()?;
                self.text_value(&text, span)
            }
            _ if self.may_be_plain()? => self.plain(indent, span),
            _ => None,
        }
    }

    /// Whether a plain scalar may begin here. `None` for what the scanner does not read.
    fn may_be_plain(&self) -> Option<bool> {
        match self.peek()? {
            b'&' | b'*' | b'!' | b'%' | b'@' | b'`' | b',' | b']' | b'}' | b'#' | b'\t' => None,
            b'-' | b'?' | b':' => match self.peek_at(1) {
                None | Some(b' ' | b'\n' | b'\t') => None,
                Some(_) => Some(true),
            },
            _ => Some(true),
        }
    }

    /// A plain scalar, on as many lines as are indented deeper than `indent`.
    fn plain(&mut self, indent: usize, span: Span) -> Option<Node> {
        let (first, ended) = self.plain_line()?;
        if ended == Ended::Key {
            return None;
        }
        let mut folded: Option<String> = None;
        let mut ended = ended;
        loop {
            if ended == Ended::Comment {
                self.end_of_comment();
                break;
            }
            // Here the line ends; the next one with content may go on.
            let mut empty = 0;
            if self.at < self.text.len() {
                self.break_line();
            }
            loop {
                self.skip_spaces();
                match self.peek() {
                    Some(b'\n') => {
                        empty += 1;
                        self.break_line();
                    }
                    Some(b'\t') => return None,
                    _ => break,
                }
            }
            if self.at == self.text.len() || self.column() <= indent || self.peek() == Some(b'#') {
                break;
            }
            let (more, how) = self.plain_line()?;
            if how == Ended::Key {
                return None;
            }
            ended = how;
            let text = folded.get_or_insert_with(|| first.to_owned());
            if empty == 0 {
                text.push(' ');
            } else {
                text.extend(std::iter::repeat_n('\n', empty));
            }
            text.push_str(more);
        }
        self.skip_empty_lines()?;
        match folded {
            Some(text) => self.plain_value(&text, span),
            None => self.plain_value(first, span),
        }
    }

    fn end_of_comment(&mut self) {
        let rest = &self.bytes()[self.at..];
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(length) => {
                self.at += length;
                self.break_line();
            }
            None => self.at = self.text.len(),
        }
    }

    pub(super) fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    /// Whether nothing but a comment follows on this line. A comment needs a space before it.
    fn is_line_empty(&self) -> bool {
        match self.peek() {
            None | Some(b'\n') => true,
            Some(b'#') => self.at > 0 && self.bytes()[self.at - 1] == b' ',
            Some(_) => false,
        }
    }
}
