//! Rust models, client and server interface from an OpenAPI bundle.
//!
//! ```text
//! Document --read--> Api (schemas and operations, checked to be typable) --emit--> Rust text, one file per concern
//! ```
//!
//! [`generate`] is all there is to call. It types *every* documented response: the successes of an operation become its
//! outcome, its errors one enum with a variant per status, response headers included. What can't be typed well is
//! refused with the place in the author's file, never approximated.

mod api;
// The run time's own file, so that a pattern that passes here compiles there. It is included rather than depended on:
// the generator must build while the generated code of that crate is stale.
#[allow(unreachable_pub, reason = "public where it lives")]
#[path = "../../api/models/src/ecma.rs"]
mod ecma;
mod emit;
mod names;
mod read;

use std::path::PathBuf;

use countersign_spec::{Diagnostics, Document};

use crate::api::Fault;

/// A file to write, its path relative to the workspace.
#[derive(Debug)]
pub struct GeneratedFile {
    /// `api/models/src/generated/types.rs`
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

/// The folders that hold generated files and nothing else.
pub const GENERATED_FOLDERS: &[&str] =
    &["api/models/src/generated", "api/client/src/generated", "api/server/src/generated"];

/// Generates every file of the three API crates.
///
/// # Errors
/// Each thing in the document that can't be typed, with its place.
pub fn generate(document: &Document) -> Result<Vec<GeneratedFile>, Diagnostics> {
    let api = read::read(document)?;
    emit::emit(&api).map_err(|faults| {
        let mut diagnostics = Vec::new();
        for Fault { span, message } in faults {
            let diagnostic = document.diagnostic(span, message);
            // A schema that several types are made of is met once for each.
            if !diagnostics.contains(&diagnostic) {
                diagnostics.push(diagnostic);
            }
        }
        Diagnostics(diagnostics)
    })
}
