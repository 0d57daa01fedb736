//! One process, timed from its start to its end, with the memory that it had at most.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};

/// What `cargo xtask bench measure` runs.
///
/// The system tells a parent about the memory of *all* its children, and counts what the parent has at the moment of
/// the start. So each process that is measured gets a small parent of its own, which has no other child: this one.
#[derive(clap::Args)]
pub(crate) struct Measure {
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// What a process has cost.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// The most memory that was resident, in bytes.
    pub(crate) peak: u64,
}

impl Measure {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let (program, args) = self.command.split_first().context("no command")?;
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null());
        let started = Instant::now();
        let status = command.status().with_context(|| format!("starting {}", program.display()))?;
        let wall = started.elapsed();
        let peak = getrusage(UsageWho::RUSAGE_CHILDREN).context("reading the memory of the child")?.max_rss();
        // In kilobytes, but for one system.
        let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
        println!("{} {} {}", status.code().unwrap_or(-1), wall.as_nanos(), peak * unit);
        Ok(ExitCode::SUCCESS)
    }
}

/// Runs a program in a new process and returns what it cost.
///
/// # Errors
/// It ends with another code than the one that is expected: then it has not done the work that is to be timed.
pub(crate) fn measure(program: &Path, args: &[OsString], folder: &Path, expected: i32) -> Result<Cost> {
    let mut parent = Command::new(std::env::current_exe().context("finding this program")?);
    parent.args(["bench", "measure", "--"]).arg(program).args(args).current_dir(folder);
    parent.envs(super::peers::QUIET).stdin(Stdio::null());
    let output = parent.output().context("starting this program")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let mut numbers = said.split_whitespace();
    let (Some(code), Some(nanos), Some(peak)) = (numbers.next(), numbers.next(), numbers.next()) else {
        bail!("{}: {}", program.display(), String::from_utf8_lossy(&output.stderr));
    };
    if code.parse() != Ok(expected) {
        bail!("{} ended with {code}:\n{}", program.display(), String::from_utf8_lossy(&output.stderr));
    }
    Ok(Cost { wall: Duration::from_nanos(nanos.parse()?), peak: peak.parse()? })
}
