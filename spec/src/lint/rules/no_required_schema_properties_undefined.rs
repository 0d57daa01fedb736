//! ## What it finds
//! A name in `required` that the schema, its `allOf` and the schema that it is joined into do not declare.
//! ## Why it matters
//! Usually the name is misspelt, so the member that was meant is optional.
//! ## Fix
//! Correct the name, or declare the property.
use crate::lint::prelude::*;
use std::cell::OnceCell;

pub(crate) const RULE: Rule =
    Rule::warning("no-required-schema-properties-undefined", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let Some(required) = schema.get("required").filter(|required| required.is_sequence()) else { return };
    let parts = schema::parts(schema);
    let outer = enclosing(schema);
    let is_composed = parts.iter().any(|part| part.has("oneOf") || part.has("anyOf"));
    // Both are long for a schema of many parts, and most names need neither.
    let (forms, known) = (OnceCell::new(), OnceCell::new());
    for name in required.items() {
        let Some(text) = name.str() else { continue };
        let is_in_every_form = || {
            let forms = forms.get_or_init(|| schema::forms(schema));
            forms.iter().all(|form| schema::declares(form, text))
        };
        let declared = schema::declares(&parts, text)
            || outer.is_some_and(|outer| schema::property(outer, text).is_some())
            || (is_composed && is_in_every_form());
        if !declared {
            let known = known.get_or_init(|| schema::properties(schema));
            let nearest = schema.tree.nearest(text, known.iter().map(|(name, _)| *name));
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
