//! ## What it finds
//! A callback whose operation has callbacks of its own.
//! ## Why it matters
//! The receiver of a callback is not a server of this interface; nobody sends the inner one.
//! ## Fix
//! Describe it at the operation that really causes it.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("oas3-callbacks-in-callbacks", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    if let Some(callbacks) = op.site().get("callbacks").filter(|_| op.operation.origin == Origin::Callback) {
        report.key(callbacks, "a callback has callbacks");
    }
}
