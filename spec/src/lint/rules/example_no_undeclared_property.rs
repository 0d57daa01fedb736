//! ## What it finds
//! A member of an example that its schema does not declare: where the branch that was chosen and its `allOf` declare
//! members, and none of them speaks of additional ones.
//! ## Why it matters
//! The member is misspelt, or was removed from the schema.
//! ## Fix
//! Correct or remove it, or declare the property.
use crate::lint::prelude::*;
use crate::suggest;

pub(crate) const RULE: Rule = Rule::warning(
    "example-no-undeclared-property",
    Check::Object(&[Kind::MediaType, Kind::Parameter, Kind::Header, Kind::Schema], check),
);

fn check(owner: Site<'_>, report: &mut Report<'_>) {
    for (example, schema) in instance::examples(owner) {
        instance::members(example, &[schema], &mut |member| {
            if member.is_closed && member.properties.is_empty() {
                let known: Vec<&str> = schema::properties(schema).into_iter().map(|(name, _)| name).collect();
                let nearest = suggest::nearest(member.name, known.into_iter());
                let finding = report.key(member.value, format!("`{}` is not declared", member.name));
                if let Some(nearest) = nearest {
                    finding.help(format!("did you mean `{nearest}`?"));
                }
            }
        });
    }
}
