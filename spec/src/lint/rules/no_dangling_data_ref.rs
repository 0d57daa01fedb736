//! ## What it finds
//! A `$ref` where no reference is read: within the value of an example, a `default`, an `enum`, an extension.
//! ## Why it matters
//! It is copied into the bundle as it is, and leads nowhere there.
//! ## Fix
//! Write the content in its place, or refer to the file from the whole value.
use crate::bundle::arena::Content;
use crate::lint::prelude::*;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

pub(crate) const RULE: Rule = Rule::error("no-dangling-data-ref", Check::Document(check));

fn check(tree: &Tree, report: &mut Report<'_>) {
    let read: HashSet<_> = tree.reached.references.iter().map(|visit| visit.id).collect();
    let targets = Targets::new(tree);
    for id in tree.arena().ids() {
        let Some(text) = tree.arena().reference(id).filter(|_| !read.contains(&id)) else { continue };
        let site = tree.site(id);
        if !is_in_bundle(site) || targets.hold(text) {
            continue;
        }
        if let Some(target) = site.get("$ref") {
            report
                .add(target, format!("`{text}` stands where no reference is read, so it leads nowhere in the bundle"));
        }
    }
}

/// Whether a part of the document that was visited holds this value. Files that are only pointed into are not printed
/// as a whole.
fn is_in_bundle(site: Site<'_>) -> bool {
    let mut here = Some(site);
    while let Some(site) = here {
        if site.kind().is_some() && matches!(site.content(), Content::Mapping(_) | Content::Sequence(_)) {
            return true;
        }
        here = site.parent();
    }
    false
}

/// What a reference can lead to in the bundle.
struct Targets<'a> {
    tree: &'a Tree,
    anchors: HashSet<&'a str>,
    /// Components that the bundle has from other files, by group and name.
    hoisted: HashMap<(&'a str, &'a str), Site<'a>>,
}

impl<'a> Targets<'a> {
    fn new(tree: &'a Tree) -> Self {
        let anchor = |id| tree.arena().get(id, "$anchor").and_then(|value| tree.arena().text(value));
        let hoisted = |(id, group, name)| ((group, name), tree.site(id));
        Self {
            tree,
            anchors: tree.arena().ids().filter_map(anchor).collect(),
            hoisted: tree.reached.components().map(hoisted).collect(),
        }
    }

    fn hold(&self, text: &str) -> bool {
        let Some(fragment) = text.strip_prefix('#') else { return false };
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return self.anchors.contains(fragment);
        }
        let tokens: Vec<_> = crate::pointer::tokens(fragment).collect();
        let component = match tokens.as_slice() {
            [components, group, name, within @ ..] if components == "components" => {
                self.hoisted.get(&(group.as_ref(), name.as_ref())).and_then(|site| descend(*site, within))
            }
            _ => None,
        };
        component.or_else(|| descend(self.tree.root(), &tokens)).is_some()
    }
}

fn descend<'a>(from: Site<'a>, tokens: &[Cow<'_, str>]) -> Option<Site<'a>> {
    tokens.iter().try_fold(from, |here, token| {
        here.get(token).or_else(|| token.parse().ok().and_then(|index: usize| here.items().nth(index)))
    })
}
