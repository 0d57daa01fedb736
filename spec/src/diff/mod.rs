//! ## What changed between two documents, and whom it breaks
//!
//! [`diff`] compares what operations carry, not the text that describes it: references are followed, `allOf` is joined,
//! 3.0 and 3.1 are read alike, and names of components do not matter except to generated code. Direction does: what
//! clients send may be widened, what they receive may be narrowed, and webhooks and callbacks turn that around.
//!
//! How bad a change is depends on the [`Profile`]; the whole policy is one table, in `policy.rs`.
//!
//! A change is reported once, where it was made: the operations that it reaches are listed in it.

mod accept;
mod api;
mod changelog;
mod command;
mod compare;
mod documentation;
mod finding;
mod language;
mod policy;
mod read;
mod report;
mod schema;
mod tree;
mod verdict;

pub use accept::{Acceptance, AcceptanceError, AcceptedBreaks, Unused, UnusedReason};
pub use command::{DiffCommand, DiffFormat};
pub use report::{Change, Report};
pub use verdict::{Profile, Verdict};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::document::Document;
use api::Api;
use compare::Comparison;
use report::Grouping;
use tree::Tree;

/// Compares two documents.
///
/// # Errors
/// References that lead nowhere, at their places, and documents whose unions are too entangled to be compared in
/// bounded time.
pub fn diff(base: &Document, head: &Document, profile: Profile) -> Result<Report, Diagnostics> {
    let (base, head) = (Tree::new(base), Tree::new(head));
    let mut comparison = Comparison::new(&base, &head);
    let report = Api::compare(&mut comparison).and_then(|mut operations| {
        let mut found: Vec<_> = operations.iter_mut().map(|operation| &mut operation.found).collect();
        comparison.settle(&mut found)?;
        Grouping::new(&comparison, &operations, profile).report()
    });
    drop(comparison);
    let mut problems = base.into_problems();
    problems.extend(head.into_problems());
    if !problems.is_empty() {
        return Err(Diagnostics(problems));
    }
    report.map_err(|compare::TooLarge| Diagnostic::new("the two documents are too large to compare").into())
}
