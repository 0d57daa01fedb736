//! ## What it finds
//! A property whose name is not in camelCase.
//! ## Why it matters
//! One form for all names means nobody has to look it up.
//! ## Fix
//! Write `createdAt`, not `created_at`. Names that another standard prescribes get an override with that reason.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("field-names-camelCase", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    for (name, property) in schema.get("properties").into_iter().flat_map(Site::entries) {
        if !casing::is_camel(name) {
            let better = casing::camel(name);
            report.key(property, format!("`{name}` is not in camelCase")).help(format!("write `{better}`"));
        }
    }
}
