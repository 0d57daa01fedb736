//! ## What it finds
//! An operation without `operationId`.
//! ## Why it matters
//! Handler files and client methods are named after it.
//! ## Fix
//! Add a verb and a noun in camelCase, for example `revokeAuthSession`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("operation-operationId", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    if op.site().text("operationId").is_none_or(str::is_empty) {
        report.member(op.site(), "operationId", format!("`{}` has no operationId", op.title()));
    }
}
