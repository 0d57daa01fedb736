//! ## What it finds
//! Two values of an enum that give the same Rust name, or one that gives none.
//! ## Why it matters
//! The generated enum would not compile.
//! ## Fix
//! Rename one of the values.
use crate::lint::prelude::*;
use std::collections::HashMap;

pub(crate) const RULE: Rule =
    Rule::error("codegen-safe/enum-collision", Check::Object(&[Kind::Schema], check)).ours_only();

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for value in schema.get("enum").into_iter().flat_map(Site::items) {
        let Some(text) = value.str() else { continue };
        let name = casing::pascal(text);
        if name.is_empty() {
            report.add(value, format!("`{text}` has no letter or digit to name it by in Rust"));
            continue;
        }
        if let Some(first) = seen.get(&name).filter(|first| **first != text) {
            report.add(value, format!("`{text}` and `{first}` are both `{name}` in Rust"));
        }
        seen.entry(name).or_insert(text);
    }
}
