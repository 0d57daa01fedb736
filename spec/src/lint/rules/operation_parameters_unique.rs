//! ## What it finds
//! Two parameters of one name and place in one list, and two of one name and place through references.
//! ## Why it matters
//! Which of the two holds?
//! ## Fix
//! Remove one. An operation may repeat a parameter of its path: that replaces it.
use crate::lint::prelude::*;
use std::collections::HashSet;

pub(crate) const RULE: Rule = Rule::error("operation-parameters-unique", Check::Object(&[Kind::Parameters], check))
    .aliases(&["operation-parameters"]);

fn check(list: Site<'_>, report: &mut Report<'_>) {
    let mut seen = HashSet::new();
    for written in list.items() {
        let parameter = written.end();
        let (Some(place), Some(name)) = (parameter.text("in"), parameter.text("name")) else { continue };
        // Names of headers have no case.
        let identity = (place, if place == "header" { name.to_ascii_lowercase() } else { name.to_owned() });
        if !seen.insert(identity) {
            report.add(written, format!("the {place} parameter `{name}` is listed twice"));
        }
    }
}
