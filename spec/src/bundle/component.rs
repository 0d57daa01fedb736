//! Components: their names, and when two of them are one.

use super::arena::{Content, Id, Members};
use super::files::ROOT;
use super::resolve::Link;
use super::walk::Walk;
use super::{BundleOptions, OnCollision};
use crate::diagnostic::{Diagnostic, Found};

/// How many pairs of nodes may be compared in all. Comparing is the only part of bundling that is not linear.
const MOST_COMPARED: usize = 20_000_000;

/// The `components` of the root document, and how to treat collisions in it.
pub(super) struct Components {
    pub(super) id: Id,
    pub(super) options: BundleOptions,
    pub(super) warnings: Found,
    compared: usize,
}

impl Components {
    pub(super) fn new(id: Id, options: BundleOptions) -> Self {
        Self { id, options, warnings: Found::default(), compared: 0 }
    }

    /// Whether comparing went on for longer than any honest document needs.
    pub(super) fn gave_up(&self) -> bool {
        self.compared >= MOST_COMPARED
    }
}

impl Walk<'_> {
    /// Makes `target` a component and returns the reference to it. `place` is where it is referred to.
    pub(super) fn hoist(&mut self, group: &str, target: &Link, place: Id) -> String {
        let group_id = self.group(group);
        let name = self.name(group_id, target, place);
        if let Some(old) = self.files.arena.get(group_id, &name) {
            self.warn_of_lost_siblings(old, target.node, &name);
        }
        let span = self.files.arena.span(target.node);
        self.files.arena.set(group_id, &name, target.node, span);
        format!("#/components/{group}/{name}")
    }

    fn group(&mut self, group: &str) -> Id {
        let id = self.components.id;
        if let Some(existing) = self.files.arena.get(id, group)
            && self.files.arena.members(existing).is_some()
        {
            return existing;
        }
        let span = self.files.arena.span(id);
        let new = self.files.arena.add(Content::Mapping(Members::default()), span);
        self.files.arena.set(id, group, new, span);
        new
    }

    /// The last token of the pointer, or the name of the file; with a number if that is taken by something else.
    fn name(&mut self, group: Id, target: &Link, place: Id) -> String {
        let token = target.pointer.rsplit('/').next().unwrap_or("");
        let base = if token.is_empty() { self.files.stem(target.file) } else { token.to_owned() };
        let mut name = base.clone();
        let mut number = 2_u32;
        while let Some(taken) = self.files.arena.get(group, &name) {
            if self.is_same(taken, target) || self.components.gave_up() {
                return name;
            }
            name = format!("{base}-{number}");
            number += 1;
        }
        if name != base && self.components.options.on_collision == OnCollision::Error {
            self.report_collision(group, &base, target, place);
        }
        name
    }

    fn report_collision(&mut self, group: Id, name: &str, target: &Link, place: Id) {
        let Some(taken) = self.files.arena.get(group, name) else { return };
        let first = self.files.sources.place(self.files.arena.span(taken));
        let second = self.files.sources.place(self.files.arena.span(target.node));
        let message = format!("two components of different content are both named `{name}`: {first} and {second}");
        let place = self.files.arena.get(place, "$ref").unwrap_or(place);
        let span = self.files.arena.span(place);
        let help = "rename one of the two files or keys, or make their contents equal";
        self.found.add(|| Diagnostic::at(&self.files.sources, span, message).with_help(help));
    }

    /// Whether the component `taken` is `target`: the same node, a reference to it, or of equal content.
    fn is_same(&mut self, taken: Id, target: &Link) -> bool {
        let reference = self.files.arena.reference(taken);
        if let Some(Ok(meant)) = reference.and_then(|reference| self.resolutions.get(ROOT, reference)) {
            let meant = meant.component();
            if meant.file == target.file && meant.pointer == target.pointer {
                return true;
            }
        }
        self.is_equal(taken, target.node)
    }

    /// Whether two trees are equal; the order of keys does not count.
    fn is_equal(&mut self, a: Id, b: Id) -> bool {
        let arena = &self.files.arena;
        let mut pending = vec![(a, b)];
        while let Some((a, b)) = pending.pop() {
            if a == b {
                continue;
            }
            self.components.compared += 1;
            if self.components.gave_up() {
                return false;
            }
            let equal = match (arena.content(a), arena.content(b)) {
                (Content::Null, Content::Null) => true,
                (Content::Bool(a), Content::Bool(b)) => a == b,
                (Content::Number(a), Content::Number(b)) => a == b,
                (Content::String(a), Content::String(b)) => a == b,
                (Content::Sequence(a), Content::Sequence(b)) => {
                    pending.extend(a.iter().copied().zip(b.iter().copied()));
                    a.len() == b.len()
                }
                (Content::Mapping(a), Content::Mapping(b)) => {
                    let pairs = a.iter().map_while(|(key, member)| Some((member.id, b.get(key)?.id)));
                    let before = pending.len();
                    pending.extend(pairs);
                    a.len() == b.len() && pending.len() - before == a.len()
                }
                _ => false,
            };
            if !equal {
                return false;
            }
        }
        true
    }

    /// A component of the root document that is a reference gives way to what it refers to, and what stood beside the
    /// reference is gone. Authors should know.
    fn warn_of_lost_siblings(&mut self, old: Id, new: Id, name: &str) {
        if old == new || !self.files.arena.has_siblings(old) {
            return;
        }
        let message = format!("what stands beside `$ref` in the component `{name}` is lost");
        let span = self.files.arena.span(old);
        let help = "move it into the file that the reference leads to";
        self.components.warnings.add(|| Diagnostic::at(&self.files.sources, span, message).with_help(help));
    }
}
