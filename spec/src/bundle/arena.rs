//! The nodes of all files, by number, so that two places can share one node and see each other's changes.
//!
//! The bundle format depends on that sharing: a component is compared with what its file has become so far.

use crate::node::{Mapping, Node, Value, array_index};
use crate::number::Number;
use crate::source::Span;
use indexmap::IndexMap;

/// A node of the [`Arena`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Id(usize);

/// What a node holds. Collections hold numbers of other nodes.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Sequence(Vec<Id>),
    Mapping(Members),
}

/// Keys with values, in the order of a JavaScript object.
pub(super) type Members = IndexMap<String, Member>;

/// A value of a mapping, and where its key was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) key_span: Span,
    pub(super) id: Id,
}

/// A place in a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Name(String),
    Index(usize),
}

#[derive(Debug, Default)]
pub(super) struct Arena {
    slots: Vec<(Content, Span)>,
}

impl Arena {
    pub(super) fn add(&mut self, content: Content, span: Span) -> Id {
        self.slots.push((content, span));
        Id(self.slots.len() - 1)
    }

    /// Adds a whole tree. Its depth is bounded by the reader.
    pub(super) fn add_tree(&mut self, node: Node) -> Id {
        let content = match node.value {
            Value::Null => Content::Null,
            Value::Bool(truth) => Content::Bool(truth),
            Value::Number(number) => Content::Number(number),
            Value::String(text) => Content::String(text),
            Value::Sequence(items) => Content::Sequence(items.into_iter().map(|item| self.add_tree(item)).collect()),
            Value::Mapping(mapping) => Content::Mapping(self.add_members(mapping)),
        };
        self.add(content, node.span)
    }

    fn add_members(&mut self, mapping: Mapping) -> Members {
        mapping
            .into_entries()
            .map(|(key, key_span, node)| (key, Member { key_span, id: self.add_tree(node) }))
            .collect()
    }

    pub(super) fn content(&self, id: Id) -> &Content {
        &self.slots[id.0].0
    }

    pub(super) fn span(&self, id: Id) -> Span {
        self.slots[id.0].1
    }

    pub(super) fn members(&self, id: Id) -> Option<&Members> {
        match self.content(id) {
            Content::Mapping(members) => Some(members),
            _ => None,
        }
    }

    pub(super) fn items(&self, id: Id) -> Option<&[Id]> {
        match self.content(id) {
            Content::Sequence(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn text(&self, id: Id) -> Option<&str> {
        match self.content(id) {
            Content::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value under `key`, if `id` is a mapping that has it.
    pub(super) fn get(&self, id: Id, key: &str) -> Option<Id> {
        self.members(id)?.get(key).map(|member| member.id)
    }

    /// The value at `key`, if `id` is a collection that has it.
    pub(super) fn at(&self, id: Id, key: &Key) -> Option<Id> {
        match key {
            Key::Name(name) => self.get(id, name),
            Key::Index(index) => self.items(id)?.get(*index).copied(),
        }
    }

    /// The text of `$ref`, if `id` is a reference.
    pub(super) fn reference(&self, id: Id) -> Option<&str> {
        self.text(self.get(id, "$ref")?)
    }

    /// Whether `id` is a reference with other members beside it.
    pub(super) fn has_siblings(&self, id: Id) -> bool {
        self.reference(id).is_some() && self.members(id).is_some_and(|members| members.len() > 1)
    }

    /// Sets a member; a new one takes the place that JavaScript would give it. Nothing happens unless `id` is a mapping.
    pub(super) fn set(&mut self, id: Id, key: &str, value: Id, key_span: Span) {
        let Content::Mapping(members) = &mut self.slots[id.0].0 else { return };
        let member = Member { key_span, id: value };
        if let Some(old) = members.get_mut(key) {
            old.id = value;
            return;
        }
        match array_index(key) {
            None => drop(members.insert(key.to_owned(), member)),
            Some(new) => {
                let place = members.keys().take_while(|old| array_index(old).is_some_and(|old| old < new)).count();
                members.shift_insert(place, key.to_owned(), member);
            }
        }
    }

    /// Replaces what stands at `key`, which must be there.
    pub(super) fn replace(&mut self, id: Id, key: &Key, value: Id) {
        match (&mut self.slots[id.0].0, key) {
            (Content::Mapping(members), Key::Name(name)) => {
                if let Some(member) = members.get_mut(name) {
                    member.id = value;
                }
            }
            (Content::Sequence(items), Key::Index(index)) => {
                if let Some(item) = items.get_mut(*index) {
                    *item = value;
                }
            }
            _ => {}
        }
    }

    pub(super) fn remove(&mut self, id: Id, key: &str) {
        if let Content::Mapping(members) = &mut self.slots[id.0].0 {
            members.shift_remove(key);
        }
    }
}
