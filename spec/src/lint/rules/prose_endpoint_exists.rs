//! ## What it finds
//! A backticked method and path, such as `GET /customers/{id}`, that is not in the document.
//! ## Why it matters
//! The text leads readers to something that was renamed or never built.
//! ## Fix
//! Correct it. Variables may have other names, the base path of a server may be there or not, and a query does not
//! matter.
use crate::lint::prelude::*;
use std::collections::HashSet;

pub(crate) const RULE: Rule = Rule::error("prose-endpoint-exists", Check::Prose(check));

fn check(prose: &Prose<'_>, report: &mut Report<'_>) {
    let tree = prose.site.tree;
    let mut missing: Vec<&str> = Vec::new();
    let mut seen = HashSet::new();
    let mut first = None;
    for code in &prose.codes {
        if let Some((method, path)) = endpoint(code.text)
            && seen.insert(code.text)
            && !exists(tree, method, path)
        {
            first.get_or_insert(&code.range);
            missing.push(code.text);
        }
    }
    if let Some(first) = first {
        let is = if missing.len() > 1 { "are" } else { "is" };
        report.mention(prose, first, format!("`{}` {is} not in the document", missing.join("`, `")));
    }
}

/// A method and a path, if that is what the code is.
pub(crate) fn endpoint(code: &str) -> Option<(&str, &str)> {
    let (method, rest) = code.split_once(' ')?;
    let known = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"].contains(&method);
    let path = rest.trim_start().split(['?', '#', ' ']).next()?.trim_end_matches(['.', ',', ';', ':', ')']);
    (known && path.starts_with('/') && !path.contains("...") && !path.contains(['*', '…'])).then_some((method, path))
}

/// Whether the document has such an operation.
pub(crate) fn exists(tree: &Tree, method: &str, path: &str) -> bool {
    let servers = tree.root().get("servers").into_iter().flat_map(Site::items);
    let bases = servers.filter_map(|server| base_path(server.text("url")?));
    let mut candidates = bases.filter_map(|base| path.strip_prefix(base)).chain(std::iter::once(path));
    candidates.any(|path| tree.routes().fit(method, path))
}

fn base_path(url: &str) -> Option<&str> {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after.find('/').map(|at| after[at..].trim_end_matches('/'))?;
    (!path.is_empty()).then_some(path)
}
