//! What only readers see: titles, descriptions, examples, tags, links. It breaks nobody, so that all of it together is
//! one change, which tells how much was edited and where.
//!
//! Only what both documents have is compared, place by place: what is said of a new operation is a part of the new
//! operation. Extensions (`x-…`) are settings of tools and not compared.

use super::finding::{Finding, Side};
use super::policy::Kind;
use super::tree::{At, Tree};
use super::verdict::Direction;
use crate::node::{Node, Value};
use foldhash::HashMap;

/// Members that are for readers, with what one and what many of them are called.
const FOR_READERS: [(&str, &str, &str); 12] = [
    ("title", "title", "titles"),
    ("summary", "summary", "summaries"),
    ("description", "description", "descriptions"),
    ("$comment", "comment", "comments"),
    ("example", "example", "examples"),
    ("examples", "set of examples", "sets of examples"),
    ("externalDocs", "external document", "external documents"),
    ("tags", "list of tags", "lists of tags"),
    ("links", "set of links", "sets of links"),
    ("contact", "contact", "contacts"),
    ("license", "license", "licenses"),
    ("termsOfService", "reference to terms of service", "references to terms of service"),
];

/// Members whose value is a map from names to objects.
const MAPS: [&str; 21] = [
    "$defs",
    "callbacks",
    "content",
    "definitions",
    "dependentSchemas",
    "encoding",
    "flows",
    "headers",
    "parameters",
    "pathItems",
    "paths",
    "patternProperties",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "scopes",
    "securitySchemes",
    "variables",
    "webhooks",
    "x-webhooks",
];

/// Members whose value is data.
const DATA: [&str; 4] = ["const", "default", "enum", "mapping"];

/// The one change, if there is any.
pub(super) fn changed<'a>(base: &Tree<'a>, head: &Tree<'a>) -> Option<Finding> {
    let mut walk = Walk { path: Vec::new(), common: None, counts: [0; FOR_READERS.len()] };
    walk.object(base.root().node, head.root().node);
    let common = walk.common?;
    let told: Vec<String> = FOR_READERS
        .iter()
        .zip(walk.counts)
        .filter(|(_, count)| *count > 0)
        .map(|((_, one, many), count)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    // What is gone is in BASE only.
    let place = [(Side::Head, head), (Side::Base, base)]
        .into_iter()
        .find_map(|(side, tree)| Some((side, place(tree, &common, side)?.loc())))?;
    let message = format!("the documentation changed: {}", told.join(", "));
    Some(Finding::new(Kind::DocumentationChanged, Direction::ToServer, place, message))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Key(&'a str),
    /// Of an item, in BASE and in HEAD.
    Items(usize, usize),
}

/// A walk through both documents at once. The reader bounds the depth.
struct Walk<'a> {
    path: Vec<Token<'a>>,
    /// What the paths of all changes begin with.
    common: Option<Vec<Token<'a>>>,
    counts: [usize; FOR_READERS.len()],
}

impl<'a> Walk<'a> {
    fn object(&mut self, base: &'a Node, head: &'a Node) {
        let (Some(old), Some(new)) = (base.as_mapping(), head.as_mapping()) else { return self.list(base, head) };
        for (key, value) in old.iter() {
            let other = new.get(key);
            if let Some(index) = for_readers(key) {
                if other.is_none_or(|other| !is_equal(value, other)) {
                    self.found(key, index);
                }
            } else if let Some(other) = other
                && !DATA.contains(&key)
                && (!key.starts_with("x-") || MAPS.contains(&key))
            {
                self.path.push(Token::Key(key));
                if MAPS.contains(&key) && value.is_mapping() {
                    self.map(value, other);
                } else {
                    self.object(value, other);
                }
                self.path.pop();
            }
        }
        for (key, _) in new.iter().filter(|(key, _)| !old.contains_key(key)) {
            if let Some(index) = for_readers(key) {
                self.found(key, index);
            }
        }
    }

    fn map(&mut self, base: &'a Node, head: &'a Node) {
        for (key, value) in base.entries().filter(|(key, _)| !key.starts_with("x-")) {
            if let Some(other) = head.get(key) {
                self.path.push(Token::Key(key));
                self.object(value, other);
                self.path.pop();
            }
        }
    }

    /// Items are matched by what they are, since their order is seldom a statement.
    fn list(&mut self, base: &'a Node, head: &'a Node) {
        let (old, new) = (base.items(), head.items());
        let mut by_name = None;
        for (index, item) in old.iter().enumerate().filter(|(_, item)| item.is_mapping()) {
            let name = name(item);
            let beside = new.get(index).is_some_and(|other| self::name(other) == name);
            let other = match name {
                _ if beside => Some(index),
                None => None,
                Some(name) => {
                    let all = || new.iter().enumerate().filter_map(|(index, item)| Some((self::name(item)?, index)));
                    by_name.get_or_insert_with(|| all().collect::<HashMap<_, _>>()).get(&name).copied()
                }
            };
            if let Some(other) = other {
                self.path.push(Token::Items(index, other));
                self.object(item, &new[other]);
                self.path.pop();
            }
        }
    }

    fn found(&mut self, key: &'a str, index: usize) {
        self.counts[index] += 1;
        self.path.push(Token::Key(key));
        match &mut self.common {
            None => self.common = Some(self.path.clone()),
            Some(common) => {
                let shared = common.iter().zip(&self.path).take_while(|(one, other)| one == other).count();
                common.truncate(shared);
            }
        }
        self.path.pop();
    }
}

fn for_readers(key: &str) -> Option<usize> {
    FOR_READERS.iter().position(|(name, _, _)| *name == key)
}

/// What an item of a list is recognised by, if not by its place.
fn name(item: &Node) -> Option<(&str, &str)> {
    let text = |key| item.get(key).and_then(Node::as_str);
    if let (Some(place), Some(name)) = (text("in"), text("name")) {
        return Some((place, name));
    }
    ["$ref", "title", "url"].into_iter().find_map(|key| Some((key, text(key)?)))
}

/// Whether two nodes have the same value, whatever the order of members.
fn is_equal(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Number(one), Value::Number(other)) => one == other,
        (Value::String(one), Value::String(other)) => one == other,
        (Value::Sequence(one), Value::Sequence(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_equal(one, other))
        }
        (Value::Mapping(one), Value::Mapping(other)) => {
            let is_same = |(key, value): (&str, &Node)| other.get(key).is_some_and(|other| is_equal(value, other));
            one.len() == other.len() && one.iter().all(is_same)
        }
        _ => false,
    }
}

/// What a path leads to in one of the documents.
fn place<'a>(tree: &Tree<'a>, path: &[Token<'_>], side: Side) -> Option<At<'a>> {
    path.iter().try_fold(tree.root(), |at, token| match (token, side) {
        (Token::Key(key), _) => tree.child(at, key),
        (Token::Items(index, _), Side::Base) | (Token::Items(_, index), Side::Head) => tree.item(at, *index),
    })
}
