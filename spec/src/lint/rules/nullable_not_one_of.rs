//! ## What it finds
//! A union of one schema and `type: null`.
//! ## Why it matters
//! Generators make a type with one branch of it instead of an optional value.
//! ## Fix
//! In 3.1 write `type: [string, 'null']`, in 3.0 `nullable: true`. For an object, make the property optional.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("nullable-not-oneOf", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    for word in ["oneOf", "anyOf"] {
        let Some(union) = schema.get(word).filter(|union| union.is_sequence()) else { continue };
        let nulls = union.items().filter(|branch| schema::types(branch.end()) == ["null"]).count();
        if nulls == 1 && union.len() == 2 {
            report.key(union, format!("`{word}` of one schema and null"));
        }
    }
}
