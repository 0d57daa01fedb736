//! Development tasks: `cargo xtask help`.
//!
//! This crate needs neither the server nor the generated API crates, so it builds, and mends the tree, while generated
//! code is stale.

mod generate;
mod test;
mod tools;
mod tree;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use countersign_spec::command::BuildCommand;
use countersign_spec::diff::DiffCommand;
use countersign_spec::lint::command::LintCommand;

/// Development tasks of Countersign.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Bundle openapi/ into openapi/dist/openapi.yaml and .json
    Build(BuildCommand),
    /// Tell what changed between two OpenAPI documents, and whom it breaks
    Diff(DiffCommand),
    /// Find mistakes in openapi/
    LintOpenapi(LintCommand),
    /// Write the generated code of api/ from the OpenAPI document
    Generate(generate::Generate),
    /// Everything that must pass: format, clippy, build --check, lint-openapi, generate --check, all tests
    Test(test::Test),
    /// Requests per second of session refresh, beside a no-op and the bare engine
    Bench(test::Bench),
}

/// Runs the bundler, its default root document found from anywhere in the workspace.
fn bundle(mut build: BuildCommand) -> anyhow::Result<ExitCode> {
    if build.root.is_relative() && !build.root.exists() {
        build.root = tree::root().join(build.root);
    }
    Ok(ExitCode::from(build.run(&mut std::io::stderr())?))
}

/// Runs the differ. Paths are taken as they are: from where the command was given.
fn diff(diff: &DiffCommand) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::from(diff.run(&mut std::io::stdout(), &mut std::io::stderr())?))
}

/// Runs the linter, its default root document found from anywhere in the workspace.
fn lint(mut lint: LintCommand) -> anyhow::Result<ExitCode> {
    if lint.root.is_relative() && !lint.root.exists() {
        lint.root = tree::root().join(lint.root);
    }
    Ok(ExitCode::from(lint.run(&mut std::io::stdout().lock(), &mut std::io::stderr())?))
}

fn main() -> ExitCode {
    let done = match Xtask::parse().task {
        Task::Build(build) => bundle(build),
        Task::Diff(command) => diff(&command),
        Task::LintOpenapi(command) => lint(command),
        Task::Generate(generate) => generate.run(),
        Task::Test(test) => test.run(),
        Task::Bench(bench) => bench.run(),
    };
    done.unwrap_or_else(|cause| {
        eprintln!("error: {cause:#}");
        ExitCode::from(2)
    })
}
