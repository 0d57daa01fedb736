//! `redocly.yaml`: named rule sets, severities, settings of one API, and configurable rules.

use super::{DEEPEST, Gathered, HOUSE, PeerFile, Severities, key_span, presets, texts};
use crate::lint::LintError;
use crate::lint::config::absolute;
use crate::lint::configurable::Configurable;
use crate::lint::pages;
use crate::lint::rule::Severity;
use crate::node::{Node, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// What the file and those that it extends say, in their order.
#[derive(Default)]
struct Rules {
    severities: Severities,
    configurable: BTreeMap<String, Configurable>,
    /// Whether any rule is spoken of at all.
    speaks: bool,
}

/// Reads the file. `None` if it says nothing of rules.
pub(super) fn read(file: &PeerFile, gathered: &mut Gathered<'_>) -> Result<Option<Severities>, LintError> {
    let mut rules = Rules { severities: presets::redocly_off(), ..Rules::default() };
    let mut house: Vec<String> = Vec::new();
    rules.apply(file, &file.node, gathered, &mut house, 0)?;
    let folder = file.path.parent().unwrap_or(Path::new(""));
    let own_root = absolute(gathered.root);
    let apis = file.node.get("apis").into_iter().flat_map(Node::entries).map(|(_, api)| api);
    let is_ours = |api: &&Node| {
        let root = api.get("root").and_then(Node::as_str);
        root.is_some_and(|root| absolute(&folder.join(root)) == own_root)
    };
    if let Some(api) = apis.into_iter().find(is_ours) {
        rules.apply(file, api, gathered, &mut house, 0)?;
    }
    for key in ["preprocessors", "oas3_0Preprocessors", "oas3_1Preprocessors"] {
        if file.node.get(key).is_some_and(|all| all.entries().next().is_some()) {
            let message =
                format!("`{key}` change the document before it is linted there; here it is linted as written");
            gathered.notice(file, key_span(&file.node, key), message);
        }
    }
    if !house.is_empty() {
        house.sort_unstable();
        house.dedup();
        let message =
            format!("judged by the built-in rules of these names, not by what is written here: {}", house.join(", "));
        gathered.notice(file, key_span(&file.node, "rules"), message);
    }
    for (_, rule) in rules.configurable {
        gathered.config.add_configurable(rule);
    }
    Ok(rules.speaks.then_some(rules.severities))
}

impl Rules {
    fn apply(
        &mut self,
        file: &PeerFile,
        settings: &Node,
        gathered: &mut Gathered<'_>,
        house: &mut Vec<String>,
        depth: usize,
    ) -> Result<(), LintError> {
        self.speaks |= ["extends", "rules", "oas3_0Rules", "oas3_1Rules"].iter().any(|key| settings.get(key).is_some());
        for name in settings.get("extends").map(texts).unwrap_or_default() {
            let at = key_span(settings, "extends");
            if let Some(set) = presets::redocly(name) {
                self.severities.extend(set);
            } else if name.ends_with(".yaml") || name.ends_with(".yml") {
                let path = file.path.parent().unwrap_or(Path::new("")).join(name);
                if name.contains("://") || !path.is_file() || depth > DEEPEST {
                    gathered.notice(file, at, format!("`{name}` is not read: it is no file beside this one"));
                } else {
                    let other = gathered.load(&path)?;
                    self.apply(&other, &other.node, gathered, house, depth + 1)?;
                }
            } else {
                gathered.notice(file, at, format!("`{name}` is not known here: its rules are not run"));
            }
        }
        let versioned = if gathered.is_3_0() { "oas3_0Rules" } else { "oas3_1Rules" };
        for group in [versioned, "rules"] {
            let Some(rules) = settings.get(group) else { continue };
            for (name, value) in rules.entries() {
                self.rule(file, rules, (name, value), gathered, house);
            }
        }
        Ok(())
    }

    fn rule(
        &mut self,
        file: &PeerFile,
        rules: &Node,
        (name, value): (&str, &Node),
        gathered: &mut Gathered<'_>,
        house: &mut Vec<String>,
    ) {
        let at = key_span(rules, name);
        // Version 1 of Redocly called it so.
        let name = if name == "spec" { "struct" } else { name };
        let written = if value.is_mapping() { value.get("severity") } else { Some(value) };
        let severity = match written.map(severity) {
            None => Some(Severity::Error),
            Some(Some(severity)) => severity,
            Some(None) => {
                gathered.notice(file, at, format!("the severity of `{name}` is not one of error, warn and off"));
                return;
            }
        };
        if let Some(own) = name.strip_prefix("rule/") {
            if HOUSE.contains(&own) {
                self.severities.insert(own.to_owned(), severity);
                if severity.is_some() {
                    house.push(own.to_owned());
                }
            } else if value.is_mapping() {
                self.configurable(file, name, value, severity, gathered);
            } else if let Some(known) = self.configurable.get_mut(name) {
                known.severity = severity;
            } else if severity.is_some() {
                gathered.notice(file, at, format!("`{name}` has a severity, but is nowhere written down"));
            }
            return;
        }
        let is_known = self.severities.contains_key(name);
        let is_ours = !pages::ids(name).is_empty();
        if severity.is_some() && !is_ours {
            let message = if is_known {
                format!("there is no counterpart of Redocly's `{name}` here: it is not run")
            } else if name.contains('/') {
                format!("`{name}` comes from a plugin, which is a program: it is not run")
            } else {
                format!("Redocly has no rule `{name}`")
            };
            gathered.notice(file, at, message);
        } else if severity.is_some() {
            let options: Vec<&str> = value.entries().map(|(key, _)| key).filter(|key| *key != "severity").collect();
            if !options.is_empty() {
                let message = format!("options of `{name}` are not read, it runs without them: {}", options.join(", "));
                gathered.notice(file, at, message);
            }
        }
        self.severities.insert(name.to_owned(), severity);
    }

    fn configurable(
        &mut self,
        file: &PeerFile,
        name: &str,
        value: &Node,
        severity: Option<Severity>,
        gathered: &mut Gathered<'_>,
    ) {
        let mut left_out = Vec::new();
        match Configurable::parse(name, value, severity, &mut left_out) {
            Ok(rule) => drop(self.configurable.insert(name.to_owned(), rule)),
            Err((at, message)) => left_out.push((at, format!("`{name}` is not run: {message}"))),
        }
        if severity.is_some() {
            for (at, message) in left_out {
                gathered.notice(file, at, message);
            }
        }
    }
}

/// `error`, `warn`, `off`, and `on` for an error; `None` for what is no severity.
fn severity(written: &Node) -> Option<Option<Severity>> {
    match &written.value {
        Value::String(text) if **text == *"on" => Some(Some(Severity::Error)),
        Value::String(text) => Severity::parse(text),
        Value::Bool(false) => Some(None),
        Value::Bool(true) => Some(Some(Severity::Error)),
        _ => None,
    }
}
