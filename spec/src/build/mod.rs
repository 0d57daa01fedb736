//! Writing the bundle to files, or checking that the files are what would be written.

mod stale;

pub use stale::StaleFile;

use crate::bundle::{BundleOptions, bundle};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::document::Document;
use crate::memory;
use crate::source::with_slashes;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file format of the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `openapi.yaml`
    Yaml,
    /// `openapi.json`
    Json,
}

impl Format {
    /// The name of the file in the output folder.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Yaml => "openapi.yaml",
            Self::Json => "openapi.json",
        }
    }

    fn print(self, document: &Document) -> String {
        match self {
            Self::Yaml => document.to_yaml(),
            Self::Json => document.to_json(),
        }
    }
}

/// What to build, and where to.
#[derive(Debug, Clone)]
pub struct Build {
    /// The root document.
    pub root: PathBuf,
    /// The folder that receives `openapi.yaml` and `openapi.json`. Created if it is missing.
    pub out: PathBuf,
    /// Which of the two.
    pub formats: Vec<Format>,
    /// How strict bundling is.
    pub options: BundleOptions,
}

/// What [`Build::write`] did, file by file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Files that were created or replaced.
    pub changed: Vec<PathBuf>,
    /// Files that already held the right bytes and were not touched.
    pub unchanged: Vec<PathBuf>,
    /// What bundling changed that the author may not have wanted.
    pub warnings: Vec<Diagnostic>,
}

/// Why a build or a check did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The document cannot be bundled.
    #[error(transparent)]
    Diagnostics(#[from] Diagnostics),
    /// Files are missing or differ from what would be written. Only from [`Build::check`].
    #[error("{}", StaleFiles(.0))]
    Stale(Vec<StaleFile>),
    /// A file or folder of the output cannot be read or written.
    #[error("{}: {cause}", with_slashes(.path))]
    Output {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

struct StaleFiles<'a>(&'a [StaleFile]);

impl fmt::Display for StaleFiles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, file) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            file.fmt(f)?;
        }
        Ok(())
    }
}

impl Build {
    /// Bundles and writes. A file that already holds the right bytes is not touched; every other is replaced at once,
    /// so that no reader ever sees half of it.
    ///
    /// # Errors
    /// [`BuildError::Diagnostics`] and [`BuildError::Output`]. Nothing is written unless the whole document bundles.
    pub fn write(&self) -> Result<Written, BuildError> {
        let document = bundle(&self.root, self.options)?;
        fs::create_dir_all(&self.out).map_err(|cause| BuildError::Output { path: self.out.clone(), cause })?;
        let mut written = Written { warnings: document.warnings().to_vec(), ..Written::default() };
        for (path, text) in self.outputs(&document) {
            if read_existing(&path)?.is_some_and(|bytes| bytes == text.as_bytes()) {
                written.unchanged.push(path);
                continue;
            }
            replace(&path, text.as_bytes()).map_err(|cause| BuildError::Output { path: path.clone(), cause })?;
            written.changed.push(path);
        }
        memory::discard(document);
        Ok(written)
    }

    /// Bundles and compares; writes nothing.
    ///
    /// # Errors
    /// [`BuildError::Stale`] lists every file that differs, and what of the source it lacks; otherwise as
    /// [`Build::write`].
    pub fn check(&self) -> Result<(), BuildError> {
        let document = bundle(&self.root, self.options)?;
        let mut stale = Vec::new();
        for (path, text) in self.outputs(&document) {
            let existing = read_existing(&path)?;
            if existing.as_deref() != Some(text.as_bytes()) {
                stale.push(StaleFile::new(path, existing, &document));
            }
        }
        if stale.is_empty() { Ok(()) } else { Err(BuildError::Stale(stale)) }
    }

    fn outputs(&self, document: &Document) -> Vec<(PathBuf, String)> {
        self.formats.iter().map(|format| (self.out.join(format.file_name()), format.print(document))).collect()
    }
}

/// The bytes of a file, `None` if it does not exist.
fn read_existing(path: &Path) -> Result<Option<Vec<u8>>, BuildError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(BuildError::Output { path: path.to_owned(), cause }),
    }
}

/// Writes beside the file and renames over it.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let result = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if result.is_err() {
        // The first error is the one to report; there may be nothing to remove.
        let _ = fs::remove_file(&beside);
    }
    result
}
