//! ## What it finds
//! An operation without an answer for mistakes of the caller.
//! ## Why it matters
//! Every operation can be called wrongly; callers should know what that looks like.
//! ## Fix
//! Document the 4xx answers; `default` says nothing about mistakes. Webhooks and callbacks need none.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("operation-4xx-response", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    if !op.is_path() {
        return;
    }
    let is_refusal = |answer: &Answer<'_>| answer.status.starts_with('4');
    if let Some(responses) = op.site().get("responses")
        && !op.answers().iter().any(is_refusal)
    {
        report.key(responses, format!("`{}` has no 4xx answer", op.title()));
    }
}
