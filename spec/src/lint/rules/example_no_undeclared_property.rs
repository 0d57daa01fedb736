//! ## What it finds
//! A member of an example that its schema does not declare: where the branch that was chosen and its `allOf` declare
//! members, and none of them speaks of additional ones.
//! ## Why it matters
//! The member is misspelt, or was removed from the schema.
//! ## Fix
//! Correct or remove it, or declare the property.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning(
    "example-no-undeclared-property",
    Check::Object(&[Kind::MediaType, Kind::Parameter, Kind::Header, Kind::Schema], check),
);

/// Of more names than this, nobody is told the most similar one.
const MOST_NAMES: usize = 500;

fn check(owner: Site<'_>, report: &mut Report<'_>) {
    for (example, schema) in instance::examples(owner) {
        let mut known: Option<(Site<'_>, Vec<&str>)> = None;
        instance::members(example, &[schema], &mut |member, parts| {
            if !member.is_closed || !member.properties.is_empty() {
                return;
            }
            // The names that the object may have are gathered once for all its members.
            if known.as_ref().is_none_or(|(owner, _)| *owner != member.owner) {
                let declared = parts.iter().filter_map(|part| part.get("properties")).flat_map(Site::entries);
                known = Some((member.owner, declared.map(|(name, _)| name).take(MOST_NAMES).collect()));
            }
            let names = known.as_ref().map(|(_, names)| names.as_slice()).unwrap_or_default();
            let nearest = owner.tree.nearest(member.name, names.iter().copied());
            let finding = report.key(member.value, format!("`{}` is not declared", member.name));
            if let Some(nearest) = nearest {
                finding.help(format!("did you mean `{nearest}`?"));
            }
        });
    }
}
