//! ## What it finds
//! A `contact` without `name`, `url` or `email`.
//! ## Why it matters
//! Whoever finds a mistake should not have to look for the way to tell it.
//! ## Fix
//! Add what is missing.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::warning("contact-properties", Check::Object(&[Kind::Contact], check)).ours_only();

fn check(contact: Site<'_>, report: &mut Report<'_>) {
    if !contact.is_mapping() {
        return;
    }
    let missing: Vec<&str> = ["name", "url", "email"].into_iter().filter(|key| !contact.has(key)).collect();
    if !missing.is_empty() {
        report.key(contact, format!("the contact has no `{}`", missing.join("` and no `")));
    }
}
