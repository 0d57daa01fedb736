//! ## What it finds
//! Text for people that holds `<script>`, `eval(`, an event handler such as `onclick=`, or a `javascript:` address.
//! ## Why it matters
//! Documentation renders Markdown as HTML; what it holds may run in the reader's browser.
//! ## Fix
//! Remove it, or put it in backticks if it is meant as code.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("no-unsafe-markdown", Check::Prose(check))
    .aliases(&["no-eval-in-markdown", "no-script-tags-in-markdown"]);

/// Tags are looked for so far before an attribute, in bytes.
const LONGEST_TAG: usize = 2_000;

fn check(prose: &Prose<'_>, report: &mut Report<'_>) {
    if !prose.text.contains(['<', '(', ':']) {
        return;
    }
    let lower = prose.text.to_ascii_lowercase();
    let is_code = |at: usize| {
        let next = prose.codes.partition_point(|code| code.range.end <= at);
        prose.codes.get(next).is_some_and(|code| code.range.contains(&at))
    };
    for unsafe_text in ["<script", "eval(", "javascript:", "<iframe", "<object", "<embed"] {
        let found =
            lower.match_indices(unsafe_text).any(|(at, _)| !is_code(at) && !is_in_word(&lower, at, unsafe_text));
        if found {
            report.add(prose.site, format!("the text holds `{unsafe_text}`, which a browser may run"));
            return;
        }
    }
    let handler = lower.match_indices(" on").find(|(at, _)| {
        let head = &lower[lower.floor_char_boundary(at.saturating_sub(LONGEST_TAG))..*at];
        let tag = head.rfind('<').is_some_and(|open| !head[open..].contains('>'));
        let name = lower[at + 3..].find(|c: char| !c.is_ascii_alphabetic());
        tag && !is_code(*at) && name.is_some_and(|end| end > 2 && lower[at + 3 + end..].trim_start().starts_with('='))
    });
    if handler.is_some() {
        report.add(prose.site, "the text holds an event handler, which a browser may run");
    }
}

/// `retrieval(` is not `eval(`.
fn is_in_word(text: &str, at: usize, found: &str) -> bool {
    found.starts_with(char::is_alphabetic) && text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
}
