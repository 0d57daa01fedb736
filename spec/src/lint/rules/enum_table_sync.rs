//! ## What it finds
//! A Markdown table in the description of an enum whose first column does not hold the enum's values.
//! ## Why it matters
//! The table is what people read; a value that is missing from it does not exist for them.
//! ## Fix
//! Add or remove the rows.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule = Rule::error("enum-table-sync", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let values = schema.texts("enum");
    let Some(text) = schema.follow("description").and_then(Site::str).filter(|text| text.contains('|')) else { return };
    let rows = first_column(text);
    if values.is_empty() || !rows.iter().any(|row| values.contains(&row.as_str())) {
        return;
    }
    let missing: Vec<&str> = values.iter().filter(|value| !rows.iter().any(|row| row == *value)).copied().collect();
    let extra: Vec<&str> = rows.iter().map(String::as_str).filter(|row| !values.contains(row)).collect();
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!("lacks `{}`", missing.join("`, `")));
    }
    if !extra.is_empty() {
        parts.push(format!("has `{}`, which the enum has not", extra.join("`, `")));
    }
    if !parts.is_empty() {
        report.member(schema, "description", format!("the table {}", parts.join(" and ")));
    }
}

/// The first cells of the rows below the ruler of every table.
fn first_column(text: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut in_body = false;
    for line in text.lines().map(str::trim) {
        if !line.contains('|') {
            in_body = false;
            continue;
        }
        let is_ruler = line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ')) && line.contains('-');
        if is_ruler {
            in_body = true;
        } else if in_body {
            let cell = line.trim_start_matches('|').split('|').next().unwrap_or_default();
            cells.push(cell.trim().trim_matches(['`', '*', '_']).replace("\\_", "_"));
        }
    }
    cells
}
