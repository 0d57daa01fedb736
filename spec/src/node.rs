//! The document model: values with the place where the author wrote them.

use crate::number::Number;
use crate::ordered::{Ordered, Text};
use crate::pointer;
use crate::source::Span;
use std::sync::Arc;

/// A value and where it begins in its source file.
#[derive(Debug, Clone)]
pub struct Node {
    /// What was written.
    pub value: Value,
    /// Where it was written. Nodes of a bundle keep the place in the author's file.
    pub span: Span,
}

/// A YAML or JSON value.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number
    Number(Number),
    /// Text
    String(Arc<str>),
    /// A list
    Sequence(Vec<Node>),
    /// Keys with values
    Mapping(Mapping),
}

/// Keys with values in the order of the document.
///
/// The order is that of a JavaScript object: keys that are array indices come first, ascending, then all others as
/// written. Everything downstream (bundle, generated code, reports) goes by this order.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    entries: Ordered<Entry>,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key_span: Span,
    pub(crate) node: Node,
}

impl Mapping {
    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(key).map(|entry| &entry.node)
    }

    /// Keys and values in document order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().map(|(key, entry)| (&**key, &entry.node))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether `key` is there, be its value null or not.
    pub fn contains_key(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Where the key itself was written.
    pub fn key_span(&self, key: &str) -> Option<Span> {
        self.entries.get(key).map(|entry| entry.key_span)
    }

    /// Keys, where each was written, and values, in document order.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, Span, &Node)> {
        self.entries.iter().map(|(key, entry)| (&**key, entry.key_span, &entry.node))
    }

    /// Builds a mapping from entries in source order; of equal keys the first keeps its place and the last its value.
    pub(crate) fn from_entries(entries: impl IntoIterator<Item = (Text, Span, Node)>) -> Self {
        let mut map = Self::default();
        for (key, key_span, node) in entries {
            map.entries.insert(key, Entry { key_span, node });
        }
        map.in_order()
    }

    /// As [`Self::from_entries`], but `None` if a key is there twice.
    pub(crate) fn of_distinct(entries: Vec<(Text, Entry)>) -> Option<Self> {
        Some(Self { entries: Ordered::if_distinct(entries)? }.in_order())
    }

    fn in_order(mut self) -> Self {
        if self.entries.keys().any(|key| array_index(key).is_some()) {
            self.entries.sort_by_key(|key| array_index(key).map_or((true, 0), |index| (false, index)));
        }
        self
    }

    pub(crate) fn into_entries(self) -> impl Iterator<Item = (Text, Span, Node)> {
        self.entries.into_iter().map(|(key, entry)| (key, entry.key_span, entry.node))
    }

    /// The members with their order and index.
    pub(crate) fn into_ordered(self) -> Ordered<Entry> {
        self.entries
    }

    /// A mapping of members that are in order already, none twice.
    pub(crate) fn of_ordered(entries: Vec<(Text, Entry)>) -> Self {
        Self { entries: Ordered::of_distinct(entries) }
    }
}

/// The number that a key stands for if JavaScript treats it as an array index: canonical decimal below 2^32 - 1.
pub(crate) fn array_index(key: &str) -> Option<u32> {
    let canonical = key == "0" || !key.starts_with('0');
    if !key.starts_with(|c: char| c.is_ascii_digit()) || !canonical || !key.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    key.parse().ok().filter(|index| *index != u32::MAX)
}

impl Node {
    /// The value under `key`; `None` unless this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_mapping()?.get(key)
    }

    /// Keys and values; none unless this is a mapping.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.as_mapping().into_iter().flat_map(Mapping::iter)
    }

    /// Members of a sequence; none unless this is one.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The mapping, if this is one.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(truth) => Some(truth),
            _ => None,
        }
    }

    /// The whole number, if this is a number without a fraction that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.value {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_f64(&self) -> Option<f64> {
        match &self.value {
            Value::Number(number) => Some(number.as_f64()),
            _ => None,
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Whether this is a mapping.
    pub fn is_mapping(&self) -> bool {
        matches!(self.value, Value::Mapping(_))
    }

    /// The node that a JSON pointer (RFC 6901) leads to: `""` is this node, `/a/0` goes down, `~1` and `~0` are `/`
    /// and `~`. Nothing is percent-decoded.
    pub fn pointer(&self, json_pointer: &str) -> Option<&Self> {
        if json_pointer.is_empty() {
            return Some(self);
        }
        json_pointer.strip_prefix('/')?.split('/').try_fold(self, |node, token| node.child(&pointer::unescape(token)))
    }

    /// What the fragment of a reference within this document leads to: a pointer or the name of an `$anchor`. Of equal
    /// anchors the last counts, as in the reference bundler.
    pub(crate) fn fragment(&self, fragment: &str) -> Option<&Self> {
        if fragment.is_empty() || fragment.starts_with('/') {
            return pointer::tokens(fragment).try_fold(self, |node, token| node.child(&token));
        }
        self.all().filter(|node| node.get("$anchor").and_then(Self::as_str) == Some(fragment)).last()
    }

    fn child(&self, token: &str) -> Option<&Self> {
        match &self.value {
            Value::Mapping(mapping) => mapping.get(token),
            Value::Sequence(items) => items.get(usize::try_from(array_index(token)?).ok()?),
            _ => None,
        }
    }

    /// This node and every node below it, in document order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Self> {
        let mut pending = vec![self];
        std::iter::from_fn(move || {
            let node = pending.pop()?;
            let first_child = pending.len();
            pending.extend(node.items());
            pending.extend(node.entries().map(|(_, value)| value));
            pending[first_child..].reverse();
            Some(node)
        })
    }

    /// The same value without places. Infinities and `NaN` become `null`, as in `JSON.stringify`.
    ///
    /// `serde_json::Value` keeps the order of keys only if its feature `preserve_order` is on; `Document::to_json`
    /// does not depend on that.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(truth) => Json::Bool(*truth),
            Value::Number(number) => number.as_i64().map_or_else(|| number.as_f64().into(), Into::into),
            Value::String(text) => Json::String(text.to_string()),
            Value::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Value::Mapping(mapping) => {
                Json::Object(mapping.iter().map(|(key, node)| (key.to_owned(), node.to_json())).collect())
            }
        }
    }
}
