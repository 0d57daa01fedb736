//! `cargo xtask bench server`: the server under load, by a benchmark of the tests' crate.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::tree;

/// Requests per second of session refresh, beside a no-op and the bare engine
#[derive(clap::Args)]
pub(crate) struct ServerBench {
    /// Passed on to the benchmark, for example `-- --seconds 3`
    #[arg(last = true)]
    args: Vec<String>,
}

impl ServerBench {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let server = tree::target().join("release/countersign");
        let server = server.to_string_lossy();
        let steps: [&[&str]; 2] = [
            &["build", "--release", "--quiet", "-p", "countersign"],
            &["bench", "--quiet", "-p", "countersign-tests", "--bench", "refresh", "--", "--server", &server],
        ];
        for (number, step) in steps.iter().enumerate() {
            let mut command = Command::new(env!("CARGO"));
            command.args(*step).current_dir(tree::root());
            if number == 1 {
                command.args(&self.args);
            }
            if !command.status().context("starting cargo")?.success() {
                return Ok(ExitCode::FAILURE);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
