//! The one walk over a document: which value stands where, each once for each kind of object that it is.

use super::tree::Tree;
use crate::bundle::arena::Id;
use crate::bundle::kind::{Kind, is_mapping_reference};
use crate::bundle::visited::Visited;
use std::collections::HashMap;

/// A value met as an object of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) id: Id,
    pub(super) kind: Kind,
}

/// How values were reached.
#[derive(Default)]
pub(super) struct Reached {
    visited: Visited,
    /// The group and name of the component that a value becomes in the bundle.
    components: HashMap<Id, (&'static str, String)>,
    /// The reference that a value is put in place of in the bundle, unless it becomes a component.
    inlined_at: HashMap<Id, Id>,
    /// References that were followed or tried, with what they stand for.
    pub(super) references: Vec<Visit>,
}

impl Reached {
    pub(super) fn kind(&self, id: Id) -> Option<Kind> {
        self.visited.first(id)
    }

    pub(super) fn component(&self, id: Id) -> Option<(&'static str, &str)> {
        self.components.get(&id).map(|(group, name)| (*group, name.as_str()))
    }

    pub(super) fn inlined_at(&self, id: Id) -> Option<Id> {
        self.inlined_at.get(&id).copied()
    }

    pub(super) fn components(&self) -> impl Iterator<Item = (Id, &'static str, &str)> {
        self.components.iter().map(|(id, (group, name))| (*id, *group, name.as_str()))
    }
}

/// Visits everything that the root document leads to.
pub(super) fn walk(tree: &Tree) -> (Reached, Vec<Visit>) {
    let mut reached = Reached::default();
    let mut visits = Vec::with_capacity(tree.arena().ids().count());
    let mut pending = vec![Visit { id: tree.root().id, kind: Kind::Root }];
    while let Some(visit) = pending.pop() {
        if !reached.visited.insert(visit.id, visit.kind) {
            continue;
        }
        visits.push(visit);
        let first = pending.len();
        below(tree, visit, &mut reached, &mut pending);
        pending[first..].reverse();
    }
    (reached, visits)
}

/// Everything that a visit leads to, in document order.
fn below(tree: &Tree, visit: Visit, reached: &mut Reached, pending: &mut Vec<Visit>) {
    let arena = tree.arena();
    let Visit { id, kind } = visit;
    if let Some(text) = arena.reference(id) {
        reached.references.push(visit);
        let file = arena.span(id).file;
        lead(tree, file, text, visit, reached, pending);
    }
    if let Some(items) = arena.items(id) {
        if let Some(kind) = kind.items() {
            pending.extend(items.iter().map(|id| Visit { id: *id, kind }));
        }
        return;
    }
    for (key, member) in arena.members(id).into_iter().flatten() {
        let Some(member_kind) = kind.member(tree.version, arena, key, member.id) else { continue };
        if kind != Kind::DiscriminatorMapping {
            pending.push(Visit { id: member.id, kind: member_kind });
        } else if let Some(text) = arena.text(member.id).filter(|text| is_mapping_reference(text)) {
            let reference = Visit { id: member.id, kind: Kind::Schema };
            reached.references.push(reference);
            lead(tree, arena.span(member.id).file, text, reference, reached, pending);
        }
    }
}

/// Goes where a reference leads, through every reference with siblings on the way.
fn lead(tree: &Tree, file: u32, text: &str, at: Visit, reached: &mut Reached, pending: &mut Vec<Visit>) {
    let Some(Ok(target)) = tree.resolution(file, text) else { return };
    for link in target.chain.iter().chain(std::iter::once(&target.end)) {
        pending.push(Visit { id: link.node, kind: at.kind });
    }
    let link = target.component();
    match at.kind.component_group() {
        Some(group) => {
            reached.components.entry(link.node).or_insert_with(|| {
                let last = link.pointer.rsplit('/').next().unwrap_or_default().trim_start_matches('#');
                let name = if last.is_empty() { tree.files.stem(link.file) } else { last.to_owned() };
                (group, name)
            });
        }
        None => drop(reached.inlined_at.entry(link.node).or_insert(at.id)),
    }
}
