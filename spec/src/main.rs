//! `countersign-spec`: the tools of this crate for any OpenAPI document, anywhere.

use clap::{Parser, Subcommand};
use countersign_spec::command::BuildCommand;
use countersign_spec::diff::DiffCommand;
use countersign_spec::lint::command::LintCommand;
use std::io;
use std::process::ExitCode;

/// Bundles, lints and compares OpenAPI documents
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bundles a split tree into `openapi.yaml` and `openapi.json`
    Build(BuildCommand),
    /// Tells what changed between two documents, and whom it breaks
    Diff(DiffCommand),
    /// Finds mistakes in the source tree
    Lint(LintCommand),
}

fn main() -> ExitCode {
    let (out, err) = (&mut io::stdout().lock(), &mut io::stderr().lock());
    let done = match Arguments::parse().command {
        Command::Build(build) => build.run(err),
        Command::Diff(diff) => diff.run(out, err),
        Command::Lint(lint) => lint.run(out, err),
    };
    // Where nothing can be said, the exit code says what it can.
    done.map_or(ExitCode::from(2), ExitCode::from)
}
