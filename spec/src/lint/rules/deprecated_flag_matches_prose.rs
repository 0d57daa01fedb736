//! ## What it finds
//! An operation, parameter, header or schema that calls itself deprecated in its text without `deprecated: true`, or has
//! the flag without a word on it.
//! ## Why it matters
//! Programs see the flag, people see the text; each must know, and people must know what to use instead.
//! ## Fix
//! Add the flag, or say what replaces it.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning(
    "deprecated-flag-matches-prose",
    Check::Object(&[Kind::Operation, Kind::Parameter, Kind::Header, Kind::Schema], check),
);

const REASONS: [&str; 13] = [
    "deprecat",
    "instead",
    "replaced",
    "replacement",
    "obsolete",
    "superseded",
    "legacy",
    "removed",
    "sunset",
    "no longer",
    "use `",
    "prefer",
    "do not use",
];

fn check(site: Site<'_>, report: &mut Report<'_>) {
    let texts: Vec<Site<'_>> = ["description", "summary", "title"].iter().filter_map(|key| site.follow(key)).collect();
    if site.is_true("deprecated") {
        let explained = texts.iter().filter_map(|text| text.end().str()).any(|text| {
            let lower = text.to_lowercase();
            REASONS.iter().any(|reason| lower.contains(reason))
        });
        if !explained {
            report.member(site, "deprecated", "the text has no word on why this is deprecated");
        }
        return;
    }
    // Beside a reference, the flag may stand in the schema that it leads to.
    if site.is_reference() && site.end().is_true("deprecated") {
        return;
    }
    let said = texts.into_iter().find(|text| text.str().is_some_and(|text| says_of_itself(text, site)));
    if let Some(text) = said {
        report.add(text, "the text says deprecated, but there is no `deprecated: true`");
    }
}

fn says_of_itself(text: &str, site: Site<'_>) -> bool {
    let lower = text.to_lowercase();
    // "DEPRECATED List things", but not "DEPRECATED_AT" and not a value of that name.
    let shouted = text.trim_start_matches(|c: char| !c.is_alphanumeric()).strip_prefix("DEPRECATED");
    if shouted.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '`')))
        && !site.texts("enum").contains(&"DEPRECATED")
    {
        return true;
    }
    lower.match_indices("deprecated").any(|(at, word)| {
        let before = prose::before(&lower, at);
        if prose::is_negated(before) {
            return false;
        }
        let bare = before.trim_matches(|c: char| !c.is_alphanumeric() && c != '`');
        let after = lower[at + word.len()..].trim_start_matches(['*', '_']);
        if bare.is_empty() {
            // "Deprecated: …", "(deprecated) …", but not "Deprecated sessions are listed last".
            return after.is_empty()
                || after.starts_with([':', '.', ')', ',', ';', ']', '!', '\n'])
                || after.starts_with(" in favo")
                || after.starts_with(" since")
                || after.starts_with(" —")
                || after.starts_with(" -");
        }
        let names_other = prose::codes(before).iter().any(|code| !is_own_name(code.text, site));
        let words: Vec<String> = prose::words(without_opening(bare)).collect();
        let subject = words.first().is_some_and(|first| matches!(first.as_str(), "this" | "it"));
        let named = prose::codes(before).iter().any(|code| is_own_name(code.text, site));
        let is_verb =
            words.iter().rev().take(2).any(|word| matches!(word.as_str(), "is" | "are" | "was" | "been" | "now"));
        !names_other && (((subject || named) && is_verb && words.len() <= 6) || is_subject(&words, site))
    })
}

/// What follows "As of v2," and the like.
fn without_opening(text: &str) -> &str {
    const OPENINGS: [&str; 5] = ["as of ", "since ", "from ", "in ", "with "];
    let tail = text.split_once(", ").filter(|_| OPENINGS.iter().any(|opening| text.starts_with(opening)));
    tail.map_or(text, |(_, tail)| tail)
}

/// Whether the words before `deprecated` end in "this endpoint is now" or the like, said of the kind of `site`.
fn is_subject(words: &[String], site: Site<'_>) -> bool {
    const LINKS: [&str; 9] = ["is", "was", "has", "been", "being", "now", "also", "already", "officially"];
    const CONDITIONS: [&str; 7] = ["if", "when", "whether", "once", "until", "unless", "before"];
    let nouns: &[&str] = match site.kind() {
        Some(Kind::Operation) => &["operation", "endpoint", "method", "route", "call"],
        Some(Kind::Parameter) => &["parameter", "param", "field", "filter"],
        Some(Kind::Header) => &["header"],
        _ => &["field", "property", "attribute", "member", "schema", "type", "object"],
    };
    let links = words.iter().rev().take_while(|word| LINKS.contains(&word.as_str())).count();
    let subject = words[..words.len() - links].last_chunk::<2>();
    let is_own = subject
        .is_some_and(|[article, noun]| matches!(article.as_str(), "the" | "this") && nouns.contains(&noun.as_str()));
    links > 0 && is_own && !words.iter().any(|word| CONDITIONS.contains(&word.as_str()))
}

fn is_own_name(code: &str, site: Site<'_>) -> bool {
    let names = [site.key(), site.text("name"), site.text("operationId")];
    names.into_iter().flatten().any(|name| name.eq_ignore_ascii_case(code))
}
