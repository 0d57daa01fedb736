//! `countersign-spec`: the tools of this crate for any OpenAPI document, anywhere.

use clap::{Parser, Subcommand};
use countersign_spec::command::BuildCommand;
use countersign_spec::diff::DiffCommand;
use countersign_spec::lint::command::LintCommand;
use countersign_spec::memory;
use std::io;
use std::process::ExitCode;

/// Documents are a great many small pieces of text. This takes them a tenth faster than the system's allocator, and
/// several threads do not wait for each other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    let command = Arguments::parse().command;
    let is_watching = match &command {
        Command::Build(build) => build.watch,
        Command::Lint(lint) => lint.watch,
        Command::Diff(_) => false,
    };
    if !is_watching {
        memory::process_ends_soon();
    }
    let done = match command {
        Command::Build(build) => build.run(err),
        Command::Diff(diff) => diff.run(out, err),
        Command::Lint(lint) => lint.run(out, err),
    };
    // Where nothing can be said, the exit code says what it can.
    done.map_or(ExitCode::from(2), ExitCode::from)
}
