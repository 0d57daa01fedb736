//! ## What it finds
//! A backticked 4xx or 5xx in an operation's own text that is missing from its responses, unless the sentence denies it
//! or speaks of another operation. Also, of operations that differ only in the last word of their path, those that lack
//! the 429 or 501 that one of them documents.
//! ## Why it matters
//! What can happen belongs where clients look for it.
//! ## Fix
//! Document the answer, or correct the text.
use crate::lint::prelude::*;
use std::collections::BTreeMap;

pub(crate) const RULE: Rule = Rule::warning("prose-status-documented", Check::Document(check));

fn check(tree: &Tree, report: &mut Report<'_>) {
    let mut siblings: BTreeMap<(&str, &str), Vec<Op<'_>>> = BTreeMap::new();
    for operation in tree.operations() {
        let op = Op { tree, operation };
        said(op, report);
        let (before, last) = operation.path.rsplit_once('/').unwrap_or_default();
        if op.is_path() && !before.is_empty() && !last.contains('{') && !last.is_empty() {
            siblings.entry((operation.method, before)).or_default().push(op);
        }
    }
    // In a large family, one that is limited is special rather than the others being forgetful.
    for family in siblings.values().filter(|family| (2..=3).contains(&family.len())) {
        for status in ["429", "501"] {
            let (with, without): (Vec<Op<'_>>, Vec<Op<'_>>) = family.iter().partition(|op| op.answer(status).is_some());
            let [one] = with.as_slice() else { continue };
            for responses in without.iter().filter_map(|op| op.site().get("responses")) {
                report.key(responses, format!("`{}` documents {status}, this operation does not", one.title()));
            }
        }
    }
}

fn said(op: Op<'_>, report: &mut Report<'_>) {
    for text in ["description", "summary"].into_iter().filter_map(|key| op.site().get(key)) {
        let Some(prose) = Prose::new(text, op.site(), Kind::Operation) else { continue };
        for code in &prose.codes {
            let is_status = code.text.len() == 3
                && code.text.starts_with(['4', '5'])
                && code.text.bytes().all(|byte| byte.is_ascii_digit());
            let sentence = prose.sentence(&code.range);
            if is_status
                && !documents(op, code.text)
                && !prose::is_negated(prose.before(&code.range))
                && !is_of_another(op, sentence)
            {
                report.mention(&prose, &code.range, format!("the text says {}, which is not documented", code.text));
                return;
            }
        }
    }
}

fn documents(op: Op<'_>, status: &str) -> bool {
    let class = format!("{}XX", &status[..1]);
    op.answers().iter().any(|answer| answer.status == status || answer.status.eq_ignore_ascii_case(&class))
}

/// Whether a sentence names another operation, by its path or its operationId.
fn is_of_another(op: Op<'_>, sentence: &str) -> bool {
    prose::codes(sentence).iter().any(|code| {
        let by_path = super::prose_endpoint_exists::endpoint(code.text);
        by_path.is_some_and(|(method, path)| {
            !(method.eq_ignore_ascii_case(op.operation.method) && path == op.operation.path)
        }) || (op.tree.operation_ids().contains(code.text) && op.site().text("operationId") != Some(code.text))
    })
}
