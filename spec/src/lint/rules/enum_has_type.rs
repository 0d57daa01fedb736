//! ## What it finds
//! A schema with `enum` and without `type`.
//! ## Why it matters
//! Generators then take the values for anything at all.
//! ## Fix
//! Add the type of the values. `--fix` does it where all have the same.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("enum-has-type", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let Some(list) = schema.get("enum").filter(|_| super::const_has_type::is_untyped(schema)) else { return };
    let mut types = list.items().map(super::const_has_type::type_of);
    let first = types.next().flatten().filter(|first| types.all(|other| other == Some(*first)));
    let finding = report.key(list, "`enum` needs a `type`");
    if let Some(name) = first {
        finding.fix(Fix::InsertBefore { at: list.key_span(), member: format!("type: {name}") });
    }
}
