//! `countersign-spec`: the tools of this crate for any OpenAPI document, anywhere.

use clap::{Parser, Subcommand};
use countersign_spec::command::BuildCommand;
use countersign_spec::diff::DiffCommand;
use std::io;
use std::process::ExitCode;

/// Bundles and compares OpenAPI documents
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
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let done = match command {
        Command::Build(build) => build.run(&mut io::stderr().lock()),
        Command::Diff(diff) => diff.run(&mut io::stdout().lock(), &mut io::stderr().lock()),
    };
    // Where nothing can be said, the exit code says what it can.
    done.map_or(ExitCode::from(2), ExitCode::from)
}
