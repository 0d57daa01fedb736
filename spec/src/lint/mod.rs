//! Linting the source tree of an OpenAPI document.
//!
//! [`Lint::run`] reads the files as they are written, visits every value once, and asks every rule about those that
//! concern it. A rule is one file in `rules/`; its doc comment is its manual page. Rules know nothing of settings,
//! files or formats: those apply to what they found.

mod assertion;
mod baseline;
mod casing;
pub mod command;
mod compare;
mod config;
mod configurable;
mod direction;
mod example;
mod expression;
mod facts;
mod finding;
mod fix;
mod format;
mod glob;
mod ignore;
mod instance;
mod jsonpath;
mod judged;
mod operation;
mod output;
mod overrides;
mod pages;
mod pattern;
mod peers;
mod prelude;
mod prose;
mod routes;
mod rule;
mod rules;
mod run;
mod scalar;
mod schema;
mod selector;
mod site;
mod structure;
mod subject;
mod tree;
mod walk;

pub use finding::Finding;
pub use output::LintFormat;
pub use pages::{explain, list, manual, rule_ids};
pub use rule::Severity;

use crate::diagnostic::Diagnostics;
use crate::read;
use crate::source::{Place, Span};
use config::Config;
use selector::Custom;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use tree::Tree;

/// What to lint, and how.
#[derive(Debug, Clone, Default)]
pub struct Lint {
    /// The root document: a split tree or a bundle.
    pub root: PathBuf,
    /// A `lint.toml`; without one it is looked for beside the root document and in the folders above, up to the
    /// repository.
    pub config: Option<PathBuf>,
    /// Only these rules, by id or alias, whatever the settings say. Empty for all.
    pub rules: Vec<String>,
    /// A file of findings that are known and not to be reported.
    pub baseline: Option<PathBuf>,
}

/// Why linting was not possible.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// The root document cannot be read.
    #[error(transparent)]
    Document(#[from] Diagnostics),
    /// A file of settings is wrong.
    #[error("{}: {message}", crate::source::with_slashes(.path))]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        message: String,
    },
    /// There is no such rule.
    #[error("there is no rule `{name}`{}", .nearest.as_ref().map(|id| format!("; did you mean `{id}`?")).unwrap_or_default())]
    NoRule {
        /// The name that was asked for.
        name: String,
        /// The id that is most like it.
        nearest: Option<String>,
    },
    /// A file cannot be read or written.
    #[error("{}: {cause}", crate::source::with_slashes(.path))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

/// What was found in a document.
pub struct Linted {
    tree: Tree,
    /// Sorted by file, line, column and rule.
    pub findings: Vec<Finding>,
    /// How many findings the baseline holds back.
    pub known: usize,
    /// How many entries of the baseline have no finding any more. `0` if only some rules were asked.
    pub stale: usize,
    /// How many of the sources are of the document; the others are settings.
    documents: usize,
}

impl Lint {
    /// Reads the document and asks all rules.
    ///
    /// # Errors
    /// The document or a file of settings cannot be read, or there is no such rule. Findings are not errors.
    pub fn run(&self) -> Result<Linted, LintError> {
        let tree = Tree::read(&self.root)?;
        let mut config = Config::find(&self.root, tree.version, self.config.as_deref())?;
        if !self.rules.is_empty() {
            config.only(&self.rules)?;
        }
        let findings = run::all(&tree, &config, &self.root);
        let documents = tree.sources().iter().count();
        let mut linted = Linted { tree, findings, known: 0, stale: 0, documents };
        config.settle(&mut linted);
        if !self.rules.is_empty() {
            linted.findings.retain(|finding| config.is_on(&finding.rule));
        }
        linted.sort();
        if let Some(path) = &self.baseline {
            baseline::hold_back(&mut linted, path)?;
            if !self.rules.is_empty() {
                linted.stale = 0;
            }
        }
        Ok(linted)
    }

    /// The page of a rule that the settings of the document write down themselves.
    pub fn explain(&self, id: &str) -> Option<String> {
        let version = Tree::read(&self.root).ok()?.version;
        Config::find(&self.root, version, self.config.as_deref()).ok()?.custom(id).map(Custom::page)
    }
}

impl Linted {
    /// The file, line and column of a finding.
    pub fn place(&self, finding: &Finding) -> Place {
        self.tree.sources().place(finding.span)
    }

    /// Whether there is a finding that makes the command fail.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// How many files were read.
    pub fn files(&self) -> usize {
        self.documents
    }

    /// The findings in one of the formats, ending in a newline.
    pub fn print(&self, format: LintFormat) -> String {
        output::print(self, format)
    }

    /// What another linter found, from its JSON, beside what is found here.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn compare(&self, path: &Path) -> Result<String, LintError> {
        compare::compare(self, path)
    }

    /// Writes the findings to a file that [`Lint::baseline`] accepts.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_baseline(&self, path: &Path) -> Result<(), LintError> {
        baseline::write(self, path)
    }

    /// Mends what can be mended for certain, in the source files. Returns how many changes were made.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn fix(&self) -> Result<usize, LintError> {
        fix::apply(self)
    }

    /// Says of the findings that have a fix that it was not made.
    fn tell_unfixed(&mut self) {
        for finding in self.findings.iter_mut().filter(|finding| finding.fix.is_some()) {
            finding.help =
                Some("`--fix` left this undone: the change is not certain the way the text is laid out".to_owned());
        }
    }

    fn sort(&mut self) {
        let sources = self.tree.sources();
        self.findings.sort_by(|a, b| {
            let path = |span: Span| sources.get(span.file).map(|source| source.path.as_path());
            let place = |finding: &Finding| (finding.span.line, finding.span.column);
            let of_a = (path(a.span), place(a), &a.rule, a.at);
            let by_place = of_a.cmp(&(path(b.span), place(b), &b.rule, b.at));
            // Of one mistake that is reported twice, the graver report comes first and stays.
            by_place.then(b.severity.cmp(&a.severity)).then((a.asked, &a.message).cmp(&(b.asked, &b.message)))
        });
        // What several objects share has the findings of one of them: an author mends it once.
        self.findings.dedup_by(|a, b| {
            (&a.rule, a.span, a.at) == (&b.rule, b.span, b.at) && (a.asked != b.asked || a.message == b.message)
        });
        let mut told = HashSet::new();
        self.findings.retain(|finding| told.insert((finding.rule.clone(), finding.span, finding.message.clone())));
    }
}

/// The text of a file of settings or of findings, in bounds as for documents.
fn text_of(path: &Path) -> Result<String, LintError> {
    let wrong = |message| LintError::Config { path: path.to_owned(), message };
    Ok(read::load(path, path).map_err(wrong)?.text)
}
