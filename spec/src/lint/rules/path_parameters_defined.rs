//! ## What it finds
//! A variable of a path that no parameter describes or that stands in it twice, and a path parameter that is not in its
//! path.
//! ## Why it matters
//! Clients cannot fill in the one, and the other is sent nowhere.
//! ## Fix
//! Add the parameter to the path or the operation, or correct its name.
use crate::lint::prelude::*;
use std::collections::HashSet;

pub(crate) const RULE: Rule =
    Rule::error("path-parameters-defined", Check::Operation(check)).aliases(&["path-params", "path-params-defined"]);

fn check(op: Op<'_>, report: &mut Report<'_>) {
    if !op.is_path() {
        return;
    }
    let wanted: Vec<&str> = variables(&op.operation.path).collect();
    let mut seen = HashSet::new();
    if let Some(name) = wanted.iter().find(|name| !seen.insert(**name)) {
        report.key(op.item(), format!("`{}` has two variables `{{{name}}}`", op.operation.path));
    }
    let declared: Vec<Site<'_>> = op.parameters().into_iter().filter(|one| one.text("in") == Some("path")).collect();
    for name in &wanted {
        if !declared.iter().any(|parameter| parameter.text("name") == Some(name)) {
            report.key(op.site(), format!("no parameter describes `{{{name}}}` of `{}`", op.operation.path));
        }
    }
    for parameter in declared {
        if let Some(name) = parameter.text("name").filter(|name| !wanted.contains(name)) {
            report.member(parameter, "name", format!("`{}` has no variable `{{{name}}}`", op.operation.path));
        }
    }
}

fn variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).filter(|name| !name.is_empty())
}
