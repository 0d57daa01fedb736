//! Source files and places in them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Where a node begins: an index into the document's sources, with a line and a column counted from 1 in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Index of the source file. Only the document that the span came from can turn it into a path.
    pub file: u32,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

/// A span that carries its path, so that it can be shown without the document.
///
/// Displayed as `openapi/paths/x.yaml:3:5`, with `/` on every platform.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file as it was opened: relative if the root document's path was.
    pub file: PathBuf,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", with_slashes(&self.file), self.line, self.column)
    }
}

/// A path as text with `/` between its parts.
pub(crate) fn with_slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

/// One file as it was read: the path that diagnostics show, and the text with its byte order mark dropped and CRLF
/// turned into LF.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Source {
    /// Where each line begins.
    fn line_starts(&self) -> Box<[usize]> {
        let bytes = self.text.as_bytes();
        let is_end = |at: &usize| match bytes[*at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        std::iter::once(0).chain((0..bytes.len()).filter(is_end).map(|at| at + 1)).collect()
    }
}

/// Every file that a document was read from. A [`Span`] indexes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    sources: Vec<Source>,
    /// Where the lines of each begin, once somebody asks for one: there can be a finding in every line.
    lines: Vec<OnceLock<Box<[usize]>>>,
    /// Whether each is of ASCII alone, once somebody asks.
    ascii: Vec<OnceLock<bool>>,
}

impl Sources {
    /// Adds a file and returns the index that its spans carry. `None` after 2^32 files.
    pub(crate) fn add(&mut self, source: Source) -> Option<u32> {
        let index = u32::try_from(self.sources.len()).ok()?;
        self.sources.push(source);
        self.lines.push(OnceLock::new());
        self.ascii.push(OnceLock::new());
        Some(index)
    }

    pub(crate) fn get(&self, file: u32) -> Option<&Source> {
        self.sources.get(usize::try_from(file).ok()?)
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        let file = self.get(span.file).map(|source| source.path.clone()).unwrap_or_default();
        Place { file, line: span.line, column: span.column }
    }

    pub(crate) fn line(&self, span: Span) -> Option<&str> {
        let source = self.get(span.file)?;
        let starts = self.lines.get(usize::try_from(span.file).ok()?)?.get_or_init(|| source.line_starts());
        let number = usize::try_from(span.line).ok()?.checked_sub(1)?;
        let end = starts.get(number + 1).copied().unwrap_or(source.text.len());
        source.text.get(*starts.get(number)?..end).map(|line| line.trim_end_matches(['\n', '\r']))
    }

    /// Whether every character of a file is one byte.
    pub(crate) fn is_ascii(&self, file: u32) -> bool {
        let index = usize::try_from(file).ok();
        let known = index.and_then(|index| self.ascii.get(index)).zip(self.get(file));
        known.is_some_and(|(known, source)| *known.get_or_init(|| source.text.is_ascii()))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, Sources, Span};
    use std::path::PathBuf;

    #[test]
    fn lines_end_as_on_any_system() {
        let mut sources = Sources::default();
        let text = "a\n\nb\rc\r\nd\r\r\ne".to_owned();
        let file = sources.add(Source { path: PathBuf::new(), text }).unwrap_or_default();
        let line = |line| sources.line(Span { file, line, column: 1 });
        let lines: Vec<&str> = (1..10).map_while(line).collect();
        assert_eq!(lines, ["a", "", "b", "c", "d", "", "e"]);
        assert_eq!((line(0), line(8)), (None, None));
        assert_eq!(sources.line(Span { file: 1, line: 1, column: 1 }), None);
    }
}
