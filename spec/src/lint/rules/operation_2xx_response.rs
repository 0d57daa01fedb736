//! ## What it finds
//! An operation without an answer of success: no 2xx and no `default`.
//! ## Why it matters
//! Callers cannot know what they get when all is well.
//! ## Fix
//! Document the answer.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::warning("operation-2xx-response", Check::Operation(check)).aliases(&["operation-success-response"]);

fn check(op: Op<'_>, report: &mut Report<'_>) {
    let answers = op.answers();
    let is_success = |answer: &Answer<'_>| answer.status.starts_with('2') || answer.status == "default";
    if let Some(responses) = op.site().get("responses")
        && !answers.iter().any(is_success)
    {
        report.key(responses, format!("`{}` has no answer of success", op.title()));
    }
}
