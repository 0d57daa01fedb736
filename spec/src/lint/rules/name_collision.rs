//! ## What it finds
//! Two components of different content that get one name in the bundle: names come from files and pointers.
//! ## Why it matters
//! The bundle cannot hold both, and the bundler refuses.
//! ## Fix
//! Rename one of the files.
use crate::lint::prelude::*;
use std::collections::HashMap;

pub(crate) const RULE: Rule = Rule::error("name-collision", Check::Document(check));

fn check(tree: &Tree, report: &mut Report<'_>) {
    let mut taken: HashMap<(&str, &str), Site<'_>> = HashMap::new();
    let components = tree.root().get("components");
    for (group, members) in components.into_iter().flat_map(Site::entries) {
        for (name, component) in members.entries() {
            taken.insert((group, name), component);
        }
    }
    let mut all: Vec<_> = tree.reached.components().collect();
    all.sort_unstable();
    for (id, group, name) in all {
        let site = tree.site(id);
        match taken.get(&(group, name)) {
            None => drop(taken.insert((group, name), site)),
            Some(first) if is_same(*first, site) => {}
            Some(first) => {
                let place = tree.sources().place(first.span());
                report.key(site, format!("`{name}` of `{group}` is also the name of what stands at {place}"));
            }
        }
    }
}

/// Equal content, or an alias of it.
fn is_same(first: Site<'_>, second: Site<'_>) -> bool {
    first == second || first.next() == Some(second) || first.end() == second.end() || first.same_value(second)
}
