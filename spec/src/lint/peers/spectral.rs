//! `.spectral.yaml`: rule sets, severities, and rules with the stock functions.

use super::functions::assertion;
use super::{DEEPEST, Gathered, HOUSE, PeerFile, Severities, key_span, one_or_many, presets, texts};
use crate::lint::LintError;
use crate::lint::config::{Exception, absolute, relative};
use crate::lint::glob;
use crate::lint::pages;
use crate::lint::rule::Severity;
use crate::lint::selector::Custom;
use crate::node::{Node, Value};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A rule that the file or one that it extends writes down.
#[derive(Clone)]
struct Written {
    custom: Custom,
    enabled: bool,
    recommended: bool,
}

/// What a file and those that it extends say.
#[derive(Default, Clone)]
struct Rules {
    /// The stock rules: their severity, and whether they are on.
    stock: BTreeMap<String, (Severity, bool)>,
    written: BTreeMap<String, Written>,
    /// House rules that are built in here.
    house: BTreeSet<String>,
}

/// Which rules of an extended file are on.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    Recommended,
    All,
    Off,
}

/// Reads the file with those that it extends.
pub(super) fn read(file: &PeerFile, gathered: &mut Gathered<'_>) -> Result<Severities, LintError> {
    let mut rules = ruleset(file, &file.node, None, gathered, 0)?;
    overrides(file, &mut rules, gathered)?;
    if !rules.house.is_empty() {
        let names: Vec<&str> = rules.house.iter().map(String::as_str).collect();
        let message =
            format!("judged by the built-in rules of these names, not by what is written here: {}", names.join(", "));
        gathered.notice(file, key_span(&file.node, "rules"), message);
    }
    let mut severities: Severities = presets::spectral().map(|(name, ..)| (name.to_owned(), None)).collect();
    severities.extend(rules.stock.into_iter().map(|(name, (severity, on))| (name, on.then_some(severity))));
    for (name, written) in rules.written {
        if !written.enabled {
            continue;
        }
        // A rule that is written down under a stock name takes the place of the stock rule.
        if severities.contains_key(&name) {
            severities.insert(name.clone(), None);
        }
        gathered.config.add_custom(written.custom);
    }
    Ok(severities)
}

/// The rules of a file, its `extends` first. `aliases` are those of the file that extends it by an override.
fn ruleset(
    file: &PeerFile,
    node: &Node,
    aliases: Option<&Node>,
    gathered: &mut Gathered<'_>,
    depth: usize,
) -> Result<Rules, LintError> {
    let mut rules = Rules::default();
    if let Some(extended) = node.get("extends") {
        for one in one_or_many(extended) {
            let (name, wanted) = match &one.value {
                Value::Sequence(pair) => {
                    let wanted = match pair.get(1).and_then(Node::as_str) {
                        Some("all") => Wanted::All,
                        Some("off") => Wanted::Off,
                        _ => Wanted::Recommended,
                    };
                    (pair.first().and_then(Node::as_str).unwrap_or_default(), Some(wanted))
                }
                _ => (one.as_str().unwrap_or_default(), None),
            };
            rules.extend(file, one.span, name, wanted, gathered, depth)?;
        }
    }
    for key in ["parserOptions"] {
        if node.get(key).is_some() {
            gathered.notice(file, key_span(node, key), format!("`{key}` is not read"));
        }
    }
    let aliases = node.get("aliases").or(aliases);
    let formats = node.get("formats");
    let Some(own) = node.get("rules") else { return Ok(rules) };
    for (name, value) in own.entries() {
        let at = key_span(own, name);
        rules.rule(file, at, name, value, (aliases, formats), gathered);
    }
    Ok(rules)
}

impl Rules {
    fn extend(
        &mut self,
        file: &PeerFile,
        at: Span,
        name: &str,
        wanted: Option<Wanted>,
        gathered: &mut Gathered<'_>,
        depth: usize,
    ) -> Result<(), LintError> {
        if name == "spectral:oas" || name == "@stoplight/spectral-rulesets" {
            for (rule, recommended, severity) in presets::spectral() {
                let is_on = match wanted.unwrap_or(Wanted::Recommended) {
                    Wanted::Recommended => recommended,
                    Wanted::All => true,
                    Wanted::Off => false,
                };
                // What is fit for 3.0 only is no rule for 3.1.
                if rule != "no-$ref-siblings" || gathered.is_3_0() {
                    self.stock.insert(rule.to_owned(), (severity, is_on));
                    if is_on {
                        unmatched(file, at, rule, gathered);
                    }
                }
            }
            return Ok(());
        }
        // Rule sets for other formats judge no OpenAPI document.
        if name == "spectral:asyncapi" || name == "spectral:arazzo" {
            return Ok(());
        }
        let path = file.path.parent().unwrap_or(Path::new("")).join(name);
        let is_data = [".yaml", ".yml", ".json"].iter().any(|extension| name.ends_with(extension));
        if name.contains("://") || !is_data || !path.is_file() || depth > DEEPEST {
            let why = if is_data { "it is no file beside this one" } else { "it is not a file of settings" };
            gathered.notice(file, at, format!("the rules of `{name}` are not run: {why}"));
            return Ok(());
        }
        let other = gathered.load(&path)?;
        let mut inner = ruleset(&other, &other.node, None, gathered, depth + 1)?;
        if let Some(wanted) = wanted {
            for written in inner.written.values_mut() {
                written.enabled = match wanted {
                    Wanted::All => true,
                    Wanted::Recommended => written.recommended,
                    Wanted::Off => false,
                };
            }
            for (name, recommended, _) in presets::spectral() {
                if let Some((_, is_on)) = inner.stock.get_mut(name) {
                    *is_on = wanted == Wanted::All || (wanted == Wanted::Recommended && recommended);
                }
            }
        }
        self.stock.extend(inner.stock);
        self.written.extend(inner.written);
        self.house.extend(inner.house);
        Ok(())
    }

    fn rule(
        &mut self,
        file: &PeerFile,
        at: Span,
        name: &str,
        value: &Node,
        (aliases, formats): (Option<&Node>, Option<&Node>),
        gathered: &mut Gathered<'_>,
    ) {
        // Of a stock rule, less than the whole can be changed too.
        let (given, then) = (value.get("given").is_some(), value.get("then").is_some());
        let is_written_here = (given && then) || ((given || then) && !presets::is_spectral(name));
        if is_written_here && HOUSE.contains(&name) {
            let severity = value.get("severity").map_or(Some(Some(Severity::Warning)), severity);
            match severity {
                Some(severity) => {
                    self.stock.insert(name.to_owned(), (severity.unwrap_or(Severity::Warning), severity.is_some()));
                    if severity.is_some() {
                        self.house.insert(name.to_owned());
                    }
                }
                None => gathered.notice(file, at, format!("the severity of `{name}` is not known")),
            }
            return;
        }
        if is_written_here && !self.written.contains_key(name) {
            match custom(name, value, aliases, formats, gathered) {
                Ok((written, left_out)) => {
                    for message in left_out {
                        gathered.notice(file, at, format!("`{name}`: {message}"));
                    }
                    self.written.extend(written.map(|written| (name.to_owned(), written)));
                }
                Err(message) => gathered.notice(file, at, format!("`{name}` is not run: {message}")),
            }
            return;
        }
        let written = value.get("severity").unwrap_or(value);
        let is_mapping = value.is_mapping();
        let new = if is_mapping && value.get("severity").is_none() { Some(None) } else { severity(written).map(Some) };
        let Some(new) = new else {
            gathered.notice(file, at, format!("the severity of `{name}` is not known"));
            return;
        };
        if let Some(known) = self.written.get_mut(name) {
            match (&value.value, new) {
                (Value::Bool(on), _) => known.enabled = *on,
                (_, Some(Some(severity))) => {
                    known.enabled = true;
                    severity.name().clone_into(&mut known.custom.severity);
                }
                (_, Some(None)) => known.enabled = false,
                (_, None) => known.enabled = true,
            }
            return;
        }
        let entry = self.stock.get(name).copied();
        let default = presets::spectral().find(|(known, ..)| *known == name).map(|(_, _, severity)| severity);
        let base = entry.map(|(severity, _)| severity).or(default).unwrap_or(Severity::Warning);
        let settled = match (&value.value, new) {
            (Value::Bool(on), _) => (base, *on),
            (_, Some(Some(severity))) => (severity, true),
            (_, Some(None)) => (base, false),
            (_, None) => (base, true),
        };
        if settled.1 {
            if !presets::is_spectral(name) && pages::ids(name).is_empty() {
                gathered.notice(file, at, format!("there is no rule `{name}` to set the severity of"));
            } else {
                unmatched(file, at, name, gathered);
            }
        }
        if is_mapping && settled.1 {
            let changed: Vec<&str> =
                value.entries().map(|(key, _)| key).filter(|key| !["severity", "description"].contains(key)).collect();
            if !changed.is_empty() {
                let message = format!(
                    "`{name}` runs as it is built in; what is changed here is not read: {}",
                    changed.join(", ")
                );
                gathered.notice(file, at, message);
            }
        }
        self.stock.insert(name.to_owned(), settled);
    }
}

/// Says that a stock rule which is on has no counterpart here.
fn unmatched(file: &PeerFile, at: Span, name: &str, gathered: &mut Gathered<'_>) {
    let is_other_version = name.starts_with("oas2-") || name.starts_with("oas3_2-");
    if pages::ids(name).is_empty() && !is_other_version {
        gathered.notice(file, at, format!("there is no counterpart of Spectral's `{name}` here: it is not run"));
    }
}

/// Spectral counts 0 for an error, 1 for a warning, 2 and 3 for less, and -1 for off. `None` for what is no severity.
fn severity(written: &Node) -> Option<Option<Severity>> {
    match &written.value {
        Value::String(text) => Severity::parse(text).or_else(|| by_number(text.parse().ok()?)),
        Value::Bool(true) => Some(Some(Severity::Warning)),
        Value::Bool(false) => Some(None),
        Value::Number(_) => by_number(written.as_i64()?),
        _ => None,
    }
}

fn by_number(number: i64) -> Option<Option<Severity>> {
    Some(match number {
        -1 => None,
        0 => Some(Severity::Error),
        1 => Some(Severity::Warning),
        2 | 3 => Some(Severity::Info),
        _ => return None,
    })
}

/// Whether a document of this version is of one of the formats.
fn is_of(formats: &Node, is_3_0: bool) -> bool {
    let own: &[&str] = if is_3_0 { &["oas3", "oas3.0", "oas3_0"] } else { &["oas3", "oas3.1", "oas3_1"] };
    texts(formats).iter().any(|format| own.contains(format))
}

/// A rule as it is written, if it is for documents of this kind, and what of it is not honoured.
fn custom(
    id: &str,
    rule: &Node,
    aliases: Option<&Node>,
    formats: Option<&Node>,
    gathered: &Gathered<'_>,
) -> Result<(Option<Written>, Vec<String>), String> {
    let is_3_0 = gathered.is_3_0();
    if rule.get("formats").or(formats).is_some_and(|formats| !is_of(formats, is_3_0)) {
        return Ok((None, Vec::new()));
    }
    let given = rule.get("given").ok_or("it has no `given`")?;
    let mut selector = Vec::new();
    for path in texts(given) {
        unaliased(aliases, path, is_3_0, 0, &mut selector)?;
    }
    let then = rule.get("then").ok_or("it has no `then`")?;
    let mut left_out = Vec::new();
    let mut assertions = Vec::new();
    for then in one_or_many(then) {
        match assertion(then) {
            Ok(assertion) => assertions.push(assertion),
            Err(message) => left_out.push(message),
        }
    }
    if assertions.is_empty() {
        return Err(left_out.join("; "));
    }
    let severity =
        rule.get("severity").map_or(Some(Some(Severity::Warning)), severity).ok_or("its severity is not known")?;
    let recommended = rule.get("recommended").and_then(Node::as_bool) != Some(false);
    let description = rule.get("description").and_then(Node::as_str);
    let message = rule.get("message").and_then(Node::as_str).or(description);
    let custom = Custom {
        id: id.to_owned(),
        message: message.unwrap_or("`{{property}}` {{error}}").to_owned(),
        description: description.unwrap_or_default().to_owned(),
        severity: severity.map_or("off", Severity::name).to_owned(),
        selector,
        resolved: rule.get("resolved").and_then(Node::as_bool) != Some(false),
        assertion: assertions,
    };
    custom.check()?;
    Ok((Some(Written { custom, enabled: recommended && severity.is_some(), recommended }), left_out))
}

/// `#Name` at the head of a path stands for paths in `aliases`.
fn unaliased(
    aliases: Option<&Node>,
    path: &str,
    is_3_0: bool,
    depth: usize,
    found: &mut Vec<String>,
) -> Result<(), String> {
    let Some(rest) = path.strip_prefix('#') else {
        found.push(path.to_owned());
        return Ok(());
    };
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
    let (name, tail) = rest.split_at(end);
    let meant = aliases.and_then(|aliases| aliases.get(name)).ok_or_else(|| format!("there is no alias `{name}`"))?;
    if depth > DEEPEST {
        return Err(format!("the alias `{name}` leads back to itself"));
    }
    let targets = match meant.get("targets") {
        // Of several targets the last that is of the document's format counts.
        Some(targets) => {
            let fits = |target: &&Node| target.get("formats").is_some_and(|formats| is_of(formats, is_3_0));
            targets
                .items()
                .iter()
                .rev()
                .find(fits)
                .and_then(|target| target.get("given"))
                .map(texts)
                .unwrap_or_default()
        }
        None => texts(meant),
    };
    targets.into_iter().try_for_each(|target| unaliased(aliases, &format!("{target}{tail}"), is_3_0, depth + 1, found))
}

/// Other severities for some files or places: `overrides`, and the older `except`.
fn overrides(file: &PeerFile, rules: &mut Rules, gathered: &mut Gathered<'_>) -> Result<(), LintError> {
    let base = absolute(file.path.parent().unwrap_or(Path::new("")));
    let root = relative(&absolute(gathered.root), &base);
    for one in file.node.get("overrides").map(Node::items).unwrap_or_default() {
        let files: Vec<&str> = one.get("files").map(texts).unwrap_or_default();
        let is_whole = |pattern: &&&str| !pattern.contains('#') && glob::fits_base(pattern, &root);
        if files.iter().any(|pattern| is_whole(&pattern)) {
            let inner = ruleset(file, one, file.node.get("aliases"), gathered, 1)?;
            // Severities in an override may be of rules that the file itself writes down.
            for (name, value) in one.get("rules").into_iter().flat_map(Node::entries) {
                if !inner.written.contains_key(name) {
                    let at = key_span(one, "rules");
                    rules.rule(file, at, name, value, (file.node.get("aliases"), None), gathered);
                }
            }
            rules.written.extend(inner.written);
            for (name, settled) in inner.stock {
                rules.stock.entry(name).or_insert(settled);
            }
            rules.house.extend(inner.house);
        }
        for pattern in files {
            let Some((path, pointer)) = pattern.split_once('#') else { continue };
            for (name, value) in one.get("rules").into_iter().flat_map(Node::entries) {
                let Some(severity) = severity(value) else { continue };
                gathered.config.add_exception(exception(&base, path, pointer, name, severity));
            }
        }
    }
    for (place, names) in file.node.get("except").into_iter().flat_map(Node::entries) {
        let (path, pointer) = place.split_once('#').unwrap_or((place, ""));
        for name in texts(names) {
            gathered.config.add_exception(exception(&base, path, pointer, name, None));
        }
    }
    Ok(())
}

fn exception(base: &Path, path: &str, pointer: &str, name: &str, severity: Option<Severity>) -> Exception {
    let ids = pages::ids(name);
    let rules = if ids.is_empty() { vec![name.to_owned()] } else { ids };
    let path = path.trim_start_matches("./").to_owned();
    Exception { base: base.to_owned(), path, pointer: pointer.trim_end_matches('/').to_owned(), rules, severity }
}
