//! The operations of a document, with their parameters and responses in reach.

use super::site::Site;
use super::tree::Tree;
use crate::bundle::arena::Id;
use std::collections::HashSet;

/// The methods of a path item.
pub(super) const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "x-query"];

/// Which side an operation is called on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Called by clients
    Path,
    /// Called by the server
    Webhook,
    /// Called by the server after another call
    Callback,
}

/// One operation. Sites are found with the tree that it came from.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(super) origin: Origin,
    /// As written under `paths`; the name of a webhook; the expression of a callback.
    pub(super) path: String,
    pub(super) method: &'static str,
    id: Id,
    /// The path item, references followed.
    item: Id,
}

/// An operation together with its tree.
#[derive(Clone, Copy)]
pub(crate) struct Op<'a> {
    pub(super) tree: &'a Tree,
    pub(super) operation: &'a Operation,
}

/// A documented answer.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) status: &'a str,
    /// As written under `responses`.
    pub(super) written: Site<'a>,
}

impl<'a> Answer<'a> {
    /// The response, references followed.
    pub(super) fn site(self) -> Site<'a> {
        self.written.end()
    }

    /// The schemas of all media types, as written.
    pub(super) fn schemas(self) -> Vec<Site<'a>> {
        content_schemas(self.site())
    }
}

/// The schemas of all media types of a request body or response, as written.
pub(super) fn content_schemas(body: Site<'_>) -> Vec<Site<'_>> {
    let content = body.follow("content");
    content.into_iter().flat_map(Site::entries).filter_map(|(_, media)| media.end().get("schema")).collect()
}

impl<'a> Op<'a> {
    /// The operation object.
    pub(super) fn site(self) -> Site<'a> {
        self.tree.site(self.operation.id)
    }

    pub(super) fn item(self) -> Site<'a> {
        self.tree.site(self.operation.item)
    }

    /// Whether clients call it.
    pub(super) fn is_path(self) -> bool {
        self.operation.origin == Origin::Path
    }

    /// `GET /customers`
    pub(super) fn title(self) -> String {
        format!("{} {}", self.operation.method.to_uppercase(), self.operation.path)
    }

    /// Parameters of the operation and of its path, references followed; the operation's own win.
    pub(super) fn parameters(self) -> Vec<Site<'a>> {
        let mut found: Vec<Site<'a>> = Vec::new();
        let mut seen = HashSet::new();
        for list in [self.site().follow("parameters"), self.item().follow("parameters")].into_iter().flatten() {
            for parameter in list.items().map(Site::end) {
                if seen.insert((parameter.text("in"), parameter.text("name"))) {
                    found.push(parameter);
                }
            }
        }
        found
    }

    /// Whether it takes the header `name`, whatever its case.
    pub(super) fn has_header(self, name: &str) -> bool {
        let is = |site: &Site<'_>| {
            site.text("in") == Some("header") && site.text("name").is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        self.parameters().iter().any(is)
    }

    /// The answers by status, `default` included, extensions not.
    pub(super) fn answers(self) -> Vec<Answer<'a>> {
        let responses = self.site().follow("responses");
        let all = responses.into_iter().flat_map(Site::entries).filter(|(status, _)| !status.starts_with("x-"));
        all.map(|(status, written)| Answer { status, written }).collect()
    }

    pub(super) fn answer(self, status: &str) -> Option<Answer<'a>> {
        self.answers().into_iter().find(|answer| answer.status == status)
    }

    /// The request body, references followed.
    pub(super) fn body(self) -> Option<Site<'a>> {
        self.site().follow("requestBody")
    }
}

/// Every operation that the root document leads to.
pub(super) fn collect(tree: &Tree) -> Vec<Operation> {
    let mut found = Vec::new();
    let mut callbacks = HashSet::new();
    let root = tree.root();
    for (group, origin) in [("paths", Origin::Path), ("webhooks", Origin::Webhook), ("x-webhooks", Origin::Webhook)] {
        let entries = root.follow(group).into_iter().flat_map(Site::entries);
        for (path, item) in entries.filter(|(path, _)| !path.starts_with("x-")) {
            add(item.end(), path, origin, &mut callbacks, &mut found);
        }
    }
    found
}

fn add(item: Site<'_>, path: &str, origin: Origin, seen: &mut HashSet<Id>, found: &mut Vec<Operation>) {
    for method in METHODS {
        let Some(operation) = item.get(method).filter(|operation| operation.is_mapping()) else { continue };
        found.push(Operation { origin, path: path.to_owned(), method, id: operation.id, item: item.id });
        for (_, callback) in operation.follow("callbacks").into_iter().flat_map(Site::entries) {
            // A callback can hold the operation that it belongs to.
            let callback = callback.end();
            if seen.insert(callback.id) {
                for (expression, item) in callback.entries().filter(|(key, _)| !key.starts_with("x-")) {
                    add(item.end(), expression, Origin::Callback, seen, found);
                }
            }
        }
    }
}
