//! A scanner for the YAML that people write: block collections, scalars in all five styles, and flow collections.
//!
//! It reads at the speed of memory, because it looks at each byte about once and never back. What is rare (anchors,
//! aliases, tags, merge keys, tabs, `?` keys, quoted text over several lines, several documents) and whatever is wrong
//! it does not judge: it gives up, and the file is read again by the parser for all of YAML, which also knows what to
//! say. So there are no errors here, only [`None`]. Where it does not give up it gives what that parser gives, places
//! included; a test compares the two on every file of the test data and on mutations of them.

mod block;
mod flow;
mod keys;
mod line;
mod literal;
mod quoted;
#[cfg(test)]
mod tests;

use super::{Budget, MAX_DEPTH, scalar};
use crate::node::{Entry, Mapping, Node, Value};
use crate::ordered::Text;
use crate::source::Span;
use keys::Keys;
use std::cell::Cell;

/// Reads a whole file. `None` if it holds anything that this scanner leaves to the parser for all of YAML; the budget
/// is then as it was.
pub(super) fn scan(text: &str, file: u32, budget: &mut Budget) -> Option<Node> {
    // Alone, a carriage return is a line break too; a byte order mark may stand in few places.
    if memchr::memchr(b'\r', text.as_bytes()).is_some()
        || memchr::memmem::find(text.as_bytes(), b"\xef\xbb\xbf").is_some()
    {
        return None;
    }
    let before = budget.clone();
    let mut scanner = Scanner {
        text,
        at: 0,
        line: 1,
        line_start: 0,
        counted: Cell::default(),
        file,
        depth: 0,
        budget,
        keys: Keys::default(),
    };
    let root = scanner.document();
    if root.is_none() {
        budget.clone_from(&before);
    }
    root
}

struct Scanner<'a, 'b> {
    text: &'a str,
    /// The byte that is looked at.
    at: usize,
    /// The line of `at`, from 1, and where it begins.
    line: u32,
    line_start: usize,
    /// A line, a byte of it, and how many characters stand before that.
    counted: Cell<(u32, usize, usize)>,
    file: u32,
    /// How many collections are open.
    depth: usize,
    budget: &'b mut Budget,
    keys: Keys,
}

impl<'a> Scanner<'a, '_> {
    fn document(&mut self) -> Option<Node> {
        // A file may begin with the mark of its only document.
        if self.rest().starts_with("---\n") {
            self.at += 3;
            self.end_of_line()?;
        }
        self.skip_empty_lines()?;
        let root = match self.peek()? {
            // Nothing encloses it, so its lines may begin anywhere.
            b'{' | b'[' => {
                let root = self.flow(None)?;
                self.end_of_line()?;
                root
            }
            _ => self.block(self.column())?,
        };
        self.skip_empty_lines()?;
        (self.at == self.text.len()).then_some(root)
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.bytes().get(self.at + ahead).copied()
    }

    /// How many bytes of the line stand before `at`. Where it matters they are all spaces.
    fn column(&self) -> usize {
        self.at - self.line_start
    }

    fn new_line(&mut self, start: usize) {
        self.line = self.line.saturating_add(1);
        self.line_start = start;
    }

    /// The place of a byte of this line.
    fn span_at(&self, at: usize) -> Span {
        // From where it was last asked for: a line may be as long as the file.
        let (near, known) = match self.counted.get() {
            (line, near, known) if line == self.line => (near, known),
            _ => (self.line_start, 0),
        };
        let count = |bytes: &[u8]| bytes.iter().filter(|byte| !is_continuation(**byte)).count();
        let characters = match near <= at {
            true => known + count(&self.bytes()[near..at]),
            false => known - count(&self.bytes()[at..near]),
        };
        self.counted.set((self.line, at, characters));
        Span {
            file: self.file,
            line: self.line,
            column: u32::try_from(characters).unwrap_or(u32::MAX).saturating_add(1),
        }
    }

    fn span(&self) -> Span {
        self.span_at(self.at)
    }

    fn pay(&mut self, text_bytes: usize) -> Option<()> {
        self.budget.pay(text_bytes).then_some(())
    }

    /// Opens a collection.
    fn descend(&mut self) -> Option<()> {
        self.pay(0)?;
        self.depth += 1;
        (self.depth <= MAX_DEPTH).then_some(())
    }

    fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// A plain scalar as a value.
    fn plain_value(&mut self, text: &str, span: Span) -> Option<Node> {
        self.pay(text.len())?;
        Some(Node { value: scalar::untagged(text).unwrap_or_else(|| Value::String(Text::from(text))), span })
    }

    fn text_value(&mut self, text: &str, span: Span) -> Option<Node> {
        self.pay(text.len())?;
        Some(Node { value: Value::String(Text::from(text)), span })
    }

    /// A mapping of these members; `None` if a key is there twice.
    fn mapping(members: Vec<(Text, Entry)>, span: Span) -> Option<Node> {
        Some(Node { value: Value::Mapping(Mapping::of_distinct(members)?), span })
    }
}

/// Whether a byte is not the first of its character.
fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}
