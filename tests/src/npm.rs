//! Packages of the clients that run on node.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Installs the packages of the lock file in `folder`, unless they are there already. Tests that run side by side wait
/// for each other: `npm ci` begins by deleting what is there.
///
/// # Panics
/// When npm isn't there, or fails.
pub fn install(folder: &str) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let modified = |file: &str| Path::new(folder).join(file).metadata().and_then(|file| file.modified()).ok();
    let installed = modified("node_modules/.package-lock.json");
    if installed.is_some() && installed >= modified("package-lock.json") && installed >= modified("package.json") {
        return;
    }
    let npm =
        Command::new("npm").args(["ci", "--prefer-offline", "--no-audit", "--no-fund"]).current_dir(folder).output();
    let npm = npm.unwrap_or_else(|cause| panic!("npm: {cause}; the tests need node 20 or later with npm"));
    assert!(npm.status.success(), "npm ci: {}", String::from_utf8_lossy(&npm.stderr));
}
