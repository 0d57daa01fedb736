//! Request bodies and media types.

use super::super::finding::{Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::schema::bare_text;
use super::super::tree::{At, Tree};
use super::super::verdict::Direction;
use super::Api;
use crate::node::Node;
use foldhash::{HashMap, HashSet};
use std::collections::BTreeSet;

impl<'a> Api<'_, '_, 'a> {
    pub(super) fn request_body(&mut self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let body = |tree: &Tree<'a>, at| {
            let listed = tree.child(at, "requestBody")?;
            Some((tree.resolve(listed)?, listed))
        };
        let is_required = |at: At<'a>| at.node.get("required").and_then(Node::as_bool) == Some(true);
        let (old, new) = match (body(base, old), body(head, new)) {
            (None, None) => return,
            (Some((_, listed)), None) => {
                let place = (Side::Base, listed.loc());
                let finding = Finding::new(Kind::BodyRemoved, direction, place, "the request body is gone");
                return found.add(finding.about("the request body"));
            }
            (None, Some((new, listed))) => {
                let (kind, required) = match is_required(new) {
                    true => (Kind::RequiredBodyAdded, ", required"),
                    false => (Kind::BodyAdded, ""),
                };
                let message = format!("there is a request body{required}");
                let finding = Finding::new(kind, direction, (Side::Head, listed.loc()), message);
                return found.add(finding.about("a request body"));
            }
            (Some((old, _)), Some((new, _))) => (old, new),
        };
        if is_required(old) != is_required(new) {
            let (kind, verb) = match is_required(new) {
                true => (Kind::BodyBecameRequired, "is required now"),
                false => (Kind::BodyBecameOptional, "is no longer required"),
            };
            let message = format!("the request body {verb}");
            found.add(Finding::new(kind, direction, (Side::Head, new.loc()), message).about("the request body"));
        }
        // Clients ask for the media types of a response; those of a call to them are as they come.
        self.content(old, new, direction, direction == Direction::ToClient, found);
    }

    /// The members of `content`, which both sides have. `is_call` tells that they go to clients who did not ask.
    pub(super) fn content(&mut self, old: At<'a>, new: At<'a>, direction: Direction, is_call: bool, found: &mut Found) {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let (old, new) = (media_types(base, old), media_types(head, new));
        self.comparison.speaks_xml |= old.iter().chain(&new).any(|one| one.bare.ends_with("xml"));
        let (added, removed) = match is_call {
            true => (Kind::CallMediaTypeAdded, Kind::CallMediaTypeRemoved),
            false => (Kind::MediaTypeAdded, Kind::MediaTypeRemoved),
        };
        let matches = matched(&old, &new);
        let mut met = vec![false; new.len()];
        for (one, index) in old.iter().zip(matches) {
            let other = index.map(|index| &new[index]);
            if let Some(other) = other {
                // A range that takes a media type in is new nevertheless.
                met[index.unwrap_or_default()] |= one.bare == other.bare;
                self.media_type(one, other, direction, found);
                continue;
            }
            // What is received may be narrowed.
            let within: Vec<_> = match direction {
                Direction::ToClient if is_range(one) => {
                    (0..new.len()).filter(|index| covers(&one.bare, &new[*index].bare)).collect()
                }
                _ => Vec::new(),
            };
            for index in &within {
                met[*index] = true;
                self.media_type(one, &new[*index], direction, found);
            }
            if within.is_empty() {
                let message = format!("the media type {} is gone", code(one.name));
                let finding = Finding::new(removed, direction, (Side::Base, one.at.loc()), message);
                found.add(finding.about(code(one.name)));
            }
        }
        let ranges: Vec<&MediaType<'a>> = old.iter().filter(|one| is_range(one)).collect();
        for (one, _) in new.iter().zip(met).filter(|(_, met)| !met) {
            if !ranges.iter().any(|other| covers(&other.bare, &one.bare)) {
                let message = format!("the media type {} is new", code(one.name));
                let finding = Finding::new(added, direction, (Side::Head, one.at.loc()), message);
                found.add(finding.about(code(one.name)));
            }
        }
    }

    fn media_type(&mut self, old: &MediaType<'a>, new: &MediaType<'a>, direction: Direction, found: &mut Found) {
        self.schema(old.at, new.at, direction, found);
        let (was, is) = (old.at.node.get("encoding"), new.at.node.get("encoding"));
        if was.is_none() && is.is_none() {
            return;
        }
        let names: BTreeSet<&str> = was.into_iter().chain(is).flat_map(Node::entries).map(|(name, _)| name).collect();
        for name in names {
            let part = |all: Option<&'a Node>| all.and_then(|all| all.get(name));
            let (was, is) = (part(was), part(is));
            let rest = |part: Option<&Node>| -> Vec<(String, String)> {
                let others = part.into_iter().flat_map(Node::entries).filter(|(key, _)| *key != "contentType");
                let mut others: Vec<_> = others.map(|(key, value)| (key.to_owned(), bare_text(value))).collect();
                others.sort_unstable();
                others
            };
            let types = |part: Option<&Node>| -> BTreeSet<String> {
                let listed = part.and_then(|part| part.get("contentType")?.as_str()).unwrap_or_default();
                listed.split(',').map(|one| one.trim().to_ascii_lowercase()).filter(|one| !one.is_empty()).collect()
            };
            let (was_types, is_types) = (types(was), types(is));
            if (rest(was), &was_types) == (rest(is), &is_types) {
                continue;
            }
            // To allow more in a request, or to send less, harms nobody.
            let is_fine = rest(was) == rest(is)
                && !was_types.is_empty()
                && !is_types.is_empty()
                && match direction {
                    Direction::ToServer => was_types.is_subset(&is_types),
                    Direction::ToClient => is_types.is_subset(&was_types),
                };
            let place = self.comparison.head.tree.child(new.at, "encoding").unwrap_or(new.at);
            let message = format!("the encoding of {} was changed", code(name));
            let finding = Finding::new(Kind::EncodingChanged, direction, (Side::Head, place.loc()), message);
            found.add(finding.about(code(name)).covered(is_fine));
        }
    }

    /// The member `schema` of a parameter, a header or a media type.
    pub(super) fn schema(&mut self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let base = self.comparison.base.tree.child(old, "schema");
        let head = self.comparison.head.tree.child(new, "schema");
        self.comparison.schemas((base.as_slice(), old), (head.as_slice(), new), direction, found);
    }
}

/// A media type: as written, in lower case with its parameters in order, and without parameters.
pub(super) struct MediaType<'a> {
    pub(super) name: &'a str,
    pub(super) full: String,
    pub(super) bare: String,
    pub(super) at: At<'a>,
}

pub(super) fn media_types<'a>(tree: &Tree<'a>, holder: At<'a>) -> Vec<MediaType<'a>> {
    let entries = tree.child(holder, "content").map(|at| tree.entries(at)).unwrap_or_default();
    let media_type = |(name, at): (&'a str, At<'a>)| {
        let lower = name.to_ascii_lowercase();
        let mut parts = lower.split(';').map(str::trim);
        let bare = parts.next().unwrap_or_default().to_owned();
        // JSON is UTF-8, and text is too, said or not.
        let mut parameters: Vec<&str> = parts.filter(|part| !part.starts_with("charset=")).collect();
        parameters.sort_unstable();
        let full = [&[bare.as_str()], parameters.as_slice()].concat().join(";");
        MediaType { name, full, bare, at }
    };
    entries.into_iter().map(media_type).collect()
}

/// For each media type the place of the one that it is on the other side: the same with the same parameters, else the
/// only one that differs in parameters, else a range that includes it.
fn matched(old: &[MediaType<'_>], new: &[MediaType<'_>]) -> Vec<Option<usize>> {
    let full: HashMap<&str, usize> = new.iter().enumerate().map(|(index, one)| (one.full.as_str(), index)).collect();
    let exact: Vec<Option<usize>> = old.iter().map(|one| full.get(one.full.as_str()).copied()).collect();
    let mut rest: HashMap<&str, Vec<usize>> = HashMap::default();
    let taken: HashSet<usize> = exact.iter().flatten().copied().collect();
    for (index, one) in new.iter().enumerate().filter(|(index, _)| !taken.contains(index)) {
        rest.entry(&one.bare).or_default().push(index);
    }
    let mut count: HashMap<&str, usize> = HashMap::default();
    for (one, _) in old.iter().zip(&exact).filter(|(_, exact)| exact.is_none()) {
        *count.entry(&one.bare).or_default() += 1;
    }
    let ranges: Vec<usize> = (0..new.len()).filter(|index| is_range(&new[*index])).collect();
    let found = old.iter().zip(&exact).map(|(one, exact)| {
        let only = || match (count.get(one.bare.as_str()), rest.get(one.bare.as_str()).map(Vec::as_slice)) {
            (Some(1), Some([only])) => Some(*only),
            _ => None,
        };
        let range = || ranges.iter().copied().find(|index| covers(&new[*index].bare, &one.bare));
        exact.or_else(only).or_else(range)
    });
    found.collect()
}

fn is_range(one: &MediaType<'_>) -> bool {
    one.bare.ends_with('*')
}

/// Whether a range like `*/*` or `text/*` includes a media type.
fn covers(range: &str, name: &str) -> bool {
    let is_range = range != name;
    is_range
        && (range == "*/*" || range.strip_suffix('*').is_some_and(|kind| kind.ends_with('/') && name.starts_with(kind)))
}
