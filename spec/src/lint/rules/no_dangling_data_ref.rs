//! ## What it finds
//! A `$ref` where no reference is read: within the value of an example, a `default`, an `enum`, an extension.
//! ## Why it matters
//! It is copied into the bundle as it is, and leads nowhere there.
//! ## Fix
//! Write the content in its place, or refer to the file from the whole value.
use crate::bundle::arena::Content;
use crate::lint::prelude::*;
use std::collections::HashSet;

pub(crate) const RULE: Rule = Rule::error("no-dangling-data-ref", Check::Document(check));

fn check(tree: &Tree, report: &mut Report<'_>) {
    let read: HashSet<_> = tree.reached.references.iter().map(|visit| visit.id).collect();
    for id in tree.arena().ids() {
        let Some(text) = tree.arena().reference(id).filter(|_| !read.contains(&id)) else { continue };
        let site = tree.site(id);
        if !is_in_bundle(site) || leads_somewhere(tree, text) {
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

fn leads_somewhere(tree: &Tree, text: &str) -> bool {
    let Some(pointer) = text.strip_prefix("#/") else { return false };
    let found = crate::pointer::tokens(pointer).try_fold(tree.root(), |here, token| {
        here.get(&token).or_else(|| token.parse().ok().and_then(|index: usize| here.items().nth(index)))
    });
    found.is_some()
}
