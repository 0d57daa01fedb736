//! ## What it finds
//! Two operations with one `operationId`.
//! ## Why it matters
//! Client methods are named after it, and links refer to it.
//! ## Fix
//! Rename one.
use crate::lint::prelude::*;
use std::collections::HashMap;

pub(crate) const RULE: Rule = Rule::error("operation-operationId-unique", Check::Document(check));

fn check(tree: &Tree, report: &mut Report<'_>) {
    let mut seen: HashMap<&str, Op<'_>> = HashMap::new();
    for operation in tree.operations() {
        let op = Op { tree, operation };
        let Some(id) = op.site().get("operationId") else { continue };
        let Some(text) = id.str() else { continue };
        match seen.get(text) {
            Some(first) if first.site() == op.site() => {}
            Some(first) => drop(report.add(id, format!("`{text}` is also the operationId of `{}`", first.title()))),
            None => drop(seen.insert(text, op)),
        }
    }
}
