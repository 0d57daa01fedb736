//! How a file on disk differs from what the source says.

use crate::document::Document;
use crate::node::{Node, Value};
use crate::pointer;
use crate::read::{self, Budget};
use crate::source::{Place, Source, Sources, with_slashes};
use std::fmt;
use std::path::PathBuf;

/// A file that is missing or differs from what would be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleFile {
    /// The file.
    pub path: PathBuf,
    /// Whether it is missing.
    pub missing: bool,
    /// The JSON pointer of the first value that differs, and where the source has it. `None` if the file is missing,
    /// cannot be read as YAML, or holds the same values in other bytes.
    pub first_difference: Option<(String, Place)>,
}

impl StaleFile {
    pub(super) fn new(path: PathBuf, existing: Option<Vec<u8>>, document: &Document) -> Self {
        let missing = existing.is_none();
        let actual = existing.and_then(|bytes| String::from_utf8(bytes).ok()).and_then(parse);
        let mut tokens = Vec::new();
        let different = actual.and_then(|actual| first_difference(document.root(), &actual, &mut tokens));
        Self { path, missing, first_difference: different.map(|span| (tokens.concat(), document.place(span))) }
    }
}

impl fmt::Display for StaleFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = with_slashes(&self.path);
        match &self.first_difference {
            _ if self.missing => write!(f, "{path} is missing"),
            Some((pointer, place)) => write!(f, "{path} is stale: it differs first at `{pointer}`, from {place}"),
            None => write!(f, "{path} is stale: it holds other bytes"),
        }
    }
}

fn parse(text: String) -> Option<Node> {
    let mut sources = Sources::default();
    let file = sources.add(Source { path: PathBuf::new(), text })?;
    read::parse(&sources, file, &mut Budget::default()).ok()?
}

/// The place of the first difference in the source, and its pointer in `tokens`.
fn first_difference(expected: &Node, actual: &Node, tokens: &mut Vec<String>) -> Option<crate::source::Span> {
    match (&expected.value, &actual.value) {
        (Value::Mapping(wanted), Value::Mapping(found)) => {
            for (key, node) in wanted.iter() {
                tokens.push(format!("/{}", pointer::escape(key)));
                let different = match found.get(key) {
                    Some(actual) => first_difference(node, actual, tokens),
                    None => wanted.key_span(key),
                };
                if different.is_some() {
                    return different;
                }
                tokens.pop();
            }
            let surplus = found.iter().find(|(key, _)| !wanted.contains_key(key));
            surplus.map(|(key, _)| {
                tokens.push(format!("/{}", pointer::escape(key)));
                expected.span
            })
        }
        (Value::Sequence(wanted), Value::Sequence(found)) => {
            for (index, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                tokens.push(format!("/{index}"));
                let different = first_difference(wanted, found, tokens);
                if different.is_some() {
                    return different;
                }
                tokens.pop();
            }
            (wanted.len() != found.len()).then(|| {
                tokens.push(format!("/{}", wanted.len().min(found.len())));
                wanted.get(found.len()).map_or(expected.span, |first_missing| first_missing.span)
            })
        }
        (Value::Null, Value::Null) => None,
        (Value::Bool(a), Value::Bool(b)) if a == b => None,
        (Value::Number(a), Value::Number(b)) if a == b => None,
        (Value::String(a), Value::String(b)) if a == b => None,
        _ => Some(expected.span),
    }
}
