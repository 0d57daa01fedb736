//! The command `lint`, for the binary and for `cargo xtask lint-openapi`.
//!
//! Exit codes: 0 no errors, 1 errors were found, 2 the command cannot do its work, 130 Ctrl-C ended `--watch`.

use super::{Lint, LintError, LintFormat};
use crate::memory;
use crate::watch::watch;
use std::io::{self, Write};
use std::path::PathBuf;

/// What `lint` was asked to do.
#[derive(Debug, Clone, clap::Args)]
pub struct LintCommand {
    /// The root document: a split tree or a bundle
    #[arg(long, value_name = "FILE", default_value = "openapi/openapi.yaml")]
    pub root: PathBuf,
    /// The settings [default: the nearest `lint.toml` beside the root document or above it]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t)]
    pub format: LintFormat,
    /// Mend in place what can be mended for certain, then report the rest
    #[arg(long)]
    pub fix: bool,
    /// Known findings that are not to be reported
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write all findings to a baseline
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
    /// Set the JSON of another linter (Redocly, Spectral) beside our findings: same, ours only, theirs only
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fix", "write_baseline"])]
    pub compare: Option<PathBuf>,
    /// Lint again whenever a file that was read is saved, until Ctrl-C
    #[arg(long, conflicts_with_all = ["fix", "write_baseline", "explain", "list"])]
    pub watch: bool,
    /// Only this rule, by its id or another linter's; can be given several times
    #[arg(long, value_name = "ID")]
    pub rule: Vec<String>,
    /// Show the page of a rule
    #[arg(long, value_name = "ID", conflicts_with = "list")]
    pub explain: Option<String>,
    /// List all rules
    #[arg(long)]
    pub list: bool,
}

impl LintCommand {
    /// Does it, prints findings and pages to `out` and what went wrong to `err`, and returns the exit code.
    ///
    /// # Errors
    /// Only from writing to `out` or `err`.
    pub fn run(&self, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
        match self.watch {
            true => watch(err, ["no errors", "errors", "not linted"], |err| self.once(out, err)),
            false => self.once(out, err),
        }
    }

    fn once(&self, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
        let code = match self.printed() {
            Ok((text, code)) => {
                out.write_all(text.as_bytes())?;
                code
            }
            Err(error) => {
                writeln!(err, "{error}")?;
                2
            }
        };
        out.flush()?;
        err.flush()?;
        Ok(code)
    }

    /// The page of a rule: a built-in one, or one of the document's own settings.
    fn explained(&self, name: &str) -> Result<String, LintError> {
        let lint = Lint { root: self.root.clone(), config: self.config.clone(), ..Lint::default() };
        super::explain(name).or_else(|unknown| lint.explain(name).ok_or(unknown))
    }

    fn printed(&self) -> Result<(String, u8), LintError> {
        if self.list {
            return Ok((super::list(), 0));
        }
        if let Some(name) = &self.explain {
            return Ok((self.explained(name)?, 0));
        }
        let mut lint = Lint {
            root: self.root.clone(),
            config: self.config.clone(),
            rules: self.rule.clone(),
            baseline: self.baseline.clone().filter(|_| self.write_baseline.is_none()),
        };
        let mut linted = lint.run()?;
        if let Some(path) = &self.compare {
            return Ok((linted.compare(path)?, 0));
        }
        if self.fix {
            if linted.fix()? > 0 {
                linted = lint.run()?;
            }
            linted.tell_unfixed();
        }
        if let Some(path) = &self.write_baseline {
            linted.write_baseline(path)?;
            lint.baseline = Some(path.clone());
            linted = lint.run()?;
        }
        let printed = (linted.print(self.format), u8::from(linted.has_errors()));
        memory::discard(linted);
        Ok(printed)
    }
}
