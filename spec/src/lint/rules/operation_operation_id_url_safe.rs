//! ## What it finds
//! An `operationId` with characters that cannot stand in an address.
//! ## Why it matters
//! Documentation makes links of it.
//! ## Fix
//! Use letters and digits.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("operation-operationId-url-safe", Check::Operation(check))
    .aliases(&["operation-operationId-valid-in-url"]);

fn check(op: Op<'_>, report: &mut Report<'_>) {
    let Some(id) = op.site().text("operationId") else { return };
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=".contains(c);
    if let Some(bad) = id.chars().find(|c| !is_safe(*c)) {
        report.member(op.site(), "operationId", format!("`{id}` holds `{bad}`, which cannot stand in an address"));
    }
}
