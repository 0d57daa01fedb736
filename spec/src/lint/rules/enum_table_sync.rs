//! ## What it finds
//! Markdown tables in the description of an enum whose first columns do not hold the enum's values. Tables without any
//! value are left alone, unless they are the only ones and their rows are all in `UPPER_SNAKE` like the values.
//! ## Why it matters
//! The table is what people read; a value that is missing from it does not exist for them.
//! ## Fix
//! Add or remove the rows.
use crate::lint::prelude::*;
use std::collections::HashSet;

pub(crate) const RULE: Rule = Rule::error("enum-table-sync", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let Some(text) = schema.follow("description").and_then(Site::str).filter(|text| text.contains('|')) else { return };
    let written = |value: Site<'_>| value.str().map_or_else(|| value.shown(), str::to_owned);
    let (nulls, others): (Vec<Site<'_>>, Vec<Site<'_>>) =
        schema.get("enum").into_iter().flat_map(Site::items).partition(|value| value.is_null());
    let values: Vec<String> = others.into_iter().map(written).collect();
    let tables = first_columns(text);
    let is_value: HashSet<&String> = values.iter().collect();
    let is_about_values = |rows: &Vec<String>| rows.iter().any(|row| is_value.contains(row));
    let mut rows: Vec<&String> = tables.iter().filter(|rows| is_about_values(rows)).flatten().collect();
    if rows.is_empty() {
        // No row is a value: it is the table of the values all the same if it is written like them.
        let are_codes = |all: &[String]| !all.is_empty() && all.iter().all(|one| casing::is_upper_snake(one));
        rows = tables.iter().filter(|rows| are_codes(rows) && are_codes(&values)).flatten().collect();
    }
    if values.is_empty() || rows.is_empty() {
        return;
    }
    let is_row: HashSet<&String> = rows.iter().copied().collect();
    let missing: Vec<&str> = values.iter().filter(|value| !is_row.contains(value)).map(String::as_str).collect();
    let is_null = |row: &str| row == "null" && !nulls.is_empty();
    let extra: Vec<&str> =
        rows.iter().filter(|row| !is_value.contains(*row) && !is_null(row)).map(|row| row.as_str()).collect();
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

/// The first cells of the rows below the ruler of every table. Code blocks do not count.
fn first_columns(text: &str) -> Vec<Vec<String>> {
    let mut tables: Vec<Vec<String>> = Vec::new();
    let mut in_body = false;
    let mut in_fence = false;
    for line in text.lines().map(str::trim) {
        let is_fence = line.starts_with("```") || line.starts_with("~~~");
        in_fence ^= is_fence;
        if is_fence || in_fence || !line.contains('|') {
            in_body = false;
            continue;
        }
        let is_ruler = line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ')) && line.contains('-');
        if is_ruler {
            in_body = true;
            tables.push(Vec::new());
        } else if in_body && let Some(table) = tables.last_mut() {
            table.push(first_cell(line));
        }
    }
    tables
}

/// The first code of the first cell, or its text.
fn first_cell(line: &str) -> String {
    // A pipe within a cell is written with a backslash, in code too.
    let line = line.trim_start_matches('|').replace("\\|", "\u{0}");
    let cell = line.split('|').next().unwrap_or_default().replace('\u{0}', "|");
    match prose::codes(&cell).first() {
        Some(code) => code.text.to_owned(),
        None => cell.trim().trim_matches(['*', '_']).replace("\\_", "_"),
    }
}
