//! Requests: from what was received to typed values, and back.

use std::borrow::Cow;

use http::HeaderMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::check::{Violation, whole_number};
use crate::operation::{Encoding, Location, OperationSpec, ParameterSpec};
use crate::schema::{Kind, Schema};

/// The raw parts of a request.
#[derive(Debug)]
pub struct Received<'a> {
    /// Path variables, percent-decoded.
    pub path: Vec<(&'a str, &'a str)>,
    /// Query parameters in order, percent-decoded.
    pub query: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, if there is one.
    pub body: Option<&'a Value>,
}

/// A request's values, checked against the document.
#[derive(Debug)]
pub struct Checked {
    parameters: Vec<Option<Value>>,
    body: Option<Value>,
}

impl Received<'_> {
    /// Checks every parameter and the body against the document.
    ///
    /// # Errors
    /// Every violation, with its path.
    pub fn check(&self, spec: &OperationSpec) -> Result<Checked, Vec<Violation>> {
        let mut violations = Vec::new();
        let parameters = spec
            .parameters
            .iter()
            .map(|parameter| match self.parameter(parameter) {
                Ok(Some(value)) => {
                    violations.extend(parameter.schema.check(&value, &parameter.violation_path()));
                    Some(value)
                }
                Ok(None) => {
                    if parameter.required {
                        violations.push(Violation::new(parameter.violation_path(), "is required"));
                    }
                    None
                }
                Err(violation) => {
                    violations.push(violation);
                    None
                }
            })
            .collect();
        if let Some(body) = &spec.body {
            match self.body {
                Some(value) => violations.extend(body.schema.check(value, "body")),
                None if body.required => {
                    let media_type = body.encoding.media_type();
                    violations.push(Violation::new("body", format!("is required, as {media_type}")));
                }
                None => {}
            }
        }
        let mut body = spec.body.as_ref().and(self.body).cloned();
        body.iter_mut().for_each(write_whole_numbers_whole);
        if violations.is_empty() { Ok(Checked { parameters, body }) } else { Err(violations) }
    }

    fn parameter(&self, spec: &ParameterSpec) -> Result<Option<Value>, Violation> {
        let texts: Vec<Cow<'_, str>> = match spec.location {
            Location::Path => {
                self.path.iter().filter(|(name, _)| *name == spec.name).map(|(_, v)| Cow::Borrowed(*v)).collect()
            }
            Location::Query => {
                self.query.iter().filter(|(name, _)| *name == spec.name).map(|(_, v)| v.clone()).collect()
            }
            // A repeated header is one value joined by commas (RFC 9110, section 5.3); what can't be read as UTF-8
            // still reaches the parser of its format, which has the better error.
            Location::Header => {
                let values: Vec<_> =
                    self.headers.get_all(spec.name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
                if values.is_empty() { Vec::new() } else { vec![Cow::Owned(values.join(", "))] }
            }
        };
        if let Kind::Array(rules) = &spec.schema.resolved().kind {
            let items = texts.iter().map(|text| value_of(text, &rules.items.resolved().kind)).collect::<Vec<_>>();
            return Ok((!items.is_empty()).then_some(Value::Array(items)));
        }
        match texts.as_slice() {
            [] => Ok(None),
            [text] => Ok(Some(value_of(text, &spec.schema.resolved().kind))),
            _ => Err(Violation::new(spec.violation_path(), "must be given once")),
        }
    }
}

/// `5.0` is the integer 5 to JSON Schema, but not to serde: written as 5 it is one to both.
fn write_whole_numbers_whole(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            if let Some(whole) = number.as_f64().and_then(whole_number) {
                *value = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(write_whole_numbers_whole),
        Value::Object(members) => members.values_mut().for_each(write_whole_numbers_whole),
        _ => {}
    }
}

/// The object that a form stands for, its members of the types that `schema` gives them.
///
/// # Errors
/// A member that is given twice.
pub fn read_form(bytes: &[u8], schema: &'static Schema) -> Result<Value, Violation> {
    let mut members = serde_json::Map::new();
    for (name, text) in url::form_urlencoded::parse(bytes) {
        let declared = form_member(schema, &name);
        let value = declared.map_or_else(|| Value::from(&*text), |member| value_of(&text, &member.resolved().kind));
        if members.insert(name.to_string(), value).is_some() {
            // The name of an undeclared member is the caller's own text, which a violation does not repeat.
            let name = if declared.is_some() { &*name } else { "*" };
            return Err(Violation::new(format!("body/{name}"), "must be given once"));
        }
    }
    Ok(Value::Object(members))
}

/// The member of an object, looked for through `allOf`.
fn form_member(schema: &'static Schema, name: &str) -> Option<&'static Schema> {
    match &schema.resolved().kind {
        Kind::Object(rules) => rules.properties.iter().find(|(known, _)| *known == name).map(|(_, member)| *member),
        Kind::AllOf(members) => members.iter().find_map(|member| form_member(member, name)),
        _ => None,
    }
}

/// The JSON value that a parameter's text stands for; a text that doesn't fit stays text, and the schema refuses it.
fn value_of(text: &str, kind: &Kind) -> Value {
    let parsed = match kind {
        Kind::Integer(_) => text.parse::<i64>().ok().map(Value::from),
        Kind::Number(_) => text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::Number),
        Kind::Boolean => text.parse::<bool>().ok().map(Value::Bool),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

impl Checked {
    /// The parameter at `index` of the operation's list.
    ///
    /// # Errors
    /// The schema accepted it and the type doesn't: a generator mistake, reported as a violation rather than a panic.
    pub fn parameter<T: DeserializeOwned>(&mut self, spec: &OperationSpec, index: usize) -> Result<T, Vec<Violation>> {
        let value = self.parameters.get_mut(index).and_then(Option::take).unwrap_or(Value::Null);
        serde_json::from_value(value).map_err(|_| {
            let path = spec.parameters.get(index).map(ParameterSpec::violation_path).unwrap_or_default();
            vec![Violation::new(path, "is not of the documented type")]
        })
    }

    /// The body.
    ///
    /// # Errors
    /// As [`Checked::parameter`].
    pub fn body<T: DeserializeOwned>(&mut self) -> Result<T, Vec<Violation>> {
        let value = self.body.take().unwrap_or(Value::Null);
        serde_json::from_value(value).map_err(|_| vec![Violation::new("body", "is not of the documented type")])
    }
}

/// A request as it travels.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    /// The path, its variables filled in and percent-encoded.
    pub path: String,
    /// Query parameters.
    pub query: Vec<(&'static str, String)>,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body, in the encoding that the operation asks for.
    pub body: Option<Vec<u8>>,
    violations: Vec<Violation>,
}

impl Outgoing {
    /// An empty request to the operation.
    #[must_use]
    pub fn to(spec: &OperationSpec) -> Self {
        Self { path: spec.path.to_owned(), ..Self::default() }
    }

    /// Adds the parameter at `index` of the operation's list; `None` of an `Option` leaves it out.
    #[must_use]
    pub fn parameter<T: Serialize>(mut self, spec: &OperationSpec, index: usize, value: &T) -> Self {
        let Some(parameter) = spec.parameters.get(index) else { return self };
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        if value.is_null() && !parameter.required {
            return self;
        }
        self.violations.extend(parameter.schema.check(&value, &parameter.violation_path()));
        let texts: Vec<String> = match &value {
            Value::Array(items) => items.iter().map(text_of).collect(),
            scalar => vec![text_of(scalar)],
        };
        for text in texts {
            match parameter.location {
                Location::Path => {
                    // Whoever reads a URL takes these for steps, percent-encoded or not: the call would go elsewhere.
                    if matches!(text.as_str(), "" | "." | "..") {
                        let violation = Violation::new(parameter.violation_path(), "must not be empty, `.` or `..`");
                        self.violations.push(violation);
                    }
                    self.path = self.path.replace(&format!("{{{}}}", parameter.name), &percent_encode(&text));
                }
                Location::Query => self.query.push((parameter.name, text)),
                Location::Header => self.headers.push((parameter.name, text)),
            }
        }
        self
    }

    /// Adds the body; `None` of an `Option` leaves it out.
    #[must_use]
    pub fn body<T: Serialize>(mut self, spec: &OperationSpec, body: &T) -> Self {
        let value = serde_json::to_value(body).unwrap_or(Value::Null);
        if value.is_null() && spec.body.as_ref().is_none_or(|body| !body.required) {
            return self;
        }
        let encoding = spec.body.as_ref().map_or(Encoding::Json, |body| body.encoding);
        if let Some(body) = &spec.body {
            self.violations.extend(body.schema.check(&value, "body"));
        }
        self.body = Some(match encoding {
            Encoding::Json => value.to_string().into_bytes(),
            Encoding::Form => {
                let members = value.as_object().into_iter().flatten();
                let texts = members.filter(|(_, value)| !value.is_null()).map(|(name, value)| (name, text_of(value)));
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(texts).finish().into_bytes()
            }
        });
        self
    }

    /// The request, if it is as documented.
    ///
    /// # Errors
    /// Every violation, with its path.
    pub fn checked(self) -> Result<Self, Vec<Violation>> {
        if self.violations.is_empty() { Ok(self) } else { Err(self.violations) }
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// RFC 3986: everything but unreserved characters and `:` is encoded; our ids hold a colon, which a path may carry.
fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':') {
            out.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
