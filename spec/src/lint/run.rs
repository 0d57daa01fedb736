//! The one pass in which all rules are asked.

use super::config::Config;
use super::finding::Finding;
use super::operation::Op;
use super::prose::Prose;
use super::rule::{Check, OnObject, OnOperation, OnProse, Report};
use super::rules;
use super::tree::Tree;
use crate::bundle::kind::Kind;
use std::collections::HashMap;
use std::path::Path;

/// Objects that hold text for people.
const TEXTS: [&str; 2] = ["description", "summary"];

/// The findings of every rule that is on, in no particular order.
pub(super) fn all(tree: &Tree, config: &Config, root: &Path) -> Vec<Finding> {
    let mut reports = Vec::new();
    // Each check with the number of its rule's report.
    let mut by_kind: HashMap<Kind, Vec<(usize, OnObject)>> = HashMap::new();
    let mut prose: Vec<(usize, OnProse)> = Vec::new();
    let mut operation: Vec<(usize, OnOperation)> = Vec::new();
    for entry in rules::ALL {
        let Some(severity) = config.severity(entry.rule) else { continue };
        let index = reports.len();
        let mut report = Report::new(entry.rule.id, severity);
        match entry.rule.check {
            Check::Document(check) => check(tree, &mut report),
            Check::Operation(check) => operation.push((index, check)),
            Check::Object(kinds, check) => {
                for kind in kinds {
                    by_kind.entry(*kind).or_default().push((index, check));
                }
            }
            Check::Prose(check) => prose.push((index, check)),
        }
        reports.push(report);
    }
    for op in tree.operations() {
        for (index, check) in &operation {
            check(Op { tree, operation: op }, reports[*index].ask());
        }
    }
    for visit in &tree.visits {
        let site = tree.site(visit.id);
        if !prose.is_empty() && tree.reached.kind(visit.id) == Some(visit.kind) && has_text(visit.kind) {
            for key in TEXTS {
                // A text may stand in a file of its own.
                let Some(text) = site.follow(key).and_then(|text| Prose::new(text, site, visit.kind)) else { continue };
                for (index, check) in &prose {
                    check(&text, reports[*index].ask());
                }
            }
        }
        // In 3.1 a schema with a reference can say more beside it.
        let says_more = visit.kind == Kind::Schema && !tree.is_3_0() && site.len() > 1;
        if site.is_reference() && !says_more {
            continue;
        }
        for (index, check) in by_kind.get(&visit.kind).into_iter().flatten() {
            check(site, reports[*index].ask());
        }
    }
    let mut found: Vec<Finding> = reports.into_iter().flat_map(|report| report.found).collect();
    found.extend(config.custom_findings(tree));
    found.extend(super::structure::unreadable(tree, config));
    found.extend(rules::bundle_in_sync::against_disk(root, tree, config));
    found
}

/// Whether `description` and `summary` of such an object are text; in `properties` they would be schemas.
fn has_text(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Schemas
            | Kind::Scalar
            | Kind::Extension
            | Kind::MediaTypes
            | Kind::Headers
            | Kind::Examples
            | Kind::Responses
            | Kind::DiscriminatorMapping
    )
}
