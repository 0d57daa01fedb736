//! ## What it finds
//! A webhook with callbacks.
//! ## Why it matters
//! The receiver of a webhook is not a server of this interface; nobody sends the callback.
//! ## Fix
//! Make it a webhook of its own.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("oas3_1-callbacks-in-webhook", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    if let Some(callbacks) = op.site().get("callbacks").filter(|_| op.operation.origin == Origin::Webhook) {
        report.key(callbacks, format!("the webhook `{}` has callbacks", op.operation.path));
    }
}
