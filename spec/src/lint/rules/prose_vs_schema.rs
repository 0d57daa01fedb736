//! ## What it finds
//! Text that the schemas contradict: a backticked name right after "the", or before "field" or "property", that no
//! property or parameter has; "hex" or "base64url" said of a property whose example is in another alphabet; and a
//! property that only responses have, "as sent in the request".
//! ## Why it matters
//! The text is what people read, and the schema is what programs do.
//! ## Fix
//! Correct whichever is wrong.
use crate::lint::prelude::*;
use crate::lint::prose::Code;
use std::collections::HashSet;

pub(crate) const RULE: Rule = Rule::warning("prose-vs-schema", Check::Prose(check));

/// What a name in code is, if it is not a property.
const OTHERS: [&str; 20] = [
    "function",
    "method",
    "class",
    "call",
    "operation",
    "endpoint",
    "event",
    "scope",
    "permission",
    "header",
    "format",
    "algorithm",
    "library",
    "package",
    "command",
    "flag",
    "type",
    "module",
    "event",
    "claim",
];

const MAKING: [&str; 8] = ["generate", "generates", "compute", "computes", "derive", "derives", "used", "verify"];

/// No word beside a name that is asked for is longer, in bytes.
const LONGEST_WORD: usize = 40;

fn check(prose: &Prose<'_>, report: &mut Report<'_>) {
    let mut told = HashSet::new();
    for code in unknown_names(prose) {
        if told.insert(code.text) {
            report.mention(prose, &code.range, format!("there is no property `{}`", code.text));
        }
    }
    if let Some(message) = wrong_alphabet(prose).or_else(|| never_sent(prose)) {
        report.add(prose.site, message);
    }
}

fn unknown_names<'p, 'a>(prose: &'p Prose<'a>) -> impl Iterator<Item = &'p Code<'a>> {
    let tree = prose.site.tree;
    prose.codes.iter().filter(|code| {
        let is_name = casing::is_camel(code.text) && code.text.bytes().any(|byte| byte.is_ascii_uppercase());
        let before = prose.text[..code.range.start].trim_end_matches('`').trim_end();
        let before = &before[before.floor_char_boundary(before.len().saturating_sub(LONGEST_WORD))..];
        let after = prose.text[code.range.end..].trim_start_matches('`').trim_start();
        let after = after[..after.floor_char_boundary(LONGEST_WORD)].to_lowercase();
        let after_the = before.to_lowercase().ends_with(" the") || before.eq_ignore_ascii_case("the");
        let named = ["field", "property"]
            .iter()
            .any(|word| after.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)));
        let word = after.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let is_other = OTHERS.contains(&word);
        is_name
            && ((after_the && !is_other) || named)
            && !tree.property_names().contains(code.text)
            && !is_other_name(tree, code.text)
    })
}

/// Operations and schemas are named in camelCase too.
fn is_other_name(tree: &Tree, name: &str) -> bool {
    tree.operation_ids().contains(name) || tree.enum_values().contains(name) || tree.component_names().contains(name)
}

fn wrong_alphabet(prose: &Prose<'_>) -> Option<String> {
    if !matches!(prose.owner_kind, Kind::Schema | Kind::Parameter | Kind::Header) {
        return None;
    }
    let lower = prose.text.to_lowercase();
    let says = |word: &str| {
        lower.match_indices(word).any(|(at, _)| {
            let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            let is_word = is_end(lower[..at].chars().next_back()) && is_end(lower[at + word.len()..].chars().next());
            // What is said after another name, or of something that is made from this, is not said of this.
            let before = prose::before(&lower, at);
            // After a colon the subject of the sentence itself is explained, unless a name stands right before it.
            let before = match before.rsplit_once(": ") {
                Some((head, tail)) if !head.ends_with('`') => tail,
                _ => before,
            };
            let of_another = prose::codes(before)
                .iter()
                .any(|code| !prose.owner.key().is_some_and(|key| key.eq_ignore_ascii_case(code.text)))
                || prose::words(before).any(|word| MAKING.contains(&word.as_str()));
            let clause = before.rsplit(", ").next().unwrap_or_default();
            // "hex is not accepted", but "hex without a prefix" and "hex, not base64".
            let after =
                &prose::sentence(&lower, &(at..at + word.len()))[prose::before(&lower, at).len() + word.len()..];
            let after = after.split([',', '(']).next().unwrap_or_default();
            let is_refused =
                prose::words(after).take(3).any(|word| matches!(word.as_str(), "not" | "never" | "cannot"));
            is_word && !of_another && !is_refused && !prose::is_negated(clause)
        })
    };
    let (hex, base64url) = (says("hex") || says("hexadecimal"), says("base64url"));
    let examples = instance::examples(prose.owner);
    let texts = examples.into_iter().filter_map(|(example, _)| example.str());
    // An object in a text, or a list of parts, is described by its parts.
    let mut plain = texts.filter(|text| !text.is_empty() && !text.contains(['{', '[', ' ', ':', '<', '…']));
    let is_hex =
        |text: &str| text.trim_start_matches("0x").trim_start_matches('#').bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_base64url = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=.".contains(&byte))
            && !(text.len() >= 64 && is_hex(text))
    };
    match (hex, base64url) {
        (true, false) => plain.find(|text| !is_hex(text)).map(|_| "the text says hex, the example is not".to_owned()),
        (false, true) => {
            plain.find(|text| !is_base64url(text)).map(|_| "the text says base64url, the example is not".to_owned())
        }
        _ => None,
    }
}

fn never_sent(prose: &Prose<'_>) -> Option<String> {
    if prose.owner_kind != Kind::Schema || !prose.text.contains("equest") {
        return None;
    }
    let name = prose.owner.key()?;
    let is_property = prose.owner.parent()?.key() == Some("properties");
    let words: Vec<String> = prose::words(prose.text).collect();
    let begins = words.windows(2).position(|pair| {
        pair[0] == "as" && matches!(pair[1].as_str(), "provided" | "sent" | "given" | "supplied" | "specified")
    })?;
    let rest = &words[begins + 2..words.len().min(begins + 12)];
    let place = rest.windows(2).position(|pair| matches!(pair[0].as_str(), "in" | "on") && pair[1] == "the")?;
    let names_request = rest[place + 2..].iter().any(|word| word == "request");
    let directions = prose.site.tree.directions();
    let returned_only = directions.is_returned(prose.owner) && !directions.is_sent(prose.owner);
    let sent_elsewhere = || {
        let schemas = prose.site.tree.objects(Kind::Schema);
        let mut sent = schemas.filter(|schema| directions.is_sent(*schema));
        sent.any(|schema| schema.get("properties").is_some_and(|properties| properties.has(name)))
    };
    (is_property && names_request && returned_only && !sent_elsewhere())
        .then(|| format!("no request has `{name}`, but the text says that it was sent in one"))
}
