//! ## What it finds
//! A list for which neither the operation nor the 200 says what comes back when there is nothing, and, if it has filters,
//! when a filter names something unknown.
//! ## Why it matters
//! An empty list and a 404 need different code in every client.
//! ## Fix
//! Say it in a sentence: "The list is empty if the account is unknown."
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::info("list-empty-semantics", Check::Operation(check));

const EMPTY: [&str; 7] = ["empty", "no results", "nothing", "no match", "none", "zero", "no items"];
const UNKNOWN: [&str; 9] = [
    "unknown",
    "not exist",
    "nonexistent",
    "no such",
    "not found",
    "unrecognized",
    "unrecognised",
    "no match",
    "not match",
];

fn check(op: Op<'_>, report: &mut Report<'_>) {
    let Some(list) = super::list_pagination::list_of(op) else { return };
    let answer = op.answer("200").map(Answer::site);
    let data = schema::property(list, "data");
    let texts = [Some(op.site()), answer, Some(list.end()), data].into_iter().flatten();
    let text: Vec<String> = texts.filter_map(|site| site.follow("description")?.str()).map(str::to_lowercase).collect();
    let says = |words: &[&str]| text.iter().any(|text| words.iter().any(|word| text.contains(word)));
    let is_filter = |parameter: &Site<'_>| {
        let paging = ["limit", "cursor", "sort", "sortBy", "order", "orderBy", "page", "pageSize", "offset"];
        parameter.text("in") == Some("query") && parameter.text("name").is_some_and(|name| !paging.contains(&name))
    };
    let mut unsaid = Vec::new();
    if !says(&EMPTY) {
        unsaid.push("what an empty result looks like");
    }
    if op.parameters().iter().any(is_filter) && !says(&UNKNOWN) {
        unsaid.push("what a filter by something unknown returns");
    }
    if !unsaid.is_empty() {
        report.key(op.site(), format!("`{}` does not say {}", op.title(), unsaid.join(", nor ")));
    }
}
