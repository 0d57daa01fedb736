//! The commands of the binary `countersign-spec`, which `cargo xtask` has too: one definition for both.
//!
//! Exit codes: 0 fine, 1 the files on disk are stale, 2 the command cannot do its work, 130 Ctrl-C ended `--watch`.

use crate::build::{Build, BuildError, Format};
use crate::bundle::{BundleOptions, Dangling, LossyNumbers, OnCollision};
use crate::source::with_slashes;
use crate::watch::watch;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What `build` was asked to do.
#[derive(Debug, Clone, clap::Args)]
pub struct BuildCommand {
    /// The root document
    #[arg(long, value_name = "FILE", default_value = "openapi/openapi.yaml")]
    pub root: PathBuf,
    /// The folder for `openapi.yaml` and `openapi.json` [default: `dist` beside the root document]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The files to write
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Format::Yaml, Format::Json])]
    pub format: Vec<Format>,
    /// Two components of different content under one name
    #[arg(long, value_enum, default_value_t)]
    pub on_collision: OnCollision,
    /// References to other files where no reference is read
    #[arg(long, value_enum, default_value_t)]
    pub dangling: Dangling,
    /// Numbers that a double cannot hold
    #[arg(long, value_enum, default_value_t)]
    pub lossy_numbers: LossyNumbers,
    /// Compare with the files on disk and write nothing
    #[arg(long)]
    pub check: bool,
    /// Build again whenever a file that was read is saved, until Ctrl-C
    #[arg(long, conflicts_with = "check")]
    pub watch: bool,
}

impl BuildCommand {
    /// Does it, tells about it on `err`, and returns the exit code.
    ///
    /// # Errors
    /// Only from writing to `err`.
    pub fn run(&self, err: &mut dyn Write) -> io::Result<u8> {
        if self.watch { watch(err, ["built", "stale", "not built"], |err| self.once(err)) } else { self.once(err) }
    }

    fn once(&self, err: &mut dyn Write) -> io::Result<u8> {
        let out = self.out.clone().unwrap_or_else(|| self.root.parent().unwrap_or(Path::new("")).join("dist"));
        let options = BundleOptions {
            on_collision: self.on_collision,
            dangling: self.dangling,
            lossy_numbers: self.lossy_numbers,
        };
        let build = Build { root: self.root.clone(), out, formats: self.format.clone(), options };
        let result = if self.check { build.check() } else { self.write(&build, err)? };
        let code = match result {
            Ok(()) => 0,
            Err(stale @ BuildError::Stale(_)) => {
                writeln!(err, "{stale}\nrun the same command without `--check` and commit the result")?;
                1
            }
            Err(BuildError::Diagnostics(found)) => {
                writeln!(err, "{found}\n\n`{}` was not built", with_slashes(&self.root))?;
                2
            }
            Err(other @ BuildError::Output { .. }) => {
                writeln!(err, "{other}")?;
                2
            }
        };
        err.flush()?;
        Ok(code)
    }

    fn write(&self, build: &Build, err: &mut dyn Write) -> io::Result<Result<(), BuildError>> {
        let written = match build.write() {
            Ok(written) => written,
            Err(error) => return Ok(Err(error)),
        };
        for warning in &written.warnings {
            writeln!(err, "warning: {warning}\n")?;
        }
        for path in &written.changed {
            writeln!(err, "wrote {}", with_slashes(path))?;
        }
        for path in &written.unchanged {
            writeln!(err, "{} is up to date", with_slashes(path))?;
        }
        Ok(Ok(()))
    }
}
