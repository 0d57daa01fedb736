//! ## What it finds
//! Members beside `$ref` that are ignored or mislead: in OpenAPI 3.0 any, in 3.1 `title` and `type` beside the `$ref` of
//! a schema, and anything but `summary` and `description` beside that of another object.
//! ## Why it matters
//! Readers see them, tools do not, or give the same schema two titles.
//! ## Fix
//! Move them into the target. In 3.1 a `description` may stand beside `$ref`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::warning("spec-ref-siblings", Check::Document(check)).aliases(&["ref-siblings", "no-$ref-siblings"]);

fn check(tree: &Tree, report: &mut Report<'_>) {
    for visit in &tree.reached.references {
        let site = tree.site(visit.id);
        if !site.is_reference() || visit.kind == Kind::PathItem {
            continue;
        }
        for (key, value) in site.entries().filter(|(key, _)| *key != "$ref") {
            let refused = match (tree.is_3_0(), visit.kind) {
                (true, _) => true,
                (false, Kind::Schema) => matches!(key, "title" | "type"),
                (false, _) => !matches!(key, "summary" | "description") && !key.starts_with("x-"),
            };
            if refused {
                report.key(value, format!("`{key}` stands beside `$ref`"));
            }
        }
    }
}
