//! `cargo xtask build`, `lint-openapi` and `diff`: a release build of `countersign-spec`, the binary that others install,
//! with the paths of this workspace filled in.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::Args as _;
use countersign_spec::diff::{DiffCommand, DiffFormat, Profile};

use crate::tree;

/// What is handed on to `countersign-spec`. `--help` and `--version` too.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Forwarded {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    args: Vec<OsString>,
}

impl Forwarded {
    /// Bundles the contract, unless another `--root` is named.
    pub(crate) fn build(self) -> Result<ExitCode> {
        self.with_root("build")
    }

    /// Lints the contract, unless another `--root` is named.
    pub(crate) fn lint(self) -> Result<ExitCode> {
        self.with_root("lint")
    }

    /// Compares two documents; without any, the contract with what was last released.
    pub(crate) fn diff(mut self) -> Result<ExitCode> {
        if names_no_documents(&self.args) {
            self.args.splice(0..0, [released().into(), shown(&tree::openapi()).into()]);
        }
        run("diff", &self.args)
    }

    fn with_root(mut self, subcommand: &str) -> Result<ExitCode> {
        let named = self.args.iter().any(|arg| {
            let arg = arg.to_string_lossy();
            arg == "--root" || arg.starts_with("--root=")
        });
        if !named && !self.asks_for_help() {
            self.args.splice(0..0, ["--root".into(), shown(&tree::openapi()).into()]);
        }
        run(subcommand, &self.args)
    }

    fn asks_for_help(&self) -> bool {
        self.args.iter().any(|arg| arg == "--help" || arg == "-h")
    }
}

/// Whether `diff` would find its options in order, and no document. What else is wrong it says itself.
fn names_no_documents(args: &[OsString]) -> bool {
    let optional = |arg: clap::Arg| arg.required(false);
    let command = DiffCommand::augment_args(clap::Command::new("diff").no_binary_name(true));
    let matches = command.mut_arg("base", optional).mut_arg("head", optional).try_get_matches_from(args);
    matches.is_ok_and(|matches| !matches.contains_id("base"))
}

/// The bundle of the last release.
fn released() -> PathBuf {
    shown(&tree::root().join("openapi/released/openapi.yaml"))
}

/// A path below the folder that the command was given in is shown relative to it.
fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).to_owned()
}

/// Builds the binary if it is stale, runs it where the command was given, and passes its exit code on.
fn run(subcommand: &str, args: &[OsString]) -> Result<ExitCode> {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--release", "--package", "countersign-spec", "--bin", "countersign-spec"])
        .arg("--manifest-path")
        .arg(tree::root().join("Cargo.toml"))
        .args(["--", subcommand])
        .args(args)
        .env_remove("CARGO_MANIFEST_DIR")
        .status()
        .context("starting cargo")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2);
    Ok(ExitCode::from(code))
}

/// Compares the contract with what was last released, by the house's policy. Silent unless something breaks.
pub(crate) fn check_against_release() -> Result<ExitCode> {
    let command = DiffCommand {
        base: tree::root().join("openapi/released/openapi.yaml"),
        head: tree::openapi(),
        profile: Profile::House,
        format: DiffFormat::Text,
        accepted: Some(tree::root().join("openapi/accepted-breaks.toml")).filter(|path| path.exists()),
        today: None,
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = command.run(&mut out, &mut err)?;
    if code == 0 {
        println!("diff with the last release … ok");
        return Ok(ExitCode::SUCCESS);
    }
    eprint!("{}{}", String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
    eprintln!("a break that is meant goes into openapi/accepted-breaks.toml, with its reason and the day it expires");
    Ok(ExitCode::from(code))
}

#[cfg(test)]
mod tests {
    use super::names_no_documents;
    use std::ffi::OsString;

    #[test]
    fn the_last_release_is_meant_where_no_document_is_named_whatever_the_options() {
        let silent = |line: &str| names_no_documents(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>());
        assert!(silent(""));
        assert!(silent("--format json"));
        assert!(silent("--profile=wire --format markdown --accepted breaks.toml"));
        assert!(!silent("--format json a.yaml b.yaml"));
        assert!(!silent("a.yaml"));
        assert!(!silent("--format nonsense"));
        assert!(!silent("--help"));
    }
}
