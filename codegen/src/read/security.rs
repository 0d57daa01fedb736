//! Security: which credentials there are, and which of them an operation asks for.

use countersign_spec::{Node, Value};

use super::Reader;
use crate::api::{Credential, Door, Security, SecurityScheme};

impl<'d> Reader<'d> {
    /// Reads the security schemes, and gathers them into doors.
    pub(super) fn security_schemes(&mut self) {
        let schemes = self.document.root().pointer("/components/securitySchemes");
        for (name, node) in schemes.into_iter().flat_map(Node::entries) {
            let Some(node) = self.resolve(node) else { continue };
            let Some(credential) = self.credential(name, node) else { continue };
            let Some(door) = self.text(node, "x-door") else {
                self.fault(node.span, format!("`{name}` needs an `x-door`: callers have one type for each door"));
                continue;
            };
            match self.doors.iter_mut().find(|known| known.name == door) {
                Some(known) => known.schemes.push(name.to_owned()),
                None => {
                    self.doors.push(Door { name: door.clone(), schemes: vec![name.to_owned()], span: node.span });
                }
            }
            let scheme = SecurityScheme { name: name.to_owned(), credential };
            self.schemes.insert(name.to_owned(), (scheme, door));
        }
    }

    fn credential(&mut self, name: &str, node: &'d Node) -> Option<Credential> {
        let kind = node.get("type").and_then(Node::as_str).unwrap_or_default();
        let place = node.get("in").and_then(Node::as_str).unwrap_or_default();
        let scheme = node.get("scheme").and_then(Node::as_str).unwrap_or_default().to_ascii_lowercase();
        match (kind, place, scheme.as_str()) {
            ("http", _, "basic") => Some(Credential::Basic),
            ("http", _, "bearer") => Some(Credential::Bearer),
            ("apiKey", "header", _) => {
                let header = self.text(node, "name");
                if header.is_none() {
                    self.fault(node.span, format!("`{name}` must name its header"));
                }
                header.map(Credential::Header)
            }
            _ => {
                let message = format!("`{name}` can't be typed: use http with basic or bearer, or apiKey in a header");
                self.fault(node.span, message);
                None
            }
        }
    }

    /// Who may call an operation: its own `security`, or else the document's.
    pub(super) fn security(&mut self, operation: &'d Node) -> Option<Security> {
        let written = operation.get("security").or_else(|| self.document.root().get("security"))?;
        let Value::Sequence(alternatives) = &written.value else {
            self.fault(written.span, "`security` must be a list");
            return None;
        };
        let mut security: Option<Security> = None;
        for alternative in alternatives {
            if alternative.entries().next().is_none() {
                self.fault(alternative.span, "an operation that anyone may call must say `security: []`");
            }
            let mut schemes = Vec::new();
            for (name, scopes) in alternative.entries() {
                let Some((scheme, door)) = self.schemes.get(name).cloned() else {
                    // A scheme that can't be read has its fault already.
                    let path = format!("/components/securitySchemes/{name}");
                    if self.document.root().pointer(&path).is_none() {
                        self.fault(scopes.span, format!("there is no security scheme `{name}`"));
                    }
                    continue;
                };
                let others = security.get_or_insert_with(|| Security { door: door.clone(), alternatives: Vec::new() });
                if others.door != door {
                    let message =
                        format!("`{name}` is of the door `{door}`, the operation's others of `{}`", others.door);
                    self.fault(scopes.span, message);
                }
                schemes.push(scheme);
            }
            if let Some(security) = &mut security {
                security.alternatives.push(schemes);
            }
        }
        security
    }
}
