//! ## What it finds
//! A `DELETE` without a 204, or with another success that has a body.
//! ## Why it matters
//! What is gone has nothing to return.
//! ## Fix
//! Answer 204 without content. A 202 for what is only begun may stand beside it.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("delete-returns-204", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    if op.operation.method != "delete" || !op.is_path() {
        return;
    }
    let Some(responses) = op.site().get("responses") else { return };
    match op.answer("204") {
        None => {
            report.key(responses, format!("`{}` does not answer 204", op.title()));
            return;
        }
        Some(answer) if answer.site().has("content") => {
            report.key(answer.written, "a 204 has no content");
        }
        Some(_) => {}
    }
    let is_other_success =
        |answer: &Answer<'_>| !matches!(answer.status, "202" | "204") && answer.status.starts_with('2');
    for answer in op.answers().into_iter().filter(is_other_success) {
        if answer.site().has("content") {
            report
                .key(answer.written, format!("`{}` answers {} with a body beside the 204", op.title(), answer.status));
        }
    }
}
