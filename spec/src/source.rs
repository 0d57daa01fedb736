//! Source files and places in them.

use std::fmt;
use std::path::{Path, PathBuf};

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
    /// Line `number`, counted from 1.
    fn line(&self, number: u32) -> Option<&str> {
        self.text.split(['\n', '\r']).nth(usize::try_from(number).ok()?.checked_sub(1)?)
    }
}

/// Every file that a document was read from. A [`Span`] indexes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources(Vec<Source>);

impl Sources {
    /// Adds a file and returns the index that its spans carry. `None` after 2^32 files.
    pub(crate) fn add(&mut self, source: Source) -> Option<u32> {
        let index = u32::try_from(self.0.len()).ok()?;
        self.0.push(source);
        Some(index)
    }

    pub(crate) fn get(&self, file: u32) -> Option<&Source> {
        self.0.get(usize::try_from(file).ok()?)
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        let file = self.get(span.file).map(|source| source.path.clone()).unwrap_or_default();
        Place { file, line: span.line, column: span.column }
    }

    pub(crate) fn line(&self, span: Span) -> Option<&str> {
        self.get(span.file)?.line(span.line)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }
}
