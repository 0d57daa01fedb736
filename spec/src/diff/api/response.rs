//! Responses by status.

use super::super::finding::{Effect, Finding, Found, PairId, Side, code};
use super::super::policy::Kind;
use super::super::tree::{At, Tree};
use super::super::verdict::Direction;
use super::Api;
use super::body::{MediaType, media_types};
use std::borrow::Cow;

impl<'a> Api<'_, '_, 'a> {
    /// `direction` is that of the responses.
    pub(super) fn responses(&mut self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let (old, new) = (responses(base, old), responses(head, new));
        for one in &old {
            match for_status(&new, one.status).or_else(|| taken_in_by_default(one.status, &old, &new)) {
                Some(other) => self.response(one.at, other.at, direction, found),
                None => {
                    // Of a class, some of its statuses may stay: those are compared below.
                    let stays = new.iter().find(|other| is_in_class(other.status, one.status));
                    let (kind, rest) = match stays {
                        Some(other) => (Kind::StatusRemoved, format!(", but for {}", shown(other.status))),
                        None if is_success(one.status) => match self.left_to_default(one, &old, &new, direction) {
                            Some(left) => {
                                found.findings.extend(left);
                                continue;
                            }
                            None => (Kind::SuccessStatusRemoved, String::new()),
                        },
                        None => (Kind::StatusRemoved, String::new()),
                    };
                    let message = format!("the response {} is gone{rest}", shown(one.status));
                    let finding = Finding::new(kind, direction, (Side::Base, one.listed.loc()), message);
                    found.add(finding.about(one.status));
                }
            }
        }
        for one in &new {
            if old.iter().any(|other| other.status.eq_ignore_ascii_case(one.status)) {
                continue;
            }
            // What BASE says of all that it does not name holds for the new one. Where it names a success, that is not
            // another success.
            let names_success = old.iter().any(|other| is_success(other.status));
            let general = for_status(&old, one.status).or_else(|| {
                old.iter().find(|other| other.status == "default").filter(|_| !is_success(one.status) || !names_success)
            });
            match general {
                Some(other) => self.response(other.at, one.at, direction, found),
                None => self.status_added(one, &old, direction, found),
            }
        }
    }

    /// A success that only the `default` describes which was there already, unless that describes a body of a success
    /// otherwise named or one of the two has none.
    fn left_to_default(
        &mut self,
        one: &Response<'a>,
        old: &[Response<'a>],
        new: &[Response<'a>],
        direction: Direction,
    ) -> Option<Vec<Finding>> {
        if new.iter().any(|other| is_success(other.status)) || !old.iter().any(|other| other.status == "default") {
            return None;
        }
        let other = new.iter().find(|other| other.status == "default")?;
        let (known, told) =
            (media_types(self.comparison.base.tree, one.at), media_types(self.comparison.head.tree, other.at));
        if known.is_empty() {
            return None;
        }
        let message = format!("the response {} is gone, and `default` describes another body", shown(one.status));
        let all = known.into_iter().map(|MediaType { full, at, .. }| {
            let mut found = Found::default();
            if let Some(other) = told.iter().find(|other| other.full == full) {
                self.schema(at, other.at, direction, &mut found);
                found.pairs.extend(self.members_of(at, other.at, direction));
            }
            let place = (Side::Base, one.listed.loc());
            Finding::new(Kind::SuccessStatusReplaced, direction, place, message.clone())
                .about(one.status)
                .unless(found.pairs, Effect::Covered)
        });
        Some(all.collect())
    }

    /// A body with each member of the union that another body is: `default` may have taken it in beside its own.
    fn members_of(&mut self, old: At<'a>, new: At<'a>, direction: Direction) -> Vec<PairId> {
        let comparison = &mut *self.comparison;
        let (base, head) = (comparison.base.tree.child(old, "schema"), comparison.head.tree.child(new, "schema"));
        let (Some(base), Some(head)) = (base, head) else { return Vec::new() };
        let (base, head) = (comparison.base.of(&[base], base), comparison.head.of(&[head], head));
        let members = comparison.head.alternatives(head);
        members.iter().filter_map(|member| comparison.stand_in(base, member.shape, direction)).collect()
    }

    fn status_added(&mut self, one: &Response<'a>, old: &[Response<'a>], direction: Direction, found: &mut Found) {
        let Response { status, at, listed } = *one;
        let kind = match status.as_bytes().first() {
            Some(b'2') => Kind::SuccessStatusAdded,
            Some(b'3') => Kind::RedirectStatusAdded,
            _ => Kind::ErrorStatusAdded,
        };
        let message = format!("the response {} is new", shown(status));
        let mut finding = Finding::new(kind, direction, (Side::Head, listed.loc()), message).about(status);
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
    fn like_known_success(&mut self, new: At<'a>, old: &[Response<'a>], direction: Direction) -> Option<Vec<PairId>> {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let mut pairs = Vec::new();
        for old in old.iter().filter(|one| is_success(one.status)) {
            let known = media_types(base, old.at);
            if known.is_empty() {
                return None;
            }
            let new = media_types(head, new);
            for MediaType { full, at: old, .. } in known {
                let Some(new) = new.iter().find(|other| other.full == full).map(|other| other.at) else {
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
            (true, true) => self.content(old, new, direction, false, found),
            (true, false) => {
                let finding =
                    Finding::new(Kind::BodyRemoved, direction, (Side::Base, old.loc()), "the response body is gone");
                found.add(finding.about("the response body"));
            }
            (false, true) => {
                let finding =
                    Finding::new(Kind::BodyAdded, direction, (Side::Head, new.loc()), "there is a response body");
                found.add(finding.about("a response body"));
            }
            (false, false) => {}
        }
    }
}

#[derive(Clone, Copy)]
struct Response<'a> {
    status: &'a str,
    at: At<'a>,
    /// Where the operation lists it: maybe a reference.
    listed: At<'a>,
}

fn responses<'a>(tree: &Tree<'a>, operation: At<'a>) -> Vec<Response<'a>> {
    let all = tree.child(operation, "responses").map(|at| tree.entries(at)).unwrap_or_default();
    all.into_iter()
        .filter(|(status, _)| !status.starts_with("x-"))
        .filter_map(|(status, listed)| Some(Response { status, at: tree.resolve(listed)?, listed }))
        .collect()
}

/// The response for a status: its own, or that of its class (`2XX`).
fn for_status<'r, 'a>(all: &'r [Response<'a>], status: &str) -> Option<&'r Response<'a>> {
    let own = all.iter().find(|other| other.status.eq_ignore_ascii_case(status));
    own.or_else(|| all.iter().find(|other| is_in_class(status, other.status)))
}

/// The `default` of HEAD, if it is new: then it describes what has no response of its own any more. An old one went
/// beside the status and described something else.
fn taken_in_by_default<'r, 'a>(
    status: &str,
    old: &[Response<'a>],
    new: &'r [Response<'a>],
) -> Option<&'r Response<'a>> {
    let was_there = old.iter().any(|one| one.status == "default");
    let names_success = new.iter().any(|one| is_success(one.status));
    new.iter().find(|one| one.status == "default" && !was_there && !(is_success(status) && names_success))
}

/// Whether a status is of a class like `2XX`.
fn is_in_class(status: &str, class: &str) -> bool {
    let (status, class) = (status.as_bytes(), class.as_bytes());
    let is_class = |text: &[u8]| text.len() == 3 && text[1..].eq_ignore_ascii_case(b"XX");
    is_class(class) && !is_class(status) && status.len() == 3 && status[0] == class[0]
}

/// A status in a sentence.
fn shown(status: &str) -> Cow<'_, str> {
    let is_plain = status.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_plain { Cow::Borrowed(status) } else { Cow::Owned(code(status)) }
}

fn is_success(status: &str) -> bool {
    status.starts_with('2')
}
