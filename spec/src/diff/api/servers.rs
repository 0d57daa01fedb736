//! Servers of the document, of path items and of operations.

use super::super::finding::{Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::tree::{At, Tree};
use super::super::verdict::Direction;
use super::Api;
use super::item::Item;
use crate::node::Node;
use foldhash::HashMap;

impl<'a> Api<'_, '_, 'a> {
    pub(super) fn servers_of_document(&self, found: &mut Found) {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        servers((base, base.child(base.root(), "servers")), (head, head.child(head.root(), "servers")), found);
    }

    /// The servers of an operation, if it or its path has any of its own.
    pub(super) fn servers_of_operation(
        &self,
        (old_item, old): (&Item<'a>, At<'a>),
        (new_item, new): (&Item<'a>, At<'a>),
        found: &mut Found,
    ) {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let own = |tree: &Tree<'a>, item: &Item<'a>, operation| {
            tree.child(operation, "servers").or_else(|| item.child(tree, "servers"))
        };
        let (old, new) = (own(base, old_item, old), own(head, new_item, new));
        if old.is_some() || new.is_some() {
            let or_root = |tree: &Tree<'a>, own: Option<At<'a>>| own.or_else(|| tree.child(tree.root(), "servers"));
            servers((base, or_root(base, old)), (head, or_root(head, new)), found);
        }
    }
}

fn servers<'a>((base, old): (&Tree<'a>, Option<At<'a>>), (head, new): (&Tree<'a>, Option<At<'a>>), found: &mut Found) {
    let urls = |tree: &Tree<'a>, list: Option<At<'a>>| -> Vec<(&'a str, At<'a>)> {
        let servers = list.map(|list| tree.items(list)).unwrap_or_default();
        servers.into_iter().filter_map(|at| Some((at.node.get("url")?.as_str()?, at))).collect()
    };
    let (old, new) = (urls(base, old), urls(head, new));
    let by_url = |all: &[(&'a str, At<'a>)]| all.iter().copied().collect::<HashMap<_, _>>();
    let (old_by_url, new_by_url) = (by_url(&old), by_url(&new));
    for (url, at) in &old {
        match new_by_url.get(url) {
            Some(other) => variables(*at, (head, *other), url, found),
            None => {
                let message = format!("the server {} is gone", code(url));
                let place = (Side::Base, at.loc());
                found.add(Finding::new(Kind::ServerRemoved, Direction::ToServer, place, message).about(code(url)));
            }
        }
    }
    for (url, at) in new.iter().filter(|(url, _)| !old_by_url.contains_key(url)) {
        let message = format!("the server {} is new", code(url));
        let place = (Side::Head, at.loc());
        found.add(Finding::new(Kind::ServerAdded, Direction::ToServer, place, message).about(code(url)));
    }
}

/// Values that a variable in the URL of a server may no longer have, or has where none is given.
fn variables<'a>(old: At<'a>, (head, new): (&Tree<'a>, At<'a>), url: &str, found: &mut Found) {
    let Some(variables) = old.node.get("variables") else { return };
    let all = head.child(new, "variables");
    for (name, old) in variables.entries() {
        let Some(at) = all.and_then(|all| head.child(all, name)) else { continue };
        let values = |node: &'a Node| node.get("enum").map(Node::items).unwrap_or_default();
        let allowed: Vec<&str> = values(at.node).iter().filter_map(Node::as_str).collect();
        let gone = values(old).iter().filter_map(Node::as_str).find(|value| !allowed.contains(value));
        let is_listed_now = values(old).is_empty() && !allowed.is_empty();
        let default = |node: &'a Node| node.get("default").and_then(Node::as_str);
        let message = match gone {
            Some(value) if !allowed.is_empty() => format!("may no longer be {}", code(value)),
            _ if is_listed_now => "is one of a list of values now".to_owned(),
            _ if default(old) != default(at.node) => {
                format!("is {} now where none is given", code(default(at.node).unwrap_or_default()))
            }
            _ => continue,
        };
        let message = format!("{} of the server {} {message}", code(name), code(url));
        let place = (Side::Head, at.loc());
        found.add(Finding::new(Kind::ServerVariableChanged, Direction::ToServer, place, message).about(code(name)));
    }
}
