//! The text of a schema without what says nothing about values.

use crate::node::{Node, Value};

/// Members of a schema that say nothing about values.
pub(super) const ANNOTATIONS: [&str; 8] =
    ["title", "description", "example", "examples", "externalDocs", "deprecated", "$comment", "summary"];

/// Lists whose order says nothing.
const SETS: [&str; 8] = ["allOf", "anyOf", "dependentRequired", "enum", "oneOf", "required", "scopes", "type"];

/// The JSON text of a schema without annotations, alike for all orders of writing.
pub(in crate::diff) fn bare_text(node: &Node) -> String {
    let mut out = String::new();
    write_bare(node, false, &mut out);
    out
}

fn write_bare(node: &Node, is_set: bool, out: &mut String) {
    match &node.value {
        Value::Mapping(mapping) => {
            let mut members: Vec<_> = mapping.iter().filter(|(key, value)| !is_annotation(key, value)).collect();
            members.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in members {
                out.push_str(&format!("{key:?}:"));
                write_bare(value, SETS.contains(&key), out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Sequence(items) if is_set => {
            let mut texts: Vec<String> = items.iter().map(bare_text).collect();
            texts.sort_unstable();
            out.push('[');
            texts.iter().for_each(|text| *out += &format!("{text},"));
            out.push(']');
        }
        Value::Sequence(items) => {
            out.push('[');
            for item in items {
                write_bare(item, false, out);
                out.push(',');
            }
            out.push(']');
        }
        _ => out.push_str(&node.to_json().to_string()),
    }
}

/// A property may be called `title` too: then its value is a schema.
pub(super) fn is_annotation(key: &str, value: &Node) -> bool {
    key.starts_with("x-") || (ANNOTATIONS.contains(&key) && !value.is_mapping())
}
