//! Settings: `lint.toml`, and what is taken over from the files of other linters.

use super::configurable::Configurable;
use super::finding::Finding;
use super::ignore::{Ignored, Ignoring};
use super::overrides::{self, Override};
use super::pages::{UNSUPPORTED_SETTING, UNUSED_OVERRIDE, UNUSED_SELECTOR};
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
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
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
    custom: Vec<Spanned<Custom>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOverride {
    rule: Spanned<String>,
    path: String,
    #[serde(default)]
    pointer: Option<Spanned<String>>,
    severity: Spanned<String>,
    reason: String,
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
    /// The custom rules of `lint.toml` and the lines that they begin at.
    custom_lines: HashMap<String, u32>,
    /// Those of them that select nothing.
    idle: RefCell<Vec<(String, u32)>>,
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
        self.take(&text, written).map_err(wrong)?;
        self.file = Some((path.to_owned(), text));
        Ok(())
    }

    /// # Errors
    /// What is wrong with the settings, and in which line.
    fn take(&mut self, text: &str, written: Written) -> Result<(), String> {
        let line = |offset: usize| line_of(text, offset);
        let severity = |name: &Spanned<String>| {
            Severity::parse(name.get_ref()).ok_or_else(|| {
                let line = line(name.span().start);
                format!("line {line}: `{}` is no severity: write error, warning, info or off", name.get_ref())
            })
        };
        for custom in written.custom {
            let line = line(custom.span().start);
            let custom = custom.into_inner();
            let wrong = |message: &str| format!("line {line}: custom rule `{}`: {message}", custom.id);
            custom.check().map_err(|message| wrong(&message))?;
            if !super::pages::ids(&custom.id).is_empty() {
                return Err(wrong("there is a built-in rule of this name"));
            }
            if let Some(other) = self.custom_lines.insert(custom.id.clone(), line) {
                return Err(wrong(&format!("line {other} has a rule of this name too")));
            }
            self.add_custom(custom);
        }
        let mut rules: Vec<_> = written.rules.into_iter().collect();
        rules.sort_by_key(|(name, _)| name.span().start);
        // Of two names for one rule, the one that stands for fewer rules says more about it.
        let mut known: HashMap<String, (usize, u32)> = HashMap::new();
        for (name, value) in rules {
            let (value, line) = (severity(&value)?, line(name.span().start));
            let ids = self.ids(name.get_ref()).map_err(|cause| format!("line {line}: {cause}"))?;
            for id in &ids {
                match known.get(id) {
                    Some((count, _)) if *count < ids.len() => continue,
                    Some((count, other)) if *count == ids.len() => {
                        return Err(format!("line {line}: line {other} sets the severity of `{id}` too"));
                    }
                    _ => known.insert(id.clone(), (ids.len(), line)),
                };
                self.named.insert(id.clone());
                self.severities.insert(id.clone(), value);
            }
        }
        for one in written.overrides {
            let begins = line(one.span().start);
            let one = one.into_inner();
            let rule = one.rule.get_ref();
            if one.reason.split_whitespace().count() < 2 {
                return Err(format!("line {begins}: the override of `{rule}` needs a reason"));
            }
            let pointer = one.pointer.map(|pointer| {
                // As in a reference, or as findings have it.
                let text = pointer.get_ref().strip_prefix('#').unwrap_or(pointer.get_ref());
                match text.is_empty() || text.starts_with('/') {
                    true => Ok(text.to_owned()),
                    false => Err(format!("line {}: a pointer begins with `/`", line(pointer.span().start))),
                }
            });
            self.overrides.push(Override {
                rules: self.ids(rule).map_err(|cause| format!("line {}: {cause}", line(one.rule.span().start)))?,
                path: one.path,
                pointer: pointer.transpose()?,
                severity: severity(&one.severity)?,
                line: begins,
                used: Cell::new(false),
            });
        }
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

    /// A rule that a team wrote itself.
    pub(super) fn custom(&self, id: &str) -> Option<&Custom> {
        self.custom.iter().find(|custom| custom.id == id)
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

    /// The severity that a rule runs at; `None` if it does not run. A rule that is off runs for the places where an
    /// override turns it on.
    pub(super) fn severity(&self, rule: &Rule) -> Option<Severity> {
        self.general(rule).or_else(|| self.turned_on(rule.id))
    }

    /// The severity of a rule where no override says otherwise; `None` if it is off.
    fn general(&self, rule: &Rule) -> Option<Severity> {
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

    /// The same for a rule that a team wrote itself.
    fn general_custom(&self, id: &str, own: Option<Severity>) -> Option<Severity> {
        // What another linter's file says of a built-in rule of this name is not said of this one.
        let named = self.named.contains(id).then(|| self.severities.get(id).copied()).flatten();
        match &self.only {
            Some(only) => only.contains(id).then(|| named.flatten().or(own).unwrap_or(Severity::Warning)),
            None => named.unwrap_or(own),
        }
    }

    /// The severity that an override gives a rule somewhere.
    fn turned_on(&self, id: &str) -> Option<Severity> {
        let own = self.overrides.iter().map(|one| (&one.rules, one.severity));
        let theirs = self.exceptions.iter().map(|one| (&one.rules, one.severity));
        let mut all = own.chain(theirs).filter(|(rules, _)| rules.iter().any(|rule| rule == id));
        all.find_map(|(_, severity)| severity).filter(|_| self.is_on(id))
    }

    /// Whether findings of the rule `id` are wanted at all.
    pub(super) fn is_on(&self, id: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(id))
    }

    /// What the custom rules find.
    pub(super) fn custom_findings(&self, tree: &Tree) -> Vec<Finding> {
        let severity = |id: &str, own| self.general_custom(id, own).or_else(|| self.turned_on(id));
        let custom = self.custom.iter().filter_map(|rule| Some((rule, severity(&rule.id, rule.severity())?)));
        let configurable = self.configurable.iter().filter_map(|rule| Some((rule, severity(&rule.id, rule.severity)?)));
        let mut found: Vec<Finding> = Vec::new();
        for (rule, severity) in custom {
            let judged = rule.findings(tree, severity, &mut found);
            if let Some(line) = self.custom_lines.get(&rule.id).filter(|_| judged == 0) {
                self.idle.borrow_mut().push((rule.id.clone(), *line));
            }
        }
        found.extend(configurable.flat_map(|(rule, severity)| rule.findings(tree, severity)));
        found
    }

    /// The rules that are on but for overrides.
    fn on(&self) -> HashSet<&str> {
        let built_in = rules::ALL.iter().map(|entry| (entry.rule.id, self.general(entry.rule)));
        let custom = self.custom.iter().map(|rule| (rule.id.as_str(), rule.severity()));
        let configurable = self.configurable.iter().map(|rule| (rule.id.as_str(), rule.severity));
        let written = custom.chain(configurable).map(|(id, own)| (id, self.general_custom(id, own)));
        built_in.chain(written).filter(|(_, severity)| severity.is_some()).map(|(id, _)| id).collect()
    }

    /// Applies overrides and ignore files to what was found.
    pub(super) fn settle(&self, linted: &mut Linted) {
        let Linted { tree, findings, .. } = linted;
        let base = self.file.as_ref().map(|(path, _)| absolute(path.parent().unwrap_or(Path::new(""))));
        let files = Paths::default();
        let mut bundles = HashMap::new();
        let ignored: Vec<Ignoring<'_>> = self.ignored.iter().map(|ignored| ignored.of(tree, &mut bundles)).collect();
        let on = self.on();
        findings.retain_mut(|finding| {
            // The file as seen from `lint.toml`.
            let fits = |one: &&Override| {
                let path = || Some(relative(&files.absolute(tree, finding.span.file)?, base.as_ref()?));
                one.rules.contains(&finding.rule) && path().is_some_and(|path| one.fits(finding, &path))
            };
            let site = finding.at.map(|id| tree.site(id));
            let own = self.overrides.iter().filter(fits).map(|one| {
                one.used.set(true);
                one.severity
            });
            let theirs = self.exceptions.iter().filter(|one| one.fits(tree, &files, finding, site));
            let severities: Vec<Option<Severity>> = own.chain(theirs.map(|one| one.severity)).collect();
            let Some(severities) = severities.into_iter().collect::<Option<Vec<Severity>>>() else { return false };
            let is_on = on.contains(finding.rule.as_str()) || !severities.is_empty();
            finding.severity = severities.last().copied().unwrap_or(finding.severity);
            is_on && !ignored.iter().any(|ignored| ignored.holds_back(finding, site))
        });
        self.tell_of_settings(linted);
    }

    /// Adds what is to be said of the settings themselves.
    fn tell_of_settings(&self, linted: &mut Linted) {
        let Linted { tree, findings, .. } = linted;
        let documents: Vec<PathBuf> = tree.sources().iter().map(|source| source.path.clone()).collect();
        linted.documents = documents.len();
        let mut file_of = |path: &Path, text: &str| {
            let source = Source { path: path.to_owned(), text: text.to_owned() };
            tree.files.sources.add(source).unwrap_or(u32::MAX)
        };
        let severity = |id: &str| self.severities.get(id).copied().unwrap_or(Some(Severity::Warning));
        if let Some((path, text)) = &self.file {
            let file = file_of(path, text);
            let idle = self.overrides.iter().filter(|one| !one.used.get() && self.only.is_none()).collect();
            let unused = overrides::unused(idle, &documents, path.parent().unwrap_or(Path::new("")));
            findings.extend(unused.into_iter().filter_map(|one| {
                let span = Span { file, line: one.line, column: 1 };
                Some(of_settings(UNUSED_OVERRIDE, severity(UNUSED_OVERRIDE)?, span, one.message(), "remove it"))
            }));
            let idle = self.idle.take().into_iter();
            findings.extend(idle.filter_map(|(id, line)| {
                let message = format!("nothing in the document is selected by the custom rule `{id}`");
                let span = Span { file, line, column: 1 };
                Some(of_settings(UNUSED_SELECTOR, severity(UNUSED_SELECTOR)?, span, message, "correct its `selector`"))
            }));
        }
        let files: Vec<u32> = self.sources.iter().map(|source| file_of(&source.path, &source.text)).collect();
        findings.extend(self.notices.iter().filter_map(|notice| {
            let span = Span { file: *files.get(notice.source)?, line: notice.line, column: notice.column };
            Some(of_settings(UNSUPPORTED_SETTING, severity(UNSUPPORTED_SETTING)?, span, notice.message.clone(), ""))
        }));
    }
}

/// A finding in a file of settings.
fn of_settings(rule: &str, severity: Severity, span: Span, message: String, help: &str) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity,
        message,
        span,
        pointer: String::new(),
        help: (!help.is_empty()).then(|| help.to_owned()),
        at: None,
        asked: 0,
        fix: None,
    }
}

/// The absolute paths of sources, each asked of the system once.
#[derive(Default)]
struct Paths(RefCell<HashMap<u32, Rc<Path>>>);

impl Paths {
    fn absolute(&self, tree: &Tree, file: u32) -> Option<Rc<Path>> {
        let source = tree.sources().get(file)?;
        let mut known = self.0.borrow_mut();
        Some(Rc::clone(known.entry(file).or_insert_with(|| absolute(&source.path).into())))
    }
}

impl Exception {
    fn fits(&self, tree: &Tree, files: &Paths, finding: &Finding, site: Option<Site<'_>>) -> bool {
        if !self.rules.contains(&finding.rule) {
            return false;
        }
        let below = |pointer: &str| {
            pointer.strip_prefix(&self.pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let fits = |file: u32| {
            files.absolute(tree, file).is_some_and(|path| glob::fits_base(&self.path, &relative(&path, &self.base)))
        };
        (fits(finding.span.file) && below(&finding.pointer))
            || (fits(0) && site.is_some_and(|site| below(&site.bundle_pointer()[1..])))
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
