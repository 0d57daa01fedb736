//! `countersign-spec`: the tools of this crate for any OpenAPI document, anywhere.

use clap::{Parser, Subcommand};
use countersign_spec::command::BuildCommand;
use std::io;
use std::process::ExitCode;

/// Bundles OpenAPI documents
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
}

fn main() -> ExitCode {
    let Arguments { command: Command::Build(build) } = Arguments::parse();
    // Where nothing can be said, the exit code says what it can.
    build.run(&mut io::stderr().lock()).map_or(ExitCode::from(2), ExitCode::from)
}
