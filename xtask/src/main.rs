//! Development tasks: `cargo xtask help`.
//!
//! This crate needs neither the server nor the generated API crates, so it builds, and mends the tree, while generated
//! code is stale.

mod bench;
mod fuzz;
mod generate;
mod reference;
mod spec;
mod test;
mod tools;
mod tree;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    Build(spec::Forwarded),
    /// Tell what changed between two OpenAPI documents, by default since the last release, and whom it breaks
    Diff(spec::Forwarded),
    /// Find mistakes in openapi/
    LintOpenapi(spec::Forwarded),
    /// Write the generated code of api/ from the OpenAPI document
    Generate(generate::Generate),
    /// Look for inputs that break the reader, bundler, linter or differ
    Fuzz(fuzz::Fuzz),
    /// Everything that must pass: format, clippy, checks of the contract, all tests, a minute of fuzz for each target
    Test(test::Test),
    /// Requests per second of session refresh, beside a no-op and the bare engine
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    let done = match Xtask::parse().task {
        Task::Build(args) => args.build(),
        Task::Diff(args) => args.diff(),
        Task::LintOpenapi(args) => args.lint(),
        Task::Generate(generate) => generate.run(),
        Task::Fuzz(fuzz) => fuzz.run(),
        Task::Test(test) => test.run(),
        Task::Bench(bench) => bench.run(),
    };
    done.unwrap_or_else(|cause| {
        eprintln!("error: {cause:#}");
        ExitCode::from(2)
    })
}
