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

/// The members of a schema. They are few and looked at often, so that going through them is faster than hashing.
struct Keywords<'a>(Vec<(&'a str, At<'a>)>);

impl<'a> Keywords<'a> {
    fn get(&self, keyword: &str) -> Option<At<'a>> {
        self.0.iter().find(|(name, _)| *name == keyword).map(|(_, at)| *at)
    }

    fn is_true(&self, keyword: &str) -> bool {
        self.get(keyword).and_then(|at| at.node.as_bool()) == Some(true)
    }
}

fn read<'a>(tree: &Tree<'a>, part: Part<'a>, shape: &mut Shape<'a>, pending: &mut Vec<Part<'a>>) {
    let Part { at, is_base } = part;
    let schema = Keywords(tree.entries(at));
    if at.node.as_bool() == Some(false) {
        shape.meet_types(Types::NONE, Some(at));
    }
    shape.deprecated |= !is_base && schema.is_true("deprecated");
    shape.read_only |= schema.is_true("readOnly");
    shape.write_only |= schema.is_true("writeOnly");
    read_types(tree, &schema, shape);
    read_values(&schema, shape);
    read_bounds(&schema, shape);
    for (keyword, texts) in [("pattern", &mut shape.patterns), ("format", &mut shape.formats)] {
        if let Some(found) = schema.get(keyword)
            && let Some(text) = found.node.as_str()
            // A password is a string that a form hides.
            && text != "password"
        {
            texts.entry(text).or_insert(found);
        }
    }
    shape.default = shape.default.or_else(|| schema.get("default"));
    read_members(tree, &schema, shape);
    read_items(&schema, shape);
    read_nested(tree, &schema, shape);
    for keyword in OTHERS {
        if let Some(found) = schema.get(keyword) {
            shape.others.entry((keyword, bare_text(found.node))).or_insert(found);
        }
    }
    let is_union = read_union(tree, &schema, shape, pending);
    if !is_union && schema.get("discriminator").is_some() {
        shape.heirs = shape.heirs.or_else(|| schema.get("discriminator"));
    }
    if let Some(all_of) = schema.get("allOf") {
        pending.extend(tree.items(all_of).into_iter().rev().map(|at| Part { at, is_base: true }));
    }
}

fn read_types<'a>(tree: &Tree<'a>, schema: &Keywords<'a>, shape: &mut Shape<'a>) {
    let nullable = schema.get("nullable").filter(|at| tree.is_3_0 && at.node.as_bool() == Some(true));
    match schema.get("type") {
        Some(found) => {
            let null = if nullable.is_some() { Types::NULL } else { Types::NONE };
            shape.meet_types(Types::named(found.node) | null, Some(nullable.unwrap_or(found)));
        }
        // Beside `allOf` or a union without a type it strictly means nothing, and everybody means null.
        None => shape.nullable = shape.nullable.or(nullable),
    }
}

fn read_values<'a>(schema: &Keywords<'a>, shape: &mut Shape<'a>) {
    let listed = schema.get("enum").map(|at| (at, at.node.items().iter().collect::<Vec<_>>()));
    let pinned = schema.get("const").map(|at| (at, vec![at.node]));
    for (at, nodes) in listed.into_iter().chain(pinned) {
        let list =
            nodes.iter().filter(|node| !node.is_null()).map(|node| (node.to_json().to_string(), *node)).collect();
        if nodes.iter().any(|node| node.is_null()) && shape.types == Types::ALL {
            shape.nullable = shape.nullable.or(Some(at));
        }
        shape.meet_values(Values { list, at });
    }
    shape.value_names = shape.value_names.or_else(|| schema.get("x-enum-varnames"));
}

fn read_bounds<'a>(schema: &Keywords<'a>, shape: &mut Shape<'a>) {
    for (bound, keyword) in Bound::ALL {
        if let Some(found) = schema.get(keyword)
            && let Some(value) = found.node.as_f64()
        {
            shape.meet_bound(bound, Limit { value, exclusive: false, at: found });
        }
    }
    for (bound, keyword, plain) in
        [(Bound::Minimum, "exclusiveMinimum", "minimum"), (Bound::Maximum, "exclusiveMaximum", "maximum")]
    {
        let Some(found) = schema.get(keyword) else { continue };
        let value = match found.node.as_bool() {
            // Of 3.0: a word about the plain bound.
            Some(true) => schema.get(plain).and_then(|at| at.node.as_f64()),
            _ => found.node.as_f64(),
        };
        if let Some(value) = value {
            shape.meet_bound(bound, Limit { value, exclusive: true, at: found });
        }
    }
}

fn read_members<'a>(tree: &Tree<'a>, schema: &Keywords<'a>, shape: &mut Shape<'a>) {
    if let Some(properties) = schema.get("properties") {
        for (name, at) in tree.entries(properties) {
            shape.properties.entry(name).or_default().push(at);
        }
    }
    if let Some(required) = schema.get("required") {
        for name in required.node.items().iter().filter_map(Node::as_str) {
            shape.required.entry(name).or_insert(required);
        }
    }
    for keyword in ["additionalProperties", "unevaluatedProperties"] {
        match schema.get(keyword) {
            Some(found) if found.node.as_bool() == Some(false) => shape.closed = shape.closed.or(Some(found)),
            Some(found) if found.node.is_mapping() => shape.additional.push(found),
            _ => {}
        }
    }
}

fn read_nested<'a>(tree: &Tree<'a>, schema: &Keywords<'a>, shape: &mut Shape<'a>) {
    let mut add = |keyword, key: String, at| shape.nested.entry((keyword, key)).or_default().push(at);
    for keyword in ["contains", "contentSchema", "propertyNames"] {
        if let Some(found) = schema.get(keyword) {
            add(keyword, String::new(), found);
        }
    }
    if let Some(found) = schema.get("patternProperties") {
        tree.entries(found).into_iter().for_each(|(key, at)| add("patternProperties", key.to_owned(), at));
    }
    if let Some(found) = schema.get("prefixItems") {
        let items = tree.items(found).into_iter().enumerate();
        items.for_each(|(index, at)| add("prefixItems", index.to_string(), at));
    }
}

fn read_items<'a>(schema: &Keywords<'a>, shape: &mut Shape<'a>) {
    if let Some(items) = schema.get("items")
        && (items.node.is_mapping() || items.node.as_bool() == Some(false))
    {
        shape.items.push(items);
    }
    if let Some(unique) = schema.get("uniqueItems").filter(|at| at.node.as_bool() == Some(true)) {
        shape.unique_items = shape.unique_items.or(Some(unique));
    }
}

/// Whether there is a union. One of a single member, null aside, is that member.
fn read_union<'a>(tree: &Tree<'a>, schema: &Keywords<'a>, shape: &mut Shape<'a>, pending: &mut Vec<Part<'a>>) -> bool {
    let mut found = false;
    for keyword in ["oneOf", "anyOf"] {
        let Some(list) = schema.get(keyword) else { continue };
        let (nulls, branches): (Vec<_>, Vec<_>) = tree.items(list).into_iter().partition(|branch| is_null(branch.node));
        if !nulls.is_empty() {
            shape.nullable = shape.nullable.or(Some(list));
        }
        match branches.as_slice() {
            [] if nulls.is_empty() => {}
            [] => shape.meet_types(Types::NULL, Some(list)),
            [only] if schema.get("discriminator").is_none() => pending.push(Part { at: *only, is_base: false }),
            _ => {
                found = true;
                let discriminator = schema.get("discriminator");
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
