//! Rules that a team writes in its settings: a selector, an assertion and a message.

use super::assertion::{Assertion, Fault, Ready, Said, report};
use super::finding::Finding;
use super::jsonpath::{JsonPath, Spot, View};
use super::rule::{Report, Severity};
use super::site::Site;
use super::tree::Tree;
use serde::Deserialize;

/// A rule of `[[custom]]` in `lint.toml`, or one taken over from a rule file of Spectral.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Custom {
    pub(super) id: String,
    /// May hold `{{property}}`, `{{value}}`, `{{path}}`, `{{description}}` and `{{error}}`.
    pub(super) message: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default = "warning")]
    pub(super) severity: String,
    /// `JSONPath`s that begin with `$`.
    pub(super) selector: Vec<String>,
    /// Whether references are followed on the way; if not, they are seen as the bundle has them.
    #[serde(default = "yes")]
    pub(super) resolved: bool,
    pub(super) assertion: Vec<Assertion>,
}

fn warning() -> String {
    "warning".to_owned()
}

fn yes() -> bool {
    true
}

impl Custom {
    /// What is wrong with the rule itself.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.selector.is_empty() || self.assertion.is_empty() {
            let word = if self.selector.is_empty() { "a `selector`" } else { "an `assertion`" };
            return Err(format!("without {word} it finds nothing"));
        }
        for selector in &self.selector {
            JsonPath::parse(selector)?;
        }
        if Severity::parse(&self.severity).is_none() {
            return Err(format!("`{}` is no severity: write error, warning, info or off", self.severity));
        }
        for assertion in &self.assertion {
            assertion.ready()?;
            if let Some(field) = assertion.field.as_deref().filter(|field| field.starts_with('$')) {
                JsonPath::parse(field)?;
            }
        }
        Ok(())
    }

    pub(super) fn severity(&self) -> Option<Severity> {
        Severity::parse(&self.severity).flatten()
    }

    /// Adds what is found, and returns how many values were judged.
    pub(super) fn findings(&self, tree: &Tree, severity: Severity, found: &mut Vec<Finding>) -> usize {
        let mut report = Report::new(&self.id, severity);
        let view = if self.resolved { View::Resolved } else { View::Bundle };
        let ready: Vec<(Field, Ready<'_>)> = self
            .assertion
            .iter()
            .filter_map(|assertion| Some((Field::parse(assertion.field.as_deref())?, assertion.ready().ok()?)))
            .collect();
        let paths = self.selector.iter().filter_map(|selector| JsonPath::parse(selector).ok());
        let mut judged = 0;
        for path in paths {
            for spot in path.select(tree.root(), view) {
                judged += 1;
                for (field, assertion) in &ready {
                    self.judge(assertion, field, spot, path.keys, view, &mut report);
                }
            }
        }
        found.append(&mut report.found);
        judged
    }

    /// The rule as a page of the manual.
    pub(super) fn page(&self) -> String {
        let said = if self.description.is_empty() { &self.message } else { &self.description };
        let selectors: Vec<String> = self.selector.iter().map(|selector| format!("- `{selector}`\n")).collect();
        format!(
            "# {}\n\nSeverity: {}. A rule of your settings.\n\n{said}\n\nIt judges:\n\n{}",
            self.id,
            self.severity,
            selectors.concat()
        )
    }

    fn judge(
        &self,
        assertion: &Ready<'_>,
        field: &Field,
        spot: Spot<'_>,
        keys: bool,
        view: View,
        found: &mut Report<'_>,
    ) {
        let tree = spot.site.tree;
        if keys {
            if let Some(error) = assertion.of_key(tree, spot.key) {
                let message = self.said(spot.site, spot.key, spot.key, &error);
                found.key(spot.site, message);
            }
            return;
        }
        let owner = match view {
            View::Resolved => spot.site.end(),
            View::Bundle => spot.site,
        };
        let is_object = owner.is_mapping() || owner.is_sequence();
        let values: Vec<Option<Site<'_>>> = match field {
            Field::None => vec![Some(spot.site)],
            _ if !is_object => vec![Some(spot.site)],
            Field::Key => {
                for (key, member) in owner.entries() {
                    if let Some(error) = assertion.of_key(tree, key) {
                        found.key(member, self.said(member, key, key, &error));
                    }
                }
                return;
            }
            Field::Path(path) => {
                let selected: Vec<_> = path.select(owner, view).into_iter().map(|spot| Some(spot.site)).collect();
                if selected.is_empty() { vec![None] } else { selected }
            }
            Field::Names(names) => vec![names.iter().try_fold(owner, |here, name| {
                let here = if view == View::Resolved { here.end() } else { here };
                here.get(name).or_else(|| here.items().nth(name.parse().ok()?))
            })],
        };
        for value in values {
            for Fault { at, error } in assertion.faults(tree, value) {
                let place = at.or(value);
                let property = match (at, value, field) {
                    (None, None, Field::Names(names)) => names.join("."),
                    _ => place.unwrap_or(spot.site).key().unwrap_or(spot.key).to_owned(),
                };
                let shown = place.map(Site::shown).unwrap_or_default();
                report(found, owner, place, self.said(place.unwrap_or(owner), &property, &shown, &error));
            }
        }
    }

    fn said(&self, site: Site<'_>, property: &str, value: &str, error: &str) -> String {
        let path = if self.message.contains("path") { site.bundle_pointer() } else { String::new() };
        let said = Said { property, value, error, path: &path, description: &self.description };
        said.fill(&self.message)
    }
}

/// What of a selected value is judged.
enum Field {
    None,
    Key,
    Names(Vec<String>),
    Path(JsonPath),
}

impl Field {
    fn parse(text: Option<&str>) -> Option<Self> {
        Some(match text {
            None | Some("") => Self::None,
            Some("@key") => Self::Key,
            Some(path) if path.starts_with('$') => Self::Path(JsonPath::parse(path).ok()?),
            Some(names) => {
                let parts = names.split(['.', '[', ']']).map(|name| name.trim_matches(['"', '\'']));
                Self::Names(parts.filter(|name| !name.is_empty()).map(str::to_owned).collect())
            }
        })
    }
}
