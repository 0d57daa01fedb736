//! Flow collections: `[a, b]` and `{a: b}`, which JSON is made of.

use super::Scanner;
use crate::node::{Entry, Node, Value};
use crate::ordered::Text;

impl<'a> Scanner<'a, '_> {
    /// The collection that opens at `at`. Lines that it goes on to must be indented deeper than `parent`.
    pub(super) fn flow(&mut self, parent: Option<usize>) -> Option<Node> {
        let span = self.span();
        self.descend()?;
        let is_mapping = self.peek() == Some(b'{');
        let close = if is_mapping { b'}' } else { b']' };
        self.at += 1;
        let mut items = Vec::new();
        let mut members = Vec::new();
        loop {
            self.flow_space(parent)?;
            if self.peek()? == close {
                break;
            }
            if is_mapping {
                members.push(self.flow_member(parent)?);
            } else {
                items.push(self.flow_value(parent)?);
            }
            self.flow_space(parent)?;
            match self.peek()? {
                b',' => self.at += 1,
                byte if byte == close => break,
                _ => return None,
            }
        }
        self.at += 1;
        self.ascend();
        if is_mapping { Self::mapping(members, span) } else { Some(Node { value: Value::Sequence(items), span }) }
    }

    fn flow_member(&mut self, parent: Option<usize>) -> Option<(Text, Entry)> {
        let key_span = self.span();
        let quoted = matches!(self.peek()?, b'"' | b'\'');
        let key = if quoted {
            let text = self.quoted()?;
            self.keys.get(&text)
        } else {
            let text = self.flow_plain()?;
            self.plain_key(text)?
        };
        self.pay(key.len())?;
        if self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        // Only behind quotes may the value follow at once.
        if !quoted && !matches!(self.peek()?, b' ' | b'\n') {
            return None;
        }
        self.flow_space(parent)?;
        // A missing value is rare.
        if matches!(self.peek()?, b',' | b'}' | b']') {
            return None;
        }
        Some((key, Entry { key_span, node: self.flow_value(parent)? }))
    }

    fn flow_value(&mut self, parent: Option<usize>) -> Option<Node> {
        let span = self.span();
        match self.peek()? {
            b'[' | b'{' => self.flow(parent),
            b'"' | b'\'' => {
                let text = self.quoted()?;
                // `["a": b]` is a mapping of one member.
                self.spaces_without_colon()?;
                self.text_value(&text, span)
            }
            _ => {
                let text = self.flow_plain()?;
                self.spaces_without_colon()?;
                self.plain_value(text, span)
            }
        }
    }

    fn spaces_without_colon(&mut self) -> Option<()> {
        self.skip_spaces();
        (self.peek()? != b':').then_some(())
    }

    /// A plain scalar within flow collections, on one line. Spaces behind it are not part of it.
    fn flow_plain(&mut self) -> Option<&'a str> {
        let bytes = self.bytes();
        let start = self.at;
        match bytes.get(start)? {
            b'&' | b'*' | b'!' | b'%' | b'@' | b'`' | b',' | b']' | b'}' | b'#' | b'|' | b'>' | b'?' | b':' => {
                return None;
            }
            b'-' if matches!(bytes.get(start + 1)?, b' ' | b'\n' | b',' | b'[' | b']' | b'{' | b'}') => return None,
            _ => {}
        }
        let mut at = start;
        loop {
            match bytes.get(at)? {
                b'\n' | b',' | b']' | b'}' | b'[' | b'{' => break,
                b'\t' => return None,
                b':' if matches!(bytes.get(at + 1)?, b' ' | b'\n' | b'\t' | b',' | b'[' | b']' | b'{' | b'}') => break,
                b'#' if bytes[at - 1] == b' ' => break,
                // `a -]`: the parser for all of YAML takes the dash for an entry of a block.
                b'-' if bytes[at - 1] == b' ' && matches!(bytes.get(at + 1)?, b',' | b'[' | b']' | b'{' | b'}') => {
                    return None;
                }
                _ => at += 1,
            }
        }
        let text = self.text[start..at].trim_end_matches(' ');
        self.at = start + text.len();
        Some(text)
    }

    /// Spaces, line breaks and comments between the parts of a flow collection.
    fn flow_space(&mut self, parent: Option<usize>) -> Option<()> {
        loop {
            let before = self.at;
            self.skip_spaces();
            match self.peek()? {
                b'\n' => {
                    self.break_line();
                    self.skip_spaces();
                    let column = self.column();
                    let empty = matches!(self.peek()?, b'\n' | b'#');
                    if !empty && parent.is_some_and(|parent| column <= parent) {
                        return None;
                    }
                    if column == 0 && matches!(self.peek()?, b'-' | b'.') {
                        return None;
                    }
                    if self.peek()? == b'#' {
                        self.flow_comment()?;
                    }
                }
                b'#' if self.at > before => self.flow_comment()?,
                b'\t' | b'#' => return None,
                _ => return Some(()),
            }
        }
    }

    fn flow_comment(&mut self) -> Option<()> {
        self.at += memchr::memchr(b'\n', &self.bytes()[self.at..])?;
        Some(())
    }
}
