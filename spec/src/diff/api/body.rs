//! Request bodies and media types.

use super::super::finding::{Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::schema::bare_text;
use super::super::tree::{At, Tree};
use super::super::verdict::Direction;
use super::Api;
use crate::node::Node;

impl<'a> Api<'_, '_, 'a> {
    pub(super) fn request_body(&mut self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let body = |tree: &Tree<'a>, at| tree.child(at, "requestBody").and_then(|at| tree.resolve(at));
        let is_required = |at: At<'a>| at.node.get("required").and_then(Node::as_bool) == Some(true);
        let (old, new) = match (body(base, old), body(head, new)) {
            (None, None) => return,
            (Some(old), None) => {
                let finding =
                    Finding::new(Kind::BodyRemoved, direction, (Side::Base, old.loc), "the request body is gone");
                return found.add(finding.about("the request body"));
            }
            (None, Some(new)) => {
                let (kind, required) = match is_required(new) {
                    true => (Kind::RequiredBodyAdded, ", required"),
                    false => (Kind::BodyAdded, ""),
                };
                let message = format!("there is a request body{required}");
                let finding = Finding::new(kind, direction, (Side::Head, new.loc), message);
                return found.add(finding.about("a request body"));
            }
            (Some(old), Some(new)) => (old, new),
        };
        if is_required(old) != is_required(new) {
            let (kind, verb) = match is_required(new) {
                true => (Kind::BodyBecameRequired, "is required now"),
                false => (Kind::BodyBecameOptional, "is no longer required"),
            };
            let message = format!("the request body {verb}");
            found.add(Finding::new(kind, direction, (Side::Head, new.loc), message));
        }
        self.content(old, new, direction, found);
    }

    /// The members of `content`, which both sides have.
    pub(super) fn content(&mut self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let (old, new) = (media_types(base, old), media_types(head, new));
        for (name, old_at) in &old {
            let covering = new
                .iter()
                .find(|(other, _)| other == name)
                .or_else(|| new.iter().find(|(range, _)| covers(range, name)));
            let Some((_, new_at)) = covering else {
                let message = format!("the media type {} is gone", code(name));
                let finding = Finding::new(Kind::MediaTypeRemoved, direction, (Side::Base, old_at.loc), message);
                found.add(finding.about(code(name)));
                continue;
            };
            self.schema(*old_at, *new_at, direction, found);
            let encoding = |at: At<'a>| at.node.get("encoding").map(bare_text).unwrap_or_default();
            if encoding(*old_at) != encoding(*new_at) {
                let message = format!("the encoding of {} was changed", code(name));
                found.add(Finding::new(Kind::EncodingChanged, direction, (Side::Head, new_at.loc), message));
            }
        }
        for (name, at) in &new {
            let is_covered = |(range, _): &(String, At<'a>)| range == name || covers(range, name);
            if !old.iter().any(is_covered) {
                let message = format!("the media type {} is new", code(name));
                let finding = Finding::new(Kind::MediaTypeAdded, direction, (Side::Head, at.loc), message);
                found.add(finding.about(code(name)));
            }
        }
    }

    /// The member `schema` of a parameter, a header or a media type.
    pub(super) fn schema(&mut self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let base = self.comparison.base.tree.child(old, "schema");
        let head = self.comparison.head.tree.child(new, "schema");
        self.comparison.schemas((base.as_slice(), old), (head.as_slice(), new), direction, found);
    }
}

/// Media types in lower case and without parameters.
pub(super) fn media_types<'a>(tree: &Tree<'a>, holder: At<'a>) -> Vec<(String, At<'a>)> {
    let entries = tree.child(holder, "content").map(|at| tree.entries(at)).unwrap_or_default();
    let bare = |name: &str| name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    entries.into_iter().map(|(name, at)| (bare(name), at)).collect()
}

/// Whether a range like `*/*` or `text/*` includes a media type.
fn covers(range: &str, name: &str) -> bool {
    range == "*/*" || range.strip_suffix('*').is_some_and(|kind| kind.ends_with('/') && name.starts_with(kind))
}
