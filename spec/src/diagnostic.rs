//! What is wrong with a document, where, and how to mend it.

use crate::source::{Place, Sources, Span};
use std::fmt;

/// One problem in a document.
///
/// Displayed as `file:line:column: message`, then the author's line with a caret under the column, then the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where the problem stands; `None` if it has no place in a file (for example a file that cannot be opened).
    pub place: Option<Place>,
    /// What is wrong, without a final stop.
    pub message: String,
    /// How to mend it, without a final stop.
    pub help: Option<String>,
    excerpt: Option<Excerpt>,
}

/// The part of the author's line around the column.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    text: String,
    /// How many characters stand before the caret.
    caret: usize,
}

/// Longest part of a line that is shown, in characters. A minified document is one line of megabytes.
const SHOWN: usize = 160;

impl Excerpt {
    fn new(line: &str, column: u32, is_ascii: bool) -> Self {
        let column = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1);
        let first = if column < SHOWN { 0 } else { column - SHOWN / 2 };
        // Going through a minified document for every mistake in it would take long.
        let (line, first_shown) = if is_ascii { (line.get(first..).unwrap_or(""), 0) } else { (line, first) };
        let shown = line.chars().skip(first_shown).take(SHOWN).map(|c| if c.is_control() { ' ' } else { c });
        Self { text: shown.collect::<String>().trim_end().to_owned(), caret: column - first }
    }
}

impl Diagnostic {
    /// A problem without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into(), help: None, excerpt: None }
    }

    /// The same problem with advice on how to mend it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn at(sources: &Sources, span: Span, message: impl Into<String>) -> Self {
        let excerpt = sources.line(span).map(|line| Excerpt::new(line, span.column, sources.is_ascii(span.file)));
        Self { place: Some(sources.place(span)), excerpt, ..Self::new(message) }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)?;
        if let (Some(place), Some(Excerpt { text, caret })) = (&self.place, &self.excerpt) {
            let margin = " ".repeat(place.line.to_string().len());
            write!(f, "\n{} | {text}\n{margin} | {}^", place.line, " ".repeat(*caret))?;
        }
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}

/// Every problem that was found, in the order of discovery. Never empty when returned as an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Self(vec![one])
    }
}

/// How many problems one stage reports. A generated document can have one in every line.
const MOST_REPORTED: usize = 200;

/// Problems as they are found; those beyond [`MOST_REPORTED`] are only counted.
#[derive(Debug, Default)]
pub(crate) struct Found {
    reported: Vec<Diagnostic>,
    more: usize,
}

impl Found {
    /// Adds a problem. `describe` is not called when there are too many, so that they cost nothing.
    pub(crate) fn add(&mut self, describe: impl FnOnce() -> Diagnostic) {
        if self.reported.len() < MOST_REPORTED {
            self.reported.push(describe());
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.reported.is_empty()
    }

    pub(crate) fn into_vec(mut self) -> Vec<Diagnostic> {
        if self.more > 0 {
            self.reported.push(Diagnostic::new(format!("and {} more problems", self.more)));
        }
        self.reported
    }
}
