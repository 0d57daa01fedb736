//! ## What it finds
//! A discriminator whose mapping leads to other schemas than the union lists, by reference or by name, or to none.
//! ## Why it matters
//! A branch that is not mapped can never be chosen; a mapped schema that is no branch is never valid.
//! ## Fix
//! List each schema in both.
use crate::bundle::arena::Id;
use crate::lint::prelude::*;
use std::collections::{HashMap, HashSet};

pub(crate) const RULE: Rule = Rule::error("union-mapping-members", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let Some(mapping) = schema.get("discriminator").and_then(|discriminator| discriminator.get("mapping")) else {
        return;
    };
    let branches = Branches::of(schema);
    if branches.all.is_empty() {
        return;
    }
    let targets: Vec<(&str, Site<'_>, Option<Site<'_>>)> =
        mapping.entries().map(|(key, value)| (key, value, branches.target(value))).collect();
    for (key, value, target) in &targets {
        let name = match (target, value.str()) {
            (Some(target), _) if branches.ends.contains(&target.end().id) => continue,
            (Some(target), _) => target.end().name(),
            // A reference that leads nowhere has a finding of `no-unresolved-refs`.
            (None, Some(text)) if value.tree.failure(value.span().file, text).is_none() => text.to_owned(),
            (None, _) => continue,
        };
        report.add(*value, format!("`{key}` leads to `{name}`, which is no branch of the union"));
    }
    let mapped: HashSet<Id> = targets.iter().filter_map(|(.., target)| Some(target.as_ref()?.end().id)).collect();
    let missing: Vec<String> = branches
        .all
        .iter()
        .map(|branch| branch.end())
        .filter(|branch| schema::types(*branch) != ["null"] && !mapped.contains(&branch.id))
        .map(Site::name)
        .collect();
    if !missing.is_empty() {
        report.key(mapping, format!("no key leads to the branch `{}`", missing.join("`, `")));
    }
}

/// The branches of a union, as written, and the ways to them.
pub(crate) struct Branches<'a> {
    pub(crate) all: Vec<Site<'a>>,
    /// Where their references end.
    ends: HashSet<Id>,
    by_name: HashMap<String, Site<'a>>,
}

impl<'a> Branches<'a> {
    pub(crate) fn of(schema: Site<'a>) -> Self {
        let all = schema::branches(schema);
        let ends = all.iter().map(|branch| branch.end().id).collect();
        // Of equal names the first.
        let by_name = all.iter().rev().map(|branch| (branch.end().name(), *branch)).collect();
        Self { all, ends, by_name }
    }

    /// What a value of a mapping means: a reference, or the name of a branch or of another component.
    pub(crate) fn target(&self, value: Site<'a>) -> Option<Site<'a>> {
        let text = value.str()?;
        let by_reference = value.tree.target_of(value.span().file, text).map(|id| value.tree.site(id));
        let component = || value.tree.root().follow("components")?.follow("schemas")?.get(text);
        by_reference.or_else(|| self.by_name.get(text).copied()).or_else(component)
    }
}
