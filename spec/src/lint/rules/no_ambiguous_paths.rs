//! ## What it finds
//! Two paths that one request can fit and of which neither is the more exact, such as `/sessions/{id}/latest` and
//! `/sessions/current/{what}`. OpenAPI lets `/sessions/current` go before `/sessions/{id}`; see also `router-conflict`.
//! ## Why it matters
//! Which operation answers depends on the router.
//! ## Fix
//! Give one of them a segment of its own.
use crate::lint::prelude::*;
use std::collections::BTreeMap;

pub(crate) const RULE: Rule =
    Rule::warning("no-ambiguous-paths", Check::Object(&[Kind::Paths], check)).aliases(&["path-declarations-ambiguous"]);

/// Segments beyond this many are not compared.
const LONGEST: usize = 100;

fn check(paths: Site<'_>, report: &mut Report<'_>) {
    let mut seen = Branch::default();
    for (path, item) in paths.entries().filter(|(path, _)| path.starts_with('/')) {
        let segments: Vec<&str> = path.trim_end_matches('/').split('/').take(LONGEST).collect();
        if let Some(other) = seen.clash(&segments, false, false) {
            report.key(item, format!("a request can fit both `{path}` and `{other}`"));
        }
        seen.insert(&segments, path);
    }
}

/// The paths that begin alike, by their next segment. Comparing each path with every other would take too long.
#[derive(Default)]
struct Branch<'a> {
    literals: BTreeMap<&'a str, Branch<'a>>,
    variable: Option<Box<Branch<'a>>>,
    /// A path that ends here.
    path: Option<&'a str>,
}

impl<'a> Branch<'a> {
    fn insert(&mut self, segments: &[&'a str], path: &'a str) {
        match segments {
            [] => drop(self.path.get_or_insert(path)),
            [first, rest @ ..] if is_variable(first) => self.variable.get_or_insert_default().insert(rest, path),
            [first, rest @ ..] => self.literals.entry(*first).or_default().insert(rest, path),
        }
    }

    /// A path that one request can fit beside these segments. `wider` and `narrower` say whether a variable stood against
    /// a literal so far: paths that are equal but for the names of variables are for `no-identical-paths`.
    fn clash(&self, segments: &[&str], wider: bool, narrower: bool) -> Option<&'a str> {
        let [first, rest @ ..] = segments else { return self.path.filter(|_| wider && narrower) };
        let is_variable = is_variable(first);
        let by_variable = self.variable.as_ref().and_then(|next| next.clash(rest, wider, narrower || !is_variable));
        by_variable.or_else(|| {
            if is_variable {
                return self.literals.values().find_map(|next| next.clash(rest, true, narrower));
            }
            self.literals.get(first)?.clash(rest, wider, narrower)
        })
    }
}

fn is_variable(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}
