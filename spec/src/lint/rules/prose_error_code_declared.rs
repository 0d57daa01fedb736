//! ## What it finds
//! A backticked code such as `INVALID_INPUT` in the description of a response that no enum of the document holds. A
//! single word such as `MALFORMD` counts if it is nearly a value of an enum; other single words are acronyms.
//! ## Why it matters
//! Programs compare codes; a code that is only in the text was renamed, misspelt or never declared.
//! ## Fix
//! Correct it, or add it to the enum of codes of that status.
use crate::lint::prelude::*;
use std::collections::HashSet;

pub(crate) const RULE: Rule = Rule::warning("prose-error-code-declared", Check::Prose(check));

/// Capitals that are no codes, however near they come to one.
const OTHERS: [&str; 4] = ["DELETE", "OPTIONS", "SHA256", "BASE64"];

fn check(prose: &Prose<'_>, report: &mut Report<'_>) {
    if prose.owner_kind != Kind::Response {
        return;
    }
    let known = prose.site.tree.enum_values();
    // A single word in capitals is an acronym, unless it is nearly a code.
    let is_misspelt = |text: &str| {
        let single =
            known.iter().map(String::as_str).filter(|value| casing::is_upper_snake(value) && !value.contains('_'));
        text.len() >= 6 && !OTHERS.contains(&text) && prose.site.tree.nearest(text, single).is_some()
    };
    let is_code = |text: &str| casing::is_upper_snake(text) && (text.contains('_') || is_misspelt(text));
    let mut unknown: Vec<&str> = Vec::new();
    let mut seen = HashSet::new();
    let mut first = None;
    for code in &prose.codes {
        if seen.insert(code.text) && !known.contains(code.text) && is_code(code.text) {
            first.get_or_insert(&code.range);
            unknown.push(code.text);
        }
    }
    if let Some(first) = first {
        report.mention(prose, first, format!("no enum holds `{}`", unknown.join("`, `")));
    }
}
