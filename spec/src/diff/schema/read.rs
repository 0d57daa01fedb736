//! From a schema as written to its [`Shape`].

use super::shape::{Bound, Limit, Shape, Union, Values};
use super::types::Types;
use crate::diff::tree::{At, Tree, reference};
use crate::node::{Node, Value};
use std::collections::HashSet;

/// Keywords that are compared as a whole, because nothing simple can be said about their inclusion.
const OTHERS: [&str; 13] = [
    "contentEncoding",
    "contentMediaType",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "minContains",
    "multipleOf",
    "not",
    "then",
    "unevaluatedItems",
];

/// Members of a schema that say nothing about values.
const ANNOTATIONS: [&str; 8] =
    ["title", "description", "example", "examples", "externalDocs", "deprecated", "$comment", "summary"];

/// The shape of a value that meets all of `schemas`. References and `allOf` are followed without recursion, since they
/// may go on for thousands of steps.
pub(super) fn shape<'a>(tree: &Tree<'a>, schemas: &[At<'a>], at: At<'a>) -> Shape<'a> {
    let mut shape = Shape::any(at);
    let mut seen = HashSet::new();
    let mut pending: Vec<Part<'a>> = schemas.iter().rev().map(|at| Part { at: *at, is_base: false }).collect();
    while let Some(part) = pending.pop() {
        if !seen.insert(part.at.address()) {
            continue;
        }
        if let Some(reference) = reference(part.at.node) {
            if let Some(at) = tree.target(part.at.node, reference) {
                pending.push(Part { at, ..part });
            }
            if tree.is_3_0 {
                continue;
            }
        }
        read(tree, part, &mut shape, &mut pending);
    }
    shape
}

/// A schema that is part of another.
#[derive(Clone, Copy)]
struct Part<'a> {
    at: At<'a>,
    /// Whether it came by `allOf`, so that its own standing says nothing about the whole.
    is_base: bool,
}

fn read<'a>(tree: &Tree<'a>, part: Part<'a>, shape: &mut Shape<'a>, pending: &mut Vec<Part<'a>>) {
    let Part { at, is_base } = part;
    if at.node.as_bool() == Some(false) {
        shape.meet_types(Types::NONE, Some(at));
    }
    let is_true = |key| at.node.get(key).and_then(Node::as_bool) == Some(true);
    shape.deprecated |= !is_base && is_true("deprecated");
    shape.read_only |= is_true("readOnly");
    shape.write_only |= is_true("writeOnly");
    read_types(tree, at, shape);
    read_values(tree, at, shape);
    read_bounds(tree, at, shape);
    for (keyword, texts) in [("pattern", &mut shape.patterns), ("format", &mut shape.formats)] {
        if let Some(found) = tree.child(at, keyword)
            && let Some(text) = found.node.as_str()
            // A password is a string that a form hides.
            && text != "password"
        {
            texts.entry(text).or_insert(found);
        }
    }
    shape.default = shape.default.or_else(|| tree.child(at, "default"));
    read_members(tree, at, shape);
    read_items(tree, at, shape);
    read_nested(tree, at, shape);
    for keyword in OTHERS {
        if let Some(found) = tree.child(at, keyword) {
            shape.others.entry((keyword, bare_text(found.node))).or_insert(found);
        }
    }
    let is_union = read_union(tree, at, shape, pending);
    if !is_union && at.node.get("discriminator").is_some() {
        shape.heirs = shape.heirs.or_else(|| tree.child(at, "discriminator"));
    }
    if let Some(all_of) = tree.child(at, "allOf") {
        pending.extend(tree.items(all_of).into_iter().rev().map(|at| Part { at, is_base: true }));
    }
}

fn read_types<'a>(tree: &Tree<'a>, at: At<'a>, shape: &mut Shape<'a>) {
    let nullable = tree.child(at, "nullable").filter(|at| tree.is_3_0 && at.node.as_bool() == Some(true));
    match tree.child(at, "type") {
        Some(found) => {
            let null = if nullable.is_some() { Types::NULL } else { Types::NONE };
            shape.meet_types(Types::named(found.node) | null, Some(nullable.unwrap_or(found)));
        }
        // Beside `allOf` or a union without a type it strictly means nothing, and everybody means null.
        None => shape.nullable = shape.nullable.or(nullable),
    }
}

fn read_values<'a>(tree: &Tree<'a>, at: At<'a>, shape: &mut Shape<'a>) {
    let listed = tree.child(at, "enum").map(|at| (at, at.node.items().iter().collect::<Vec<_>>()));
    let pinned = tree.child(at, "const").map(|at| (at, vec![at.node]));
    for (at, nodes) in listed.into_iter().chain(pinned) {
        let list =
            nodes.iter().filter(|node| !node.is_null()).map(|node| (node.to_json().to_string(), *node)).collect();
        if nodes.iter().any(|node| node.is_null()) && shape.types == Types::ALL {
            shape.nullable = shape.nullable.or(Some(at));
        }
        shape.meet_values(Values { list, at });
    }
    shape.value_names = shape.value_names.or_else(|| tree.child(at, "x-enum-varnames"));
}

fn read_bounds<'a>(tree: &Tree<'a>, at: At<'a>, shape: &mut Shape<'a>) {
    for (bound, keyword) in Bound::ALL {
        if let Some(found) = tree.child(at, keyword)
            && let Some(value) = found.node.as_f64()
        {
            shape.meet_bound(bound, Limit { value, exclusive: false, at: found });
        }
    }
    for (bound, keyword, plain) in
        [(Bound::Minimum, "exclusiveMinimum", "minimum"), (Bound::Maximum, "exclusiveMaximum", "maximum")]
    {
        let Some(found) = tree.child(at, keyword) else { continue };
        let value = match found.node.as_bool() {
            // Of 3.0: a word about the plain bound.
            Some(true) => at.node.get(plain).and_then(Node::as_f64),
            _ => found.node.as_f64(),
        };
        if let Some(value) = value {
            shape.meet_bound(bound, Limit { value, exclusive: true, at: found });
        }
    }
}

fn read_members<'a>(tree: &Tree<'a>, at: At<'a>, shape: &mut Shape<'a>) {
    if let Some(properties) = tree.child(at, "properties") {
        for (name, schema) in tree.entries(properties) {
            shape.properties.entry(name).or_default().push(schema);
        }
    }
    if let Some(required) = tree.child(at, "required") {
        for name in required.node.items().iter().filter_map(Node::as_str) {
            shape.required.entry(name).or_insert(required);
        }
    }
    for keyword in ["additionalProperties", "unevaluatedProperties"] {
        match tree.child(at, keyword) {
            Some(found) if found.node.as_bool() == Some(false) => shape.closed = shape.closed.or(Some(found)),
            Some(found) if found.node.is_mapping() => shape.additional.push(found),
            _ => {}
        }
    }
}

fn read_nested<'a>(tree: &Tree<'a>, at: At<'a>, shape: &mut Shape<'a>) {
    let mut add = |keyword, key: String, schema| shape.nested.entry((keyword, key)).or_default().push(schema);
    for keyword in ["contains", "contentSchema", "propertyNames"] {
        if let Some(found) = tree.child(at, keyword) {
            add(keyword, String::new(), found);
        }
    }
    if let Some(found) = tree.child(at, "patternProperties") {
        tree.entries(found).into_iter().for_each(|(key, schema)| add("patternProperties", key.to_owned(), schema));
    }
    if let Some(found) = tree.child(at, "prefixItems") {
        let items = tree.items(found).into_iter().enumerate();
        items.for_each(|(index, schema)| add("prefixItems", index.to_string(), schema));
    }
}

fn read_items<'a>(tree: &Tree<'a>, at: At<'a>, shape: &mut Shape<'a>) {
    if let Some(items) = tree.child(at, "items")
        && (items.node.is_mapping() || items.node.as_bool() == Some(false))
    {
        shape.items.push(items);
    }
    if let Some(unique) = tree.child(at, "uniqueItems").filter(|at| at.node.as_bool() == Some(true)) {
        shape.unique_items = shape.unique_items.or(Some(unique));
    }
}

/// Whether there is a union. One of a single member, null aside, is that member.
fn read_union<'a>(tree: &Tree<'a>, at: At<'a>, shape: &mut Shape<'a>, pending: &mut Vec<Part<'a>>) -> bool {
    let mut found = false;
    for keyword in ["oneOf", "anyOf"] {
        let Some(list) = tree.child(at, keyword) else { continue };
        let (nulls, branches): (Vec<_>, Vec<_>) = tree.items(list).into_iter().partition(|branch| is_null(branch.node));
        if !nulls.is_empty() {
            shape.nullable = shape.nullable.or(Some(list));
        }
        match branches.as_slice() {
            [] if nulls.is_empty() => {}
            [] => shape.meet_types(Types::NULL, Some(list)),
            [only] if tree.child(at, "discriminator").is_none() => pending.push(Part { at: *only, is_base: false }),
            _ => {
                found = true;
                let discriminator = tree.child(at, "discriminator");
                shape.unions.push(Union { at: list, branches, discriminator });
            }
        }
    }
    found
}

/// A member of a union that admits null and nothing else.
pub(in crate::diff) fn is_null(branch: &Node) -> bool {
    let is_type = branch.get("type").is_some_and(|node| Types::named(node) == Types::NULL);
    let is_value = branch.get("const").is_some_and(Node::is_null)
        || matches!(branch.get("enum").map(Node::items), Some([only]) if only.is_null());
    is_type || is_value
}

/// The JSON text of a schema without what says nothing about values.
pub(in crate::diff) fn bare_text(node: &Node) -> String {
    let mut out = String::new();
    write_bare(node, &mut out);
    out
}

fn write_bare(node: &Node, out: &mut String) {
    match &node.value {
        Value::Mapping(mapping) => {
            let mut members: Vec<_> = mapping.iter().filter(|(key, value)| !is_annotation(key, value)).collect();
            members.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in members {
                out.push_str(&format!("{key:?}:"));
                write_bare(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Sequence(items) => {
            out.push('[');
            for item in items {
                write_bare(item, out);
                out.push(',');
            }
            out.push(']');
        }
        _ => out.push_str(&node.to_json().to_string()),
    }
}

/// A property may be called `title` too: then its value is a schema.
fn is_annotation(key: &str, value: &Node) -> bool {
    key.starts_with("x-") || (ANNOTATIONS.contains(&key) && !value.is_mapping())
}
