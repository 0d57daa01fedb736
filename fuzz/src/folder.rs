//! A folder that holds the files of one input.

use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder of its own, in a repository of its own so that nothing outside is looked at. Gone when it is dropped.
pub(crate) struct Folder {
    repository: TempDir,
}

impl Folder {
    /// # Panics
    /// There is no place for it, which says nothing about the input.
    pub(crate) fn new(files: &[(String, Vec<u8>)]) -> Self {
        let repository = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(repository.path().join(".git")).expect("a folder in the temporary folder");
        let folder = Self { repository };
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.repository.path().join(name)
    }

    /// Writes a file. One whose folder is already a file is left out.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        if fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).is_ok() {
            let _ = fs::write(path, text);
        }
    }

    /// What the files hold now.
    pub(crate) fn read(&self, files: &[(String, Vec<u8>)]) -> Vec<Option<Vec<u8>>> {
        files.iter().map(|(name, _)| fs::read(self.path(name)).ok()).collect()
    }
}
