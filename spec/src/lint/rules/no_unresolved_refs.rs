//! ## What it finds
//! A `$ref`, or a reference in a discriminator's mapping, that leads nowhere; and files that cannot be read.
//! ## Why it matters
//! What the reference stood for is missing from the document, and the bundle cannot be built.
//! ## Fix
//! Correct the path or the name. The finding says what is there instead.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::error("no-unresolved-refs", Check::Document(check)).aliases(&["invalid-ref", "spec-strict-refs"]);

fn check(tree: &Tree, report: &mut Report<'_>) {
    for visit in &tree.reached.references {
        let site = tree.site(visit.id);
        let target = site.get("$ref").unwrap_or(site);
        let Some(text) = target.str() else { continue };
        if let Some((reason, help)) = tree.failure(target.span().file, text) {
            let finding = report.add(target, format!("`{text}` {reason}"));
            if let Some(help) = help {
                finding.help(help);
            }
        }
    }
}
