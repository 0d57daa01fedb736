//! The nodes of all files, by number, so that two places can share one node and see each other's changes.
//!
//! The bundle format depends on that sharing: a component is compared with what its file has become so far.

use crate::node::{Entry, Mapping, Node, Value, array_index};
use crate::number::Number;
use crate::ordered::{Ordered, Text};
use crate::source::Span;

/// A node of the [`Arena`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Id(u32);

impl Id {
    /// Its number. Numbers are given in order, from 0.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node holds. Collections hold numbers of other nodes.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Number(Number),
    String(Text),
    Sequence(Vec<Id>),
    Mapping(Members),
}

/// Keys with values, in the order of a JavaScript object.
pub(crate) type Members = Ordered<Member>;

/// A value of a mapping, and where its key was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) key_span: Span,
    pub(crate) id: Id,
}

/// A place in a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Name(Text),
    Index(usize),
}

#[derive(Debug, Default)]
pub(crate) struct Arena {
    slots: Vec<(Content, Span)>,
}

impl Arena {
    pub(crate) fn add(&mut self, content: Content, span: Span) -> Id {
        self.slots.push((content, span));
        // The reader's and the bundler's budgets end long before the numbers do.
        Id(u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX))
    }

    /// Adds all nodes of `part`, which become those of `file`, and returns the one that was `id` there.
    pub(crate) fn append(&mut self, part: Self, id: Id, file: u32) -> Id {
        let first = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        let moved = |id: Id| Id(first.saturating_add(id.0));
        self.slots.extend(part.slots.into_iter().map(|(mut content, span)| {
            match &mut content {
                Content::Sequence(items) => items.iter_mut().for_each(|item| *item = moved(*item)),
                Content::Mapping(members) => members.values_mut().for_each(|member| {
                    member.id = moved(member.id);
                    member.key_span.file = file;
                }),
                Content::Null | Content::Bool(_) | Content::Number(_) | Content::String(_) => {}
            }
            (content, Span { file, ..span })
        }));
        moved(id)
    }

    /// Adds the whole tree of a file. Its depth is bounded by the reader.
    pub(crate) fn add_tree(&mut self, node: Node, file: u32) -> Id {
        let content = match node.value {
            Value::Null => Content::Null,
            Value::Bool(truth) => Content::Bool(truth),
            Value::Number(number) => Content::Number(number),
            Value::String(text) => Content::String(text),
            Value::Sequence(items) => {
                Content::Sequence(items.into_iter().map(|item| self.add_tree(item, file)).collect())
            }
            Value::Mapping(mapping) => Content::Mapping(self.add_members(mapping, file)),
        };
        self.add(content, Span { file, ..node.span })
    }

    fn add_members(&mut self, mapping: Mapping, file: u32) -> Members {
        mapping.into_ordered().map(|Entry { key_span, node }| Member {
            key_span: Span { file, ..key_span },
            id: self.add_tree(node, file),
        })
    }

    /// Every node, in the order of being added.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Id> + use<> {
        (0..u32::try_from(self.slots.len()).unwrap_or(u32::MAX)).map(Id)
    }

    pub(crate) fn content(&self, id: Id) -> &Content {
        &self.slots[id.index()].0
    }

    pub(crate) fn span(&self, id: Id) -> Span {
        self.slots[id.index()].1
    }

    /// Whether `id` is a sequence or a mapping.
    pub(crate) fn is_collection(&self, id: Id) -> bool {
        matches!(self.content(id), Content::Sequence(_) | Content::Mapping(_))
    }

    pub(crate) fn members(&self, id: Id) -> Option<&Members> {
        match self.content(id) {
            Content::Mapping(members) => Some(members),
            _ => None,
        }
    }

    pub(crate) fn items(&self, id: Id) -> Option<&[Id]> {
        match self.content(id) {
            Content::Sequence(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn text(&self, id: Id) -> Option<&str> {
        match self.content(id) {
            Content::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value under `key`, if `id` is a mapping that has it.
    pub(crate) fn get(&self, id: Id, key: &str) -> Option<Id> {
        self.members(id)?.get(key).map(|member| member.id)
    }

    /// The value at `key`, if `id` is a collection that has it.
    pub(crate) fn at(&self, id: Id, key: &Key) -> Option<Id> {
        match key {
            Key::Name(name) => self.get(id, name),
            Key::Index(index) => self.items(id)?.get(*index).copied(),
        }
    }

    /// The text of `$ref`, if `id` is a reference.
    pub(crate) fn reference(&self, id: Id) -> Option<&str> {
        self.text(self.get(id, "$ref")?)
    }

    /// Whether `id` is a reference with other members beside it.
    pub(crate) fn has_siblings(&self, id: Id) -> bool {
        self.reference(id).is_some() && self.members(id).is_some_and(|members| members.len() > 1)
    }

    /// Sets a member; a new one takes the place that JavaScript would give it. Nothing happens unless `id` is a mapping.
    pub(crate) fn set(&mut self, id: Id, key: &str, value: Id, key_span: Span) {
        let Content::Mapping(members) = &mut self.slots[id.index()].0 else { return };
        let member = Member { key_span, id: value };
        if let Some(old) = members.get_mut(key) {
            old.id = value;
            return;
        }
        match array_index(key) {
            None => drop(members.insert(Text::from(key), member)),
            Some(new) => {
                let place = members.keys().take_while(|old| array_index(old).is_some_and(|old| old < new)).count();
                members.insert_at(place, Text::from(key), member);
            }
        }
    }

    /// Replaces what stands at `key`, which must be there.
    pub(crate) fn replace(&mut self, id: Id, key: &Key, value: Id) {
        match (&mut self.slots[id.index()].0, key) {
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

    pub(crate) fn remove(&mut self, id: Id, key: &str) {
        if let Content::Mapping(members) = &mut self.slots[id.index()].0 {
            members.remove(key);
        }
    }
}
