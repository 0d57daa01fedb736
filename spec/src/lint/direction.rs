//! Which way schemas travel: to the server, to its clients, or both.

use super::operation::content_schemas;
use super::schema;
use super::site::Site;
use super::tree::Tree;
use crate::bundle::arena::Id;
use std::collections::HashSet;

/// The schemas that travel each way. What webhooks and callbacks send counts as a response: it comes from the server.
pub(super) struct Directions {
    to_server: HashSet<Id>,
    to_clients: HashSet<Id>,
}

impl Directions {
    pub(super) fn of(tree: &Tree) -> Self {
        let mut to_server = Vec::new();
        let mut to_clients = Vec::new();
        for operation in tree.operations() {
            let op = super::operation::Op { tree, operation };
            let request = op.body().into_iter().flat_map(content_schemas);
            let parameters = op.parameters().into_iter().filter_map(|parameter| parameter.get("schema"));
            let response = op.answers().into_iter().flat_map(super::operation::Answer::schemas);
            let (sent, returned) =
                if op.is_path() { (&mut to_server, &mut to_clients) } else { (&mut to_clients, &mut to_server) };
            sent.extend(request.chain(parameters));
            returned.extend(response);
        }
        Self { to_server: closure(to_server), to_clients: closure(to_clients) }
    }

    pub(super) fn is_sent(&self, schema: Site<'_>) -> bool {
        self.to_server.contains(&schema.id)
    }

    pub(super) fn is_returned(&self, schema: Site<'_>) -> bool {
        self.to_clients.contains(&schema.id)
    }
}

/// Everything below some schemas.
fn closure(start: Vec<Site<'_>>) -> HashSet<Id> {
    let mut seen = HashSet::new();
    let mut pending = start;
    while let Some(site) = pending.pop() {
        if seen.insert(site.id) {
            pending.extend(site.next());
            pending.extend(schema::children(site));
        }
    }
    seen
}
