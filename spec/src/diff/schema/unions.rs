//! `oneOf` and `anyOf` as written: what is a union, and what only looks like one.

use super::bare::is_annotation;
use super::read::{Keywords, Part, nullable};
use super::shape::{Shape, Union};
use super::types::Types;
use crate::diff::tree::{At, Tree, reference};
use crate::node::Node;
use foldhash::{HashMap, HashSet};

/// Whether there is a union. One of a single member, null aside, is that member; one of constants is a list of values.
pub(super) fn read_unions<'a>(
    tree: &Tree<'a>,
    schema: &Keywords<'a>,
    part: Part<'a>,
    shape: &mut Shape<'a>,
    pending: &mut Vec<Part<'a>>,
) -> bool {
    let discriminator = schema.get("discriminator");
    let mut found = false;
    for keyword in ["oneOf", "anyOf"] {
        let Some(list) = schema.get(keyword) else { continue };
        let mut members = tree.items(list);
        if discriminator.is_none() {
            flatten(tree, keyword, &mut members);
        }
        let (nulls, branches): (Vec<_>, Vec<_>) = members.into_iter().partition(|branch| is_null(branch.node));
        let null = if nulls.is_empty() { nullable(tree, schema) } else { Some(list) };
        let beside_null = part.beside_null || null.is_some();
        match branches.as_slice() {
            [] if nulls.is_empty() => {}
            [] => shape.meet_types(Types::NULL, Some(list)),
            [only] if discriminator.is_none() => {
                shape.nullable = shape.nullable.or(null);
                pending.push(Part { at: *only, beside_null, ..part });
            }
            _ if discriminator.is_none() && branches.iter().all(|branch| is_only(branch.node, &["const", "enum"])) => {
                shape.nullable = shape.nullable.or(null);
                let values = |at: &At<'a>| {
                    let pinned = at.node.get("const").into_iter();
                    pinned.chain(at.node.get("enum").map(Node::items).unwrap_or_default())
                };
                let is_exclusive = keyword == "oneOf";
                let listed = branches.clone();
                shape.listed =
                    Some(Union { at: list, branches: listed, discriminator, is_exclusive, null, types: None });
                let mut nodes: Vec<&Node> = branches.iter().flat_map(values).collect();
                if is_exclusive {
                    refuse_repeated(&branches.iter().map(|at| values(at).collect()).collect::<Vec<_>>(), &mut nodes);
                }
                shape.meet_list(&nodes, list, beside_null);
            }
            _ => {
                found = true;
                let is_exclusive = keyword == "oneOf";
                let types = branches.iter().map(|branch| {
                    let is_type = discriminator.is_none() && is_only(branch.node, &["type"]);
                    branch.node.get("type").filter(|_| is_type).map(Types::named)
                });
                // A value of two members is one of none.
                let join = |all: Types, one: Types| (!is_exclusive || !all.may_be(one)).then_some(all | one);
                let types = types.reduce(|all, one| join(all?, one?)).flatten();
                shape.unions.push(Union { at: list, branches, discriminator, is_exclusive, null, types });
            }
        }
    }
    found
}

/// Takes out the values that several members list: where only one may fit, they fit none.
fn refuse_repeated(members: &[Vec<&Node>], nodes: &mut Vec<&Node>) {
    let text = |node: &Node| node.to_json().to_string();
    let mut counts: HashMap<String, usize> = HashMap::default();
    for member in members {
        let own: HashSet<String> = member.iter().map(|node| text(node)).collect();
        own.into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
    }
    if counts.values().any(|count| *count > 1) {
        nodes.retain(|node| counts.get(&text(node)) == Some(&1));
    }
}

/// Whether a schema says nothing but this. One that pins values may name their type.
fn is_only(schema: &Node, keywords: &[&str]) -> bool {
    schema.is_mapping()
        && keywords.iter().any(|keyword| schema.get(keyword).is_some())
        && schema.entries().all(|(key, value)| key == "type" || keywords.contains(&key) || is_annotation(key, value))
}

/// A union within a union of the same kind is its members, if it is nothing else.
fn flatten<'a>(tree: &Tree<'a>, keyword: &str, members: &mut Vec<At<'a>>) {
    let inner = |at: At<'a>| -> Option<At<'a>> {
        let is_bare =
            |node: &Node, keyword: &str| node.entries().all(|(key, value)| key == keyword || is_annotation(key, value));
        let mut at = at;
        // Chains of references are followed to their end elsewhere.
        for _ in 0..MOST_ALIASES {
            match reference(at.node) {
                Some(reference) if is_bare(at.node, "$ref") => at = tree.target(at.node, reference)?,
                Some(_) => return None,
                None => break,
            }
        }
        (at.node.is_mapping() && is_bare(at.node, keyword)).then(|| tree.child(at, keyword)).flatten()
    };
    if !members.iter().any(|at| inner(*at).is_some()) {
        return;
    }
    let mut seen = HashSet::default();
    let mut pending: Vec<At<'a>> = members.drain(..).rev().collect();
    while let Some(at) = pending.pop() {
        match inner(at) {
            // What holds itself adds nothing.
            Some(list) if seen.insert(list.address()) => pending.extend(tree.items(list).into_iter().rev()),
            Some(_) => {}
            None => members.push(at),
        }
    }
}

/// How many references in a row are followed to see whether there is a union.
const MOST_ALIASES: usize = 32;

/// A member of a union that admits null and nothing else.
pub(in crate::diff) fn is_null(branch: &Node) -> bool {
    let is_type = branch.get("type").is_some_and(|node| Types::named(node) == Types::NULL);
    let is_value = branch.get("const").is_some_and(Node::is_null)
        || matches!(branch.get("enum").map(Node::items), Some([only]) if only.is_null());
    is_type || is_value
}
