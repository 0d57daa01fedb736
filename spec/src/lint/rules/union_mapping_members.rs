//! ## What it finds
//! A discriminator whose mapping leads to other schemas than the union lists, by reference or by name, or to none.
//! ## Why it matters
//! A branch that is not mapped can never be chosen; a mapped schema that is no branch is never valid.
//! ## Fix
//! List each schema in both.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("union-mapping-members", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let Some(mapping) = schema.get("discriminator").and_then(|discriminator| discriminator.get("mapping")) else {
        return;
    };
    let branches = schema::branches(schema);
    if branches.is_empty() {
        return;
    }
    let targets: Vec<(&str, Site<'_>, Option<Site<'_>>)> =
        mapping.entries().map(|(key, value)| (key, value, target(value, &branches))).collect();
    for (key, value, target) in &targets {
        let name = match (target, value.str()) {
            (Some(target), _) if branches.iter().any(|branch| branch.end() == target.end()) => continue,
            (Some(target), _) => target.end().name(),
            // A reference that leads nowhere has a finding of `no-unresolved-refs`.
            (None, Some(text)) if value.tree.failure(value.span().file, text).is_none() => text.to_owned(),
            (None, _) => continue,
        };
        report.add(*value, format!("`{key}` leads to `{name}`, which is no branch of the union"));
    }
    let is_mapped =
        |branch: &Site<'_>| targets.iter().any(|(.., target)| target.is_some_and(|one| one.end() == branch.end()));
    let missing: Vec<String> = branches
        .iter()
        .filter(|branch| schema::types(branch.end()) != ["null"] && !is_mapped(branch))
        .map(|branch| branch.end().name())
        .collect();
    if !missing.is_empty() {
        report.key(mapping, format!("no key leads to the branch `{}`", missing.join("`, `")));
    }
}

/// What a value of a mapping means: a reference, or the name of a branch or of another component.
pub(crate) fn target<'a>(value: Site<'a>, branches: &[Site<'a>]) -> Option<Site<'a>> {
    let text = value.str()?;
    let by_reference = value.tree.target_of(value.span().file, text).map(|id| value.tree.site(id));
    let by_name = || branches.iter().find(|branch| branch.end().name() == text).copied();
    let component = || value.tree.root().follow("components")?.follow("schemas")?.get(text);
    by_reference.or_else(by_name).or_else(component)
}
