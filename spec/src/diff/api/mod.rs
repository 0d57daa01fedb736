//! Paths, webhooks and callbacks: which operations there are, and what each carries.

mod body;
mod callbacks;
mod item;
mod operation;
mod parameters;
mod response;
mod security;
mod servers;

use super::compare::{Comparison, TooLarge, schema_component};
use super::documentation;
use super::finding::{Finding, Found, Side, code};
use super::policy::Kind;
use super::tree::{At, Tree};
use super::verdict::Direction;
use crate::node::Node;
use foldhash::HashSet;
use item::{Item, items, matched};
use operation::Call;

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
    /// The operations of HEAD's paths by their names.
    operation_ids: HashSet<&'a str>,
    /// Comparisons of security requirements, by the addresses of the lists.
    securities: security::Known,
}

impl<'c, 't, 'a> Api<'c, 't, 'a> {
    /// Compares all operations, and adds what belongs to none of them.
    pub(super) fn compare(comparison: &'c mut Comparison<'t, 'a>) -> Result<Vec<Operation>, TooLarge> {
        let (base, head) = (comparison.base.tree, comparison.head.tree);
        let paths = items(head, head.child(head.root(), "paths"));
        let operations = paths.iter().flat_map(|(_, item)| item.operations(head));
        let operation_ids = operations.filter_map(|(_, operation)| operation_id(operation)).collect();
        let (operations, calling) = (Vec::new(), HashSet::default());
        let mut api = Self { comparison, operations, calling, operation_ids, securities: security::Known::default() };
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
        let (old, new) = (items(base_tree, base), items(head_tree, head));
        let matched = matched(&old, &new);
        let mut met = vec![false; new.len()];
        matched.iter().flatten().for_each(|index| met[*index] = true);
        for ((path, old_item), index) in old.iter().zip(matched) {
            let Some((new_path, new_item)) = index.and_then(|index| new.get(index)) else {
                self.path_removed(path, old_item);
                continue;
            };
            for method in METHODS {
                let call = Call { path: new_path, old_path: path, method, direction: Direction::ToServer };
                let old = old_item.child(base_tree, method);
                let new = new_item.child(head_tree, method);
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
        for ((path, item), _) in new.iter().zip(met).filter(|(_, met)| !met) {
            for (method, operation) in item.operations(head_tree) {
                let call = Call { path, old_path: path, method, direction: Direction::ToServer };
                self.operation_added(call, operation);
            }
        }
    }

    /// A path is gone with all that can be done there: one finding, which holds for each of its operations.
    fn path_removed(&mut self, path: &'a str, item: &Item<'a>) {
        let tree = self.comparison.base.tree;
        let operations = item.operations(tree);
        let deprecated = item.is_deprecated(tree);
        let moved = operations.iter().all(|(_, operation)| self.is_moved(*operation));
        for (method, operation) in operations {
            let call = Call { path, old_path: path, method, direction: Direction::ToServer };
            let mut found = Found::default();
            let message = format!("{} is gone", code(path));
            let finding = Finding::new(Kind::PathRemoved, Direction::ToServer, (Side::Base, item.at.loc()), message);
            found.add(finding.about(code(path)).was_deprecated(deprecated).still_compiles(moved));
            self.add(call, named(operation, method, path), found);
        }
    }

    fn operation_removed(&mut self, call: Call<'a>, old: At<'a>) {
        let mut found = Found::default();
        let label = code(call.label());
        let place = (Side::Base, old.loc());
        let finding = Finding::new(Kind::OperationRemoved, call.direction, place, format!("{label} is gone"));
        let finding = finding.about(label).was_deprecated(is_deprecated(old.node));
        found.add(finding.still_compiles(self.is_moved(old)));
        self.add(call, named(old, call.method, call.old_path), found);
    }

    /// Whether HEAD has the operation under the same name elsewhere, as generated code would.
    fn is_moved(&self, old: At<'a>) -> bool {
        operation_id(old).is_some_and(|id| self.operation_ids.contains(id))
    }

    fn operation_added(&mut self, call: Call<'a>, new: At<'a>) {
        let mut found = Found::default();
        let message = format!("{} is new", code(call.label()));
        found.add(Finding::new(Kind::OperationAdded, call.direction, (Side::Head, new.loc()), message));
        self.add(call, named(new, call.method, call.path), found);
    }

    fn add(&mut self, call: Call<'a>, named: Named, found: Found) {
        self.operations.push(Operation { label: call.label(), named, found });
    }

    /// Servers, names that only generated code sees, and the documentation.
    fn whole_document(&mut self) {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let mut found = Found::default();
        self.servers_of_document(&mut found);
        let schemas = base.child(base.root(), "components").and_then(|at| base.child(at, "schemas"));
        for (name, at) in schemas.map(|at| base.entries(at)).unwrap_or_default() {
            if schema_component(head, name).is_none() && !self.comparison.renamed.contains(name) {
                let message = format!("there is no {} any more", code(name));
                let place = (Side::Base, at.loc());
                found.add(Finding::new(Kind::ComponentRemoved, Direction::ToServer, place, message).about(name));
            }
        }
        found.findings.extend(documentation::changed(base, head));
        self.operations.push(Operation { label: String::new(), named: Named::default(), found });
    }
}

fn is_deprecated(node: &Node) -> bool {
    node.get("deprecated").and_then(Node::as_bool) == Some(true)
}

fn tag(operation: &Node) -> Option<String> {
    operation.get("tags")?.items().first()?.as_str().filter(|tag| !tag.trim().is_empty()).map(str::to_owned)
}

fn named(operation: At<'_>, method: &str, path: &str) -> Named {
    let id = operation_id(operation).map(str::to_owned);
    Named { method: method.to_owned(), path: path.to_owned(), id, tag: tag(operation.node) }
}

fn operation_id<'a>(operation: At<'a>) -> Option<&'a str> {
    operation.node.get("operationId")?.as_str().filter(|id| !id.is_empty())
}
