//! ## What it finds
//! Two paths that one request can fit, such as `/sessions/{id}` and `/sessions/current`.
//! ## Why it matters
//! Which operation answers depends on the router.
//! ## Fix
//! Give one of them a segment of its own.
use crate::lint::prelude::*;

pub(crate) const RULE: Rule =
    Rule::warning("no-ambiguous-paths", Check::Object(&[Kind::Paths], check)).aliases(&["path-declarations-ambiguous"]);

fn check(paths: Site<'_>, report: &mut Report<'_>) {
    let all: Vec<(&str, Vec<&str>, Site<'_>)> = paths
        .entries()
        .filter(|(path, _)| path.starts_with('/'))
        .map(|(path, item)| (path, path.trim_end_matches('/').split('/').collect(), item))
        .collect();
    for (index, (path, segments, item)) in all.iter().enumerate() {
        let clash = all[..index].iter().find(|(_, other, _)| are_ambiguous(segments, other));
        if let Some((other, ..)) = clash {
            report.key(*item, format!("a request can fit both `{path}` and `{other}`"));
        }
    }
}

fn are_ambiguous(a: &[&str], b: &[&str]) -> bool {
    let is_variable = |segment: &str| segment.starts_with('{') && segment.ends_with('}');
    let mut a_is_wider = false;
    let mut b_is_wider = false;
    let compatible = a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| match (is_variable(a), is_variable(b)) {
            (true, true) => true,
            (true, false) => {
                a_is_wider = true;
                true
            }
            (false, true) => {
                b_is_wider = true;
                true
            }
            (false, false) => a == b,
        });
    // Equal but for the names of variables: that is `no-identical-paths`.
    compatible && (a_is_wider || b_is_wider)
}
