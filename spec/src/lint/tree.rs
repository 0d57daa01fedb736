//! The source tree as rules see it: every file as written, every reference resolved, every value visited once for each
//! role that it plays.

use super::operation::Operation;
use super::site::Site;
use super::walk::{self, Reached, Visit};
use crate::bundle::arena::{Arena, Content, Id};
use crate::bundle::files::{Failure, Files};
use crate::bundle::kind::Version;
use crate::bundle::read_sources;
use crate::bundle::resolve::{Resolution, Resolutions};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Sources;
use std::cell::OnceCell;
use std::path::Path;

/// The files of a document, read for linting.
pub(crate) struct Tree {
    pub(super) files: Files,
    resolutions: Resolutions,
    pub(super) version: Version,
    top: Id,
    /// The collection that each node stands in, and its place there; its own number for the topmost node of a file.
    parents: Vec<(Id, usize)>,
    /// Which kind each node was first visited as, and how it was reached.
    pub(super) reached: Reached,
    /// Every visit, in the order of the walk.
    pub(super) visits: Vec<Visit>,
    /// Memory of facts that several rules ask for.
    pub(super) facts: super::facts::Facts,
    operations: OnceCell<Vec<Operation>>,
}

impl Tree {
    /// Reads the document at `root` and all files that it refers to.
    ///
    /// # Errors
    /// Why the root document cannot be read. Problems in other files are findings.
    pub(super) fn read(root: &Path) -> Result<Self, Diagnostics> {
        let source = read_sources(root)?;
        let parents = parents(&source.files.arena);
        let mut tree = Self {
            files: source.files,
            resolutions: source.resolutions,
            version: source.version,
            top: source.top,
            parents,
            reached: Reached::default(),
            visits: Vec::new(),
            facts: super::facts::Facts::default(),
            operations: OnceCell::new(),
        };
        let (reached, visits) = walk::walk(&tree);
        tree.reached = reached;
        tree.visits = visits;
        Ok(tree)
    }

    /// The OpenAPI object.
    pub(super) fn root(&self) -> Site<'_> {
        self.site(self.top)
    }

    pub(super) fn site(&self, id: Id) -> Site<'_> {
        Site { tree: self, id }
    }

    pub(super) fn arena(&self) -> &Arena {
        &self.files.arena
    }

    pub(super) fn sources(&self) -> &Sources {
        &self.files.sources
    }

    /// Problems that kept a file from being read.
    pub(super) fn unreadable(&self) -> &[Diagnostic] {
        &self.files.found
    }

    pub(super) fn is_3_0(&self) -> bool {
        self.version == Version::V3_0
    }

    pub(super) fn parent(&self, id: Id) -> Option<Id> {
        self.parents.get(id.index()).map(|(parent, _)| *parent).filter(|parent| *parent != id)
    }

    /// The place of a node in its collection.
    pub(super) fn position(&self, id: Id) -> usize {
        self.parents.get(id.index()).map_or(0, |(_, position)| *position)
    }

    /// What the reference `text` means in file `file`; `None` if it stands where no reference is read.
    pub(super) fn resolution(&self, file: u32, text: &str) -> Option<&Resolution> {
        self.resolutions.get(file, text)
    }

    /// The value at the end of the references that begin at `id`; `id` itself if it is not one or leads nowhere.
    pub(super) fn end_of(&self, id: Id) -> Id {
        let Some(text) = self.arena().reference(id) else { return id };
        match self.resolution(self.arena().span(id).file, text) {
            Some(Ok(target)) => target.end.node,
            _ => id,
        }
    }

    /// What the next reference from `id` leads to: a component of its own if that has siblings.
    pub(super) fn next_of(&self, id: Id) -> Option<Id> {
        let text = self.arena().reference(id)?;
        self.target_of(self.arena().span(id).file, text)
    }

    /// What the reference `text` in file `file` leads to, references with siblings not followed further.
    pub(super) fn target_of(&self, file: u32, text: &str) -> Option<Id> {
        match self.resolution(file, text) {
            Some(Ok(target)) => Some(target.component().node),
            _ => None,
        }
    }

    /// Why the reference `text` leads nowhere.
    pub(super) fn failure(&self, file: u32, text: &str) -> Option<(&str, Option<&str>)> {
        match self.resolution(file, text) {
            Some(Err(Failure::Because { reason, help })) => Some((reason, help.as_deref())),
            _ => None,
        }
    }

    /// Every operation of paths, webhooks and callbacks.
    pub(super) fn operations(&self) -> &[Operation] {
        self.operations.get_or_init(|| super::operation::collect(self))
    }
}

/// The collection that each node stands in, and its place there.
fn parents(arena: &Arena) -> Vec<(Id, usize)> {
    let mut parents: Vec<(Id, usize)> = arena.ids().map(|id| (id, 0)).collect();
    let mut put = |child: Id, parent, position| parents[child.index()] = (parent, position);
    for id in arena.ids() {
        match arena.content(id) {
            Content::Sequence(items) => items.iter().enumerate().for_each(|(at, item)| put(*item, id, at)),
            Content::Mapping(members) => members.values().enumerate().for_each(|(at, member)| put(member.id, id, at)),
            _ => {}
        }
    }
    parents
}
