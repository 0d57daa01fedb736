//! `cargo xtask bench`: how fast the server is, and how fast the spec tools are beside those that they replace.

pub(crate) mod contract;
mod measure;
pub(crate) mod peers;
mod report;
mod server;
mod spec;

use std::process::ExitCode;

use anyhow::Result;

/// Figures of the server (`server`, the default) or of the spec tools (`spec`)
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Bench {
    #[command(subcommand)]
    subject: Option<Subject>,
    #[command(flatten)]
    server: server::ServerBench,
}

#[derive(clap::Subcommand)]
enum Subject {
    /// Requests per second of session refresh, beside a no-op and the bare engine
    Server(server::ServerBench),
    /// Time and memory of build, lint and diff beside the reference bundler and two linters
    Spec(spec::SpecBench),
    /// Runs a program and prints its exit code, time and memory: a process of its own, so that nothing else is counted
    #[command(hide = true)]
    Measure(measure::Measure),
}

impl Bench {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        match &self.subject {
            None => self.server.run(),
            Some(Subject::Server(server)) => server.run(),
            Some(Subject::Spec(spec)) => spec.run(),
            Some(Subject::Measure(measure)) => measure.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bench, Subject};
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        bench: Bench,
    }

    fn subject(args: &[&str]) -> Option<Subject> {
        Command::try_parse_from(["bench"].iter().chain(args)).unwrap().bench.subject
    }

    #[test]
    fn the_server_is_meant_unless_another_subject_is_named() {
        assert!(subject(&[]).is_none());
        assert!(subject(&["--", "--seconds", "3"]).is_none());
        assert!(matches!(subject(&["server", "--", "--seconds", "3"]), Some(Subject::Server(_))));
        assert!(matches!(subject(&["spec", "--runs", "3", "--scale", "0.5", "--ours-only"]), Some(Subject::Spec(_))));
        assert!(Command::try_parse_from(["bench", "spec", "--runs", "0"]).is_err());
    }
}
