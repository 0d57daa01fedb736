//! Which nodes were visited, and as what.

use super::arena::Id;
use super::kind::Kind;
use foldhash::HashSet;

/// Remembers pairs of a node and the kind that it was visited as. Nearly every node has one kind.
#[derive(Debug, Default)]
pub(crate) struct Visited {
    first: Vec<Option<Kind>>,
    more: HashSet<(Id, Kind)>,
}

impl Visited {
    /// Notes a visit. Whether it is the first of this node as this kind.
    pub(crate) fn insert(&mut self, id: Id, kind: Kind) -> bool {
        if self.first.len() <= id.index() {
            // Nodes are added while others are visited.
            self.first.resize(2 * id.index() + 64, None);
        }
        match &mut self.first[id.index()] {
            Some(first) if *first == kind => false,
            Some(_) => self.more.insert((id, kind)),
            none => {
                *none = Some(kind);
                true
            }
        }
    }

    pub(crate) fn contains(&self, id: Id, kind: Kind) -> bool {
        self.first(id) == Some(kind) || self.more.contains(&(id, kind))
    }

    /// The kind that a node was first visited as.
    pub(crate) fn first(&self, id: Id) -> Option<Kind> {
        self.first.get(id.index()).copied().flatten()
    }
}
