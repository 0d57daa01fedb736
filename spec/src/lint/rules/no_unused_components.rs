//! ## What it finds
//! A component that nothing refers to.
//! ## Why it matters
//! It is documentation of something that does not exist.
//! ## Fix
//! Remove it, or refer to it where it was meant. Schemas that are reached only by a discriminator's mapping count as
//! used.
use crate::bundle::arena::Id;
use crate::lint::prelude::*;
use std::collections::HashSet;

pub(crate) const RULE: Rule =
    Rule::warning("no-unused-components", Check::Document(check)).aliases(&["oas3-unused-component"]);

fn check(tree: &Tree, report: &mut Report<'_>) {
    for component in unused(tree) {
        report.key(component, format!("nothing refers to `{}`", component.key().unwrap_or_default()));
    }
}

/// The components of the root document that nothing refers to.
pub(crate) fn unused(tree: &Tree) -> Vec<Site<'_>> {
    let mut found = Vec::new();
    let Some(components) = tree.root().get("components") else { return found };
    let groups = || components.entries().filter(|(group, _)| !group.starts_with("x-"));
    let aliases: HashSet<Id> =
        groups().flat_map(|(_, members)| members.entries()).map(|(_, component)| component.id).collect();
    let mut used = HashSet::new();
    for visit in &tree.reached.references {
        let site = tree.site(visit.id);
        let target = site.get("$ref").unwrap_or(site);
        let resolution = target.str().and_then(|text| tree.resolution(target.span().file, text));
        let Some(Ok(resolved)) = resolution else { continue };
        // An alias in `components` publishes a file; that alone is no use of it.
        let own = aliases.contains(&visit.id).then(|| resolved.component().node);
        for link in resolved.chain.iter().chain(std::iter::once(&resolved.end)) {
            // A component that only refers to itself is not used; one that another refers to is.
            if own != Some(link.node) && !is_within(site, tree.site(link.node)) {
                used.insert(link.node);
            }
        }
    }
    let schemes = used_schemes(tree);
    for (group, members) in groups() {
        for (name, component) in members.entries() {
            let is_used = if group == "securitySchemes" {
                schemes.contains(name)
            } else {
                used.contains(&component.id) || component.next().is_some_and(|target| used.contains(&target.id))
            };
            if !is_used {
                found.push(component);
            }
        }
    }
    found
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
