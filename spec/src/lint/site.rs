//! One value of the source tree, and the ways from it.

use super::tree::Tree;
use crate::bundle::arena::{Content, Id};
use crate::bundle::kind::Kind;
use crate::number::Number;
use crate::pointer::escape;
use crate::source::Span;
use std::collections::HashMap;

/// A value where its author wrote it. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    pub(super) tree: &'a Tree,
    pub(super) id: Id,
}

impl PartialEq for Site<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<'a> Site<'a> {
    pub(super) fn content(self) -> &'a Content {
        self.tree.arena().content(self.id)
    }

    fn at(self, id: Id) -> Self {
        Self { id, ..self }
    }

    /// The member `key` as written: a reference is not followed.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        self.tree.arena().get(self.id, key).map(|id| self.at(id))
    }

    /// The member `key`, references followed.
    pub(super) fn follow(self, key: &str) -> Option<Self> {
        self.get(key).map(Self::end)
    }

    /// The value at the end of the references that begin here.
    pub(super) fn end(self) -> Self {
        self.at(self.tree.end_of(self.id))
    }

    /// What the reference here leads to at its next step.
    pub(super) fn next(self) -> Option<Self> {
        self.tree.next_of(self.id).map(|id| self.at(id))
    }

    pub(super) fn has(self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn text(self, key: &str) -> Option<&'a str> {
        self.get(key)?.str()
    }

    pub(super) fn str(self) -> Option<&'a str> {
        self.tree.arena().text(self.id)
    }

    pub(super) fn bool(self) -> Option<bool> {
        match self.content() {
            Content::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    pub(super) fn is_true(self, key: &str) -> bool {
        self.get(key).and_then(Self::bool) == Some(true)
    }

    pub(super) fn number(self) -> Option<f64> {
        match self.content() {
            Content::Number(number) => Some(number.as_f64()),
            _ => None,
        }
    }

    /// The member `key` as a count: a whole number that is not negative.
    pub(super) fn count(self, key: &str) -> Option<u64> {
        match self.get(key)?.content() {
            Content::Number(number) => number.as_i64().and_then(|whole| u64::try_from(whole).ok()),
            _ => None,
        }
    }

    pub(super) fn is_null(self) -> bool {
        matches!(self.content(), Content::Null)
    }

    pub(super) fn is_mapping(self) -> bool {
        matches!(self.content(), Content::Mapping(_))
    }

    pub(super) fn is_sequence(self) -> bool {
        matches!(self.content(), Content::Sequence(_))
    }

    pub(super) fn is_reference(self) -> bool {
        self.tree.arena().reference(self.id).is_some()
    }

    /// How many members or items there are.
    pub(super) fn len(self) -> usize {
        match self.content() {
            Content::Sequence(items) => items.len(),
            Content::Mapping(members) => members.len(),
            _ => 0,
        }
    }

    pub(super) fn entries(self) -> impl Iterator<Item = (&'a str, Self)> {
        let members = self.tree.arena().members(self.id);
        members.into_iter().flatten().map(move |(key, member)| (&**key, self.at(member.id)))
    }

    pub(super) fn items(self) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
        self.tree.arena().items(self.id).unwrap_or_default().iter().map(move |id| self.at(*id))
    }

    /// The texts in the list under `key`.
    pub(super) fn texts(self, key: &str) -> Vec<&'a str> {
        self.get(key).map(|list| list.items().filter_map(Self::str).collect()).unwrap_or_default()
    }

    pub(super) fn parent(self) -> Option<Self> {
        self.tree.parent(self.id).map(|id| self.at(id))
    }

    /// The key that this value stands under, if it is a member of a mapping.
    pub(super) fn key(self) -> Option<&'a str> {
        let members = self.tree.arena().members(self.tree.parent(self.id)?)?;
        members.get_index(self.tree.position(self.id)).map(|(key, _)| &**key)
    }

    pub(super) fn span(self) -> Span {
        self.tree.arena().span(self.id)
    }

    /// Where the key of this value stands; the value itself if it has none.
    pub(super) fn key_span(self) -> Span {
        let members = self.tree.parent(self.id).and_then(|parent| self.tree.arena().members(parent));
        let own = members.and_then(|members| members.get_index(self.tree.position(self.id)));
        own.map_or_else(|| self.span(), |(_, member)| member.key_span)
    }

    /// What this value is, by the place that it was first met in. `None` for plain data.
    pub(super) fn kind(self) -> Option<Kind> {
        self.tree.reached.kind(self.id)
    }

    /// The JSON pointer within this file, `""` for the whole of it.
    pub(super) fn pointer(self) -> String {
        self.tokens_below(|_| false).1
    }

    /// The way from the nearest ancestor (or self) that `stop` accepts, or from the top of the file.
    pub(super) fn tokens_below(self, stop: impl Fn(Id) -> bool) -> (Self, String) {
        let mut tokens = Vec::new();
        let mut here = self;
        while !stop(here.id) {
            let Some(parent) = here.parent() else { break };
            let token =
                here.key().map_or_else(|| self.tree.position(here.id).to_string(), |key| escape(key).into_owned());
            tokens.push(token);
            here = parent;
        }
        let pointer = tokens.iter().rev().fold(String::new(), |pointer, token| pointer + "/" + token);
        (here, pointer)
    }

    /// The pointer with `*` for the index of an item: the same after items were inserted or removed before this one.
    pub(super) fn pattern_of_pointer(self) -> String {
        let above = self.parent().map(Self::pattern_of_pointer);
        above.map_or_else(String::new, |above| above + "/" + &self.key().map_or("*".into(), escape))
    }

    /// Equal as JSON values; the order of members does not matter.
    pub(super) fn same_value(self, other: Self) -> bool {
        match (self.content(), other.content()) {
            (Content::Null, Content::Null) => true,
            (Content::Bool(a), Content::Bool(b)) => a == b,
            (Content::Number(a), Content::Number(b)) => a == b,
            (Content::String(a), Content::String(b)) => a == b,
            (Content::Sequence(a), Content::Sequence(b)) => {
                a.len() == b.len() && self.items().zip(other.items()).all(|(a, b)| a.same_value(b))
            }
            (Content::Mapping(a), Content::Mapping(b)) => {
                a.len() == b.len() && self.entries().all(|(key, a)| other.get(key).is_some_and(|b| a.same_value(b)))
            }
            _ => false,
        }
    }

    /// Text that is equal for equal values, and seldom for others.
    fn fingerprint(self, out: &mut String) {
        match self.content() {
            Content::Number(number) => *out += &number.as_f64().to_string(),
            Content::String(text) => *out += &format!("{text:?}"),
            Content::Sequence(_) => {
                out.push('[');
                self.items().for_each(|item| item.fingerprint(out));
                out.push(']');
            }
            Content::Mapping(_) => {
                let mut members: Vec<(&str, Self)> = self.entries().collect();
                members.sort_unstable_by_key(|(key, _)| *key);
                out.push('{');
                for (key, member) in members {
                    *out += &format!("{key:?}:");
                    member.fingerprint(out);
                }
                out.push('}');
            }
            Content::Null | Content::Bool(_) => *out += &self.shown(),
        }
        out.push(',');
    }

    /// The value in a few characters, for messages.
    pub(super) fn shown(self) -> String {
        match self.content() {
            Content::Null => "null".to_owned(),
            Content::Bool(truth) => truth.to_string(),
            Content::Number(number) => Number::to_string(number),
            Content::String(text) if text.chars().count() > 60 => {
                format!("{}…", text.chars().take(57).collect::<String>())
            }
            Content::String(text) => text.to_string(),
            Content::Sequence(_) => "a list".to_owned(),
            Content::Mapping(_) => "an object".to_owned(),
        }
    }

    /// The name of a component or file that this value was given by, for messages: `Customer`.
    pub(super) fn name(self) -> String {
        match self.tree.reached.component(self.id) {
            Some((_, name)) => name.to_owned(),
            None => self.key().map_or_else(|| self.tree.files.stem(self.span().file), str::to_owned),
        }
    }
}

/// The values that are equal to one before them.
pub(super) fn repeated<'a>(values: impl Iterator<Item = Site<'a>>) -> Vec<Site<'a>> {
    let mut seen: HashMap<String, Vec<Site<'a>>> = HashMap::new();
    let mut found = Vec::new();
    for value in values {
        let mut fingerprint = String::new();
        value.fingerprint(&mut fingerprint);
        let alike = seen.entry(fingerprint).or_default();
        match alike.iter().any(|earlier| earlier.same_value(value)) {
            true => found.push(value),
            false => alike.push(value),
        }
    }
    found
}
