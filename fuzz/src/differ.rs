//! The differ, on two documents: the root document and `head.yaml`, or twice the same without that:
//!
//! - a document does not differ from itself, in any profile;
//! - two documents give the same report every time, and in either order a report;
//! - every profile reports the same changes, only graver or less so.

use crate::LENIENT;
use crate::folder::Folder;
use crate::packed::{ROOT, unpack};
use countersign_spec::diff::{Profile, Report, Verdict, diff};
use countersign_spec::{Diagnostics, Document, bundle};

const PROFILES: [Profile; 3] = [Profile::Wire, Profile::House, Profile::Sdk];

/// The name of the second document.
pub const HEAD: &str = "head.yaml";

/// Compares the two documents of an input.
///
/// # Panics
/// A property does not hold.
pub fn check(input: &[u8]) {
    let files = unpack(input);
    let folder = Folder::new(&files);
    let read = |name: &str| bundle(&folder.path(name), LENIENT).ok();
    let Some(base) = read(ROOT) else { return };
    is_the_same_as_itself(&base);
    let Some(head) = read(HEAD) else { return };
    is_the_same_as_itself(&head);
    for (base, head) in [(&base, &head), (&head, &base)] {
        let mut counts = Vec::new();
        for profile in PROFILES {
            let once = diff(base, head, profile);
            assert_eq!(printed(&once), printed(&diff(base, head, profile)), "another time, another answer");
            counts.push(once.map(|report| report.changes.len()).ok());
        }
        assert!(counts.iter().all(|count| *count == counts[0]), "profiles see other changes: {counts:?}");
    }
}

fn is_the_same_as_itself(document: &Document) {
    for profile in PROFILES {
        if let Ok(report) = diff(document, document, profile) {
            assert!(report.changes.is_empty(), "a document differs from itself: {:?}", report.changes);
            assert_eq!(report.verdict(), Verdict::NonBreaking);
        }
    }
}

fn printed(report: &Result<Report, Diagnostics>) -> Result<[String; 3], String> {
    match report {
        Ok(report) => Ok([report.to_text(), report.to_json(), report.to_markdown()]),
        Err(found) => Err(found.to_string()),
    }
}
