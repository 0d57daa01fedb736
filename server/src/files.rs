//! Files that only their owner may read.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::{fs, process};

use anyhow::{Context as _, Result};

/// Writes a whole file of mode 0600 by rename: who reads it sees all of the text or the file before it.
///
/// # Errors
/// The file can't be written.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(format!(".{}.new", process::id()));
    let new = PathBuf::from(name);
    let written = || -> io::Result<()> {
        let mut out = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        out.write_all(text.as_bytes())?;
        out.sync_all()?;
        fs::rename(&new, path)
    };
    written().inspect_err(|_| drop(fs::remove_file(&new))).with_context(|| format!("writing {}", path.display()))
}
