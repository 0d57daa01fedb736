//! ## What it finds
//! The name of a component with characters other than letters, digits, `.`, `-` and `_`.
//! ## Why it matters
//! OpenAPI does not allow it, and references to it need escapes that tools get wrong.
//! ## Fix
//! Rename the component.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::error("spec-components-invalid-map-name", Check::Object(&[Kind::Components], check));

fn check(components: Site<'_>, report: &mut Report<'_>) {
    for (group, members) in components.entries().filter(|(group, _)| !group.starts_with("x-")) {
        for (name, component) in members.entries() {
            let fits = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
            if name.is_empty() || !name.chars().all(fits) {
                report.key(component, format!("`{name}` is no name for one of `{group}`"));
            }
        }
    }
}
