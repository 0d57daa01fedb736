//! From pairs in source order to a mapping: keys as text, duplicates, merge keys.

use crate::node::{Mapping, Node, Value};
use crate::ordered::{Ordered, Text};
use crate::source::Span;
use std::borrow::Cow;

/// A key of a pair.
pub(super) enum Key {
    Name(Text),
    /// `<<`: the value's members are to stand here.
    Merge,
}

/// A key and its value as written.
pub(super) struct Pair {
    pub(super) key: Key,
    pub(super) key_span: Span,
    pub(super) node: Node,
}

/// A key that was written twice, or a `<<` of something that is not a mapping.
pub(super) struct Problem {
    pub(super) span: Span,
    pub(super) message: String,
    /// Where a repeated key was written first.
    pub(super) first: Option<Span>,
}

/// The mapping, the problems in it, and how many values were copied into it by `<<`.
pub(super) struct Assembled {
    pub(super) mapping: Mapping,
    pub(super) problems: Vec<Problem>,
    pub(super) copied: usize,
}

struct Slot {
    explicit: bool,
    key_span: Span,
    node: Node,
}

/// Joins the pairs. Merged members stand where `<<` stood and give way to explicit ones; of several sources the
/// earlier wins.
pub(super) fn assemble(pairs: Vec<Pair>) -> Assembled {
    let mut slots: Ordered<Slot> = Ordered::with_capacity(pairs.len());
    let mut problems = Vec::new();
    let mut copied = 0;
    for Pair { key, key_span, node } in pairs {
        match key {
            Key::Merge => match merge_sources(node) {
                Some(sources) => {
                    for (name, span, node) in sources.into_iter().flat_map(Mapping::into_entries) {
                        copied += 1;
                        if !slots.contains_key(&name) {
                            slots.insert(name, Slot { explicit: false, key_span: span, node });
                        }
                    }
                }
                None => problems.push(Problem { span: key_span, message: "nothing to merge".to_owned(), first: None }),
            },
            Key::Name(name) => match slots.get_mut(&name) {
                Some(slot) if slot.explicit => {
                    let message = format!("the key `{name}` is written twice");
                    problems.push(Problem { span: key_span, message, first: Some(slot.key_span) });
                }
                Some(slot) => *slot = Slot { explicit: true, key_span, node },
                None => {
                    slots.insert(name, Slot { explicit: true, key_span, node });
                }
            },
        }
    }
    let mapping = Mapping::from_entries(slots.into_iter().map(|(name, slot)| (name, slot.key_span, slot.node)));
    Assembled { mapping, problems, copied }
}

/// The mappings that a `<<` names: one, or a list of them.
fn merge_sources(node: Node) -> Option<Vec<Mapping>> {
    let one = |node: Node| match node.value {
        Value::Mapping(mapping) => Some(mapping),
        _ => None,
    };
    match node.value {
        Value::Sequence(items) => items.into_iter().map(one).collect(),
        _ => one(node).map(|mapping| vec![mapping]),
    }
}

/// A scalar as the name of a key, as JavaScript turns values into property names: `1.50` is `1.5`, an empty key is
/// `null`. Collections never get here.
pub(super) fn key_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => "null".into(),
        Value::Bool(truth) => truth.to_string().into(),
        Value::Number(number) => number.to_string().into(),
        Value::String(text) => Cow::Borrowed(text),
        Value::Sequence(_) | Value::Mapping(_) => "".into(),
    }
}
