//! The tools that ours are compared with, from npm: the versions of `spec/peers`, installed under `target/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::tree;

/// No telemetry, no look for updates, no notices.
pub(crate) const QUIET: [(&str, &str); 5] = [
    ("REDOCLY_TELEMETRY", "off"),
    ("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"),
    ("REDOCLY_SUPPRESS_NOTIFICATIONS", "true"),
    ("SCARF_ANALYTICS", "false"),
    ("DO_NOT_TRACK", "1"),
];

/// Where the tools are.
pub(crate) struct Peers {
    folder: PathBuf,
}

impl Peers {
    /// Installs what the lock file says, unless it is there already.
    pub(crate) fn install() -> Result<Self> {
        let folder = tree::target().join("bench-spec/peers");
        let peers = Self { folder };
        let folder = &peers.folder;
        let locked = fs::read(settings("package-lock.json")).context("reading spec/peers/package-lock.json")?;
        // Written last, so that an installation that was broken off is begun anew.
        let stamp = folder.join("installed.json");
        if fs::read(&stamp).is_ok_and(|installed| installed == locked) {
            return Ok(peers);
        }
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        for name in ["package.json", "package-lock.json"] {
            fs::copy(settings(name), folder.join(name)).with_context(|| format!("copying {name}"))?;
        }
        let output = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"])
            .current_dir(folder)
            .envs(QUIET)
            .stdin(Stdio::null())
            .output()
            .context("starting npm, which brings the tools that ours are compared with")?;
        if !output.status.success() {
            bail!("npm ci in {}: {}", folder.display(), String::from_utf8_lossy(&output.stderr));
        }
        fs::write(&stamp, locked)?;
        Ok(peers)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn redocly(&self) -> PathBuf {
        self.folder.join("node_modules/.bin/redocly")
    }

    pub(crate) fn spectral(&self) -> PathBuf {
        self.folder.join("node_modules/.bin/spectral")
    }
}

/// A file of `spec/peers`.
pub(crate) fn settings(name: &str) -> PathBuf {
    tree::root().join("spec/peers").join(name)
}

#[cfg(test)]
mod tests {
    use super::settings;
    use std::fs;

    #[test]
    fn the_lock_file_pins_contents_and_names_no_registry() {
        let lock = fs::read_to_string(settings("package-lock.json")).unwrap();
        assert!(!lock.contains("\"resolved\""), ".npmrc has omit-lockfile-registry-resolved=true");
        assert!(lock.contains("\"integrity\""));
    }
}
