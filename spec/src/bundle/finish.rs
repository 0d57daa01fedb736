//! From the walked nodes to the bundle: one tree, keys of the root in order, nothing left that leads astray.

use super::arena::{Arena, Content, Id, Member};
use super::{BundleOptions, Dangling, LossyNumbers};
use crate::diagnostic::{Diagnostic, Found};
use crate::node::{Entry, Mapping, Node, Value};
use crate::ordered::Text;
use crate::read::{Budget, MAX_VALUES};
use crate::source::{Sources, Span};
use foldhash::HashSet;
use std::cell::LazyCell;
use std::ops::Deref;

/// How deep the bundle may nest. Inlining may add to the depth of a file.
const MAX_DEPTH: usize = 300;

/// Keys of the root that are printed first, in this order.
const ROOT_ORDER: [&str; 11] = [
    "openapi",
    "info",
    "jsonSchemaDialect",
    "servers",
    "security",
    "tags",
    "externalDocs",
    "paths",
    "webhooks",
    "x-webhooks",
    "components",
];

/// The tree below `top`.
///
/// # Errors
/// Inlining that never ends, or a bundle that is too large.
pub(super) fn tree(arena: &Arena, sources: &Sources, top: Id) -> Result<Node, Diagnostic> {
    let mut copy = Copy { arena, sources, budget: Budget::default(), open: Vec::new() };
    let node = copy.run(top)?;
    Ok(match node.value {
        Value::Mapping(mapping) => Node { value: Value::Mapping(in_root_order(mapping)), span: node.span },
        _ => node,
    })
}

/// A collection that is being copied.
struct Open<'a> {
    span: Span,
    rest: Rest<'a>,
}

/// What is copied, what is left to copy, and for a mapping the key of the member that is being copied.
enum Rest<'a> {
    Sequence(Vec<Node>, std::slice::Iter<'a, Id>),
    Mapping(Vec<(Text, Entry)>, std::slice::Iter<'a, (Text, Member)>, Option<(&'a Text, Span)>),
}

struct Copy<'a> {
    arena: &'a Arena,
    sources: &'a Sources,
    budget: Budget,
    open: Vec<Open<'a>>,
}

impl<'a> Copy<'a> {
    fn run(&mut self, top: Id) -> Result<Node, Diagnostic> {
        let mut next = Some(top);
        let mut finished = None;
        loop {
            if let Some(id) = next.take() {
                finished = self.begin(id)?;
            }
            let Some(Open { span, rest }) = self.open.last_mut() else {
                return finished.ok_or_else(|| Diagnostic::new("the document is empty"));
            };
            match rest {
                Rest::Sequence(done, ids) => {
                    done.extend(finished.take());
                    next = ids.next().copied();
                }
                Rest::Mapping(done, members, key) => {
                    if let (Some(node), Some((name, key_span))) = (finished.take(), key.take()) {
                        done.push((Text::clone(name), Entry { key_span, node }));
                    }
                    next = members.next().map(|(name, member)| {
                        *key = Some((name, member.key_span));
                        member.id
                    });
                }
            }
            if next.is_none() {
                let value = match rest {
                    Rest::Sequence(done, _) => Value::Sequence(std::mem::take(done)),
                    Rest::Mapping(done, ..) => Value::Mapping(Mapping::of_ordered(std::mem::take(done))),
                };
                finished = Some(Node { value, span: *span });
                self.open.pop();
            }
        }
    }

    /// Opens a collection, or copies a scalar.
    fn begin(&mut self, id: Id) -> Result<Option<Node>, Diagnostic> {
        let span = self.arena.span(id);
        if self.open.len() > MAX_DEPTH {
            let message =
                format!("what is inlined here leads back to itself or nests more than {MAX_DEPTH} levels deep");
            let help = "only components can refer to themselves";
            return Err(Diagnostic::at(self.sources, span, message).with_help(help));
        }
        if !self.budget.pay(self.arena.text(id).map_or(0, str::len)) {
            let message = format!("the bundle holds more than {MAX_VALUES} values");
            let help = "inline less: make components of what repeats";
            return Err(Diagnostic::at(self.sources, span, message).with_help(help));
        }
        let value = match self.arena.content(id) {
            Content::Null => Value::Null,
            Content::Bool(truth) => Value::Bool(*truth),
            Content::Number(number) => Value::Number(*number),
            Content::String(text) => Value::String(Text::clone(text)),
            Content::Sequence(items) => {
                self.open.push(Open { span, rest: Rest::Sequence(Vec::with_capacity(items.len()), items.iter()) });
                return Ok(None);
            }
            Content::Mapping(members) => {
                self.open.push(Open {
                    span,
                    rest: Rest::Mapping(Vec::with_capacity(members.len()), members.as_slice().iter(), None),
                });
                return Ok(None);
            }
        };
        Ok(Some(Node { value, span }))
    }
}

fn in_root_order(mapping: Mapping) -> Mapping {
    let mut entries: Vec<_> = mapping.into_entries().collect();
    let rank = |key: &str| ROOT_ORDER.iter().position(|first| *first == key).unwrap_or(ROOT_ORDER.len());
    entries.sort_by_key(|(key, ..)| rank(key));
    Mapping::from_entries(entries)
}

/// References that lead nowhere in the bundle, and numbers that no double holds, as the options ask.
pub(super) fn check(root: &Node, sources: &Sources, options: BundleOptions) -> Vec<Diagnostic> {
    // Few documents refer to anchors, and looking one up takes a walk through the document.
    let anchors = LazyCell::new(|| root.all().filter_map(|node| node.get("$anchor")?.as_str()).collect());
    let mut found = Found::default();
    for node in root.all() {
        if let Some(target) = node.get("$ref")
            && let Some(reference) = target.as_str()
            && options.dangling == Dangling::Error
            && !leads_somewhere(root, &anchors, reference)
        {
            let message =
                format!("`{reference}` stands where no reference is read, so it would lead nowhere in the bundle");
            let help = if reference.starts_with('#') {
                "rename the target so that its name needs no escape"
            } else {
                "write the content here, or refer to the file from the whole value"
            };
            found.add(|| Diagnostic::at(sources, target.span, message).with_help(help));
        }
        if let Value::Number(number) = &node.value
            && !number.is_lossless()
            && options.lossy_numbers == LossyNumbers::Error
        {
            let message = format!("this number would be printed as {number}, because a double cannot hold it");
            let help = "write fewer digits, or put it in quotes if it is text";
            found.add(|| Diagnostic::at(sources, node.span, message).with_help(help));
        }
    }
    found.into_vec()
}

fn leads_somewhere<'a>(root: &Node, anchors: &impl Deref<Target = HashSet<&'a str>>, reference: &str) -> bool {
    let Some(fragment) = reference.strip_prefix('#') else { return false };
    if is_anchor(fragment) { anchors.contains(fragment) } else { root.fragment(fragment).is_some() }
}

fn is_anchor(fragment: &str) -> bool {
    !fragment.is_empty() && !fragment.starts_with('/')
}
