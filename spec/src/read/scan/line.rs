//! Lines: where the next one with content begins, and where the content of one ends.

use super::Scanner;

/// How a plain scalar ends on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// With the line.
    Line,
    /// With a comment behind it.
    Comment,
    /// With `: ` or a `:` at the end of the line: it is a key.
    Key,
}

impl<'a> Scanner<'a, '_> {
    /// Goes to the first character of the next line that holds more than a comment, from the start of a line. Stays at
    /// the end of the text if there is none.
    pub(super) fn skip_empty_lines(&mut self) -> Option<()> {
        loop {
            while self.peek() == Some(b' ') {
                self.at += 1;
            }
            match self.peek() {
                Some(b'\n') => self.break_line(),
                Some(b'#') => self.skip_comment(),
                Some(b'\t') => return None,
                _ => return (!self.is_document_mark()).then_some(()),
            }
        }
    }

    /// Goes behind the line break at `at`.
    pub(super) fn break_line(&mut self) {
        self.at += 1;
        self.new_line(self.at);
    }

    /// Goes to the end of the line, or of the text.
    fn skip_comment(&mut self) {
        let rest = &self.bytes()[self.at..];
        self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    }

    /// `---` or `...` at the start of a line: a document begins or ends.
    fn is_document_mark(&self) -> bool {
        self.column() == 0
            && (self.rest().starts_with("---") || self.rest().starts_with("..."))
            && matches!(self.peek_at(3), None | Some(b' ' | b'\t' | b'\n'))
    }

    /// Behind a value: only spaces and a comment may follow. Goes to the start of the next line.
    pub(super) fn end_of_line(&mut self) -> Option<()> {
        let before = self.at;
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
        if self.peek() == Some(b'#') && self.at > before {
            self.skip_comment();
        }
        match self.peek() {
            None => Some(()),
            Some(b'\n') => {
                self.break_line();
                Some(())
            }
            Some(_) => None,
        }
    }

    /// Where the plain scalar that begins at `at` ends on this line, white space behind it left out. `at` is then
    /// behind that white space.
    pub(super) fn plain_line(&mut self) -> Option<(&'a str, Ended)> {
        let bytes = self.bytes();
        let start = self.at;
        let mut at = start;
        let ended = loop {
            let Some(byte) = bytes.get(at) else { break Ended::Line };
            match byte {
                b'\n' => break Ended::Line,
                b'\t' => return None,
                b':' if matches!(bytes.get(at + 1), None | Some(b' ' | b'\n')) => break Ended::Key,
                b':' if bytes.get(at + 1) == Some(&b'\t') => return None,
                b'#' if at > start && bytes[at - 1] == b' ' => break Ended::Comment,
                _ => at += 1,
            }
        };
        self.at = at;
        let text = self.text[start..at].trim_end_matches(' ');
        // `key : value` is allowed, and rare.
        (ended != Ended::Key || text.len() == at - start).then_some((text, ended))
    }
}
