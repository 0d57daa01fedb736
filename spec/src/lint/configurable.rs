//! Redocly's configurable rules (`rule/…`): a subject by its type, conditions on what holds it, and assertions.

use super::config::absolute;
use super::finding::Finding;
use super::judged::{Judged, Place, Problem, plain};
use super::rule::{Report, Severity};
use super::subject::{Met, Subject};
use super::tree::Tree;
use crate::node::{Node, Value};
use crate::source::Span;
use serde_json::Value as Json;

/// A rule as it is written, checked and made ready.
pub(super) struct Configurable {
    pub(super) id: String,
    /// `None` if it is off.
    pub(super) severity: Option<Severity>,
    subject: Subject,
    assertions: Vec<Assertion>,
    /// What must hold it, from the outside inwards.
    holders: Vec<(Subject, Vec<Assertion>)>,
    message: Option<String>,
    help: Option<String>,
}

/// A place in the file of settings, and what of it is not honoured.
pub(super) type LeftOut = (Span, String);

enum Assertion {
    Pattern { written: String, regex: String, wanted: bool },
    Among { values: Vec<Json>, wanted: bool },
    Const(Json),
    Defined(bool),
    NonEmpty(bool),
    Required(Vec<String>),
    RequireAny(Vec<String>),
    MutuallyExclusive(Vec<String>),
    MutuallyRequired(Vec<String>),
    Contains(Vec<Json>),
    MinLength(f64),
    MaxLength(f64),
    Casing { name: String, regex: &'static str },
    Sorted { descending: bool, property: Option<String> },
    Ref(bool),
    RefPattern { written: String, regex: String },
    Schema(Box<jsonschema::Validator>),
}

const CASINGS: [(&str, &str); 7] = [
    ("camelCase", "^[a-z][a-zA-Z0-9]*$"),
    ("kebab-case", "^([a-z][a-z0-9]*)(-[a-z0-9]+)*$"),
    ("snake_case", "^([a-z][a-z0-9]*)(_[a-z0-9]+)*$"),
    ("PascalCase", "^[A-Z][a-zA-Z0-9]+$"),
    ("MACRO_CASE", "^([A-Z][A-Z0-9]*)(_[A-Z0-9]+)*$"),
    ("COBOL-CASE", "^([A-Z][A-Z0-9]*)(-[A-Z0-9]+)*$"),
    ("flatcase", "^[a-z][a-z0-9]+$"),
];

impl Configurable {
    /// Reads a rule. Assertions that cannot be honoured are left out and told.
    ///
    /// # Errors
    /// Why the rule cannot be run at all, and where.
    pub(super) fn parse(
        id: &str,
        node: &Node,
        severity: Option<Severity>,
        left_out: &mut Vec<LeftOut>,
    ) -> Result<Self, LeftOut> {
        let (subject, assertions, refused) = part(node)?;
        if assertions.is_empty() && refused.is_empty() {
            return Err((node.span, "it has no assertions".to_owned()));
        }
        left_out.extend(refused);
        let mut holders = Vec::new();
        for holder in node.get("where").map(Node::items).unwrap_or_default() {
            let (subject, assertions, mut refused) = part(holder)?;
            // Without one of its conditions the rule would hold for more than it should.
            if let Some(first) = refused.pop() {
                return Err(first);
            }
            holders.push((subject, assertions));
        }
        for key in node.entries().map(|(key, _)| key) {
            let known = ["subject", "assertions", "where", "message", "suggest", "severity", "reference"];
            if !known.contains(&key) {
                left_out.push((node.span, format!("`{id}`: `{key}` is not known here")));
            }
        }
        let suggestions: Vec<&str> =
            node.get("suggest").map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).collect();
        Ok(Self {
            id: id.to_owned(),
            severity,
            subject,
            assertions,
            holders,
            message: node.get("message").and_then(Node::as_str).map(str::to_owned),
            help: (!suggestions.is_empty()).then(|| suggestions.join(", or ")),
        })
    }

    pub(super) fn findings(&self, tree: &Tree, severity: Severity) -> Vec<Finding> {
        let mut report = Report::new(&self.id, severity);
        for met in self.subjects(tree) {
            let mut groups: Vec<(Place<'_>, Vec<String>)> = Vec::new();
            for Problem { at, text } in problems(met, &self.subject, &self.assertions) {
                match groups.iter_mut().find(|(place, _)| *place == at) {
                    Some((_, texts)) => texts.push(text),
                    None => groups.push((at, vec![text])),
                }
            }
            for (place, texts) in groups {
                let message = self.said(met, &texts);
                let finding = match place {
                    Place::Key(site) => report.key(site, message),
                    Place::Value(site) => report.add(site, message),
                };
                finding.help.clone_from(&self.help);
            }
        }
        report.found
    }

    /// Every subject within all its holders, each once.
    fn subjects<'a>(&self, tree: &'a Tree) -> Vec<Met<'a>> {
        let holds = |met: &Met<'a>, subject: &Subject, assertions: &[Assertion]| {
            subject.admits(*met) && problems(*met, subject, assertions).is_empty()
        };
        // A last holder of the subject's own type is a condition on the subject itself.
        let (outer, own) = match self.holders.split_last() {
            Some((last, outer)) if last.0.is_same_type(&self.subject) => (outer, Some(last)),
            _ => (self.holders.as_slice(), None),
        };
        let mut within: Option<Vec<Met<'a>>> = None;
        for (subject, assertions) in outer {
            let mut next = subject.below(tree, within.as_deref());
            next.retain(|met| holds(met, subject, assertions));
            within = Some(next);
        }
        let mut found = self.subject.below(tree, within.as_deref());
        found.retain(|met| {
            self.subject.admits(*met) && own.is_none_or(|(subject, assertions)| holds(met, subject, assertions))
        });
        found
    }

    fn said(&self, met: Met<'_>, texts: &[String]) -> String {
        let problems = texts.join("; ");
        let Some(message) = &self.message else {
            return format!("{} {problems}", self.subject.described());
        };
        let place = met.node.tree.sources().place(met.node.span());
        let file =
            absolute(&place.file).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let said = message
            .replace("{{problems}}", &problems)
            .replace("{{assertionName}}", &self.id)
            .replace("{{nodeType}}", &self.subject.type_name)
            .replace("{{property}}", &self.subject.properties.join(", "))
            .replace("{{key}}", met.key)
            .replace("{{file}}", &file);
        if said.contains("{{pointer}}") {
            said.replace("{{pointer}}", &format!("#{}", met.node.pointer()))
        } else {
            said
        }
    }
}

type Part = (Subject, Vec<Assertion>, Vec<LeftOut>);

/// A subject with its assertions, and those that are not honoured.
fn part(node: &Node) -> Result<Part, LeftOut> {
    let subject = node.get("subject").ok_or_else(|| (node.span, "it has no subject".to_owned()))?;
    let subject = Subject::parse(subject)?;
    let mut assertions = Vec::new();
    let mut left_out = Vec::new();
    let has_property = !subject.properties.is_empty();
    for (name, condition) in node.get("assertions").into_iter().flat_map(Node::entries) {
        let on_keys_only =
            ["mutuallyExclusive", "mutuallyRequired", "required", "requireAny", "disallowed"].contains(&name);
        let on_values_only = ["nonEmpty", "contains", "schema"].contains(&name);
        let parsed = match (on_keys_only, on_values_only) {
            (true, _) if has_property => Err("cannot be used with `property`".to_owned()),
            (_, true) if !has_property => Err("needs a `property`".to_owned()),
            _ => Assertion::parse(name, condition),
        };
        match parsed {
            Ok(assertion) => assertions.push(assertion),
            Err(why) => left_out.push((condition.span, format!("the assertion `{name}` {why}"))),
        }
    }
    Ok((subject, assertions, left_out))
}

impl Assertion {
    fn parse(name: &str, condition: &Node) -> Result<Self, String> {
        let texts = || super::peers::texts(condition).into_iter().map(str::to_owned).collect::<Vec<_>>();
        let values = || super::peers::one_or_many(condition).into_iter().map(Node::to_json).collect::<Vec<_>>();
        let text = || condition.as_str().ok_or_else(|| "needs text".to_owned());
        let number = || condition.as_f64().ok_or_else(|| "needs a number".to_owned());
        let truth = || condition.as_bool().ok_or_else(|| "needs `true` or `false`".to_owned());
        let regex = |text: &str| super::pattern::from_javascript(text);
        Ok(match name {
            "pattern" | "notPattern" => {
                Self::Pattern { written: text()?.to_owned(), regex: regex(text()?)?, wanted: name == "pattern" }
            }
            "enum" | "disallowed" => Self::Among { values: values(), wanted: name == "enum" },
            "const" => Self::Const(condition.to_json()),
            "defined" => Self::Defined(truth()?),
            "nonEmpty" => Self::NonEmpty(truth()?),
            "required" => Self::Required(texts()),
            "requireAny" => Self::RequireAny(texts()),
            "mutuallyExclusive" => Self::MutuallyExclusive(texts()),
            "mutuallyRequired" => Self::MutuallyRequired(texts()),
            "contains" => Self::Contains(values()),
            "minLength" => Self::MinLength(number()?),
            "maxLength" => Self::MaxLength(number()?),
            "casing" => {
                let name = text()?;
                let known = CASINGS.iter().find(|(known, _)| *known == name);
                let (_, regex) = known.ok_or_else(|| format!("does not know the casing `{name}`"))?;
                Self::Casing { name: name.to_owned(), regex }
            }
            "sortOrder" => {
                let direction = condition.get("direction").unwrap_or(condition).as_str();
                let property = condition.get("property").and_then(Node::as_str).map(str::to_owned);
                match direction {
                    Some("asc") => Self::Sorted { descending: false, property },
                    Some("desc") => Self::Sorted { descending: true, property },
                    _ => return Err("needs `asc` or `desc`".to_owned()),
                }
            }
            "ref" => match &condition.value {
                Value::Bool(truth) => Self::Ref(*truth),
                _ => Self::RefPattern { written: text()?.to_owned(), regex: regex(text()?)? },
            },
            "schema" => {
                let options = jsonschema::options().should_ignore_unknown_formats(true);
                let validator =
                    options.build(&condition.to_json()).map_err(|cause| format!("is no schema: {cause}"))?;
                Self::Schema(Box::new(validator))
            }
            _ if name.contains('/') => return Err("comes from a plugin, which is a program: it is not run".to_owned()),
            _ => return Err("is not known".to_owned()),
        })
    }

    fn problems<'a>(&self, met: Met<'a>, value: &Judged<'a>, found: &mut Vec<Problem<'a>>) {
        let tree = met.node.tree;
        let matches = |regex: &str, text: &str| tree.pattern(regex).matches(text) == Some(true);
        let base = value.place(met);
        let mut wrong = |text: String| found.push(Problem { at: base, text });
        match self {
            Self::Defined(wanted) => {
                let is_there = !matches!(value, Judged::Property { end: None, .. });
                if is_there != *wanted {
                    wrong(if *wanted { "should be defined" } else { "should not be defined" }.to_owned());
                }
            }
            Self::NonEmpty(wanted) => {
                if value.is_empty() == *wanted {
                    wrong(if *wanted { "should not be empty" } else { "should be empty" }.to_owned());
                }
            }
            Self::Required(names) => {
                for name in names.iter().filter(|name| !value.has_key(name)) {
                    wrong(format!("`{name}` is required"));
                }
            }
            Self::RequireAny(names) => {
                if value.count(names) == 0 {
                    wrong(format!("should have any of {}", names.join(", ")));
                }
            }
            Self::MutuallyExclusive(names) => {
                if value.count(names) > 1 {
                    wrong(format!("{} should be mutually exclusive", names.join(", ")));
                }
            }
            Self::MutuallyRequired(names) => {
                if value.count(names) > 0 && value.count(names) < names.len() {
                    wrong(format!("{} are mutually required", names.join(", ")));
                }
            }
            Self::MinLength(least) => {
                if value.length().is_some_and(|length| length < *least) {
                    wrong(format!("should have at least {least} characters"));
                }
            }
            Self::MaxLength(most) => {
                if value.length().is_some_and(|length| length > *most) {
                    wrong(format!("should have at most {most} characters"));
                }
            }
            Self::Contains(words) => {
                let there = value.each();
                if !there.is_empty() {
                    for word in words.iter().filter(|word| !there.iter().any(|(one, _)| one == *word)) {
                        wrong(format!("{word} should be in the list"));
                    }
                }
            }
            Self::Sorted { descending, property } => {
                if !value.is_sorted(*descending, property.as_deref()) {
                    let by = property.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
                    let order = if *descending { "a descending" } else { "an ascending" };
                    wrong(format!("should be sorted in {order} order{by}"));
                }
            }
            Self::Ref(wanted) => {
                if let Some(written) = value.written(met)
                    && written.is_reference() != *wanted
                {
                    wrong(if *wanted { "should use `$ref`" } else { "should not use `$ref`" }.to_owned());
                }
            }
            Self::RefPattern { written: pattern, regex } => {
                let written = value.written(met);
                if written.is_some_and(|written| !written.text("$ref").is_some_and(|text| matches(regex, text))) {
                    wrong(format!("should have a `$ref` that matches {pattern}"));
                }
            }
            Self::Schema(validator) => {
                if let Judged::Property { end: Some(end), .. } = value {
                    found.extend(
                        super::assertion::by_schema(*end, validator)
                            .into_iter()
                            .map(|fault| Problem { at: Place::Value(fault.at.unwrap_or(*end)), text: fault.error }),
                    );
                }
            }
            Self::Pattern { written, regex, wanted } => value.each_wrong(found, |one| {
                let verb = if *wanted { "should" } else { "should not" };
                (matches(regex, &plain(one)) != *wanted).then(|| format!("{one} {verb} match {written}"))
            }),
            Self::Among { values, wanted } => value.each_wrong(found, |one| {
                let verb = if *wanted { "should be one of the predefined values" } else { "is disallowed" };
                (values.contains(one) != *wanted).then(|| format!("{one} {verb}"))
            }),
            Self::Const(only) => {
                value.each_wrong(found, |one| (one != only).then(|| format!("{one} should be equal to {only}")));
            }
            Self::Casing { name, regex } => value
                .each_wrong(found, |one| (!matches(regex, &plain(one))).then(|| format!("{one} should use {name}"))),
        }
    }
}

fn problems<'a>(met: Met<'a>, subject: &Subject, assertions: &[Assertion]) -> Vec<Problem<'a>> {
    let mut found = Vec::new();
    let values: Vec<Judged<'a>> = if subject.properties.is_empty() {
        vec![match met.node.is_sequence() {
            true => Judged::List(met.node),
            false => Judged::Keys(met.node.entries().collect()),
        }]
    } else {
        let own = subject.properties.iter().map(|name| {
            let written = met.node.entries().find(|(key, _)| key == name);
            let end = written.map(|(_, value)| value.end());
            Judged::Property { end, written: written.map(|(_, value)| value) }
        });
        own.collect()
    };
    for assertion in assertions {
        for value in &values {
            assertion.problems(met, value, &mut found);
        }
    }
    found
}
