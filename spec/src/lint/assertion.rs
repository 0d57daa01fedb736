//! What must hold for a selected value: the stock functions that rule files are written with.

use super::rule::Report;
use super::site::Site;
use super::tree::Tree;
use crate::bundle::arena::Content;
use serde::Deserialize;
use serde_json::Value as Json;
use std::cmp::Ordering;
use std::fmt::Write as _;

/// More values than this are not judged by one schema: a document can refer to one value many times over.
const MOST_VALUES: usize = 200_000;

/// What must hold for a selected value, or for a member of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Assertion {
    /// The member that is judged, with dots between names, or a `JSONPath` from the value; `@key` for every key of it.
    pub(super) field: Option<String>,
    /// It must be there and not be false, zero or empty.
    pub(super) truthy: bool,
    pub(super) falsy: bool,
    pub(super) defined: bool,
    pub(super) undefined: bool,
    /// Text must have a match of this regular expression, which may be written as `/…/i`.
    pub(super) pattern: Option<String>,
    pub(super) not_pattern: Option<String>,
    /// `camel`, `pascal`, `kebab`, `snake`, `macro`, `cobol` or `flat`.
    pub(super) casing: Option<String>,
    /// Whether digits break the casing.
    pub(super) disallow_digits: bool,
    /// A character between words that are cased for themselves.
    pub(super) separator: Option<Separator>,
    pub(super) enumeration: Option<Vec<Json>>,
    /// Least length of a text or list, least number of members, least value.
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    /// The items of a list, or the keys of a mapping, must be sorted.
    pub(super) alphabetical: bool,
    /// The member that items are sorted by.
    pub(super) keyed_by: Option<String>,
    /// Exactly one of these members must be there.
    pub(super) xor: Vec<String>,
    /// At least one of these members must be there.
    pub(super) or: Vec<String>,
    /// The values of an `enum` must be of the `type` beside it.
    pub(super) typed_enum: bool,
    /// Every component of this group (`#/components/schemas`) must be referred to.
    pub(super) unreferenced: Option<String>,
    /// A JSON Schema.
    pub(super) schema: Option<Json>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Separator {
    pub(super) char: String,
    #[serde(default)]
    pub(super) allow_leading: bool,
}

/// An assertion made ready: expressions built, the schema compiled.
pub(super) struct Ready<'r> {
    assertion: &'r Assertion,
    pattern: Option<String>,
    not_pattern: Option<String>,
    casing: Option<String>,
    schema: Option<jsonschema::Validator>,
}

/// A fault: where, and what.
pub(super) struct Fault<'a> {
    /// `None` for the value itself, or for what is missing.
    pub(super) at: Option<Site<'a>>,
    pub(super) error: String,
}

impl Assertion {
    /// # Errors
    /// What of it is not understood.
    pub(super) fn ready(&self) -> Result<Ready<'_>, String> {
        if !self.asserts() {
            return Err("an assertion needs something to assert: `truthy`, `pattern`, …".to_owned());
        }
        if let (Some(min), Some(max)) = (self.min, self.max)
            && min > max
        {
            return Err(format!("`min` {min} is above `max` {max}"));
        }
        let pattern = |text: &Option<String>| text.as_deref().map(super::pattern::from_javascript).transpose();
        let schema = self.schema.as_ref().map(|schema| {
            let options = jsonschema::options().should_validate_formats(true).should_ignore_unknown_formats(true);
            options.build(schema).map_err(|cause| format!("the schema is wrong: {cause}"))
        });
        Ok(Ready {
            assertion: self,
            pattern: pattern(&self.pattern)?,
            not_pattern: pattern(&self.not_pattern)?,
            casing: self.casing.as_deref().map(|casing| self.casing_pattern(casing)).transpose()?,
            schema: schema.transpose()?,
        })
    }

    /// Whether anything is asserted at all.
    fn asserts(&self) -> bool {
        let flags = [self.truthy, self.falsy, self.defined, self.undefined, self.alphabetical, self.typed_enum];
        let texts = [&self.pattern, &self.not_pattern, &self.casing, &self.unreferenced];
        flags.contains(&true)
            || texts.iter().any(|text| text.is_some())
            || self.min.is_some()
            || self.max.is_some()
            || self.enumeration.is_some()
            || self.schema.is_some()
            || !(self.xor.is_empty() && self.or.is_empty())
    }

    fn casing_pattern(&self, casing: &str) -> Result<String, String> {
        let digits = if self.disallow_digits { "" } else { "0-9" };
        let words = match casing {
            "flat" => format!("[a-z][a-z{digits}]*"),
            "camel" => format!("[a-z][a-z{digits}]*(?:[A-Z{digits}](?:[a-z{digits}]+|$))*"),
            "pascal" => format!("[A-Z][a-z{digits}]*(?:[A-Z{digits}](?:[a-z{digits}]+|$))*"),
            "kebab" => format!("[a-z][a-z{digits}]*(?:-[a-z{digits}]+)*"),
            "cobol" => format!("[A-Z][A-Z{digits}]*(?:-[A-Z{digits}]+)*"),
            "snake" => format!("[a-z][a-z{digits}]*(?:_[a-z{digits}]+)*"),
            "macro" => format!("[A-Z][A-Z{digits}]*(?:_[A-Z{digits}]+)*"),
            _ => {
                return Err(format!(
                    "`{casing}` is no casing: write camel, pascal, kebab, snake, macro, cobol or flat"
                ));
            }
        };
        let Some(separator) = &self.separator else { return Ok(format!("^{words}$")) };
        let between = regex_lite::escape(&separator.char);
        let leading = if separator.allow_leading { format!("(?:{between})?") } else { String::new() };
        Ok(format!("^{leading}{words}(?:{between}{words})*$"))
    }
}

impl Ready<'_> {
    /// What of the assertion the value does not keep.
    pub(super) fn faults<'a>(&self, tree: &'a Tree, value: Option<Site<'a>>) -> Vec<Fault<'a>> {
        let mut faults = Vec::new();
        let own = self.assertion;
        let mut wrong = |condition: bool, error: &str| {
            if condition {
                faults.push(Fault { at: None, error: error.to_owned() });
            }
        };
        let truthy = value.is_some_and(is_truthy);
        wrong(own.truthy && !truthy, "must be truthy");
        wrong(own.falsy && truthy, "must be falsy");
        wrong(own.defined && value.is_none(), "must be defined");
        wrong(own.undefined && value.is_some(), "must be undefined");
        wrong(self.schema.is_some() && value.is_none(), "must exist");
        let Some(value) = value.map(Site::end) else { return faults };
        match value.content() {
            Content::String(text) => faults.extend(self.of_text(tree, text).map(|error| Fault { at: None, error })),
            Content::Number(number) => {
                faults.extend(self.of_size(number.as_f64()).map(|error| Fault { at: None, error }));
            }
            Content::Sequence(_) | Content::Mapping(_) => {
                faults.extend(self.of_size(size(value.len())).map(|error| Fault { at: None, error }));
            }
            Content::Null | Content::Bool(_) => {}
        }
        if let Some(values) = &own.enumeration
            && !value.is_mapping()
            && !value.is_sequence()
            && !values.iter().any(|one| is_equal(value, one))
        {
            let shown: Vec<String> =
                values.iter().map(|one| one.as_str().map_or(one.to_string(), str::to_owned)).collect();
            faults.push(Fault { at: None, error: format!("must be one of {}", shown.join(", ")) });
        }
        if own.alphabetical {
            faults.extend(unsorted(value, own.keyed_by.as_deref()));
        }
        self.of_members(value, &mut faults);
        if let Some(schema) = &self.schema {
            faults.extend(by_schema(value, schema));
        }
        faults
    }

    /// What of the assertion a text does not keep: a value, or a key.
    pub(super) fn of_text(&self, tree: &Tree, text: &str) -> Option<String> {
        let own = self.assertion;
        if let Some(pattern) = &self.pattern
            && tree.pattern(pattern).matches(text) == Some(false)
        {
            return Some(format!("must match `{}`", own.pattern.as_deref().unwrap_or_default()));
        }
        if let Some(pattern) = &self.not_pattern
            && tree.pattern(pattern).matches(text) == Some(true)
        {
            return Some(format!("must not match `{}`", own.not_pattern.as_deref().unwrap_or_default()));
        }
        let is_separator = own.separator.as_ref().is_some_and(|one| one.allow_leading && one.char == text);
        if let Some(casing) = self.casing.as_ref().filter(|_| !is_separator && !text.is_empty())
            && tree.pattern(casing).matches(text) == Some(false)
        {
            return Some(format!("must be in {} case", own.casing.as_deref().unwrap_or_default()));
        }
        self.of_size(size(text.encode_utf16().count()))
    }

    /// What of the assertion a key does not keep.
    pub(super) fn of_key(&self, tree: &Tree, key: &str) -> Option<String> {
        let values = self.assertion.enumeration.as_ref();
        if let Some(values) = values.filter(|values| !values.iter().any(|one| one.as_str() == Some(key))) {
            let shown: Vec<&str> = values.iter().filter_map(Json::as_str).collect();
            return Some(format!("must be one of {}", shown.join(", ")));
        }
        self.of_text(tree, key)
    }

    fn of_size(&self, size: f64) -> Option<String> {
        let Assertion { min, max, .. } = self.assertion;
        let below = min.filter(|min| size < *min).map(|min| format!("must be at least {min}"));
        below.or_else(|| max.filter(|max| size > *max).map(|max| format!("must be at most {max}")))
    }

    fn of_members<'a>(&self, value: Site<'a>, faults: &mut Vec<Fault<'a>>) {
        let own = self.assertion;
        if !value.is_mapping() {
            return;
        }
        for (names, is_one) in [(&own.xor, true), (&own.or, false)] {
            let there: Vec<&str> = names.iter().map(String::as_str).filter(|name| value.has(name)).collect();
            if !names.is_empty() && there.is_empty() {
                faults.push(Fault { at: None, error: format!("one of `{}` must be there", names.join("`, `")) });
            } else if is_one && there.len() > 1 {
                faults.push(Fault { at: None, error: format!("only one of `{}` may be there", there.join("`, `")) });
            }
        }
        if own.typed_enum {
            for item in super::rules::no_enum_type_mismatch::mismatches(value) {
                let types = super::schema::types(value).join(" or ");
                faults.push(Fault { at: Some(item), error: format!("`{}` is not of type {types}", item.shown()) });
            }
        }
        if own.unreferenced.is_some() {
            for component in super::rules::no_unused_components::unused(value.tree) {
                if component.parent() == Some(value) {
                    faults.push(Fault { at: Some(component), error: "nothing refers to it".to_owned() });
                }
            }
        }
    }
}

fn size(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}

fn is_truthy(value: Site<'_>) -> bool {
    let value = value.end();
    !value.is_null() && value.bool() != Some(false) && value.str() != Some("") && value.number() != Some(0.0)
}

/// Whether a scalar of the document is this one.
pub(super) fn is_equal(value: Site<'_>, other: &Json) -> bool {
    match value.content() {
        Content::Null => other.is_null(),
        Content::Bool(truth) => other.as_bool() == Some(*truth),
        Content::Number(number) => other.as_f64() == Some(number.as_f64()),
        Content::String(text) => other.as_str() == Some(text),
        Content::Sequence(_) | Content::Mapping(_) => false,
    }
}

/// The first two items or keys that are not sorted. Numbers go by value, texts without regard to case.
fn unsorted<'a>(value: Site<'a>, keyed_by: Option<&str>) -> Option<Fault<'a>> {
    let all: Vec<(Site<'a>, &str)> = if value.is_mapping() {
        value.entries().map(|(key, member)| (member, key)).collect()
    } else {
        let named = value.items().map(|item| match keyed_by {
            Some(name) => item.end().follow(name).and_then(Site::str).map(|text| (item, text)),
            None => item.end().str().map(|text| (item, text)),
        });
        named.collect::<Option<_>>()?
    };
    let (earlier, later) = all.windows(2).find_map(|pair| match pair {
        [a, b] if order(a.1, b.1) == Ordering::Greater => Some((*a, *b)),
        _ => None,
    })?;
    // Of objects that are sorted by a member, the list as a whole is wrong.
    Some(Fault {
        at: Some(earlier.0).filter(|_| keyed_by.is_none()),
        error: format!("`{}` must be placed after `{}`", earlier.1, later.1),
    })
}

/// Numbers by value; other text by letters, capitals after small letters where nothing else differs.
pub(super) fn order(a: &str, b: &str) -> Ordering {
    if let (Ok(a), Ok(b)) = (a.parse::<f64>(), b.parse::<f64>()) {
        return a.total_cmp(&b);
    }
    // A collation puts punctuation before digits, and digits before letters.
    let weights = |text: &str| -> Vec<(u8, char)> {
        let class = |c: char| if c.is_alphabetic() { 2 } else { u8::from(c.is_numeric()) };
        text.to_lowercase().chars().map(|c| (class(c), c)).collect()
    };
    weights(a).cmp(&weights(b)).then_with(|| b.cmp(a))
}

pub(super) fn by_schema<'a>(value: Site<'a>, schema: &jsonschema::Validator) -> Vec<Fault<'a>> {
    let mut left = MOST_VALUES;
    let Some(json) = as_json(value, &mut Vec::new(), &mut left) else {
        return vec![Fault { at: None, error: "is too large to be judged by a schema".to_owned() }];
    };
    let mut faults: Vec<Fault<'a>> = Vec::new();
    for error in schema.iter_errors(&json) {
        let pointer = error.instance_path().to_string();
        let at = crate::pointer::tokens(pointer.trim_start_matches('/')).filter(|_| !pointer.is_empty()).try_fold(
            value,
            |here, token| {
                let here = here.end();
                here.get(&token).or_else(|| here.items().nth(token.parse().ok()?))
            },
        );
        faults.push(Fault { at: at.filter(|_| !pointer.is_empty()), error: error.to_string() });
    }
    faults
}

/// The value with what its references lead to. A value within itself stays a reference.
fn as_json(value: Site<'_>, above: &mut Vec<crate::bundle::arena::Id>, left: &mut usize) -> Option<Json> {
    *left = left.checked_sub(1)?;
    let end = value.end();
    if above.contains(&end.id) {
        return Some(Json::Object(
            value.text("$ref").map(|text| ("$ref".to_owned(), text.into())).into_iter().collect(),
        ));
    }
    above.push(end.id);
    let json = match end.content() {
        Content::Null => Json::Null,
        Content::Bool(truth) => (*truth).into(),
        Content::Number(number) => number.as_i64().map_or_else(|| number.as_f64().into(), Into::into),
        Content::String(text) => (**text).into(),
        Content::Sequence(_) => end.items().map(|item| as_json(item, above, left)).collect::<Option<_>>()?,
        Content::Mapping(_) => {
            let members = end.entries().map(|(key, member)| Some((key.to_owned(), as_json(member, above, left)?)));
            Json::Object(members.collect::<Option<_>>()?)
        }
    };
    above.pop();
    Some(json)
}

/// What a rule says of a fault: its message with names in double braces filled in.
#[derive(Clone, Copy)]
pub(super) struct Said<'s> {
    pub(super) property: &'s str,
    pub(super) value: &'s str,
    pub(super) error: &'s str,
    pub(super) path: &'s str,
    pub(super) description: &'s str,
}

impl Said<'_> {
    pub(super) fn fill(self, message: &str) -> String {
        let mut out = String::with_capacity(message.len());
        let mut rest = message;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, tail)) = after.split_once("}}") else { break };
            out.push_str(before);
            match name.trim() {
                "property" => out.push_str(self.property),
                "value" => out.push_str(self.value),
                "error" => out.push_str(self.error),
                "path" => out.push_str(self.path),
                "description" => out.push_str(self.description),
                other => {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "{{{{{other}}}}}");
                }
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }
}

/// Puts a finding on a value, or on what lacks it.
pub(super) fn report(report: &mut Report<'_>, owner: Site<'_>, value: Option<Site<'_>>, message: String) {
    match value {
        Some(value) => report.add(value, message),
        None => report.key(owner, message),
    };
}
