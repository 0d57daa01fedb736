//! Settings: `lint.toml`, and what is taken over from the files of other linters.

use super::configurable::Configurable;
use super::finding::Finding;
use super::ignore::Ignored;
use super::pages::{UNSUPPORTED_SETTING, UNUSED_OVERRIDE};
use super::peers;
use super::rule::{Rule, Severity};
use super::selector::Custom;
use super::site::Site;
use super::tree::Tree;
use super::{LintError, Linted, glob, rules};
use crate::bundle::kind::Version;
use crate::source::{Source, Span, with_slashes};
use crate::watch::note;
use serde::Deserialize;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The file as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    rules: HashMap<Spanned<String>, Spanned<String>>,
    #[serde(default, rename = "override")]
    overrides: Vec<Spanned<WrittenOverride>>,
    #[serde(default)]
    custom: Vec<Custom>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOverride {
    rule: String,
    path: String,
    #[serde(default)]
    pointer: Option<String>,
    severity: String,
    reason: String,
}

/// Another severity for a rule in some places.
struct Override {
    rules: Vec<String>,
    path: String,
    pointer: Option<String>,
    severity: Option<Severity>,
    /// Where it stands in `lint.toml`.
    line: u32,
    used: Cell<bool>,
}

/// Another severity for some places, from another linter's file. Nobody is told when nothing needs it any more.
pub(super) struct Exception {
    /// The folder that the pattern is seen from.
    pub(super) base: PathBuf,
    pub(super) path: String,
    /// In the file, or in the bundle if the path is the root document's. Empty for all.
    pub(super) pointer: String,
    pub(super) rules: Vec<String>,
    pub(super) severity: Option<Severity>,
}

/// Something in another linter's file that is not honoured.
pub(super) struct Notice {
    /// Which of the files of settings it stands in.
    pub(super) source: usize,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) message: String,
}

/// All settings of a run.
#[derive(Default)]
pub(super) struct Config {
    /// The `lint.toml` and its text.
    file: Option<(PathBuf, String)>,
    /// Files of other linters, so that findings can stand in them.
    sources: Vec<Source>,
    notices: Vec<Notice>,
    exceptions: Vec<Exception>,
    configurable: Vec<Configurable>,
    severities: HashMap<String, Option<Severity>>,
    /// The rules that `lint.toml` itself gives a severity.
    named: HashSet<String>,
    overrides: Vec<Override>,
    custom: Vec<Custom>,
    ignored: Vec<Ignored>,
    only: Option<HashSet<String>>,
}

impl Config {
    /// Reads the settings that hold for the document at `root`.
    ///
    /// # Errors
    /// A file of settings cannot be read, or does not say what it should.
    pub(super) fn find(root: &Path, version: Version, given: Option<&Path>) -> Result<Self, LintError> {
        let mut config = Self::default();
        peers::read(root, version, &mut config)?;
        let found = match given {
            Some(path) => Some(path.to_owned()),
            None => above(root)
                .map(|folder| folder.join("lint.toml"))
                .inspect(|path| note(path))
                .find(|path| path.is_file()),
        };
        if let Some(path) = found {
            config.read(&path)?;
        }
        Ok(config)
    }

    fn read(&mut self, path: &Path) -> Result<(), LintError> {
        let text = super::text_of(path)?;
        let wrong = |message: String| LintError::Config { path: path.to_owned(), message };
        let written: Written = toml::from_str(&text).map_err(|cause| wrong(cause.to_string()))?;
        self.custom.extend(written.custom);
        for custom in &self.custom {
            custom.check().map_err(|message| wrong(format!("custom rule `{}`: {message}", custom.id)))?;
        }
        let severity = |name: &str| {
            Severity::parse(name)
                .ok_or_else(|| wrong(format!("`{name}` is no severity: write error, warning, info or off")))
        };
        for (name, value) in written.rules {
            let value = severity(value.get_ref())?;
            for id in self.ids(name.get_ref())? {
                self.named.insert(id.clone());
                self.severities.insert(id, value);
            }
        }
        for one in written.overrides {
            let line = line_of(&text, one.span().start);
            let one = one.into_inner();
            if one.reason.split_whitespace().count() < 2 {
                return Err(wrong(format!("line {line}: the override of `{}` needs a reason", one.rule)));
            }
            self.overrides.push(Override {
                rules: self.ids(&one.rule)?,
                path: one.path,
                pointer: one.pointer,
                severity: severity(&one.severity)?,
                line,
                used: Cell::new(false),
            });
        }
        self.file = Some((path.to_owned(), text));
        Ok(())
    }

    /// The ids of the rules that a name stands for: its own, or those that have it as an alias.
    fn ids(&self, name: &str) -> Result<Vec<String>, LintError> {
        let is_custom = self.custom.iter().any(|custom| custom.id == name);
        if is_custom || self.configurable.iter().any(|rule| rule.id == name) {
            return Ok(vec![name.to_owned()]);
        }
        super::pages::require(name)?;
        Ok(super::pages::ids(name))
    }

    pub(super) fn set(&mut self, id: &str, severity: Option<Severity>) {
        self.severities.insert(id.to_owned(), severity);
    }

    pub(super) fn add_custom(&mut self, custom: Custom) {
        self.custom.retain(|known| known.id != custom.id);
        self.custom.push(custom);
    }

    pub(super) fn add_configurable(&mut self, rule: Configurable) {
        self.configurable.push(rule);
    }

    pub(super) fn add_exception(&mut self, exception: Exception) {
        self.exceptions.push(exception);
    }

    /// Adds a file of settings. Returns its number for notices.
    pub(super) fn add_source(&mut self, source: Source) -> usize {
        self.sources.push(source);
        self.sources.len() - 1
    }

    pub(super) fn add_notice(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    pub(super) fn add_ignored(&mut self, ignored: Ignored) {
        self.ignored.push(ignored);
    }

    /// Only these rules, by id or alias.
    ///
    /// # Errors
    /// There is no such rule.
    pub(super) fn only(&mut self, names: &[String]) -> Result<(), LintError> {
        let ids: Result<Vec<Vec<String>>, LintError> = names.iter().map(|name| self.ids(name)).collect();
        self.only = Some(ids?.into_iter().flatten().collect());
        Ok(())
    }

    /// The severity of a rule; `None` if it is off.
    pub(super) fn severity(&self, rule: &Rule) -> Option<Severity> {
        if let Some(only) = &self.only {
            let configured = self.severities.get(rule.id).copied().flatten();
            return only.contains(rule.id).then_some(configured.unwrap_or(rule.severity));
        }
        match self.severities.get(rule.id) {
            Some(configured) => *configured,
            None if rule.ours_only => None,
            None => Some(rule.severity),
        }
    }

    /// Whether findings of the rule `id` are wanted at all.
    pub(super) fn is_on(&self, id: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(id))
    }

    /// What the custom rules find.
    pub(super) fn custom_findings(&self, tree: &Tree) -> Vec<Finding> {
        let severity = |id: &str, own: Option<Severity>| {
            // What another linter's file says of a built-in rule of this name is not said of this one.
            let named = self.named.contains(id).then(|| self.severities.get(id).copied()).flatten();
            named.unwrap_or(own).filter(|_| self.is_on(id))
        };
        let custom = self.custom.iter().filter_map(|rule| Some((rule, severity(&rule.id, rule.severity())?)));
        let configurable = self.configurable.iter().filter_map(|rule| Some((rule, severity(&rule.id, rule.severity)?)));
        let mut found: Vec<Finding> = custom.flat_map(|(rule, severity)| rule.findings(tree, severity)).collect();
        found.extend(configurable.flat_map(|(rule, severity)| rule.findings(tree, severity)));
        found
    }

    /// Applies overrides and ignore files to what was found.
    pub(super) fn settle(&self, linted: &mut Linted) {
        let Linted { tree, findings, .. } = linted;
        let base = self.file.as_ref().map(|(path, _)| absolute(path.parent().unwrap_or(Path::new(""))));
        findings.retain_mut(|finding| {
            if let Some(base) = &base {
                let place = tree.sources().place(finding.span);
                let path = relative(&absolute(&place.file), base);
                for one in &self.overrides {
                    if !one.fits(finding, &path) {
                        continue;
                    }
                    one.used.set(true);
                    match one.severity {
                        Some(severity) => finding.severity = severity,
                        None => return false,
                    }
                }
            }
            let site = finding.at.map(|id| tree.site(id));
            for exception in &self.exceptions {
                match exception.severity {
                    _ if !exception.fits(tree, finding, site) => {}
                    Some(severity) => finding.severity = severity,
                    None => return false,
                }
            }
            !self.ignored.iter().any(|ignored| ignored.holds_back(tree, finding, site))
        });
        let documents = tree.sources().iter().count();
        let mut file_of = |source: &Source| {
            let copy = Source { path: source.path.clone(), text: source.text.clone() };
            tree.files.sources.add(copy).unwrap_or(u32::MAX)
        };
        if let Some((path, text)) = &self.file {
            let file = file_of(&Source { path: path.clone(), text: text.clone() });
            let unused = self.overrides.iter().filter(|one| !one.used.get() && self.may_be_used(one));
            let severity = self.severities.get(UNUSED_OVERRIDE).copied().unwrap_or(Some(Severity::Warning));
            findings.extend(unused.filter_map(|one| Some(one.unused(file, severity?))));
        }
        let files: Vec<u32> = self.sources.iter().map(file_of).collect();
        let severity = self.severities.get(UNSUPPORTED_SETTING).copied().unwrap_or(Some(Severity::Warning));
        let notices = self.notices.iter().filter_map(|notice| {
            let file = *files.get(notice.source)?;
            Some(notice.finding(file, severity?))
        });
        findings.extend(notices);
        linted.documents = documents;
    }

    /// Whether a rule of the override was asked at all.
    fn may_be_used(&self, one: &Override) -> bool {
        one.rules.iter().all(|id| {
            self.only.is_none()
                && rules::ALL.iter().all(|entry| entry.rule.id != id || self.severity(entry.rule).is_some())
        })
    }
}

impl Exception {
    fn fits(&self, tree: &Tree, finding: &Finding, site: Option<Site<'_>>) -> bool {
        if !self.rules.contains(&finding.rule) {
            return false;
        }
        let below = |pointer: &str| {
            pointer.strip_prefix(&self.pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let fits = |path: &Path| glob::fits_base(&self.path, &relative(&absolute(path), &self.base));
        let of_root = || tree.sources().iter().next().is_some_and(|source| fits(&source.path));
        (fits(&tree.sources().place(finding.span).file) && below(&finding.pointer))
            || (of_root() && site.is_some_and(|site| below(&site.bundle_pointer()[1..])))
    }
}

impl Notice {
    fn finding(&self, file: u32, severity: Severity) -> Finding {
        Finding {
            rule: UNSUPPORTED_SETTING.to_owned(),
            severity,
            message: self.message.clone(),
            span: Span { file, line: self.line, column: self.column },
            pointer: String::new(),
            help: None,
            at: None,
            fix: None,
        }
    }
}

impl Override {
    fn fits(&self, finding: &Finding, path: &str) -> bool {
        let below = |pointer: &String| {
            finding.pointer.strip_prefix(pointer.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.rules.contains(&finding.rule) && glob::fits(&self.path, path) && self.pointer.as_ref().is_none_or(below)
    }

    fn unused(&self, file: u32, severity: Severity) -> Finding {
        Finding {
            rule: UNUSED_OVERRIDE.to_owned(),
            severity,
            message: format!(
                "nothing in `{}` needs this override of `{}` any more",
                self.path,
                self.rules.join("`, `")
            ),
            span: Span { file, line: self.line, column: 1 },
            pointer: String::new(),
            help: Some("remove it".to_owned()),
            at: None,
            fix: None,
        }
    }
}

/// The folder of the root document and those above it, up to the repository.
pub(super) fn above(root: &Path) -> impl Iterator<Item = PathBuf> {
    let absolute = absolute(root);
    let written = root.parent().unwrap_or(Path::new("")).to_owned();
    let mut folder = absolute.parent().map(Path::to_owned);
    let mut is_first = true;
    std::iter::from_fn(move || {
        let here = folder.take()?;
        if !here.join(".git").exists() {
            folder = here.parent().map(Path::to_owned);
        }
        // Beside the root document, paths are shown as the caller wrote them.
        Some(if std::mem::take(&mut is_first) { written.clone() } else { here })
    })
}

pub(super) fn absolute(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().unwrap_or_else(|_| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

/// `path` as seen from the folder `base`, with `/`.
pub(super) fn relative(path: &Path, base: &Path) -> String {
    with_slashes(path.strip_prefix(base).unwrap_or(path))
}

fn line_of(text: &str, offset: usize) -> u32 {
    let before = text.get(..offset).unwrap_or(text);
    u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX)
}

impl Site<'_> {
    /// The pointer that this value has in the bundle, `#/…`.
    pub(super) fn bundle_pointer(self) -> String {
        let reached = &self.tree.reached;
        let mut here = self;
        let mut below = String::new();
        // Inlined values can lead back to themselves; then the bundle has no such place.
        for _ in 0..100 {
            let (base, tokens) =
                here.tokens_below(|id| reached.component(id).is_some() || reached.inlined_at(id).is_some());
            below = tokens + &below;
            if let Some((group, name)) = reached.component(base.id) {
                return format!("#/components/{group}/{}{below}", crate::pointer::escape(name));
            }
            match reached.inlined_at(base.id) {
                Some(reference) => here = self.tree.site(reference),
                None => break,
            }
        }
        format!("#{}", if below.is_empty() { "/" } else { &below })
    }
}
