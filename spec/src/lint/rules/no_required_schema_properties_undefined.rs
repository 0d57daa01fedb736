//! ## What it finds
//! A name in `required` that the schema, its `allOf` and the schema that it is joined into do not declare.
//! ## Why it matters
//! Usually the name is misspelt, so the member that was meant is optional.
//! ## Fix
//! Correct the name, or declare the property.
use crate::lint::prelude::*;
use crate::suggest;

pub(crate) const RULE: Rule =
    Rule::warning("no-required-schema-properties-undefined", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let Some(required) = schema.get("required").filter(|required| required.is_sequence()) else { return };
    let is_composed = schema::parts(schema).iter().any(|part| part.has("oneOf") || part.has("anyOf"));
    for name in required.items() {
        let Some(text) = name.str() else { continue };
        let declared = schema::property(schema, text).is_some()
            || enclosing(schema).is_some_and(|outer| schema::property(outer, text).is_some())
            || (is_composed && schema::forms(schema).iter().all(|form| schema::declares(form, text)));
        if !declared {
            let known = schema::properties(schema);
            let nearest = suggest::nearest(text, known.iter().map(|(name, _)| *name));
            let finding = report.add(name, format!("`{text}` is required, but not declared"));
            if let Some(nearest) = nearest {
                finding.help(format!("did you mean `{nearest}`?"));
            }
        }
    }
}

/// The schema that this one is a part or branch of.
fn enclosing(schema: Site<'_>) -> Option<Site<'_>> {
    let list = schema.parent()?;
    let outer = if list.is_sequence() { list.parent()? } else { list };
    (outer.kind() == Some(Kind::Schema)).then(|| enclosing(outer).unwrap_or(outer))
}
