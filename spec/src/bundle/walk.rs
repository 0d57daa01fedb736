//! The walk: visits every typed node once, hoists or inlines what references lead to, and rewrites the references.
//!
//! It keeps its own stack, because references may nest as deep as there are files. Steps are pushed in reverse: the
//! last one pushed is taken first.

use super::arena::{Content, Id, Key, Members};
use super::component::Components;
use super::files::{Failure, Files, ROOT};
use super::kind::{Kind, Version, is_mapping_reference};
use super::resolve::{Link, Resolution, Resolutions, Target};
use super::visited::Visited;
use crate::diagnostic::{Diagnostic, Found};
use crate::ordered::Text;
use std::rc::Rc;

/// Where a node hangs, so that it can be replaced.
type Hook = Option<(Id, Key)>;

enum Step {
    /// Visits what stands at a place when the step is taken. Earlier steps may have put something else there.
    Member { of: Id, key: Key, kind: Kind, file: u32 },
    /// Visits what a bare string refers to, as the values of a discriminator's mapping do.
    BareReference { text: Id, file: u32 },
    /// Visits a node.
    Node { node: Id, kind: Kind, file: u32, hook: Hook },
    /// Visits a reference with siblings that another reference led through.
    Between { link: Link, kind: Kind },
    /// Visits what stands beside `$ref`.
    Siblings { node: Id, target: Id, kind: Kind, file: u32 },
    /// The node and all below it were visited.
    LeaveNode { node: Id, kind: Kind, file: u32 },
    /// What a reference leads to was visited.
    LeaveReference { node: Id, kind: Kind, file: u32, hook: Hook, resolution: Resolution },
}

pub(super) struct Walk<'a> {
    pub(super) files: &'a mut Files,
    pub(super) version: Version,
    pub(super) resolutions: Resolutions,
    pub(super) components: Components,
    pub(super) found: Found,
    steps: Vec<Step>,
    visited: Visited,
    visited_with_siblings: Visited,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        files: &'a mut Files,
        version: Version,
        resolutions: Resolutions,
        components: Components,
    ) -> Self {
        Self {
            files,
            version,
            resolutions,
            components,
            found: Found::default(),
            steps: Vec::new(),
            visited: Visited::default(),
            visited_with_siblings: Visited::default(),
        }
    }

    /// Walks the whole document.
    pub(super) fn run(&mut self, top: Id) {
        self.steps.push(Step::Node { node: top, kind: Kind::Root, file: ROOT, hook: None });
        while let Some(step) = self.steps.pop() {
            if self.components.gave_up() {
                return;
            }
            match step {
                Step::Member { of, key, kind, file } => self.member(of, key, kind, file),
                Step::BareReference { text, file } => self.bare_reference(text, file),
                Step::Node { node, kind, file, hook } => self.enter(node, kind, file, hook),
                Step::Between { link, kind } => {
                    if !self.visited_with_siblings.contains(link.node, kind) {
                        self.enter(link.node, kind, link.file, None);
                    }
                }
                Step::Siblings { node, target, kind, file } => self.siblings(node, target, kind, file),
                Step::LeaveNode { node, kind: Kind::Example, file } => self.load_external_value(node, file),
                Step::LeaveNode { node, file, .. } => self.rewrite_mapping(node, file),
                Step::LeaveReference { node, kind, file, hook, resolution } => match resolution {
                    Ok(target) => self.leave_reference(node, kind, file, hook, &target),
                    Err(failure) => self.report(node, &failure),
                },
            }
        }
    }

    fn member(&mut self, of: Id, key: Key, kind: Kind, file: u32) {
        let Some(node) = self.files.arena.at(of, &key) else { return };
        if kind == Kind::Scalar && self.files.arena.reference(node).is_none() {
            return;
        }
        self.enter(node, kind, file, Some((of, key)));
    }

    fn bare_reference(&mut self, text: Id, file: u32) {
        let span = self.files.arena.span(text);
        let reference = self.files.arena.add(Content::Mapping(Members::default()), span);
        self.files.arena.set(reference, "$ref", text, span);
        self.enter(reference, Kind::Schema, file, None);
    }

    fn enter(&mut self, node: Id, kind: Kind, file: u32, hook: Hook) {
        let reference = self.files.arena.reference(node).map(str::to_owned);
        let has_siblings = self.files.arena.has_siblings(node);
        let repeated = has_siblings && !self.visited_with_siblings.insert(node, kind);
        let resolution = reference.as_deref().map(|reference| self.lookup(file, reference));
        let (target, target_file, chain) = match &resolution {
            None => (Some(node), file, None),
            Some(Ok(target)) => (Some(target.end.node), target.end.file, target.chain.first()),
            Some(Err(_)) => (None, file, None),
        };
        let between = chain.cloned();
        if let Some(resolution) = resolution
            && !repeated
        {
            self.steps.push(Step::LeaveReference { node, kind, file, hook, resolution });
        }
        let Some(target) = target.filter(|_| kind != Kind::Scalar) else { return };
        let first_visit = self.visited.insert(target, kind);
        if first_visit && matches!(kind, Kind::Example | Kind::DiscriminatorMapping) {
            self.steps.push(Step::LeaveNode { node: target, kind, file: target_file });
        }
        if has_siblings && !repeated {
            self.steps.push(Step::Siblings { node, target, kind, file });
        }
        if let Some(link) = between {
            self.steps.push(Step::Between { link, kind });
        }
        if first_visit {
            self.push_members(target, kind, target_file);
        }
    }

    fn push_members(&mut self, of: Id, kind: Kind, file: u32) {
        if let Some(items) = self.files.arena.items(of) {
            if let Some(kind) = kind.items() {
                let member = |index| Step::Member { of, key: Key::Index(index), kind, file };
                self.steps.extend((0..items.len()).rev().map(member));
            }
            return;
        }
        let members = kind.members(self.version, &self.files.arena, of);
        let step = |(key, member_kind): (Text, Kind)| match (kind, member_kind) {
            (Kind::DiscriminatorMapping, Kind::Schema) => {
                self.files.arena.get(of, &key).map(|text| Step::BareReference { text, file })
            }
            _ => Some(Step::Member { of, key: Key::Name(key), kind: member_kind, file }),
        };
        let steps: Vec<_> = members.into_iter().rev().filter_map(step).collect();
        self.steps.extend(steps);
    }

    fn siblings(&mut self, node: Id, target: Id, kind: Kind, file: u32) {
        let arena = &self.files.arena;
        let members = kind.members(self.version, arena, node);
        let own =
            members.into_iter().filter(|(key, _)| **key != *"$ref" && arena.get(node, key) != arena.get(target, key));
        let own: Vec<_> = own.map(|(key, kind)| Step::Member { of: node, key: Key::Name(key), kind, file }).collect();
        self.steps.extend(own.into_iter().rev());
    }

    fn lookup(&self, file: u32, reference: &str) -> Resolution {
        match self.resolutions.get(file, reference) {
            Some(resolution) => resolution.clone(),
            None => Err(Failure::because("was not read", "refer to the value in another way")),
        }
    }

    fn leave_reference(&mut self, node: Id, kind: Kind, file: u32, hook: Hook, target: &Rc<Target>) {
        let component = target.component();
        if component.file == ROOT && file == ROOT && kind != Kind::Scalar {
            // Within the root document references stay; only its own file name is left out.
            let names_file = self.files.arena.reference(node).is_some_and(|reference| !reference.starts_with('#'));
            if names_file {
                self.set_reference(node, &component.pointer.clone());
            }
            return;
        }
        match kind.component_group() {
            Some(group) => {
                let reference = self.hoist(group, component, node);
                self.set_reference(node, &reference);
                let end = Link { node: target.end.node, file: ROOT, pointer: reference.clone() };
                let target = Rc::new(Target { end, chain: target.chain.clone() });
                self.resolutions.insert(file, &reference, Ok(Rc::clone(&target)));
                self.resolutions.insert(ROOT, &reference, Ok(target));
            }
            None => self.inline(node, hook, component.node),
        }
    }

    fn set_reference(&mut self, node: Id, reference: &str) {
        let span =
            self.files.arena.get(node, "$ref").map_or(self.files.arena.span(node), |old| self.files.arena.span(old));
        let text = self.files.arena.add(Content::String(reference.into()), span);
        self.files.arena.set(node, "$ref", text, span);
    }

    /// Puts what a reference leads to in its place. Members beside `$ref` win and keep their place.
    fn inline(&mut self, node: Id, hook: Hook, target: Id) {
        let arena = &mut self.files.arena;
        let Some(members) = arena.members(target).cloned() else {
            if let Some((of, key)) = hook {
                arena.replace(of, &key, target);
            }
            return;
        };
        arena.remove(node, "$ref");
        for (key, member) in members {
            if arena.get(node, &key).is_none() {
                arena.set(node, &key, member.id, member.key_span);
            }
        }
    }

    /// Turns the values of a discriminator's mapping into references to components.
    fn rewrite_mapping(&mut self, mapping: Id, file: u32) {
        let Some(members) = self.files.arena.members(mapping).cloned() else { return };
        for (name, member) in members {
            let Some(text) = self.files.arena.text(member.id).filter(|text| is_mapping_reference(text)) else {
                continue;
            };
            // A reference that leads nowhere was reported when it was visited.
            let Ok(target) = self.lookup(file, text) else { continue };
            let reference = self.hoist("schemas", target.component(), member.id);
            let span = self.files.arena.span(member.id);
            let text = self.files.arena.add(Content::String(reference.into()), span);
            self.files.arena.set(mapping, &name, text, span);
        }
    }

    /// Loads what an example's `externalValue` names.
    fn load_external_value(&mut self, example: Id, file: u32) {
        let arena = &self.files.arena;
        let external = arena.get(example, "externalValue");
        let Some((place, text)) = external.and_then(|place| Some((place, arena.text(place)?.to_owned()))) else {
            return;
        };
        if arena.get(example, "value").is_some() {
            return;
        }
        match self.lookup(file, &text) {
            Ok(target) => {
                let span = arena.span(place);
                self.files.arena.set(example, "value", target.end.node, span);
                self.files.arena.remove(example, "externalValue");
            }
            Err(failure) => self.report_at(place, &text, &failure),
        }
    }

    fn report(&mut self, node: Id, failure: &Failure) {
        let Some(place) = self.files.arena.get(node, "$ref") else { return };
        let Some(text) = self.files.arena.text(place).map(str::to_owned) else { return };
        self.report_at(place, &text, failure);
    }

    fn report_at(&mut self, place: Id, reference: &str, failure: &Failure) {
        let Failure::Because { reason, help } = failure else { return };
        let span = self.files.arena.span(place);
        self.found.add(|| {
            let mut wrong = Diagnostic::at(&self.files.sources, span, format!("`{reference}` {reason}"));
            wrong.help.clone_from(help);
            wrong
        });
    }
}
