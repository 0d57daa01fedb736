//! ## What it finds
//! A 401 whose description says no more than its name. An error where the operation takes the header
//! `Grid-Wallet-Signature`, because there a 401 has many causes.
//! ## Why it matters
//! A caller who is refused needs to know what can cause it.
//! ## Fix
//! Name the error codes in backticks, and what triggers each.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::info("unauthorized-names-triggers", Check::Operation(check));

fn check(op: Op<'_>, report: &mut Report<'_>) {
    let Some(answer) = op.answer("401").filter(|_| op.is_path()) else { return };
    let response = answer.site();
    let text = response.follow("description").and_then(Site::str).unwrap_or_default();
    if !prose::codes(text).is_empty() || said(text) >= 4 {
        return;
    }
    let signed = op.has_header("Grid-Wallet-Signature");
    let finding = report.member(response, "description", "the 401 does not say what triggers it");
    if signed && finding.severity == Severity::Info {
        finding.severity = Severity::Error;
    }
}

/// How many words are left without the name of the status.
fn said(text: &str) -> usize {
    let words: Vec<String> = prose::words(text).collect();
    let mut left = words.as_slice();
    let mut count = 0;
    while let Some((first, rest)) = left.split_first() {
        match (first.as_str(), rest.first().map(String::as_str)) {
            ("authentication", Some("failed" | "required")) => left = &rest[1..],
            ("unauthorized" | "unauthorised", _) => left = rest,
            _ => {
                count += 1;
                left = rest;
            }
        }
    }
    count
}
