//! The command `diff`.

use super::accept::AcceptedBreaks;
use super::diff;
use super::read::document;
use super::report::Report;
use super::verdict::{Profile, Verdict};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::document::Document;
use crate::memory;
use crate::source::with_slashes;
use chrono::{DateTime, NaiveDate, Utc};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum DiffFormat {
    /// For a terminal
    #[default]
    Text,
    /// For programs
    Json,
    /// A comment on a pull request
    Markdown,
}

/// What `diff` was asked to do.
#[derive(Debug, Clone, clap::Args)]
pub struct DiffCommand {
    /// The root document that clients go by: a bundle or a split tree
    #[arg(value_name = "BASE")]
    pub base: PathBuf,
    /// The root document that shall replace it
    #[arg(value_name = "HEAD")]
    pub head: PathBuf,
    /// The measure
    #[arg(long, value_enum, default_value_t)]
    pub profile: Profile,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub format: DiffFormat,
    /// A TOML file of breaks that are let through: `[[accept]]` with `id`, `pointer` (or `component`, or the one
    /// `operation` that it reaches), maybe `message`, a part of what is said, `reason` and `expires`
    #[arg(long, value_name = "FILE")]
    pub accepted: Option<PathBuf>,
    /// The day by which accepted breaks expire [default: today, in UTC]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<NaiveDate>,
}

/// Stack of the thread that reads BASE, in bytes: as much as the main thread has.
const STACK: usize = 8 << 20;

impl DiffCommand {
    /// Prints the report on `out`, problems on `err`, and returns the exit code: 0 fine, 1 something breaks, 2 there is
    /// no telling.
    ///
    /// # Errors
    /// Only from writing.
    pub fn run(&self, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
        let code = match self.report() {
            Ok(report) => {
                let text = match self.format {
                    DiffFormat::Text => report.to_text(),
                    DiffFormat::Json => report.to_json(),
                    DiffFormat::Markdown => report.to_markdown(),
                };
                out.write_all(text.as_bytes())?;
                u8::from(report.verdict() == Verdict::Breaking)
            }
            Err(problem) => {
                writeln!(err, "{problem}")?;
                2
            }
        };
        out.flush()?;
        err.flush()?;
        Ok(code)
    }

    fn report(&self) -> Result<Report, String> {
        // What is wrong with the smallest file is said before the large ones are read.
        let accepted = match &self.accepted {
            Some(path) => Some(AcceptedBreaks::read(path).map_err(|cause| cause.to_string())?),
            None => None,
        };
        let (base, head) = self.read();
        let refuse =
            |path: &Path, found: &Diagnostics| format!("{found}\n\n`{}` cannot be compared", with_slashes(path));
        let base = base.map_err(|found| refuse(&self.base, &found))?;
        let head = head.map_err(|found| refuse(&self.head, &found))?;
        let mut report = diff(&base, &head, self.profile).map_err(|found| found.to_string())?;
        if let Some(accepted) = accepted {
            accepted.apply(&mut report, self.today.unwrap_or_else(today));
        }
        memory::discard((base, head));
        Ok(report)
    }

    /// Reads both at once.
    fn read(&self) -> (Result<Document, Diagnostics>, Result<Document, Diagnostics>) {
        thread::scope(|scope| {
            let other = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || document(&self.base));
            let head = document(&self.head);
            let base = match other {
                Ok(thread) => {
                    thread.join().unwrap_or_else(|_| Err(Diagnostic::new("reading BASE ended abruptly").into()))
                }
                // No threads here: one after the other.
                Err(_) => document(&self.base),
            };
            (base, head)
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "a command of a developer, not the server")]
fn today() -> NaiveDate {
    DateTime::<Utc>::from(std::time::SystemTime::now()).date_naive()
}
