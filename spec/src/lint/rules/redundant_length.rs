//! ## What it finds
//! `minLength` or `maxLength` that the pattern already fixes.
//! ## Why it matters
//! Two statements of one fact: one of them will be changed alone.
//! ## Fix
//! Remove the length. `--fix` does it. A length that differs from the pattern's is a contradiction; see
//! `no-illogical-composition-keywords`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("redundant-length", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    if !schema.has("minLength") && !schema.has("maxLength") {
        return;
    }
    let Some(length) = schema.text("pattern").and_then(|text| schema.tree.pattern(text).fixed_length()) else { return };
    for word in ["minLength", "maxLength"] {
        if schema.count(word).is_some_and(|bound| usize::try_from(bound) == Ok(length))
            && let Some(member) = schema.get(word)
        {
            let fix = Fix::RemoveMember(member.key_span());
            report.key(member, format!("the pattern already fixes the length to {length}")).fix(fix);
        }
    }
}
