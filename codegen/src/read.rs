//! From the bundled document to the [`Api`]: what the generator can't type is refused here, with its place.

mod operation;
mod schema;
mod security;

use countersign_spec::{Diagnostics, Document, Node, Span, Value};
use indexmap::IndexMap;

use crate::api::{Api, Door, Fault, SecurityScheme};

/// Reads everything, and reports every fault, not only the first.
pub(crate) fn read(document: &Document) -> Result<Api, Diagnostics> {
    let mut reader = Reader { document, schemes: IndexMap::new(), doors: Vec::new(), faults: Vec::new() };
    let schemas = reader.components();
    reader.security_schemes();
    let operations = reader.operations();
    let api = Api { schemas, operations, doors: std::mem::take(&mut reader.doors) };
    if reader.faults.is_empty() {
        Ok(api)
    } else {
        let faults = reader.faults;
        Err(Diagnostics(faults.into_iter().map(|f| document.diagnostic(f.span, f.message)).collect()))
    }
}

struct Reader<'d> {
    document: &'d Document,
    /// Security schemes by name, each with its door.
    schemes: IndexMap<String, (SecurityScheme, String)>,
    doors: Vec<Door>,
    faults: Vec<Fault>,
}

impl<'d> Reader<'d> {
    fn fault(&mut self, span: Span, message: impl Into<String>) {
        self.faults.push(Fault { span, message: message.into() });
    }

    /// The node that a reference leads to; a broken one is a fault, and `None`.
    fn resolve(&mut self, node: &'d Node) -> Option<&'d Node> {
        match self.document.resolve(node) {
            Ok(target) => Some(target),
            Err(diagnostic) => {
                self.fault(node.span, diagnostic.message);
                None
            }
        }
    }

    fn components(&mut self) -> IndexMap<String, crate::api::Schema> {
        let Some(components) = self.document.root().pointer("/components/schemas") else { return IndexMap::new() };
        let mut out = IndexMap::new();
        for (name, node) in components.entries() {
            if let Some(schema) = self.schema(node) {
                out.insert(name.to_owned(), schema);
            }
        }
        out
    }

    /// Refuses the keys that the generator would otherwise ignore in silence. `x-` keys mean nothing to it.
    fn refuse_unknown_keys(&mut self, what: &str, node: &'d Node, known: &[&str]) {
        for (key, value) in node.entries() {
            if !known.contains(&key) && !key.starts_with("x-") {
                self.fault(value.span, format!("the generator can't type `{key}` in {what}"));
            }
        }
    }

    /// A member read as `read` does; one of another type is a fault, since it would otherwise count as not written.
    fn member<T>(&mut self, node: &'d Node, key: &str, what: &str, read: impl Fn(&'d Node) -> Option<T>) -> Option<T> {
        let value = node.get(key)?;
        let found = read(value);
        if found.is_none() {
            self.fault(value.span, format!("`{key}` must be {what}"));
        }
        found
    }

    fn text(&mut self, node: &'d Node, key: &str) -> Option<String> {
        self.member(node, key, "a string", Node::as_str).map(str::to_owned)
    }

    fn flag(&mut self, node: &'d Node, key: &str) -> bool {
        self.member(node, key, "true or false", Node::as_bool).unwrap_or(false)
    }

    fn list(&mut self, node: &'d Node, key: &str) -> &'d [Node] {
        self.member(node, key, "a list", |value| matches!(value.value, Value::Sequence(_)).then(|| value.items()))
            .unwrap_or_default()
    }
}
