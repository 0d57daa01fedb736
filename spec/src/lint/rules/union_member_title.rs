//! ## What it finds
//! A branch of a union without a `title` in its own schema.
//! ## Why it matters
//! Documentation lists the branches by their titles.
//! ## Fix
//! Add a short title to the branch's own file, for example `Email code`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("union-member-title", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let branches: Vec<Site<'_>> = schema::branches(schema).into_iter().map(Site::end).collect();
    let is_object = |branch: &Site<'_>| schema::is(*branch, "object") || branch.has("oneOf") || branch.has("allOf");
    for branch in branches.into_iter().filter(is_object) {
        // A branch that only narrows what is required is no schema of its own.
        if !branch.has("title") && !branch.entries().all(|(key, _)| key == "required" || key == "not") {
            report.key(branch, format!("`{}` is a branch of a union and has no title", branch.name()));
        }
    }
}
