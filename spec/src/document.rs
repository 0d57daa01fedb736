//! A bundled document.

use crate::diagnostic::Diagnostic;
use crate::node::Node;
use crate::print;
use crate::source::{Place, Sources, Span};
use foldhash::{HashSet, HashSetExt as _};
use std::path::Path;

/// How much room is made for text that is not printed yet, in bytes.
const LONGEST_GUESS: usize = 16 << 20;

/// A whole OpenAPI document in one tree: every `$ref` with a meaning is `#/…`, and every node knows its author's file.
#[derive(Debug, Clone)]
pub struct Document {
    root: Node,
    sources: Sources,
    warnings: Vec<Diagnostic>,
}

impl Document {
    pub(crate) fn new(root: Node, sources: Sources, warnings: Vec<Diagnostic>) -> Self {
        Self { root, sources, warnings }
    }

    /// The OpenAPI object.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Where a span of this document stands, with the path of its file.
    pub fn place(&self, span: Span) -> Place {
        self.sources.place(span)
    }

    /// The author's line that a span begins in.
    pub fn source_line(&self, span: Span) -> Option<&str> {
        self.sources.line(span)
    }

    /// The files that were read, in the order of reading; the root document is the first.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.sources.iter().map(|source| source.path.as_path())
    }

    /// What bundling changed that the author may not have wanted, for example text beside a `$ref` that is lost.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// A diagnostic at a span of this document, with its source line.
    pub fn diagnostic(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(&self.sources, span, message)
    }

    /// Follows `$ref` until a node that is not one. A node without `$ref` is returned as it is.
    ///
    /// # Errors
    /// A reference that is not `#` or `#/…`, that leads nowhere, or that leads back to itself, at its place.
    pub fn resolve<'a>(&'a self, node: &'a Node) -> Result<&'a Node, Diagnostic> {
        let mut node = node;
        let mut seen = HashSet::new();
        while let Some(target) = node.get("$ref") {
            // `$ref` may be the name of a property: then its value is a schema, not a reference.
            let Some(reference) = target.as_str() else { return Ok(node) };
            if !seen.insert(reference) {
                return Err(self.diagnostic(target.span, format!("`{reference}` leads back to itself")));
            }
            let Some(fragment) = reference.strip_prefix('#') else {
                return Err(self.diagnostic(target.span, format!("`{reference}` leads out of the document")));
            };
            node = self
                .root
                .fragment(fragment)
                .ok_or_else(|| self.diagnostic(target.span, format!("`{reference}` leads nowhere")))?;
        }
        Ok(node)
    }

    /// About how long the document is as YAML, in bytes.
    fn length(&self) -> usize {
        self.sources.iter().map(|source| source.text.len()).sum::<usize>().min(LONGEST_GUESS)
    }

    /// The document as YAML, ending in one newline, byte for byte as `js-yaml` prints it.
    pub fn to_yaml(&self) -> String {
        print::yaml(&self.root, self.length())
    }

    /// The document as `JSON.stringify(document, null, 2)` prints it: no final newline.
    pub fn to_json(&self) -> String {
        print::json(&self.root, 2 * self.length())
    }
}
