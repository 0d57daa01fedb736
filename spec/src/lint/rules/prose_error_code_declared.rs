//! ## What it finds
//! A backticked code such as `INVALID_INPUT` in the description of a response that no enum of the document holds.
//! ## Why it matters
//! Programs compare codes; a code that is only in the text was renamed, misspelt or never declared.
//! ## Fix
//! Correct it, or add it to the enum of codes of that status.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("prose-error-code-declared", Check::Prose(check));

/// Capitals that are no codes.
const ACRONYMS: [&str; 28] = [
    "JSON", "HTTP", "HTTPS", "UUID", "NULL", "TRUE", "FALSE", "GET", "PUT", "POST", "PATCH", "DELETE", "HEAD",
    "OPTIONS", "TRACE", "UTF8", "SHA256", "ES256", "RS256", "HS256", "ECDSA", "HPKE", "SEC1", "ASCII", "BASE64",
    "TOTP", "CORS", "HTML",
];

fn check(prose: &Prose<'_>, report: &mut Report<'_>) {
    if prose.owner_kind != Kind::Response {
        return;
    }
    let known = prose.site.tree.enum_values();
    let is_code = |text: &str| casing::is_upper_snake(text) && text.len() > 3 && !ACRONYMS.contains(&text);
    let mut unknown: Vec<&str> = Vec::new();
    let mut first = None;
    for code in prose.codes.iter().filter(|code| is_code(code.text) && !known.contains(code.text)) {
        if !unknown.contains(&code.text) {
            first.get_or_insert(&code.range);
            unknown.push(code.text);
        }
    }
    if let Some(first) = first {
        report.mention(prose, first, format!("no enum holds `{}`", unknown.join("`, `")));
    }
}
