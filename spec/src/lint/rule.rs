//! What a rule is, and how it reports.

use super::finding::{Finding, Fix};
use super::operation::Op;
use super::prose::Prose;
use super::site::Site;
use super::tree::Tree;
use crate::bundle::kind::Kind;
use crate::source::Span;
use std::fmt;
use std::ops::Range;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing
    Info,
    /// Worth mending
    Warning,
    /// Wrong. Only these make the command fail.
    Error,
}

impl Severity {
    /// `error`, `warning` or `info`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// Reads a name as it is written in `lint.toml` and the files of other linters. `Some(None)` is `off`.
    pub(super) fn parse(name: &str) -> Option<Option<Self>> {
        Some(match name {
            "error" => Some(Self::Error),
            "warning" | "warn" => Some(Self::Warning),
            "info" | "information" | "hint" => Some(Self::Info),
            "off" => None,
            _ => return None,
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

pub(super) type OnOperation = fn(Op<'_>, &mut Report<'_>);
pub(super) type OnObject = fn(Site<'_>, &mut Report<'_>);
pub(super) type OnProse = fn(&Prose<'_>, &mut Report<'_>);

/// When a rule is asked. All are called from the same walk.
#[derive(Clone, Copy)]
pub(super) enum Check {
    /// Once.
    Document(fn(&Tree, &mut Report<'_>)),
    /// For every operation of paths, webhooks and callbacks.
    Operation(OnOperation),
    /// For every object of these kinds that is not itself a reference.
    Object(&'static [Kind], OnObject),
    /// For every description, summary and title.
    Prose(OnProse),
}

/// A rule. Its file begins with its manual page.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    /// The id in findings. Never reused.
    pub(super) id: &'static str,
    /// Other linters' names for the same mistake.
    pub(super) aliases: &'static [&'static str],
    /// Its severity unless configured otherwise.
    pub(super) severity: Severity,
    /// Off unless a `lint.toml` or `--rule` names it.
    pub(super) ours_only: bool,
    pub(super) check: Check,
}

impl Rule {
    const fn new(id: &'static str, severity: Severity, check: Check) -> Self {
        Self { id, aliases: &[], severity, ours_only: false, check }
    }

    pub(super) const fn error(id: &'static str, check: Check) -> Self {
        Self::new(id, Severity::Error, check)
    }

    pub(super) const fn warning(id: &'static str, check: Check) -> Self {
        Self::new(id, Severity::Warning, check)
    }

    pub(super) const fn info(id: &'static str, check: Check) -> Self {
        Self::new(id, Severity::Info, check)
    }

    pub(super) const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    pub(super) const fn ours_only(self) -> Self {
        Self { ours_only: true, ..self }
    }
}

/// A rule together with the source of its file.
pub(super) struct Entry {
    pub(super) rule: &'static Rule,
    source: &'static str,
}

impl Entry {
    pub(super) const fn new(rule: &'static Rule, source: &'static str) -> Self {
        Self { rule, source }
    }

    /// The manual page: the doc comment at the head of the rule's file.
    pub(super) fn page(&self) -> String {
        let lines = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        lines.fold(String::new(), |page, line| page + line.strip_prefix(' ').unwrap_or(line) + "\n")
    }

    /// Whether `name` is the rule's id or an alias. Redocly's configurable rules have `rule/` before their names.
    pub(super) fn answers_to(&self, name: &str) -> bool {
        let name = name.strip_prefix("rule/").unwrap_or(name);
        self.rule.id == name || self.rule.aliases.contains(&name)
    }
}

/// Where a rule puts its findings.
pub(super) struct Report<'a> {
    pub(super) rule: &'a str,
    pub(super) severity: Severity,
    pub(super) found: Vec<Finding>,
    asked: u32,
}

impl<'a> Report<'a> {
    pub(super) fn new(rule: &'a str, severity: Severity) -> Self {
        Self { rule, severity, found: Vec::new(), asked: 0 }
    }
}

impl Report<'_> {
    /// The rule is now asked about another object. Of what several objects share, it tells what it finds for one of them.
    pub(super) fn ask(&mut self) -> &mut Self {
        self.asked = self.asked.saturating_add(1);
        self
    }

    /// Something is wrong with this value.
    pub(super) fn add(&mut self, site: Site<'_>, message: impl Into<String>) -> &mut Finding {
        self.put(site, site.span(), message.into())
    }

    /// Something is wrong with the key of this value, or is missing in it.
    pub(super) fn key(&mut self, site: Site<'_>, message: impl Into<String>) -> &mut Finding {
        self.put(site, site.key_span(), message.into())
    }

    /// Something is wrong with the member `key`; where there is none, with this value.
    pub(super) fn member(&mut self, site: Site<'_>, key: &str, message: impl Into<String>) -> &mut Finding {
        match site.get(key) {
            Some(member) => self.add(member, message),
            None => self.key(site, message),
        }
    }

    /// Something is wrong with a mention in a text: it stands where the mention does.
    pub(super) fn mention(
        &mut self,
        prose: &Prose<'_>,
        range: &Range<usize>,
        message: impl Into<String>,
    ) -> &mut Finding {
        self.put(prose.site, prose.place(range), message.into())
    }

    fn put(&mut self, site: Site<'_>, span: Span, message: String) -> &mut Finding {
        self.found.push(Finding {
            rule: self.rule.to_owned(),
            severity: self.severity,
            message,
            span,
            pointer: site.pointer(),
            at: Some(site.id),
            asked: self.asked,
            help: None,
            fix: None,
        });
        let last = self.found.len() - 1;
        &mut self.found[last]
    }
}

impl Finding {
    /// How to mend it.
    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// The certain way to mend it.
    pub(super) fn fix(&mut self, fix: Fix) -> &mut Self {
        self.fix = Some(fix);
        self
    }
}
