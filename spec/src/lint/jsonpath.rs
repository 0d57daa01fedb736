//! The `JSONPath` that rule files of other linters are written in, over the source tree.
//!
//! References are followed at every step, as if the document were one, and `components` holds every component that the
//! bundle would have. `..` visits every value once.

use super::expression::{Asked, Expression, Reader};
use super::site::Site;
use super::tree::Tree;
use std::collections::HashSet;

/// A parsed path.
#[derive(Debug, Clone)]
pub(super) struct JsonPath {
    steps: Vec<Step>,
    /// `~` at the end: the key is meant, not the value.
    pub(super) keys: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Names(Vec<String>),
    All,
    Filter(Expression),
    /// `[from:to:step]`
    Slice(Option<i64>, Option<i64>, usize),
    /// `..`: the value and everything below it.
    Descend,
    /// `^`
    Parent,
}

/// How references are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// Each as what it leads to.
    Resolved,
    /// As the bundle has them: those to components are references.
    Bundle,
}

/// A selected place.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    /// The value, as written.
    pub(super) site: Site<'a>,
    /// Its key, or the name of the component that it is.
    pub(super) key: &'a str,
    /// The group of components, if it is one rather than a value.
    group: Option<&'static str>,
}

impl<'a> Spot<'a> {
    pub(super) fn at(site: Site<'a>) -> Self {
        Self { site, key: site.key().unwrap_or_default(), group: None }
    }

    fn below(site: Site<'a>, key: &'a str) -> Self {
        Self { site, key, group: None }
    }

    fn identity(self) -> (crate::bundle::arena::Id, Option<&'static str>) {
        (self.site.id, self.group)
    }

    /// The value whose members are meant.
    fn seen(self, view: View) -> Site<'a> {
        let is_component = || self.site.kind().is_none_or(|kind| kind.component_group().is_some());
        match view {
            View::Bundle if self.site.is_reference() && is_component() => self.site,
            _ => self.site.end(),
        }
    }
}

impl JsonPath {
    /// Reads a path that begins with `$`.
    ///
    /// # Errors
    /// What of it is not understood.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text: text.trim(), at: 0 };
        if !reader.eat("$") {
            return Err(format!("`{text}` does not begin with `$`"));
        }
        let mut steps = Vec::new();
        let mut keys = false;
        while !reader.rest().is_empty() {
            if keys {
                return Err(format!("`~` stands before `{}`, and only the end can be a key", reader.rest()));
            }
            if reader.eat("..") {
                steps.push(Step::Descend);
                if !reader.rest().starts_with('[') {
                    steps.push(name(&mut reader)?);
                }
            } else if reader.eat(".") {
                if !reader.rest().starts_with('[') {
                    steps.push(name(&mut reader)?);
                }
            } else if reader.eat("[") {
                steps.push(brackets(&mut reader)?);
            } else if reader.eat("^") {
                steps.push(Step::Parent);
            } else if reader.eat("~") {
                keys = true;
            } else {
                return Err(format!("`{}` is not understood", reader.rest()));
            }
        }
        Ok(Self { steps, keys })
    }

    /// Everything that the path selects from `start`, each once.
    pub(super) fn select<'a>(&self, start: Site<'a>, view: View) -> Vec<Spot<'a>> {
        let mut here = vec![Spot::at(start)];
        for step in &self.steps {
            let mut next = Vec::new();
            for spot in here {
                step.apply(spot, view, &mut next);
            }
            let mut seen = HashSet::with_capacity(next.len());
            next.retain(|spot| seen.insert(spot.identity()));
            here = next;
        }
        here.retain(|spot| spot.group.is_none() || spot.site.key() == spot.group);
        here
    }
}

impl Step {
    fn apply<'a>(&self, spot: Spot<'a>, view: View, next: &mut Vec<Spot<'a>>) {
        match self {
            Self::Names(names) => {
                let all = children(spot, view);
                for name in names {
                    next.extend(all.iter().find(|child| child.key == name));
                    let items = spot.seen(view).items();
                    let index = name.parse::<usize>().ok().filter(|_| spot.group.is_none());
                    next.extend(index.and_then(|index| items.into_iter().nth(index)).map(Spot::at));
                }
            }
            Self::All => next.extend(children(spot, view)),
            Self::Slice(from, to, step) => {
                let items: Vec<Spot<'a>> = spot.seen(view).items().map(Spot::at).collect();
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let place = |at: i64| if at < 0 { (length + at).max(0) } else { at.min(length) };
                let from = usize::try_from(from.map_or(0, place)).unwrap_or(0);
                let to = usize::try_from(to.map_or(length, place)).unwrap_or(0);
                next.extend(items.get(from..to.max(from)).unwrap_or_default().iter().step_by(*step));
            }
            Self::Filter(test) => {
                let parent = Some(spot.seen(view));
                let holds = |child: &Spot<'a>| {
                    let site = child.seen(view);
                    test.holds(Asked { site, key: child.key, parent, parent_key: spot.key })
                };
                next.extend(children(spot, view).into_iter().filter(holds));
            }
            Self::Descend => descend(spot, view, next),
            Self::Parent => next.extend(spot.site.parent().map(Spot::at)),
        }
    }
}

fn children(spot: Spot<'_>, view: View) -> Vec<Spot<'_>> {
    let tree = spot.site.tree;
    if let Some(group) = spot.group {
        return components(tree, group);
    }
    let seen = spot.seen(view);
    let mut found: Vec<Spot<'_>> = seen.items().map(Spot::at).collect();
    found.extend(seen.entries().map(|(key, value)| Spot::below(value, key)));
    let is_root = seen == tree.root();
    if is_root && !seen.has("components") && !groups(tree).is_empty() {
        found.push(Spot { site: seen, key: "components", group: None });
    }
    let is_components = seen.parent() == Some(tree.root()) && seen.key() == Some("components");
    if is_components || (is_root && spot.key == "components") {
        if is_root {
            found.clear();
        }
        for group in groups(tree) {
            match found.iter_mut().find(|child| child.key == group) {
                Some(child) => child.group = Some(group),
                None => found.push(Spot { site: seen, key: group, group: Some(group) }),
            }
        }
    }
    found
}

/// The groups that hold components in the bundle beside those of the root document.
fn groups(tree: &Tree) -> Vec<&'static str> {
    let mut groups: Vec<&'static str> = tree.reached.components().map(|(_, group, _)| group).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// The components of a group: those that the root document lists, then those that references make.
fn components<'a>(tree: &'a Tree, group: &str) -> Vec<Spot<'a>> {
    let listed = tree.root().follow("components").and_then(|components| components.follow(group));
    let mut found: Vec<Spot<'a>> =
        listed.into_iter().flat_map(Site::entries).map(|(key, value)| Spot::below(value, key)).collect();
    let mut known: HashSet<_> = found.iter().flat_map(|child| [child.site.id, child.site.end().id]).collect();
    let mut made: Vec<_> = tree.reached.components().filter(|(_, own, _)| *own == group).collect();
    made.sort_unstable();
    for (id, _, name) in made {
        if known.insert(id) {
            found.push(Spot::below(tree.site(id), name));
        }
    }
    found
}

fn descend<'a>(start: Spot<'a>, view: View, found: &mut Vec<Spot<'a>>) {
    let mut seen = HashSet::new();
    let mut pending = vec![start];
    while let Some(spot) = pending.pop() {
        let own = Spot { site: spot.seen(view), ..spot };
        if seen.insert(own.identity()) {
            found.push(own);
            let first = pending.len();
            pending.extend(children(own, view));
            pending[first..].reverse();
        }
    }
}

fn name(reader: &mut Reader<'_>) -> Result<Step, String> {
    if reader.eat("*") {
        return Ok(Step::All);
    }
    let rest = reader.rest();
    let end = rest.find(['.', '[', '^', '~', '(', ')', ' ']).unwrap_or(rest.len());
    reader.at += end;
    match &rest[..end] {
        "" => Err(format!("a name is missing before `{rest}`")),
        word => Ok(Step::Names(vec![word.to_owned()])),
    }
}

/// After `[`: names, indices, `*`, a slice or a filter.
fn brackets(reader: &mut Reader<'_>) -> Result<Step, String> {
    reader.space();
    if reader.eat("*") {
        reader.expect("]")?;
        return Ok(Step::All);
    }
    if reader.eat("?") {
        let test = reader.expression()?;
        reader.expect("]")?;
        return Ok(Step::Filter(test));
    }
    if let Some(slice) = slice(reader) {
        return Ok(slice);
    }
    let mut names = Vec::new();
    loop {
        reader.space();
        names.push(match reader.quoted()? {
            Some(text) => text,
            None => {
                let rest = reader.rest();
                let end = rest.find([',', ']', '(', '?']).unwrap_or(rest.len());
                reader.at += end;
                match rest[..end].trim() {
                    "" => return Err(format!("`[{rest}` is not understood")),
                    word => word.to_owned(),
                }
            }
        });
        reader.space();
        if reader.eat("]") {
            return Ok(Step::Names(names));
        }
        reader.expect(",")?;
    }
}

/// `from:to:step]`
fn slice(reader: &mut Reader<'_>) -> Option<Step> {
    let end = reader.rest().find(']')?;
    let inside = &reader.rest()[..end];
    let mut parts = inside.split(':').map(str::trim);
    let number = |part: Option<&str>| match part {
        None | Some("") => Some(None),
        Some(text) => text.parse().ok().map(Some),
    };
    let is_slice = inside.contains(':') && inside.split(':').count() <= 3;
    let (from, to, step) = (number(parts.next())?, number(parts.next())?, number(parts.next())?);
    if !is_slice {
        return None;
    }
    reader.at += end + 1;
    Some(Step::Slice(from, to, step.and_then(|step: i64| usize::try_from(step).ok()).unwrap_or(1).max(1)))
}
