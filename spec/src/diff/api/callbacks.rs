//! Calls that the server makes: webhooks, and callbacks of operations.

use super::super::finding::{Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::tree::At;
use super::super::verdict::Direction;
use super::item::{Item, items};
use super::operation::Call;
use super::{Api, METHODS, Named, Operation, is_deprecated, tag};
use foldhash::HashMap;

impl<'a> Api<'_, '_, 'a> {
    pub(super) fn webhooks(&mut self, base: Option<At<'a>>, head: Option<At<'a>>) {
        let (base_tree, head_tree) = (self.comparison.base.tree, self.comparison.head.tree);
        let old = items(base_tree, base);
        let new = items(head_tree, head);
        let new_by_name: HashMap<&str, &Item<'a>> = new.iter().map(|(name, item)| (*name, item)).collect();
        let old_by_name: HashMap<&str, &Item<'a>> = old.iter().map(|(name, item)| (*name, item)).collect();
        let direction = Direction::ToClient;
        for (name, old_item) in &old {
            let mut found = Found::default();
            match new_by_name.get(name) {
                None => {
                    let message = format!("the webhook {} is gone", code(name));
                    let place = (Side::Base, old_item.at.loc());
                    let finding = Finding::new(Kind::WebhookRemoved, direction, place, message);
                    found.add(finding.about(code(name)).was_deprecated(old_item.is_deprecated(base_tree)));
                    self.webhook(name, &old_item.operations(base_tree), found);
                }
                Some(new_item) => {
                    self.calls_to_clients(name, old_item, new_item, direction, &mut found);
                    self.webhook(name, &new_item.operations(head_tree), found);
                }
            }
        }
        for (name, item) in new.iter().filter(|(name, _)| !old_by_name.contains_key(name)) {
            let mut found = Found::default();
            let message = format!("the webhook {} is new", code(name));
            let finding = Finding::new(Kind::WebhookAdded, direction, (Side::Head, item.at.loc()), message);
            found.add(finding.about(code(name)));
            self.webhook(name, &item.operations(head_tree), found);
        }
    }

    fn webhook(&mut self, name: &str, operations: &[(&str, At<'a>)], found: Found) {
        let tag = operations.first().and_then(|(_, operation)| tag(operation.node));
        let named = Named { path: name.to_owned(), tag, ..Named::default() };
        self.operations.push(Operation { label: format!("webhook {name}"), named, found });
    }

    /// The methods of a path item that is called by the other party.
    fn calls_to_clients(
        &mut self,
        name: &'a str,
        old: &Item<'a>,
        new: &Item<'a>,
        direction: Direction,
        found: &mut Found,
    ) {
        let (base_tree, head_tree) = (self.comparison.base.tree, self.comparison.head.tree);
        for method in METHODS {
            let call = Call { path: name, old_path: name, method, direction };
            match (old.child(base_tree, method), new.child(head_tree, method)) {
                (Some(one), Some(other)) => self.operation(call, (old, one), (new, other), found),
                (Some(one), None) => {
                    let message = format!("{} is no longer called by {}", code(name), method.to_uppercase());
                    let finding = Finding::new(Kind::OperationRemoved, direction, (Side::Base, one.loc()), message);
                    found.add(finding.about(code(name)).was_deprecated(is_deprecated(one.node)));
                }
                (None, Some(other)) => {
                    let message = format!("{} is called by {} too", code(name), method.to_uppercase());
                    found.add(Finding::new(Kind::OperationAdded, direction, (Side::Head, other.loc()), message));
                }
                (None, None) => {}
            }
        }
    }

    /// Callbacks of an operation; `direction` is that of the operation's own requests.
    pub(super) fn callbacks(&mut self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let (base_tree, head_tree) = (self.comparison.base.tree, self.comparison.head.tree);
        let old: Vec<_> = base_tree.child(old, "callbacks").map(|at| base_tree.entries(at)).unwrap_or_default();
        let new: Vec<_> = head_tree.child(new, "callbacks").map(|at| head_tree.entries(at)).unwrap_or_default();
        let direction = direction.reversed();
        let old_names: HashMap<&str, At<'a>> = old.iter().copied().collect();
        let new_names: HashMap<&str, At<'a>> = new.iter().copied().collect();
        for (name, old_at) in &old {
            let old = base_tree.resolve(*old_at);
            let old_items = items(base_tree, old);
            let Some(new_at) = new_names.get(name) else {
                let deprecated =
                    !old_items.is_empty() && old_items.iter().all(|(_, item)| item.is_deprecated(base_tree));
                let message = format!("the callback {} is gone", code(name));
                let finding = Finding::new(Kind::CallbackRemoved, direction, (Side::Base, old_at.loc()), message);
                found.add(finding.about(code(name)).was_deprecated(deprecated));
                continue;
            };
            let (Some(old), Some(new)) = (old, head_tree.resolve(*new_at)) else { continue };
            // Callbacks may lead back to themselves.
            if !self.calling.insert((old.address(), new.address())) {
                continue;
            }
            self.callback(name, &old_items, &items(head_tree, Some(new)), direction, found);
            self.calling.remove(&(old.address(), new.address()));
        }
        for (name, at) in new.iter().filter(|(name, _)| !old_names.contains_key(name)) {
            let message = format!("the callback {} is new", code(name));
            let finding = Finding::new(Kind::CallbackAdded, direction, (Side::Head, at.loc()), message);
            found.add(finding.about(code(name)));
        }
    }

    /// The URLs of a callback. One that goes while one comes is another URL for the same calls.
    fn callback(
        &mut self,
        name: &'a str,
        old: &[(&'a str, Item<'a>)],
        new: &[(&'a str, Item<'a>)],
        direction: Direction,
        found: &mut Found,
    ) {
        let base_tree = self.comparison.base.tree;
        let by_url = |all: &[(&'a str, Item<'a>)]| all.iter().cloned().collect::<HashMap<_, _>>();
        let (old_by_url, new_by_url) = (by_url(old), by_url(new));
        let lone = |some: &[(&'a str, Item<'a>)], others: &HashMap<&'a str, Item<'a>>| -> Vec<(&'a str, Item<'a>)> {
            some.iter().filter(|(url, _)| !others.contains_key(url)).cloned().collect()
        };
        for (url, item) in old {
            if let Some(other) = new_by_url.get(url) {
                self.calls_to_clients(name, item, other, direction, found);
            }
        }
        let (gone, added) = (lone(old, &new_by_url), lone(new, &old_by_url));
        if let ([(was, item)], [(is, other)]) = (gone.as_slice(), added.as_slice()) {
            let message = format!("the callback {} went to {} and goes to {}", code(name), code(was), code(is));
            let place = (Side::Head, other.at.loc());
            found.add(Finding::new(Kind::CallbackUrlChanged, direction, place, message).about(code(name)));
            return self.calls_to_clients(name, item, other, direction, found);
        }
        for (url, item) in gone {
            let message = format!("the callback {} to {} is gone", code(name), code(url));
            let finding = Finding::new(Kind::CallbackRemoved, direction, (Side::Base, item.at.loc()), message);
            found.add(finding.about(code(name)).was_deprecated(item.is_deprecated(base_tree)));
        }
        for (url, item) in added {
            let message = format!("the callback {} to {} is new", code(name), code(url));
            let finding = Finding::new(Kind::CallbackAdded, direction, (Side::Head, item.at.loc()), message);
            found.add(finding.about(code(name)));
        }
    }
}
