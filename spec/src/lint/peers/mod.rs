//! The files of other linters, read as they stand so that a team's first run needs no settings of ours:
//! `redocly.yaml`, `.redocly.lint-ignore.yaml` and `.spectral.yaml`.
//!
//! What such a file says holds for the rules that its linter knows: those that it does not turn on are off. With both
//! files a rule is as severe as the graver one has it, since today both linters run. Rules that neither linter knows keep
//! their own severity. What cannot be honoured is said once, where it is written.

mod functions;
mod presets;
mod redocly;
mod spectral;

use super::LintError;
use super::config::{Config, Notice, above, absolute};
use super::ignore::Ignored;
use super::pages;
use super::rule::Severity;
use crate::bundle::kind::Version;
use crate::node::Node;
use crate::read::{self, Budget};
use crate::source::{Source, Sources, Span};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// A chain of files that extend each other is not followed further.
const DEEPEST: usize = 20;

/// Rules that teams write in the files of both linters, and that are built in here under the same names.
const HOUSE: [&str; 12] = [
    "field-names-camelCase",
    "enum-values-upper-snake-case",
    "query-params-camelCase",
    "path-params-camelCase",
    "oneOf-must-have-discriminator",
    "no-inline-request-schema",
    "no-inline-response-schema",
    "pagination-envelope-has-data",
    "pagination-envelope-has-hasMore",
    "delete-returns-204",
    "schema-properties-have-descriptions",
    "schema-properties-have-examples",
];

/// The severities of rules by the names that another linter has for them. `None` is off.
type Severities = BTreeMap<String, Option<Severity>>;

/// A file of settings that is being read.
struct PeerFile {
    path: PathBuf,
    /// Its number among the sources that notices stand in.
    number: usize,
    node: Node,
}

/// What reading gathers.
struct Gathered<'c> {
    config: &'c mut Config,
    root: &'c Path,
    version: Version,
}

/// Reads the nearest file of each kind, beside the root document or above it.
pub(super) fn read(root: &Path, version: Version, config: &mut Config) -> Result<(), LintError> {
    let nearest = |names: &[&str]| {
        let all = above(root).flat_map(|folder| names.iter().map(move |name| folder.join(name)).collect::<Vec<_>>());
        all.inspect(|path| crate::watch::note(path)).find(|path| path.is_file())
    };
    let mut gathered = Gathered { config, root, version };
    let mut all: Vec<Severities> = Vec::new();
    if let Some(path) = nearest(&["redocly.yaml", "redocly.yml", ".redocly.yaml", ".redocly.yml"]) {
        let file = gathered.load(&path)?;
        all.extend(redocly::read(&file, &mut gathered)?);
    }
    if let Some(path) = nearest(&[".spectral.yaml", ".spectral.yml", ".spectral.json", ".spectral.js", ".spectral.mjs"])
    {
        if path.extension().is_some_and(|extension| extension == "js" || extension == "mjs") {
            let source = read::load(&path, &path).unwrap_or_else(|_| Source { path, text: String::new() });
            let number = gathered.config.add_source(source);
            let message = "this file of rules is a program, and cannot be read".to_owned();
            gathered.config.add_notice(Notice { source: number, line: 1, column: 1, message });
        } else {
            let file = gathered.load(&path)?;
            all.push(spectral::read(&file, &mut gathered)?);
        }
    }
    let mut by_id: BTreeMap<String, Option<Severity>> = BTreeMap::new();
    for (name, severity) in all.into_iter().flatten() {
        for id in pages::ids(&name) {
            let known = by_id.entry(id).or_default();
            *known = (*known).max(severity);
        }
    }
    for (id, severity) in by_id {
        config.set(&id, severity);
    }
    if let Some(path) = nearest(&[".redocly.lint-ignore.yaml"]) {
        ignored(&path, config)?;
    }
    Ok(())
}

fn ignored(path: &Path, config: &mut Config) -> Result<(), LintError> {
    let base = absolute(path.parent().unwrap_or(Path::new("")));
    let (_, node) = load(path)?;
    for (file, rules) in node.entries() {
        for (rule, pointers) in rules.entries() {
            let pointers: HashSet<String> =
                pointers.items().iter().filter_map(Node::as_str).map(str::to_owned).collect();
            config.add_ignored(Ignored::new(base.clone(), file, rule, pointers));
        }
    }
    Ok(())
}

/// A file of YAML or JSON, with its text.
pub(super) fn load(path: &Path) -> Result<(Source, Node), LintError> {
    let wrong = |message: String| LintError::Config { path: path.to_owned(), message };
    let source = read::load(path, path).map_err(&wrong)?;
    let copy = Source { path: source.path.clone(), text: source.text.clone() };
    let mut sources = Sources::default();
    let file = sources.add(source).unwrap_or_default();
    let problems = |found: Vec<crate::diagnostic::Diagnostic>| {
        wrong(found.first().map_or_else(|| "cannot be read".to_owned(), ToString::to_string))
    };
    let node = read::parse(&sources, file, &mut Budget::default()).map_err(problems)?;
    Ok((copy, node.ok_or_else(|| wrong("is empty".to_owned()))?))
}

impl Gathered<'_> {
    fn load(&mut self, path: &Path) -> Result<PeerFile, LintError> {
        let (source, node) = load(path)?;
        let number = self.config.add_source(source);
        Ok(PeerFile { path: path.to_owned(), number, node })
    }

    /// Says that something in a file is not honoured.
    fn notice(&mut self, file: &PeerFile, at: Span, message: impl Into<String>) {
        let message = message.into();
        self.config.add_notice(Notice { source: file.number, line: at.line, column: at.column, message });
    }

    fn is_3_0(&self) -> bool {
        self.version == Version::V3_0
    }
}

/// The items of a list; of anything else, itself.
pub(super) fn one_or_many(node: &Node) -> Vec<&Node> {
    match &node.value {
        crate::node::Value::Sequence(items) => items.iter().collect(),
        _ => vec![node],
    }
}

pub(super) fn texts(node: &Node) -> Vec<&str> {
    one_or_many(node).into_iter().filter_map(Node::as_str).collect()
}

/// Where the key of a member stands.
fn key_span(mapping: &Node, key: &str) -> Span {
    mapping.as_mapping().and_then(|mapping| mapping.key_span(key)).unwrap_or(mapping.span)
}
