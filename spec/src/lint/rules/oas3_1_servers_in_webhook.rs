//! ## What it finds
//! `servers` in a webhook.
//! ## Why it matters
//! A webhook is sent to the address that its receiver gave; a list of servers means nothing.
//! ## Fix
//! Remove it.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("oas3_1-servers-in-webhook", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    if op.operation.origin == Origin::Webhook {
        for servers in [op.item().get("servers"), op.site().get("servers")].into_iter().flatten() {
            report.key(servers, format!("the webhook `{}` has servers", op.operation.path));
        }
    }
}
