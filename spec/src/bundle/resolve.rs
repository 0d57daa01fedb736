//! Finding what every reference means, before anything is changed.
//!
//! All references are resolved against the files as the authors wrote them. The walk changes nodes in place, so a
//! pointer that is followed later could end somewhere else.

use super::arena::{Arena, Id, Members};
use super::files::{Failure, Files};
use super::kind::{Kind, Version, is_mapping_reference};
use super::visited::Visited;
use crate::pointer;
use crate::suggest;
use foldhash::HashMap;
use std::borrow::Cow;
use std::rc::Rc;

/// How many references may lead to one another before a value is reached.
const LONGEST_CHAIN: usize = 100;

/// A node, and the file and pointer that lead to it.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) node: Id,
    pub(crate) file: u32,
    /// `#/` for a whole file, otherwise `#/a/b` with `~1` and `~0`, or `#anchor`.
    pub(crate) pointer: String,
}

/// What a reference leads to.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The value at the end.
    pub(crate) end: Link,
    /// References with siblings on the way, the nearest first.
    pub(crate) chain: Vec<Link>,
}

impl Target {
    /// What is hoisted: a reference with siblings is a component of its own, a bare one is not.
    pub(crate) fn component(&self) -> &Link {
        self.chain.first().unwrap_or(&self.end)
    }
}

pub(crate) type Resolution = Result<Rc<Target>, Failure>;

/// What each reference means, by the file that it stands in and its text.
#[derive(Default)]
pub(crate) struct Resolutions(HashMap<u32, HashMap<String, Resolution>>);

impl Resolutions {
    pub(crate) fn get(&self, file: u32, reference: &str) -> Option<&Resolution> {
        self.0.get(&file)?.get(reference)
    }

    pub(crate) fn insert(&mut self, file: u32, reference: &str, resolution: Resolution) {
        self.0.entry(file).or_default().insert(reference.to_owned(), resolution);
    }
}

/// Resolves every reference that the walk from `top` can meet. Opens the files that they lead to.
pub(crate) fn resolve_all(files: &mut Files, version: Version, top: Id) -> Resolutions {
    let mut resolutions = Resolutions::default();
    let mut seen = Visited::default();
    let mut pending = vec![(top, Kind::Root, super::files::ROOT)];
    while let Some((node, kind, file)) = pending.pop() {
        if !seen.insert(node, kind) {
            continue;
        }
        for item in files.arena.items(node).unwrap_or_default() {
            pending.extend(kind.items().map(|kind| (*item, kind, file)));
        }
        for (key, member_kind) in kind.members(version, &files.arena, node) {
            if let Some(member) = files.arena.get(node, &key) {
                pending.push((member, member_kind, file));
            }
        }
        for (reference, kind) in references(&files.arena, kind, node) {
            if resolutions.get(file, &reference).is_none() {
                let resolution = resolve(files, file, &reference, &mut Vec::new()).map(Rc::new);
                resolutions.insert(file, &reference, resolution);
            }
            if let Some(Ok(target)) = resolutions.get(file, &reference) {
                let links = std::iter::once(&target.end).chain(&target.chain);
                pending.extend(links.map(|link| (link.node, kind, link.file)));
            }
        }
    }
    resolutions
}

/// The references that `node` itself makes, with the kind that they stand for.
fn references(arena: &Arena, kind: Kind, node: Id) -> Vec<(String, Kind)> {
    let mut found = Vec::new();
    found.extend(arena.reference(node).map(|reference| (reference.to_owned(), kind)));
    if kind == Kind::Example {
        let external = arena.get(node, "externalValue").and_then(|value| arena.text(value));
        found.extend(external.map(|reference| (reference.to_owned(), Kind::Extension)));
    }
    if kind == Kind::DiscriminatorMapping {
        let values = arena.members(node).into_iter().flat_map(Members::values);
        let references = values.filter_map(|member| arena.text(member.id)).filter(|text| is_mapping_reference(text));
        found.extend(references.map(|reference| (reference.to_owned(), Kind::Schema)));
    }
    found
}

/// A reference taken apart.
struct Reference<'a> {
    /// The file; `None` for the same.
    uri: Option<&'a str>,
    /// Decoded tokens of the pointer.
    tokens: Vec<String>,
}

impl<'a> Reference<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split("#/");
        let uri = parts.next().unwrap_or("");
        let uri = uri.strip_suffix('#').unwrap_or(uri);
        let tokens = pointer::tokens(parts.next().unwrap_or("")).map(Cow::into_owned).collect();
        Self { uri: (!uri.is_empty()).then_some(uri), tokens }
    }
}

/// `#name`, which is an `$anchor` and not a pointer.
fn anchor(reference: &str) -> Option<&str> {
    let name = reference.strip_prefix('#')?;
    let mut bytes = name.bytes();
    let well_formed = bytes.next()?.is_ascii_alphabetic()
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.'));
    well_formed.then_some(name)
}

fn resolve(files: &mut Files, file: u32, reference: &str, trail: &mut Vec<Id>) -> Result<Target, Failure> {
    if let Some(name) = anchor(reference) {
        let node = files.top(file)?.and_then(|top| find_anchor(&files.arena, top, name)).ok_or_else(|| {
            Failure::because("names no `$anchor` of this file", format!("write `$anchor: {name}` where it should lead"))
        })?;
        return Ok(Target { end: Link { node, file, pointer: reference.to_owned() }, chain: Vec::new() });
    }
    let Reference { uri, tokens } = Reference::parse(reference);
    let file = match uri {
        Some(uri) => files.open(file, uri)?,
        None => file,
    };
    let top = files.top(file)?.ok_or_else(|| {
        Failure::because(format!("leads to `{}`, which is empty", files.shown(file)), "write the missing content")
    })?;
    let link = descend(files, Link { node: top, file, pointer: "#/".to_owned() }, &tokens, trail)?;
    let Some(next) = files.arena.reference(link.node).map(str::to_owned) else {
        return Ok(Target { end: link, chain: Vec::new() });
    };
    let mut target = follow(files, &link, &next, trail)?;
    if files.arena.has_siblings(link.node) {
        target.chain.insert(0, link);
    }
    Ok(target)
}

/// Follows the reference that stands at `link`.
fn follow(files: &mut Files, link: &Link, reference: &str, trail: &mut Vec<Id>) -> Result<Target, Failure> {
    if trail.contains(&link.node) {
        return Err(Failure::because("leads back to itself", "write the value in one of the files"));
    }
    if trail.len() >= LONGEST_CHAIN {
        let reason = format!("leads through more than {LONGEST_CHAIN} references");
        return Err(Failure::because(reason, "refer to the value directly"));
    }
    trail.push(link.node);
    let target = resolve(files, link.file, reference, trail);
    trail.pop();
    target
}

/// Goes down a pointer, through references where they are in the way.
fn descend(files: &mut Files, from: Link, tokens: &[String], trail: &mut Vec<Id>) -> Result<Link, Failure> {
    let mut link = from;
    for token in tokens {
        if let Some(node) = child(&files.arena, link.node, token) {
            link = below(&link, node, token);
            continue;
        }
        let inner = match files.arena.reference(link.node).map(str::to_owned) {
            Some(reference) => follow(files, &link, &reference, trail)?.end,
            None => link,
        };
        let node = child(&files.arena, inner.node, token).ok_or_else(|| missing(files, &inner, token))?;
        link = below(&inner, node, token);
    }
    Ok(link)
}

fn below(link: &Link, node: Id, token: &str) -> Link {
    let separator = if link.pointer.ends_with('/') { "" } else { "/" };
    Link { node, file: link.file, pointer: format!("{}{separator}{}", link.pointer, pointer::escape(token)) }
}

fn child(arena: &Arena, node: Id, token: &str) -> Option<Id> {
    match arena.items(node) {
        Some(items) => items.get(token.parse::<usize>().ok()?).copied(),
        None => arena.get(node, token),
    }
}

fn missing(files: &Files, link: &Link, token: &str) -> Failure {
    let place = match link.pointer.as_str() {
        "#/" => format!("`{}`", files.shown(link.file)),
        pointer => format!("`{pointer}` of `{}`", files.shown(link.file)),
    };
    let names = files.arena.members(link.node).into_iter().flat_map(Members::keys).map(|key| &**key);
    let nearest = files.may_suggest().then(|| suggest::nearest(token, names.clone())).flatten();
    let help = match nearest {
        Some(name) => format!("did you mean `{}`?", pointer::escape(name)),
        None => match names.take(6).collect::<Vec<_>>() {
            names if names.is_empty() => "there are no members at all".to_owned(),
            names => {
                format!("there are {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
            }
        },
    };
    Failure::because(format!("leads nowhere: {place} has no `{token}`"), help)
}

/// The node with `$anchor: name`; the last one in document order, as in the reference tool.
fn find_anchor(arena: &Arena, top: Id, name: &str) -> Option<Id> {
    let mut found = None;
    let mut pending = vec![top];
    while let Some(node) = pending.pop() {
        if arena.get(node, "$anchor").and_then(|value| arena.text(value)) == Some(name) {
            found = Some(node);
        }
        pending.extend(arena.items(node).unwrap_or_default().iter().rev());
        pending.extend(arena.members(node).into_iter().flat_map(Members::values).map(|member| member.id).rev());
    }
    found
}
