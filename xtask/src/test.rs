//! `cargo xtask test`: cargo's own commands in the right order, quiet unless something fails.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result};
use countersign_spec::BundleOptions;
use countersign_spec::build::{Build, Format};
use countersign_spec::lint::{Lint, LintFormat};

use crate::{fuzz, generate, reference, spec, tools, tree};

/// The crates that the task runner itself is built of. They are built apart from the product, so that neither's choice
/// of features leaks into the other.
const OWN: &[&str] = &["xtask", "countersign-spec", "countersign-codegen", "countersign-fuzz"];

/// Everything that must pass: format, clippy, checks of the contract, all tests, a minute of fuzz for each target
#[derive(clap::Args)]
pub(crate) struct Test {
    /// Show what every step prints, not only what failed
    #[arg(long)]
    verbose: bool,
}

#[derive(Default)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Test {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        tools::require_all()?;
        let product: Vec<&str> = OWN.iter().flat_map(|name| ["--exclude", name]).collect();
        let product = [&["--workspace"], product.as_slice()].concat();
        let own: Vec<&str> = OWN.iter().flat_map(|name| ["-p", name]).collect();
        let deny = ["--all-targets", "--", "-D", "warnings"];

        let mut counts = Counts::default();
        let mut failures = Vec::new();
        let mut step = |name: &str, args: &[&str]| -> Result<()> {
            if !self.cargo(name, args, &mut counts)? {
                failures.push(name.to_owned());
            }
            Ok(())
        };
        step("format", &["fmt", "--all", "--check"])?;
        step("clippy of the tools", &[&["clippy"], own.as_slice(), &deny].concat())?;
        let stale = [
            ("build --check", check_bundle()),
            ("lint-openapi", check_openapi()),
            ("diff", spec::check_against_release()),
            ("bundle, beside the reference bundler", reference::check()),
            ("generate --check", generate::Generate::check_only().run()),
        ];
        step("clippy of the product", &[&["clippy"], product.as_slice(), &deny].concat())?;
        step("tests of the tools", &[&["test", "--no-fail-fast"], own.as_slice()].concat())?;
        // This builds the server's binary too, which the end-to-end tests start.
        step("tests of the product", &[&["test", "--no-fail-fast"], product.as_slice()].concat())?;
        println!("fuzz, a minute for each target …");
        let fuzzed = ("fuzz", fuzz::Fuzz::all(60).run());
        for (name, done) in stale.into_iter().chain([fuzzed]) {
            match done {
                Ok(code) if code == ExitCode::SUCCESS => {}
                Ok(_) => failures.push(name.to_owned()),
                Err(cause) => {
                    eprintln!("{name}: {cause:#}");
                    failures.push(name.to_owned());
                }
            }
        }
        if !failures.is_empty() {
            println!("failed: {}", failures.join(", "));
        }
        let Counts { passed, failed, ignored } = counts;
        println!("{passed} passed, {failed} failed, {ignored} skipped");
        let ok = failures.is_empty() && failed == 0 && passed > 0;
        Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Runs cargo; prints one line when it succeeds, and everything when it doesn't.
    fn cargo(&self, name: &str, args: &[&str], counts: &mut Counts) -> Result<bool> {
        let started = Instant::now();
        print!("{name} … ");
        std::io::stdout().flush()?;
        let mut child = Command::new(env!("CARGO"))
            .args(args)
            .current_dir(tree::root())
            // Set by the outer cargo for this crate; they would invalidate the inner one's cache.
            .env_remove("CARGO_MANIFEST_DIR")
            .env("CARGO_TERM_COLOR", "never")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("starting cargo")?;
        let stderr = child.stderr.take().map(|pipe| {
            std::thread::spawn(move || BufReader::new(pipe).lines().map_while(Result::ok).collect::<Vec<_>>())
        });
        let mut output = Vec::new();
        let mut tests = 0;
        for line in child.stdout.take().into_iter().flat_map(|pipe| BufReader::new(pipe).lines()).map_while(Result::ok)
        {
            if let Some(result) = line.strip_prefix("test result: ") {
                for (number, what) in numbers(result) {
                    match what {
                        "passed" => counts.passed += number,
                        "failed" => counts.failed += number,
                        "ignored" => counts.ignored += number,
                        _ => continue,
                    }
                    tests += number;
                }
            }
            if line.starts_with("vectors: ") || line.starts_with("report: ") {
                print!("\n  {line}");
            }
            output.push(line);
        }
        let stderr = stderr.and_then(|thread| thread.join().ok()).unwrap_or_default();
        let ok = child.wait()?.success();
        let secs = started.elapsed().as_secs();
        match (ok, tests) {
            (true, 0) => println!("ok ({secs} s)"),
            (true, _) => println!("ok, {tests} tests ({secs} s)"),
            (false, _) => println!("FAILED ({secs} s)"),
        }
        if !ok || self.verbose {
            for line in stderr.iter().chain(&output) {
                // What passed is not what the reader is looking for.
                let progress = ["Compiling ", "Checking ", "Downloaded ", "Downloading "];
                let dull = line.ends_with(" ... ok") || progress.iter().any(|word| line.trim_start().starts_with(word));
                if self.verbose || !dull {
                    println!("    {line}");
                }
            }
        }
        Ok(ok)
    }
}

/// `cargo xtask build --check`
fn check_bundle() -> Result<ExitCode> {
    let build = Build {
        root: tree::openapi(),
        out: tree::root().join("openapi/dist"),
        formats: vec![Format::Yaml, Format::Json],
        options: BundleOptions::default(),
    };
    match build.check() {
        Ok(()) => {
            println!("build --check … ok");
            Ok(ExitCode::SUCCESS)
        }
        Err(cause) => {
            eprintln!("{cause}\nrun `cargo xtask build` and commit the result");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// `cargo xtask lint-openapi`, where a warning counts as much as an error: what is meant to stay has an override.
fn check_openapi() -> Result<ExitCode> {
    let linted = Lint { root: tree::openapi(), ..Lint::default() }.run()?;
    if linted.findings.is_empty() {
        println!("lint-openapi … ok");
        return Ok(ExitCode::SUCCESS);
    }
    eprint!("{}", linted.print(LintFormat::Text));
    Ok(ExitCode::FAILURE)
}

/// `ok. 3 passed; 0 failed; …` as pairs.
fn numbers(result: &str) -> impl Iterator<Item = (u64, &str)> {
    result.split([';', '.']).filter_map(|part| {
        let (number, what) = part.trim().split_once(' ')?;
        Some((number.parse().ok()?, what))
    })
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn a_result_line_is_read_whatever_its_verdict() {
        let line = "FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.42s";
        let found: Vec<_> = numbers(line).take(3).collect();
        assert_eq!(found, [(3, "passed"), (1, "failed"), (2, "ignored")]);
    }
}
