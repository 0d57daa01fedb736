//! Responses by status.

use super::super::finding::{Effect, Finding, Found, PairId, Side, code};
use super::super::policy::Kind;
use super::super::tree::{At, Tree};
use super::super::verdict::Direction;
use super::Api;
use super::body::media_types;
use std::borrow::Cow;

impl<'a> Api<'_, '_, 'a> {
    /// `direction` is that of the responses.
    pub(super) fn responses(&mut self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let (old, new) = (responses(base, old), responses(head, new));
        for (status, old_at) in &old {
            match for_status(&new, status) {
                Some(new_at) => self.response(*old_at, new_at, direction, found),
                None => {
                    let kind = if is_success(status) { Kind::SuccessStatusRemoved } else { Kind::StatusRemoved };
                    let message = format!("the response {} is gone", shown(status));
                    let finding = Finding::new(kind, direction, (Side::Base, old_at.loc), message);
                    found.add(finding.about(*status));
                }
            }
        }
        for (status, at) in &new {
            if old.iter().any(|(other, _)| other.eq_ignore_ascii_case(status)) {
                continue;
            }
            // What BASE says of all that it does not name holds for the new one.
            let general = for_status(&old, status).or_else(|| {
                let default = old.iter().find(|(other, _)| *other == "default");
                default.filter(|_| !is_success(status)).map(|(_, at)| *at)
            });
            match general {
                Some(old_at) => self.response(old_at, *at, direction, found),
                None => self.status_added(status, *at, &old, direction, found),
            }
        }
    }

    fn status_added(
        &mut self,
        status: &'a str,
        at: At<'a>,
        old: &[(&'a str, At<'a>)],
        direction: Direction,
        found: &mut Found,
    ) {
        let kind = match status.as_bytes().first() {
            Some(b'2') => Kind::SuccessStatusAdded,
            Some(b'3') => Kind::RedirectStatusAdded,
            _ => Kind::ErrorStatusAdded,
        };
        let message = format!("the response {} is new", shown(status));
        let mut finding = Finding::new(kind, direction, (Side::Head, at.loc), message).about(status);
        if kind == Kind::SuccessStatusAdded && direction == Direction::ToClient {
            // RFC 9110, section 15: a client takes an unknown success for the one that it knows.
            finding = match self.like_known_success(at, old, direction) {
                Some(pairs) => finding.unless(pairs, Effect::Harmless),
                None => finding.harmless_on_the_wire(true),
            };
        }
        found.add(finding);
    }

    /// Pairs of the known successes' bodies with the new one's; `None` if there is a known success without a body.
    fn like_known_success(
        &mut self,
        new: At<'a>,
        old: &[(&'a str, At<'a>)],
        direction: Direction,
    ) -> Option<Vec<PairId>> {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let mut pairs = Vec::new();
        for (_, old) in old.iter().filter(|(status, _)| is_success(status)) {
            let known = media_types(base, *old);
            if known.is_empty() {
                return None;
            }
            for (name, old) in known {
                let Some((_, new)) = media_types(head, new).into_iter().find(|(other, _)| *other == name) else {
                    continue;
                };
                let mut found = Found::default();
                self.schema(old, new, direction, &mut found);
                pairs.extend(found.pairs);
            }
        }
        Some(pairs)
    }

    fn response(&mut self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        self.headers(old, new, direction, found);
        let has_body = |tree: &Tree<'a>, at| !media_types(tree, at).is_empty();
        match (has_body(self.comparison.base.tree, old), has_body(self.comparison.head.tree, new)) {
            (true, true) => self.content(old, new, direction, found),
            (true, false) => {
                let finding =
                    Finding::new(Kind::BodyRemoved, direction, (Side::Base, old.loc), "the response body is gone");
                found.add(finding.about("the response body"));
            }
            (false, true) => {
                let finding =
                    Finding::new(Kind::BodyAdded, direction, (Side::Head, new.loc), "there is a response body");
                found.add(finding.about("a response body"));
            }
            (false, false) => {}
        }
    }
}

fn responses<'a>(tree: &Tree<'a>, operation: At<'a>) -> Vec<(&'a str, At<'a>)> {
    let all = tree.child(operation, "responses").map(|at| tree.entries(at)).unwrap_or_default();
    all.into_iter()
        .filter(|(status, _)| !status.starts_with("x-"))
        .filter_map(|(status, at)| Some((status, tree.resolve(at)?)))
        .collect()
}

/// The response for a status: its own, or that of its class (`2XX`).
fn for_status<'a>(all: &[(&'a str, At<'a>)], status: &str) -> Option<At<'a>> {
    let own = all.iter().find(|(other, _)| other.eq_ignore_ascii_case(status));
    let class = || {
        let first = status.chars().next().filter(char::is_ascii_digit)?;
        all.iter().find(|(other, _)| other.eq_ignore_ascii_case(&format!("{first}XX")))
    };
    own.or_else(class).map(|(_, at)| *at)
}

/// A status in a sentence.
fn shown(status: &str) -> Cow<'_, str> {
    let is_plain = status.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_plain { Cow::Borrowed(status) } else { Cow::Owned(code(status)) }
}

fn is_success(status: &str) -> bool {
    status.starts_with('2')
}
