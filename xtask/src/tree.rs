//! Where things lie in the workspace.

use std::path::{Path, PathBuf};

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The contract's root document.
pub(crate) fn openapi() -> PathBuf {
    root().join("openapi/openapi.yaml")
}
