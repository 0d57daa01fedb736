//! ## What it finds
//! A component that nothing refers to.
//! ## Why it matters
//! It is documentation of something that does not exist.
//! ## Fix
//! Remove it, or refer to it where it was meant. Schemas that are reached only by a discriminator's mapping count as
//! used.
use crate::lint::prelude::*;
use std::collections::HashSet;

pub(crate) const RULE: Rule =
    Rule::warning("no-unused-components", Check::Document(check)).aliases(&["oas3-unused-component"]);

fn check(tree: &Tree, report: &mut Report<'_>) {
    let Some(components) = tree.root().get("components") else { return };
    let mut used = HashSet::new();
    for visit in &tree.reached.references {
        let site = tree.site(visit.id);
        let target = site.get("$ref").unwrap_or(site);
        let Some(Ok(resolved)) = target.str().and_then(|text| tree.resolution(target.span().file, text)) else {
            continue;
        };
        for link in resolved.chain.iter().chain(std::iter::once(&resolved.end)) {
            // A component that only refers to itself is not used; one that another refers to is.
            let inside = is_within(site, tree.site(link.node));
            if !inside {
                used.insert(link.node);
            }
        }
    }
    let schemes = used_schemes(tree);
    for (group, members) in components.entries() {
        for (name, component) in members.entries().filter(|_| !group.starts_with("x-")) {
            let is_used = if group == "securitySchemes" {
                schemes.contains(name)
            } else {
                used.contains(&component.id) || component.is_reference() && is_reached(component, &used)
            };
            if !is_used {
                report.key(component, format!("nothing refers to `{name}`"));
            }
        }
    }
}

/// An alias is as good as used if what it stands for is: authors list files in `components` to publish them.
fn is_reached(alias: Site<'_>, used: &HashSet<crate::bundle::arena::Id>) -> bool {
    let own = |site: Site<'_>| site.get("$ref").and_then(Site::str).map(str::to_owned);
    let target = alias.next();
    let by_others = alias.tree.reached.references.iter().filter(|visit| visit.id != alias.id).any(|visit| {
        let site = alias.tree.site(visit.id);
        own(site).is_some() && site.next() == target
    });
    by_others && target.is_some_and(|target| used.contains(&target.id))
}

fn is_within(site: Site<'_>, outer: Site<'_>) -> bool {
    let mut here = Some(site);
    while let Some(site) = here {
        if site == outer {
            return true;
        }
        here = site.parent();
    }
    false
}

fn used_schemes(tree: &Tree) -> HashSet<&str> {
    let requirements = tree.objects(Kind::SecurityRequirement);
    requirements.flat_map(Site::entries).map(|(name, _)| name).collect()
}
