//! ## What it finds
//! A backticked 4xx or 5xx (`404`, `404 Not Found`, `HTTP 404`) in an operation's own text that is missing from its
//! responses, unless its clause denies it or the sentence speaks of another operation. Also, of two or three operations
//! that differ only in the last word of their path (of two words or more), those that lack the 429 or 501 that one of
//! them documents; in a larger family the one is taken to be special.
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
        said(op, report.ask());
        let (before, last) = operation.path.rsplit_once('/').unwrap_or_default();
        if op.is_path() && !before.is_empty() && !last.contains('{') && !last.is_empty() {
            siblings.entry((operation.method, before)).or_default().push(op);
        }
    }
    // In a large family, one that is limited is special rather than the others being forgetful.
    for family in siblings.values().filter(|family| (2..=3).contains(&family.len())) {
        report.ask();
        for status in ["429", "501"] {
            let mut with = family.iter().filter(|op| op.answer(status).is_some());
            let (Some(one), None) = (with.next(), with.next()) else { continue };
            let without = family.iter().filter(|op| !documents(**op, status));
            for responses in without.filter_map(|op| op.site().get("responses")) {
                report.key(responses, format!("`{}` documents {status}, this operation does not", one.title()));
            }
        }
    }
}

fn said(op: Op<'_>, report: &mut Report<'_>) {
    let mut told: Vec<&str> = Vec::new();
    for text in ["description", "summary"].into_iter().filter_map(|key| op.site().follow(key)) {
        let Some(prose) = Prose::new(text, op.site(), Kind::Operation) else { continue };
        for code in &prose.codes {
            let Some(status) = status(code.text) else { continue };
            if !told.contains(&status)
                && !documents(op, status)
                && !is_denied(prose.before(&code.range))
                && !is_of_another(op, prose.sentence(&code.range))
            {
                report.mention(&prose, &code.range, format!("the text says {status}, which is not documented"));
                told.push(status);
            }
        }
    }
}

/// The status that a piece of code means: `404`, `404 Not Found`, `HTTP 404`.
fn status(code: &str) -> Option<&str> {
    let mut words = code.split(' ');
    let first = words.next()?;
    let status = if first == "HTTP" || first.starts_with("HTTP/") { words.next()? } else { first };
    let is_status = matches!(status.as_bytes(), [b'4' | b'5', rest @ ..]
        if rest.len() == 2 && rest.iter().all(u8::is_ascii_digit));
    // What follows can only be the phrase that goes with the status.
    (is_status && words.all(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))).then_some(status)
}

/// Whether what stands before a status denies it: in its own clause, code not counted.
fn is_denied(before: &str) -> bool {
    let lower = before.to_lowercase().replace('\n', " ");
    let mut plain = String::new();
    let mut rest = 0;
    for code in prose::codes(&lower) {
        plain += &lower[rest..code.range.start];
        rest = code.range.end;
    }
    plain += &lower[rest..];
    // After a comma or `and`, what was said of one status goes on with the next: "never `404`, `409` or `410`".
    let goes_on = |at: usize| plain[..at].ends_with('`');
    let firm = [" so ", " but ", " then "].iter().filter_map(|word| plain.rfind(word).map(|at| at + word.len()));
    let loose = [", ", " and "]
        .into_iter()
        .flat_map(|word| plain.match_indices(word).filter(|(at, _)| !goes_on(*at)).map(|(at, word)| at + word.len()));
    let clause = firm.chain(loose).max().unwrap_or(0);
    prose::is_negated(&plain[clause..])
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
