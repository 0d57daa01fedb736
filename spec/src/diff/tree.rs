//! One of the two documents, with the pointer of every node.

use super::finding::code;
use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::node::{Mapping, Node, Value};
use crate::pointer;
use crate::source::Span;
use foldhash::HashMap;
use std::cell::{OnceCell, RefCell};

/// Where a node stands in the bundle: its identity, which only its [`Tree`] can turn into a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Loc(usize);

/// A node of the document, which stands at one place in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) node: &'a Node,
}

impl At<'_> {
    pub(super) fn loc(self) -> Loc {
        Loc(self.address())
    }

    /// The node's identity.
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self.node).addr()
    }
}

#[derive(Debug, Clone, Copy)]
enum Token<'a> {
    Key(&'a str),
    Index(usize),
}

/// How a node is reached, and where the author wrote it: the key of a member.
struct Step<'a> {
    parent: Loc,
    token: Token<'a>,
    span: Span,
}

/// A document under comparison.
pub(super) struct Tree<'a> {
    pub(super) document: &'a Document,
    /// In 3.0, members beside `$ref` mean nothing, and `nullable` and boolean `exclusiveMinimum` mean something.
    pub(super) is_3_0: bool,
    /// The way to every node. Most comparisons find little, and none need it before they find something.
    steps: OnceCell<HashMap<Loc, Step<'a>>>,
    /// The schemas among the components, by identity.
    schema_names: OnceCell<HashMap<Loc, &'a str>>,
    references: RefCell<HashMap<&'a str, Option<At<'a>>>>,
    problems: RefCell<Vec<Diagnostic>>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        let version = document.root().get("openapi").and_then(Node::as_str).unwrap_or_default();
        Self {
            document,
            is_3_0: version.starts_with("3.0"),
            steps: OnceCell::new(),
            schema_names: OnceCell::new(),
            references: RefCell::default(),
            problems: RefCell::default(),
        }
    }

    pub(super) fn root(&self) -> At<'a> {
        At { node: self.document.root() }
    }

    /// The member of a mapping.
    pub(super) fn child(&self, at: At<'a>, key: &str) -> Option<At<'a>> {
        Some(At { node: at.node.get(key)? })
    }

    /// Members of a mapping, in the order of the document.
    pub(super) fn entries(&self, at: At<'a>) -> Vec<(&'a str, At<'a>)> {
        at.node.entries().map(|(key, node)| (key, At { node })).collect()
    }

    /// Items of a sequence.
    pub(super) fn items(&self, at: At<'a>) -> Vec<At<'a>> {
        at.node.items().iter().map(|node| At { node }).collect()
    }

    /// The item of a sequence.
    pub(super) fn item(&self, at: At<'a>, index: usize) -> Option<At<'a>> {
        Some(At { node: at.node.items().get(index)? })
    }

    fn steps(&self) -> &HashMap<Loc, Step<'a>> {
        self.steps.get_or_init(|| {
            let root = self.document.root();
            let mut steps = HashMap::default();
            let mut pending = vec![root];
            while let Some(node) = pending.pop() {
                let parent = At { node }.loc();
                for (index, node) in node.items().iter().enumerate() {
                    steps.insert(At { node }.loc(), Step { parent, token: Token::Index(index), span: node.span });
                    pending.push(node);
                }
                for (key, span, node) in node.as_mapping().into_iter().flat_map(Mapping::members) {
                    steps.insert(At { node }.loc(), Step { parent, token: Token::Key(key), span });
                    pending.push(node);
                }
            }
            steps
        })
    }

    /// Follows `$ref` until a node that is not one. `None` if it leads nowhere, which is then a problem of the document.
    pub(super) fn resolve(&self, at: At<'a>) -> Option<At<'a>> {
        let mut at = at;
        // Every reference in a chain is another text, so a circle is longer than their number.
        for _ in 0..MOST_ALIASES {
            let Some(reference) = reference(at.node) else { return Some(at) };
            at = self.target(at.node, reference)?;
        }
        self.complain_of_circle(at);
        None
    }

    /// What a node stands for that is a reference and says nothing else, so that all references to one are alike. Where
    /// they go on for long, a later one of them will do.
    pub(super) fn aliased(&self, at: At<'a>) -> At<'a> {
        const FAR: usize = 16;
        let mut at = at;
        for _ in 0..FAR {
            let is_prose = |key: &str| matches!(key, "$ref" | "description" | "summary" | "$comment");
            let Some(reference) = reference(at.node) else { return at };
            if !self.is_3_0 && !at.node.entries().all(|(key, _)| is_prose(key)) {
                return at;
            }
            let Some(target) = self.target(at.node, reference) else { return at };
            at = target;
        }
        at
    }

    /// A reference that leads to references only.
    pub(super) fn complain_of_circle(&self, at: At<'a>) {
        self.complain(at.node, "leads back to itself");
    }

    /// The node at a JSON pointer.
    pub(super) fn at_pointer(&self, pointer: &str) -> Option<At<'a>> {
        pointer::tokens(pointer).try_fold(self.root(), |at, token| match &at.node.value {
            Value::Mapping(_) => self.child(at, &token),
            Value::Sequence(_) => self.item(at, token.parse().ok()?),
            _ => None,
        })
    }

    /// What a reference leads to, be it another reference or not.
    pub(super) fn target(&self, holder: &Node, reference: &'a str) -> Option<At<'a>> {
        if let Some(known) = self.references.borrow().get(reference) {
            return *known;
        }
        let found = reference.strip_prefix('#').and_then(|fragment| self.fragment(fragment));
        if found.is_none() {
            self.complain(holder, "leads nowhere");
        }
        self.references.borrow_mut().insert(reference, found);
        found
    }

    fn complain(&self, holder: &Node, what: &str) {
        let target = holder.get("$ref").unwrap_or(holder);
        let message = format!("{} {what}", code(target.as_str().unwrap_or_default()));
        let mut problems = self.problems.borrow_mut();
        if problems.len() < MOST_PROBLEMS {
            problems.push(self.document.diagnostic(target.span, message));
        }
    }

    fn fragment(&self, fragment: &str) -> Option<At<'a>> {
        if fragment.is_empty() || fragment.starts_with('/') {
            return self.at_pointer(fragment);
        }
        // Anchors are rare enough to search for, and of equal ones the last counts.
        let mut found = None;
        let mut pending = vec![self.root()];
        while let Some(at) = pending.pop() {
            if at.node.get("$anchor").and_then(Node::as_str) == Some(fragment) {
                found = Some(at);
            }
            let children = self.items(at).into_iter().chain(self.entries(at).into_iter().map(|(_, child)| child));
            let first = pending.len();
            pending.extend(children);
            pending[first..].reverse();
        }
        found
    }

    /// References that lead nowhere, in the order in which the comparison came upon them.
    pub(super) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems.into_inner()
    }

    /// The JSON pointer of a place.
    pub(super) fn pointer(&self, loc: Loc) -> String {
        self.path(loc).iter().fold(String::new(), |mut text, token| {
            text.push('/');
            match token {
                Token::Key(key) => text.push_str(&pointer::escape(key)),
                Token::Index(index) => text.push_str(&index.to_string()),
            }
            text
        })
    }

    /// Whether one place is in another, or is that.
    pub(super) fn is_within(&self, loc: Loc, outer: Loc) -> bool {
        let up = |loc: &Loc| self.steps().get(loc).map(|step| step.parent);
        std::iter::successors(Some(loc), up).any(|loc| loc == outer)
    }

    /// The name of the component that a place is in.
    pub(super) fn component(&self, loc: Loc) -> Option<&'a str> {
        match self.path(loc).as_slice() {
            [Token::Key("components"), Token::Key(_), Token::Key(name), ..] => Some(name),
            _ => None,
        }
    }

    /// The name of the schema component that a place is, not one that it is merely in.
    pub(super) fn schema_name(&self, loc: Loc) -> Option<&'a str> {
        let names = self.schema_names.get_or_init(|| {
            let schemas = self.document.root().get("components").and_then(|components| components.get("schemas"));
            schemas.into_iter().flat_map(Node::entries).map(|(name, node)| (At { node }.loc(), name)).collect()
        });
        names.get(&loc).copied()
    }

    /// What a place is about, as a reader would call it.
    pub(super) fn subject(&self, loc: Loc) -> String {
        self.subject_seen_from(loc, None)
    }

    /// The same for one who came to it by a reference: a component is what it stands for there.
    pub(super) fn subject_seen_from(&self, loc: Loc, referred_at: Option<Loc>) -> String {
        let path = self.path(loc);
        let mut node = self.document.root();
        let mut subject = None;
        let mut within = String::new();
        let mut keyword = "";
        for token in &path {
            let Some(next) = (match token {
                Token::Key(key) => node.get(key),
                Token::Index(index) => node.items().get(*index),
            }) else {
                break;
            };
            match (keyword, token) {
                ("properties" | "headers" | "schemas", Token::Key(name)) => {
                    let seen = referred_at.filter(|_| keyword == "schemas").map(|place| self.subject(place));
                    subject = Some(seen.unwrap_or_else(|| code(name)));
                    within.clear();
                    keyword = "";
                    node = next;
                    continue;
                }
                ("parameters", _) if next.get("name").is_some() => {
                    let name = next.get("name").and_then(Node::as_str).unwrap_or_default();
                    subject = Some(format!("the parameter {}", code(name)));
                    within.clear();
                }
                _ => {}
            }
            keyword = match token {
                Token::Key("content") => {
                    subject.get_or_insert_with(|| "the body".to_owned());
                    ""
                }
                Token::Key("items") => {
                    within.insert_str(0, "the items of ");
                    ""
                }
                Token::Index(index) if keyword == "prefixItems" => {
                    within.insert_str(0, &format!("item {} of ", index + 1));
                    ""
                }
                Token::Key(key) => key,
                Token::Index(_) => "",
            };
            node = next;
        }
        within + &subject.unwrap_or_else(|| "the value".to_owned())
    }

    /// Where the author wrote it: the key of a member.
    pub(super) fn span(&self, loc: Loc) -> Span {
        self.steps().get(&loc).map_or(self.document.root().span, |step| step.span)
    }

    fn path(&self, loc: Loc) -> Vec<Token<'a>> {
        let mut path = Vec::new();
        let mut loc = loc;
        while let Some(step) = self.steps().get(&loc) {
            path.push(step.token);
            loc = step.parent;
        }
        path.reverse();
        path
    }
}

/// How many references may follow upon each other.
const MOST_ALIASES: usize = 100_000;

/// How many dead references are reported.
const MOST_PROBLEMS: usize = 200;

/// The text of `$ref`, if the node is a reference.
pub(super) fn reference(node: &Node) -> Option<&str> {
    node.get("$ref")?.as_str()
}
