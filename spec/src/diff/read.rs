//! Reading a document to be compared: a bundle is taken as it is, anything else is bundled first.

use crate::bundle::{BundleOptions, Dangling, LossyNumbers, OnCollision, bundle};
use crate::diagnostic::Diagnostics;
use crate::document::Document;
use crate::node::{Node, Value};
use crate::read::{self, Budget};
use crate::source::Sources;
use std::path::Path;

/// The compared documents need not be clean, only readable: what the bundler would have to decide decides nothing here.
const LENIENT: BundleOptions =
    BundleOptions { on_collision: OnCollision::Number, dangling: Dangling::Keep, lossy_numbers: LossyNumbers::Round };

/// Reads the document whose root is at `path`.
pub(super) fn document(path: &Path) -> Result<Document, Diagnostics> {
    match alone(path)? {
        Some(document) => Ok(document),
        // The bundler also says best what is wrong with a file.
        None => bundle(path, LENIENT),
    }
}

/// A document that refers to no other file: most of the bundler's work would change nothing in it.
fn alone(path: &Path) -> Result<Option<Document>, Diagnostics> {
    let is_tree = path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|one| extension == *one));
    let Some(source) = is_tree.then(|| read::load(path, path).ok()).flatten() else { return Ok(None) };
    let mut sources = Sources::default();
    let Some(file) = sources.add(source) else { return Ok(None) };
    let tree = read::parse(&sources, file, &mut Budget::default()).map_err(Diagnostics)?;
    Ok(tree.filter(is_self_contained).map(|tree| Document::new(tree, sources, Vec::new())))
}

fn is_self_contained(root: &Node) -> bool {
    let version = root.get("openapi").and_then(Node::as_str).unwrap_or_default();
    let is_known = ["3.0.", "3.1."].iter().any(|known| version.starts_with(known));
    let components = root.get("components");
    is_known && components.is_none_or(Node::is_mapping) && holds_only_own(root)
}

/// Whether all references are to places in the same document. The depth is bounded by the reader.
fn holds_only_own(node: &Node) -> bool {
    match &node.value {
        Value::Sequence(items) => items.iter().all(holds_only_own),
        Value::Mapping(mapping) => mapping.iter().all(|(key, value)| match (key, &value.value) {
            ("$ref", Value::String(text)) => text.starts_with('#'),
            // A value may be the name of a component, or a reference.
            ("mapping", Value::Mapping(mapping)) => mapping.iter().all(|(_, target)| {
                let text = target.as_str().unwrap_or_default();
                text.starts_with('#') || !text.contains(['/', '.'])
            }),
            _ => holds_only_own(value),
        }),
        _ => true,
    }
}
