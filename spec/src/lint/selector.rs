//! Rules that a team writes in its settings: a selector, an assertion and a message.

use super::casing;
use super::finding::Finding;
use super::jsonpath::JsonPath;
use super::rule::{Report, Severity};
use super::site::Site;
use super::tree::Tree;
use serde::Deserialize;

/// A rule of `[[custom]]` in `lint.toml`, or one taken over from a rule file of Spectral.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Custom {
    pub(super) id: String,
    /// May hold `{{property}}`, `{{value}}` and `{{error}}`.
    pub(super) message: String,
    #[serde(default = "warning")]
    pub(super) severity: String,
    /// `JSONPath`s that begin with `$`.
    pub(super) selector: Vec<String>,
    pub(super) assertion: Vec<Assertion>,
}

fn warning() -> String {
    "warning".to_owned()
}

/// What must hold for a selected value, or for a member of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Assertion {
    /// The member that is judged, with dots between names; `@key` for the key of the value.
    #[serde(default)]
    pub(super) field: Option<String>,
    /// It must be there and not be false, zero or empty.
    #[serde(default)]
    pub(super) truthy: bool,
    #[serde(default)]
    pub(super) falsy: bool,
    #[serde(default)]
    pub(super) defined: bool,
    #[serde(default)]
    pub(super) undefined: bool,
    /// Text must have a match of this regular expression.
    #[serde(default)]
    pub(super) pattern: Option<String>,
    #[serde(default)]
    pub(super) not_pattern: Option<String>,
    /// `camel`, `pascal`, `kebab`, `snake`, `macro`, `cobol` or `flat`.
    #[serde(default)]
    pub(super) casing: Option<String>,
    #[serde(default)]
    pub(super) enumeration: Option<Vec<String>>,
    /// Least length of a text or list, least number of members, least value.
    #[serde(default)]
    pub(super) min: Option<f64>,
    #[serde(default)]
    pub(super) max: Option<f64>,
}

impl Custom {
    /// What is wrong with the rule itself.
    pub(super) fn check(&self) -> Result<(), String> {
        for selector in &self.selector {
            JsonPath::parse(selector)?;
        }
        if Severity::parse(&self.severity).is_none() {
            return Err(format!("`{}` is no severity", self.severity));
        }
        for assertion in &self.assertion {
            let patterns = [&assertion.pattern, &assertion.not_pattern];
            if let Some(bad) = patterns.into_iter().flatten().find(|pattern| regex_lite::Regex::new(pattern).is_err()) {
                return Err(format!("`{bad}` is not a regular expression that is understood"));
            }
        }
        Ok(())
    }

    pub(super) fn severity(&self) -> Option<Severity> {
        Severity::parse(&self.severity).flatten()
    }

    pub(super) fn findings(&self, tree: &Tree, severity: Severity) -> Vec<Finding> {
        let mut report = Report { rule: &self.id, severity, found: Vec::new() };
        let paths = self.selector.iter().filter_map(|selector| JsonPath::parse(selector).ok());
        for path in paths {
            for site in path.select(tree.root()) {
                for assertion in &self.assertion {
                    self.judge(assertion, site, path.keys, &mut report);
                }
            }
        }
        report.found
    }

    fn judge(&self, assertion: &Assertion, site: Site<'_>, keys: bool, report: &mut Report<'_>) {
        let of_key = keys || assertion.field.as_deref() == Some("@key");
        if of_key && !keys {
            // Spectral judges the key of every member of the selected mapping.
            for (key, member) in site.end().entries() {
                if let Some(error) = assertion.fault_of_text(site.tree, key) {
                    report.key(member, self.said(key, "", &error));
                }
            }
            return;
        }
        if of_key {
            let key = site.key().unwrap_or_default();
            if let Some(error) = assertion.fault_of_text(site.tree, key) {
                report.key(site, self.said(key, "", &error));
            }
            return;
        }
        let path = assertion.field.as_deref().unwrap_or("");
        let mut names = path.split('.').filter(|name| !name.is_empty());
        let value = names.try_fold(site, |here, name| here.end().get(name));
        if let Some(error) = assertion.fault(site.tree, value) {
            let property = value.unwrap_or(site).key().unwrap_or_default();
            let shown = value.map(Site::shown).unwrap_or_default();
            let message = self.said(if path.is_empty() { property } else { path }, &shown, &error);
            match value {
                Some(value) => report.add(value, message),
                None => report.key(site, message),
            };
        }
    }

    fn said(&self, property: &str, value: &str, error: &str) -> String {
        let message = self.message.replace("{{property}}", property).replace("{{value}}", value);
        message.replace("{{error}}", error).replace("{{description}}", error)
    }
}

impl Assertion {
    /// What of the assertion the value does not keep.
    fn fault(&self, tree: &Tree, value: Option<Site<'_>>) -> Option<String> {
        let is_truthy = value.is_some_and(|value| {
            let value = value.end();
            !value.is_null() && value.bool() != Some(false) && value.str() != Some("") && value.number() != Some(0.0)
        });
        let wrong = |condition: bool, message: &str| condition.then(|| message.to_owned());
        wrong(self.truthy && !is_truthy, "must be there and not be empty")
            .or_else(|| wrong(self.falsy && is_truthy, "must be empty or missing"))
            .or_else(|| wrong(self.defined && value.is_none(), "must be there"))
            .or_else(|| wrong(self.undefined && value.is_some(), "must not be there"))
            .or_else(|| {
                let value = value?.end();
                match value.str() {
                    Some(text) => self.fault_of_text(tree, text),
                    None => self.fault_of_size(value),
                }
            })
    }

    fn fault_of_text(&self, tree: &Tree, text: &str) -> Option<String> {
        if let Some(pattern) = &self.pattern
            && tree.pattern(pattern).matches(text) == Some(false)
        {
            return Some(format!("must match `{pattern}`"));
        }
        if let Some(pattern) = &self.not_pattern
            && tree.pattern(pattern).matches(text) == Some(true)
        {
            return Some(format!("must not match `{pattern}`"));
        }
        if let Some(casing) = &self.casing
            && !is_cased(casing, text)
        {
            return Some(format!("must be in {casing} case"));
        }
        if let Some(values) = &self.enumeration
            && !values.iter().any(|value| value == text)
        {
            return Some(format!("must be one of {}", values.join(", ")));
        }
        self.fault_of_length(text.chars().count())
    }

    fn fault_of_size(&self, value: Site<'_>) -> Option<String> {
        match value.number() {
            Some(number) => self.fault_of_number(number),
            None if value.is_mapping() || value.is_sequence() => self.fault_of_length(value.len()),
            None => None,
        }
    }

    fn fault_of_length(&self, length: usize) -> Option<String> {
        self.fault_of_number(f64::from(u32::try_from(length).unwrap_or(u32::MAX)))
    }

    fn fault_of_number(&self, number: f64) -> Option<String> {
        let below = self.min.filter(|min| number < *min).map(|min| format!("must be at least {min}"));
        below.or_else(|| self.max.filter(|max| number > *max).map(|max| format!("must be at most {max}")))
    }
}

fn is_cased(casing: &str, text: &str) -> bool {
    let is_lower = text.bytes().all(|byte| !byte.is_ascii_uppercase());
    match casing {
        "camel" => casing::is_camel(text),
        "pascal" => {
            text.starts_with(|c: char| c.is_ascii_uppercase()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
        "kebab" => casing::is_kebab(text),
        "snake" => is_lower && casing::is_upper_snake(&text.to_ascii_uppercase()),
        "macro" => casing::is_upper_snake(text),
        "cobol" => casing::is_kebab(&text.to_ascii_lowercase()) && text.bytes().all(|byte| !byte.is_ascii_lowercase()),
        "flat" => is_lower && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        _ => true,
    }
}
