//! ## What it finds
//! A server variable whose `enum` is empty, or does not hold its default.
//! ## Why it matters
//! No address can be made.
//! ## Fix
//! List the values, the default among them.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::error("no-server-variables-empty-enum", Check::Object(&[Kind::ServerVariable], check))
        .aliases(&["oas3-server-variables"]);

fn check(variable: Site<'_>, report: &mut Report<'_>) {
    let Some(values) = variable.get("enum").filter(|values| values.is_sequence()) else { return };
    if values.len() == 0 {
        report.add(values, "the enum of the server variable is empty");
    } else if let Some(default) =
        variable.get("default").filter(|one| !values.items().any(|value| value.same_value(*one)))
    {
        report.add(default, format!("the default `{}` is not in the enum", default.shown()));
    }
}
