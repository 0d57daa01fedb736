//! `cargo xtask fuzz`: libFuzzer on the targets of `fuzz/`, for a set time.
//!
//! The pinned toolchain is a stable one, and `cargo fuzz` wants a nightly one. But what it asks of that, coverage by
//! LLVM's own pass, is there in every toolchain; only address sanitizing is not, and this code has no `unsafe`.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::Mutex;
use std::thread;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};
use countersign_fuzz::{TARGETS, seeds};
use tempfile::TempDir;

use crate::tree;

/// Look for inputs that break the reader, bundler, linter or differ
#[derive(clap::Args)]
pub(crate) struct Fuzz {
    /// Only this target; can be given several times [default: all of them]
    #[arg(long, value_name = "NAME", value_parser = TARGETS.map(|(name, _)| name))]
    target: Vec<String>,
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// How many targets run at the same time
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

/// What makes the compiler count which edges of the program an input takes, and show the fuzzer what it compares.
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    --cfg fuzzing";

/// How long one input may take, in seconds, on a busy machine and with counters in every branch.
const TIMEOUT: u32 = 20;

/// How much memory one process may take, in megabytes.
const MEMORY: u32 = 2048;

/// The longest input, in bytes.
const LONGEST: u32 = 32 << 10;

impl Fuzz {
    /// Every target for `seconds`.
    pub(crate) fn all(seconds: u32) -> Self {
        Self { target: Vec::new(), seconds, jobs: 2 }
    }

    pub(crate) fn run(&self) -> Result<ExitCode> {
        let wanted = |name: &&str| self.target.is_empty() || self.target.iter().any(|target| target == name);
        let targets: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).filter(wanted).collect();
        let binaries = build(&targets)?;
        let scratch = scratch()?;
        let queue = Mutex::new(targets.iter());
        let failures = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..self.jobs.clamp(1, targets.len()) {
                scope.spawn(|| {
                    let next = || queue.lock().ok()?.next();
                    while let Some(target) = next() {
                        match self.fuzz(target, &binaries, scratch.path()) {
                            Ok(report) => println!("report: fuzz: {target}: {report}"),
                            Err(cause) => failures.lock().into_iter().for_each(|mut all| {
                                eprintln!("fuzz: {target}: {cause:#}");
                                all.push(*target);
                            }),
                        }
                    }
                });
            }
        });
        let failed = failures.into_inner().unwrap_or_default();
        Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Runs one target and returns what it did.
    fn fuzz(&self, target: &str, binaries: &Path, scratch: &Path) -> Result<String> {
        let folder = tree::target().join("fuzz-inputs").join(target);
        let (corpus, found) = (folder.join("corpus"), folder.join("found"));
        for folder in [&corpus, &found] {
            fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        }
        for seed in seeds::of(target).context("reading the seeds")? {
            let mut hasher = DefaultHasher::new();
            seed.hash(&mut hasher);
            fs::write(corpus.join(format!("seed-{:016x}", hasher.finish())), seed)?;
        }
        let output = Command::new(binaries.join(format!("fuzz-{target}")))
            .arg(&corpus)
            .arg(format!("-dict={}", tree::root().join("fuzz/dictionary.txt").display()))
            .arg(format!("-artifact_prefix={}/", found.display()))
            .arg(format!("-max_total_time={}", self.seconds))
            .arg(format!("-timeout={TIMEOUT}"))
            .arg(format!("-rss_limit_mb={MEMORY}"))
            .arg(format!("-max_len={LONGEST}"))
            .args(["-print_final_stats=1", "-use_value_profile=0", "-reload=0"])
            // Where the trees of the inputs are written.
            .env("TMPDIR", scratch)
            .stdin(Stdio::null())
            .output()
            .context("starting the fuzzer")?;
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status.success() {
            true => report(&said).context("the fuzzer does not say what it did"),
            false => bail!(failure(target, &output, &said)),
        }
    }
}

/// Builds the targets and returns the folder of the binaries.
fn build(targets: &[&str]) -> Result<PathBuf> {
    let host = host()?;
    // Apart from everything else: the flags would build all of it anew each time.
    let folder = tree::target().join("fuzz-build");
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--quiet", "--package", "countersign-fuzz", "--profile", "fuzz"]);
    // With a target, the flags are not for build scripts.
    command.args(["--target", &host]).arg("--target-dir").arg(&folder);
    for target in targets {
        command.arg("--bin").arg(format!("fuzz-{target}"));
    }
    let status = command.current_dir(tree::root()).env("RUSTFLAGS", COVERAGE).env_remove("CARGO_MANIFEST_DIR").status();
    if !status.context("starting cargo")?.success() {
        bail!("the fuzz targets do not build");
    }
    Ok(folder.join(host).join("fuzz"))
}

/// The platform that this runs on, as the compiler calls it.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").current_dir(tree::root()).output().context("starting rustc")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what platform this is")
}

/// A folder for the trees of the inputs, in memory where the system has such a place. Fuzzers end without cleaning up.
fn scratch() -> Result<TempDir> {
    let in_memory = Path::new("/dev/shm");
    let place = if in_memory.is_dir() { in_memory.to_owned() } else { env::temp_dir() };
    tempfile::Builder::new().prefix("countersign-fuzz-").tempdir_in(place).context("making a temporary folder")
}

/// How many inputs were tried, and what they reached.
fn report(said: &str) -> Option<String> {
    let stat = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim));
    let last = said.lines().rev().find(|line| line.starts_with('#') && line.contains(" cov: "))?;
    let after = |word: &str| last.split_whitespace().skip_while(|part| *part != word).nth(1);
    Some(format!(
        "{} inputs tried, {} edges covered, {} inputs kept, {} MB",
        stat("stat::number_of_executed_units")?,
        after("cov:")?,
        after("corp:")?.split('/').next()?,
        stat("stat::peak_rss_mb")?,
    ))
}

/// What broke, and how to see it again.
fn failure(target: &str, output: &Output, said: &str) -> String {
    let written = said.lines().find_map(|line| line.split_once("Test unit written to ")).map(|(_, path)| path.trim());
    let Some(path) = written else {
        return format!("ended with {}:\n{said}", output.status);
    };
    let is_about = |line: &&str| line.contains("panicked at") || line.contains("SUMMARY: ") || line.contains("ALARM: ");
    let first = said.lines().position(|line| is_about(&line)).unwrap_or(0);
    let about: Vec<String> = said.lines().skip(first).take(12).map(|line| line.chars().take(400).collect()).collect();
    format!(
        "{}\n\nthe input is {path}\nsee it again with `cargo run -p countersign-fuzz --bin fuzz-{target} -- {path}`\n\
         once it is mended, move it to fuzz/regressions/{target}/ and give it a name",
        about.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::report;

    #[test]
    fn the_report_holds_what_the_fuzzer_says_last() {
        let said = "#2\tINITED cov: 5 ft: 5 corp: 1/1b exec/s: 0 rss: 27Mb\n\
            #9\tNEW    cov: 11 ft: 12 corp: 4/21b lim: 4096 exec/s: 0 rss: 27Mb L: 5/5 MS: 1 ChangeByte-\n\
            #70\tDONE   cov: 12 ft: 13 corp: 5/23b lim: 4096 exec/s: 0 rss: 27Mb\n\
            stat::number_of_executed_units: 70\nstat::peak_rss_mb:              31\n";
        assert_eq!(report(said).unwrap(), "70 inputs tried, 12 edges covered, 5 inputs kept, 31 MB");
        assert_eq!(report("nothing"), None);
    }
}
