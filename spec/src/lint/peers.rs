//! The files of other linters, read as they stand so that a team's first run needs no settings of ours:
//! `redocly.yaml` (severities), `.redocly.lint-ignore.yaml`, and `.spectral.yaml` (severities and rules with the stock
//! functions).

use super::LintError;
use super::config::{Config, above, absolute};
use super::ignore::Ignored;
use super::pages;
use super::rule::Severity;
use super::selector::{Assertion, Custom};
use crate::node::{Node, Value};
use crate::read::{self, Budget};
use crate::source::Sources;
use crate::watch::note;
use std::collections::HashSet;
use std::path::Path;

/// Reads the nearest file of each kind, beside the root document or above it.
pub(super) fn read(root: &Path, config: &mut Config) -> Result<(), LintError> {
    let nearest = |names: &[&str]| {
        let all = above(root).flat_map(|folder| names.iter().map(move |name| folder.join(name)).collect::<Vec<_>>());
        all.inspect(|path| note(path)).find(|path| path.is_file())
    };
    if let Some(path) = nearest(&["redocly.yaml", "redocly.yml", ".redocly.yaml", ".redocly.yml"]) {
        severities(&load(&path)?, config);
    }
    if let Some(path) = nearest(&[".spectral.yaml", ".spectral.yml", ".spectral.json"]) {
        let file = load(&path)?;
        severities(&file, config);
        spectral_rules(&file, config);
    }
    if let Some(path) = nearest(&[".redocly.lint-ignore.yaml"]) {
        let base = absolute(path.parent().unwrap_or(Path::new("")));
        for (file, rules) in load(&path)?.entries() {
            for (rule, pointers) in rules.entries() {
                let pointers: HashSet<String> =
                    pointers.items().iter().filter_map(Node::as_str).map(str::to_owned).collect();
                config.add_ignored(Ignored::new(base.clone(), file, rule, pointers));
            }
        }
    }
    Ok(())
}

fn load(path: &Path) -> Result<Node, LintError> {
    let wrong = |message: String| LintError::Config { path: path.to_owned(), message };
    let source = read::load(path, path).map_err(&wrong)?;
    let mut sources = Sources::default();
    let file = sources.add(source).unwrap_or_default();
    let problems = |found: Vec<crate::diagnostic::Diagnostic>| {
        wrong(found.first().map_or_else(|| "cannot be read".to_owned(), ToString::to_string))
    };
    let node = read::parse(&sources, file, &mut Budget::default()).map_err(problems)?;
    node.ok_or_else(|| wrong("is empty".to_owned()))
}

/// `rules: {id: off}`, `{id: {severity: warn}}`, and Spectral's `true`, `false` and numbers.
fn severities(file: &Node, config: &mut Config) {
    for (name, value) in file.get("rules").into_iter().flat_map(Node::entries) {
        let written = value.get("severity").unwrap_or(value);
        let severity = match &written.value {
            Value::String(text) => Severity::parse(text),
            Value::Bool(false) => Some(None),
            Value::Number(_) => severity_by_number(written.as_i64()),
            _ => None,
        };
        for id in pages::ids(name) {
            if let Some(severity) = severity {
                config.set(&id, severity);
            }
        }
    }
}

/// Spectral counts 0 for an error, 1 for a warning, 2 and 3 for less, and -1 for off.
fn severity_by_number(number: Option<i64>) -> Option<Option<Severity>> {
    match number? {
        -1 => Some(None),
        0 => Some(Some(Severity::Error)),
        1 => Some(Some(Severity::Warning)),
        _ => Some(Some(Severity::Info)),
    }
}

/// Rules with `given` and `then`. One whose function is not a stock one, or whose path is not understood, is left out:
/// the rest of the file still holds.
fn spectral_rules(file: &Node, config: &mut Config) {
    for (id, rule) in file.get("rules").into_iter().flat_map(Node::entries) {
        // A rule of ours under the same name needs no second opinion.
        if !rule.is_mapping() || !pages::ids(id).is_empty() {
            continue;
        }
        let Some(given) = rule.get("given") else { continue };
        let written = texts(given);
        let selector: Vec<String> = written.into_iter().flat_map(|path| unaliased(file, path)).collect();
        let then = rule.get("then");
        let thens: Vec<&Node> = then.map(|then| one_or_many(then)).unwrap_or_default();
        let assertion: Option<Vec<Assertion>> = thens.into_iter().map(assertion).collect();
        let severity = match rule.get("severity").map(|severity| (severity.as_str(), severity.as_i64())) {
            Some((Some(name), _)) => Severity::parse(name),
            Some((_, number)) => severity_by_number(number),
            None => Some(Some(Severity::Warning)),
        };
        let description = rule.get("description").and_then(Node::as_str).unwrap_or(id);
        let message = rule.get("message").and_then(Node::as_str).unwrap_or(description);
        let (Some(assertion), Some(severity)) = (assertion, severity) else { continue };
        let custom = Custom {
            id: id.to_owned(),
            message: message.replace("{{description}}", description),
            severity: severity.map_or("off", Severity::name).to_owned(),
            selector,
            assertion,
        };
        if custom.check().is_ok() {
            config.add_custom(custom);
        }
    }
}

/// `#Name` at the head of a path stands for a path in `aliases`.
fn unaliased(file: &Node, path: &str) -> Vec<String> {
    let Some(rest) = path.strip_prefix('#') else { return vec![path.to_owned()] };
    let end = rest.find(['.', '[', '^', '~']).unwrap_or(rest.len());
    let (name, tail) = rest.split_at(end);
    let meant = file.get("aliases").and_then(|aliases| aliases.get(name));
    let meant = meant.map(|node| node.get("targets").unwrap_or(node));
    let paths = meant.map(texts).unwrap_or_default();
    paths.into_iter().filter(|path| path.starts_with('$')).map(|path| format!("{path}{tail}")).collect()
}

fn one_or_many(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::Sequence(items) => items.iter().collect(),
        _ => vec![node],
    }
}

fn texts(node: &Node) -> Vec<&str> {
    one_or_many(node).into_iter().filter_map(Node::as_str).collect()
}

fn assertion(then: &Node) -> Option<Assertion> {
    let options = then.get("functionOptions");
    let option = |name: &str| options.and_then(|options| options.get(name));
    let text = |name: &str| option(name).and_then(Node::as_str).map(|text| bare_pattern(text).to_owned());
    let field = then.get("field").and_then(Node::as_str).map(|field| field.trim_start_matches("$.").to_owned());
    let mut assertion = Assertion { field, ..Assertion::default() };
    match then.get("function")?.as_str()? {
        "truthy" => assertion.truthy = true,
        "falsy" => assertion.falsy = true,
        "defined" => assertion.defined = true,
        "undefined" => assertion.undefined = true,
        "pattern" => {
            assertion.pattern = text("match");
            assertion.not_pattern = text("notMatch");
        }
        "casing" => assertion.casing = text("type"),
        "enumeration" => {
            let values = option("values").map(Node::items).unwrap_or_default();
            assertion.enumeration = Some(values.iter().filter_map(Node::as_str).map(str::to_owned).collect());
        }
        "length" => {
            assertion.min = option("min").and_then(Node::as_f64);
            assertion.max = option("max").and_then(Node::as_f64);
        }
        _ => return None,
    }
    Some(assertion)
}

/// `/x/` is `x`.
fn bare_pattern(text: &str) -> &str {
    text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).unwrap_or(text)
}
