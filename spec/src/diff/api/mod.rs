//! Paths, webhooks and callbacks: which operations there are, and what each carries.

mod body;
mod operation;
mod parameters;
mod response;
mod security;

use super::compare::{Comparison, TooLarge, schema_component};
use super::documentation;
use super::finding::{Finding, Found, Side, code};
use super::policy::Kind;
use super::tree::{At, Tree};
use super::verdict::Direction;
use crate::node::Node;
use operation::Call;
use std::collections::{HashMap, HashSet};

/// Methods of a path item, in the order of reports.
const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "x-query"];

/// What the changelog says of an operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) id: Option<String>,
    pub(super) tag: Option<String>,
}

/// An operation of either document, with what was found in it.
pub(super) struct Operation {
    /// `POST /auth/sessions`, or `webhook session.closed`.
    pub(super) label: String,
    pub(super) named: Named,
    pub(super) found: Found,
}

/// The comparison of everything that can be called.
pub(super) struct Api<'c, 't, 'a> {
    pub(super) comparison: &'c mut Comparison<'t, 'a>,
    pub(super) operations: Vec<Operation>,
    /// Callbacks that were compared on the way to the present one.
    calling: HashSet<(usize, usize)>,
}

impl<'c, 't, 'a> Api<'c, 't, 'a> {
    /// Compares all operations, and adds what belongs to none of them.
    pub(super) fn compare(comparison: &'c mut Comparison<'t, 'a>) -> Result<Vec<Operation>, TooLarge> {
        let mut api = Self { comparison, operations: Vec::new(), calling: HashSet::new() };
        let (base, head) = (api.comparison.base.tree, api.comparison.head.tree);
        api.paths(base.child(base.root(), "paths"), head.child(head.root(), "paths"));
        let webhooks =
            |tree: &'t Tree<'a>| ["webhooks", "x-webhooks"].iter().find_map(|key| tree.child(tree.root(), key));
        api.webhooks(webhooks(base), webhooks(head));
        api.comparison.run()?;
        api.whole_document();
        Ok(api.operations)
    }

    fn paths(&mut self, base: Option<At<'a>>, head: Option<At<'a>>) {
        let (base_tree, head_tree) = (self.comparison.base.tree, self.comparison.head.tree);
        let old = items(base_tree, base);
        let mut new = items(head_tree, head);
        for (path, old_item) in old {
            // Variables have no names on the wire.
            let index = new
                .iter()
                .position(|(other, _)| *other == path)
                .or_else(|| new.iter().position(|(other, _)| template(other) == template(path)));
            let Some(index) = index else {
                self.path_removed(path, old_item);
                continue;
            };
            let (new_path, new_item) = new.remove(index);
            for method in METHODS {
                let call = Call { path: new_path, old_path: path, method, direction: Direction::ToServer };
                let old = base_tree.child(old_item, method);
                let new = head_tree.child(new_item, method);
                match (old, new) {
                    (Some(old), Some(new)) => {
                        let mut found = Found::default();
                        self.operation(call, (old_item, old), (new_item, new), &mut found);
                        self.add(call, named(new, method, new_path), found);
                    }
                    (Some(old), None) => self.operation_removed(call, old),
                    (None, Some(new)) => self.operation_added(call, new),
                    (None, None) => {}
                }
            }
        }
        for (path, item) in new {
            for method in METHODS {
                if let Some(operation) = head_tree.child(item, method) {
                    let call = Call { path, old_path: path, method, direction: Direction::ToServer };
                    self.operation_added(call, operation);
                }
            }
        }
    }

    /// A path is gone with all that can be done there: one finding, which holds for each of its operations.
    fn path_removed(&mut self, path: &'a str, item: At<'a>) {
        let tree = self.comparison.base.tree;
        let operations: Vec<_> =
            METHODS.iter().filter_map(|method| Some((*method, tree.child(item, method)?))).collect();
        let deprecated = !operations.is_empty() && operations.iter().all(|(_, one)| is_deprecated(one.node));
        for (method, operation) in operations {
            let call = Call { path, old_path: path, method, direction: Direction::ToServer };
            let mut found = Found::default();
            let message = format!("{} is gone", code(path));
            let finding = Finding::new(Kind::PathRemoved, Direction::ToServer, (Side::Base, item.loc), message);
            found.add(finding.about(code(path)).was_deprecated(deprecated));
            self.add(call, named(operation, method, path), found);
        }
    }

    fn operation_removed(&mut self, call: Call<'a>, old: At<'a>) {
        let mut found = Found::default();
        let label = code(call.label());
        let finding =
            Finding::new(Kind::OperationRemoved, call.direction, (Side::Base, old.loc), format!("{label} is gone"));
        found.add(finding.about(label).was_deprecated(is_deprecated(old.node)));
        self.add(call, named(old, call.method, call.old_path), found);
    }

    fn operation_added(&mut self, call: Call<'a>, new: At<'a>) {
        let mut found = Found::default();
        let message = format!("{} is new", code(call.label()));
        found.add(Finding::new(Kind::OperationAdded, call.direction, (Side::Head, new.loc), message));
        self.add(call, named(new, call.method, call.path), found);
    }

    fn add(&mut self, call: Call<'a>, named: Named, found: Found) {
        self.operations.push(Operation { label: call.label(), named, found });
    }

    fn webhooks(&mut self, base: Option<At<'a>>, head: Option<At<'a>>) {
        let (base_tree, head_tree) = (self.comparison.base.tree, self.comparison.head.tree);
        let old = items(base_tree, base);
        let new = items(head_tree, head);
        let add = |operations: &mut Vec<Operation>, name: &str, item: At<'a>, found: Found| {
            let tag = METHODS.iter().find_map(|method| item.node.get(method)).and_then(tag);
            let named = Named { path: name.to_owned(), tag, ..Named::default() };
            operations.push(Operation { label: format!("webhook {name}"), named, found });
        };
        for (name, old_item) in &old {
            let mut found = Found::default();
            let direction = Direction::ToClient;
            match new.iter().find(|(other, _)| other == name) {
                None => {
                    let methods = METHODS.iter().filter_map(|method| old_item.node.get(method));
                    let deprecated = methods.clone().next().is_some() && methods.clone().all(is_deprecated);
                    let message = format!("the webhook {} is gone", code(name));
                    let finding = Finding::new(Kind::WebhookRemoved, direction, (Side::Base, old_item.loc), message);
                    found.add(finding.about(code(name)).was_deprecated(deprecated));
                    add(&mut self.operations, name, *old_item, found);
                }
                Some((_, new_item)) => {
                    self.calls_to_clients(name, *old_item, *new_item, direction, &mut found);
                    add(&mut self.operations, name, *new_item, found);
                }
            }
        }
        for (name, item) in new.iter().filter(|(name, _)| old.iter().all(|(other, _)| other != name)) {
            let mut found = Found::default();
            let message = format!("the webhook {} is new", code(name));
            let finding = Finding::new(Kind::WebhookAdded, Direction::ToClient, (Side::Head, item.loc), message);
            found.add(finding.about(code(name)));
            add(&mut self.operations, name, *item, found);
        }
    }

    /// The methods of a path item that is called by the other party.
    fn calls_to_clients(&mut self, name: &'a str, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let (base_tree, head_tree) = (self.comparison.base.tree, self.comparison.head.tree);
        for method in METHODS {
            let call = Call { path: name, old_path: name, method, direction };
            match (base_tree.child(old, method), head_tree.child(new, method)) {
                (Some(one), Some(other)) => self.operation(call, (old, one), (new, other), found),
                (Some(one), None) => {
                    let message = format!("{} is no longer called by {}", code(name), method.to_uppercase());
                    let finding = Finding::new(Kind::OperationRemoved, direction, (Side::Base, one.loc), message);
                    found.add(finding.about(code(name)).was_deprecated(is_deprecated(one.node)));
                }
                (None, Some(other)) => {
                    let message = format!("{} is called by {} too", code(name), method.to_uppercase());
                    found.add(Finding::new(Kind::OperationAdded, direction, (Side::Head, other.loc), message));
                }
                (None, None) => {}
            }
        }
    }

    /// Callbacks of an operation; `direction` is that of the operation's own requests.
    fn callbacks(&mut self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let (base_tree, head_tree) = (self.comparison.base.tree, self.comparison.head.tree);
        let old: Vec<_> = base_tree.child(old, "callbacks").map(|at| base_tree.entries(at)).unwrap_or_default();
        let new: Vec<_> = head_tree.child(new, "callbacks").map(|at| head_tree.entries(at)).unwrap_or_default();
        let direction = direction.reversed();
        for (name, old_at) in &old {
            let Some((_, new_at)) = new.iter().find(|(other, _)| other == name) else {
                let message = format!("the callback {} is gone", code(name));
                let finding = Finding::new(Kind::CallbackRemoved, direction, (Side::Base, old_at.loc), message);
                found.add(finding.about(code(name)));
                continue;
            };
            let (Some(old), Some(new)) = (base_tree.resolve(*old_at), head_tree.resolve(*new_at)) else { continue };
            // Callbacks may lead back to themselves.
            if !self.calling.insert((old.address(), new.address())) {
                continue;
            }
            let (old_items, new_items) = (items(base_tree, Some(old)), items(head_tree, Some(new)));
            let is_single = old_items.len() == 1 && new_items.len() == 1;
            for (url, item) in &old_items {
                let other = new_items.iter().find(|(other, _)| other == url || is_single);
                if let Some((_, other)) = other {
                    self.calls_to_clients(name, *item, *other, direction, found);
                } else {
                    let message = format!("the callback {} to {} is gone", code(name), code(url));
                    let finding = Finding::new(Kind::CallbackRemoved, direction, (Side::Base, item.loc), message);
                    found.add(finding.about(code(name)));
                }
            }
            self.calling.remove(&(old.address(), new.address()));
        }
        for (name, at) in new.iter().filter(|(name, _)| old.iter().all(|(other, _)| other != name)) {
            let message = format!("the callback {} is new", code(name));
            let finding = Finding::new(Kind::CallbackAdded, direction, (Side::Head, at.loc), message);
            found.add(finding.about(code(name)));
        }
    }

    /// Servers, names that only generated code sees, and the documentation.
    fn whole_document(&mut self) {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let mut found = Found::default();
        let urls = |tree: &'t Tree<'a>| -> HashMap<&'a str, At<'a>> {
            let servers = tree.child(tree.root(), "servers").map(|at| tree.items(at)).unwrap_or_default();
            servers.into_iter().filter_map(|at| Some((at.node.get("url")?.as_str()?, at))).collect()
        };
        let (old, new) = (urls(base), urls(head));
        for (kind, side, one, other, verb) in [
            (Kind::ServerRemoved, Side::Base, &old, &new, "is gone"),
            (Kind::ServerAdded, Side::Head, &new, &old, "is new"),
        ] {
            let mut lone: Vec<_> = one.iter().filter(|(url, _)| !other.contains_key(*url)).collect();
            lone.sort_by_key(|(url, _)| **url);
            for (url, at) in lone {
                let message = format!("the server {} {verb}", code(url));
                found.add(Finding::new(kind, Direction::ToServer, (side, at.loc), message).about(code(url)));
            }
        }
        let schemas = base.child(base.root(), "components").and_then(|at| base.child(at, "schemas"));
        for (name, at) in schemas.map(|at| base.entries(at)).unwrap_or_default() {
            if schema_component(head, name).is_none() && !self.comparison.renamed.contains(name) {
                let message = format!("there is no {} any more", code(name));
                let place = (Side::Base, at.loc);
                found.add(Finding::new(Kind::ComponentRemoved, Direction::ToServer, place, message).about(name));
            }
        }
        found.findings.extend(documentation::changed(base, head));
        self.operations.push(Operation { label: String::new(), named: Named::default(), found });
    }
}

/// The path items of `paths`, `webhooks` or a callback.
fn items<'a>(tree: &Tree<'a>, at: Option<At<'a>>) -> Vec<(&'a str, At<'a>)> {
    let all = at.map(|at| tree.entries(at)).unwrap_or_default();
    all.into_iter()
        .filter(|(key, _)| !key.starts_with("x-"))
        .filter_map(|(key, item)| Some((key, tree.resolve(item)?)))
        .collect()
}

/// The path with its variables made alike.
fn template(path: &str) -> Vec<Option<&str>> {
    path.split('/').map(|part| (!part.contains('{')).then_some(part)).collect()
}

fn is_deprecated(node: &Node) -> bool {
    node.get("deprecated").and_then(Node::as_bool) == Some(true)
}

fn tag(operation: &Node) -> Option<String> {
    operation.get("tags")?.items().first()?.as_str().map(str::to_owned)
}

fn named(operation: At<'_>, method: &str, path: &str) -> Named {
    let id = operation.node.get("operationId").and_then(Node::as_str).map(str::to_owned);
    Named { method: method.to_owned(), path: path.to_owned(), id, tag: tag(operation.node) }
}
