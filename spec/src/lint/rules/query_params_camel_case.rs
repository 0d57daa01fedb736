//! ## What it finds
//! A query parameter whose name is not in camelCase.
//! ## Why it matters
//! Filters are named like the properties that they filter by.
//! ## Fix
//! Write `customerId`, not `customer_id`.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("query-params-camelCase", Check::Object(&[Kind::Parameter], check));

fn check(parameter: Site<'_>, report: &mut Report<'_>) {
    named(parameter, "query", report);
}

/// Reports the name of a parameter in `place` that is not in camelCase.
pub(crate) fn named(parameter: Site<'_>, place: &str, report: &mut Report<'_>) {
    let Some(name) = parameter.text("name").filter(|_| parameter.text("in") == Some(place)) else { return };
    // `filter[createdAt]` is one name with a part in brackets.
    let parts = name.split(['[', ']', '.']).filter(|part| !part.is_empty());
    if !parts.into_iter().all(casing::is_camel) {
        let better = casing::camel(name);
        report.member(parameter, "name", format!("`{name}` is not in camelCase")).help(format!("write `{better}`"));
    }
}
