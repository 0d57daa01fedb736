//! The generator, from outside: documents in, files or diagnostics out.

mod compiles;
mod faults;

use std::path::{Path, PathBuf};

use countersign_codegen::GeneratedFile;
use countersign_spec::{BundleOptions, Diagnostics};

/// The folder of the test documents, relative to this crate: tests run there, so diagnostics name files shortly.
const DOCUMENTS: &str = "tests/documents";

/// Bundles and generates, as `cargo xtask generate` does.
fn generate(document: &Path) -> Result<Vec<GeneratedFile>, Diagnostics> {
    countersign_codegen::generate(&countersign_spec::bundle(document, BundleOptions::default())?)
}

/// The workspace.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
