//! Files that only their owner may read.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::{fs, process};

use anyhow::{Context as _, Result};

/// Writes a whole file of mode 0600, in place of the one before it: who reads it sees all of either.
///
/// # Errors
/// The file can't be written.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    complete(path, text, |new| fs::rename(new, path)).with_context(|| format!("writing {}", path.display()))
}

/// Writes a whole file of mode 0600, unless there is one: of many that try at once one makes it, and a kill at any
/// moment leaves all of it or nothing.
///
/// # Errors
/// The file can't be written.
pub fn create_private(path: &Path, text: &str) -> Result<()> {
    let linked = complete(path, text, |new| match fs::hard_link(new, path) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => fs::remove_file(new),
        Err(cause) => Err(cause),
        Ok(()) => fs::remove_file(new),
    });
    linked.with_context(|| format!("making {}", path.display()))
}

/// Keeps other processes out until the returned file is dropped; makes the file.
///
/// # Errors
/// The file can't be made.
pub fn lock(path: &Path) -> Result<fs::File> {
    let file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    let file = file.with_context(|| format!("making {}", path.display()))?;
    file.lock().with_context(|| format!("locking {}", path.display()))?;
    Ok(file)
}

/// Writes the text beside `path`, puts it there by `place`, and makes that last.
fn complete(path: &Path, text: &str, place: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(format!(".{}.new", process::id()));
    let new = PathBuf::from(name);
    // Left by a process of the same number that was killed.
    drop(fs::remove_file(&new));
    let done = || -> io::Result<()> {
        let mut out = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        out.write_all(text.as_bytes())?;
        out.sync_all()?;
        place(&new)?;
        match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => fs::File::open(folder)?.sync_all(),
            _ => Ok(()),
        }
    };
    done().inspect_err(|_| drop(fs::remove_file(&new)))
}
