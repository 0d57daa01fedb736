//! Block scalars: `|` keeps lines, `>` folds them.

use super::Scanner;
use crate::node::Node;

/// What happens to the line breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl<'a> Scanner<'a, '_> {
    /// The block scalar whose `|` or `>` stands at `at`, in a collection of `parent` columns of indentation.
    pub(super) fn literal(&mut self, parent: usize, folds: bool) -> Option<Node> {
        self.at += 1;
        let mut chomping = Chomping::Clip;
        let mut indent = None;
        loop {
            match self.peek()? {
                b'-' if chomping == Chomping::Clip => chomping = Chomping::Strip,
                b'+' if chomping == Chomping::Clip => chomping = Chomping::Keep,
                digit @ b'1'..=b'9' if indent.is_none() => indent = Some(parent + usize::from(digit - b'0')),
                b' ' | b'\n' => break,
                _ => return None,
            }
            self.at += 1;
        }
        self.end_of_line()?;
        let mut empty = self.leading_lines(&mut indent)?;
        let indent = indent?;
        // What holds nothing is rare.
        if indent <= parent || self.at == self.text.len() || self.column() < indent {
            return None;
        }
        let span = self.span();
        let mut out = String::new();
        let (mut first, mut spaced_before) = (true, false);
        loop {
            let line = self.content_line()?;
            let spaced = line.starts_with([' ', '\t']);
            if folds && !first && !spaced_before && !spaced {
                if empty == 0 {
                    out.push(' ');
                }
            } else if !first {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('\n', empty));
            out.push_str(line);
            (first, spaced_before) = (false, spaced);
            empty = self.empty_lines(indent)?;
            if self.at == self.text.len() || self.column() < indent {
                break;
            }
        }
        if chomping != Chomping::Strip {
            out.push('\n');
        }
        if chomping == Chomping::Keep {
            out.extend(std::iter::repeat_n('\n', empty));
        }
        self.skip_empty_lines()?;
        self.text_value(&out, span)
    }

    /// Skips the empty lines before the first one with content, whose indentation counts unless it was given. Returns
    /// how many there are.
    fn leading_lines(&mut self, indent: &mut Option<usize>) -> Option<usize> {
        if let Some(indent) = *indent {
            return self.empty_lines(indent);
        }
        let mut empty = 0;
        let mut widest = 0;
        loop {
            self.skip_spaces();
            match self.peek()? {
                b'\n' => {
                    widest = widest.max(self.column());
                    empty += 1;
                    self.break_line();
                }
                b'\t' => return None,
                _ => break,
            }
        }
        *indent = Some(self.column());
        // A leading line of more spaces than the content is indented by is wrong.
        (widest <= self.column()).then_some(empty)
    }

    /// Skips lines that hold at most `indent` spaces, and the indentation of the next one. Returns how many there are.
    fn empty_lines(&mut self, indent: usize) -> Option<usize> {
        let mut empty = 0;
        loop {
            while self.peek() == Some(b' ') && self.column() < indent {
                self.at += 1;
            }
            match self.peek() {
                Some(b'\n') => {
                    empty += 1;
                    self.break_line();
                }
                Some(b'\t') if self.column() < indent => return None,
                // A line that ends with the text and not with a line break.
                None if self.at > self.line_start => return None,
                _ => return Some(empty),
            }
        }
    }

    /// The rest of the line, which must end in a line break. Goes behind it.
    fn content_line(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let length = memchr::memchr(b'\n', rest.as_bytes())?;
        self.at += length;
        self.break_line();
        Some(&rest[..length])
    }
}
