//! The conditions in the filters of a `JSONPath`: `[?(@.in == 'query' && !@property.match(/^x-/))]`.
//!
//! The part of JavaScript that rule files use. What is asked of a value that has no such member is undefined.

use super::site::Site;
use crate::bundle::arena::Content;
use std::borrow::Cow;

/// A parsed condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    /// `@`
    This,
    /// `@property`
    Key,
    /// `@parentProperty`
    ParentKey,
    /// `@parent`
    Parent,
    /// `@root`
    Root,
    Null,
    Undefined,
    Bool(bool),
    Number(f64),
    Text(String),
    /// `/…/`, its flags written into it.
    Pattern(String),
    List(Vec<Expression>),
    Member(Box<Expression>, Box<Expression>),
    Call(Box<Expression>, String, Vec<Expression>),
    Not(Box<Expression>),
    TypeOf(Box<Expression>),
    Binary(&'static str, Box<Expression>, Box<Expression>),
}

/// What a condition is asked about.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) site: Site<'a>,
    pub(super) key: &'a str,
    pub(super) parent: Option<Site<'a>>,
    pub(super) parent_key: &'a str,
}

#[derive(Clone)]
enum Value<'a> {
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
    Pattern(String),
    List(Vec<Value<'a>>),
    /// A list or mapping of the document.
    Site(Site<'a>),
}

impl Expression {
    pub(super) fn holds(&self, asked: Asked<'_>) -> bool {
        self.value(asked).is_truthy()
    }

    fn value<'a>(&self, asked: Asked<'a>) -> Value<'a> {
        match self {
            Self::This => Value::of(asked.site),
            Self::Key => Value::Text(asked.key.into()),
            Self::ParentKey => Value::Text(asked.parent_key.into()),
            Self::Parent => asked.parent.map_or(Value::Undefined, Value::of),
            Self::Root => Value::of(asked.site.tree.root()),
            Self::Null => Value::Null,
            Self::Undefined => Value::Undefined,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Number(number) => Value::Number(*number),
            Self::Text(text) => Value::Text(text.clone().into()),
            Self::Pattern(pattern) => Value::Pattern(pattern.clone()),
            Self::List(items) => Value::List(items.iter().map(|item| item.value(asked)).collect()),
            Self::Member(of, name) => of.value(asked).member(&name.value(asked)),
            Self::Call(of, method, arguments) => {
                let arguments: Vec<Value<'a>> = arguments.iter().map(|one| one.value(asked)).collect();
                of.value(asked).call(method, &arguments, asked.site)
            }
            Self::Not(one) => Value::Bool(!one.value(asked).is_truthy()),
            Self::TypeOf(one) => Value::Text(one.value(asked).type_name().into()),
            Self::Binary(operator, left, right) => {
                let first = left.value(asked);
                match *operator {
                    "&&" => return if first.is_truthy() { right.value(asked) } else { first },
                    "||" => return if first.is_truthy() { first } else { right.value(asked) },
                    _ => {}
                }
                Value::Bool(first.compares(operator, &right.value(asked)))
            }
        }
    }
}

impl<'a> Value<'a> {
    fn of(site: Site<'a>) -> Self {
        let end = site.end();
        match end.content() {
            Content::Null => Self::Null,
            Content::Bool(truth) => Self::Bool(*truth),
            Content::Number(number) => Self::Number(number.as_f64()),
            Content::String(text) => Self::Text((**text).into()),
            Content::Sequence(_) | Content::Mapping(_) => Self::Site(end),
        }
    }

    fn is_truthy(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => false,
            Self::Bool(truth) => *truth,
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Text(text) => !text.is_empty(),
            Self::Pattern(_) | Self::List(_) | Self::Site(_) => true,
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Null | Self::Pattern(_) | Self::List(_) | Self::Site(_) => "object",
        }
    }

    fn text(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => Some(number.to_string().into()),
            Self::Bool(truth) => Some(truth.to_string().into()),
            _ => None,
        }
    }

    fn items(&self) -> Vec<Self> {
        match self {
            Self::List(items) => items.clone(),
            Self::Site(site) => site.items().map(Self::of).collect(),
            _ => Vec::new(),
        }
    }

    fn member(&self, name: &Self) -> Self {
        let Some(name) = name.text() else { return Self::Undefined };
        let count = |length: usize| Self::Number(f64::from(u32::try_from(length).unwrap_or(u32::MAX)));
        match (self, name.as_ref()) {
            (Self::Site(site), _) if site.is_mapping() && site.has(&name) => {
                site.get(&name).map_or(Self::Null, Self::of)
            }
            (Self::Site(site), "length") if site.is_sequence() => count(site.len()),
            (Self::List(items), "length") => count(items.len()),
            (Self::Text(text), "length") => count(text.encode_utf16().count()),
            (Self::Text(_) | Self::Number(_) | Self::Bool(_) | Self::Site(_) | Self::List(_), "constructor") => {
                Self::Pattern(self.constructor().to_owned())
            }
            (Self::Pattern(constructor), "name") => Self::Text(constructor.clone().into()),
            (_, index) => {
                index.parse().ok().and_then(|at: usize| self.items().into_iter().nth(at)).unwrap_or(Self::Undefined)
            }
        }
    }

    fn constructor(&self) -> &'static str {
        match self {
            Self::Text(_) => "String",
            Self::Number(_) => "Number",
            Self::Bool(_) => "Boolean",
            Self::List(_) => "Array",
            Self::Site(site) if site.is_sequence() => "Array",
            _ => "Object",
        }
    }

    fn call(&self, method: &str, arguments: &[Self], site: Site<'_>) -> Self {
        let argument = arguments.first();
        let matches = |pattern: &Self, text: &Self| match (pattern, text.text()) {
            (Self::Pattern(pattern), Some(text)) => site.tree.pattern(pattern).matches(&text) == Some(true),
            (Self::Text(pattern), Some(text)) => site.tree.pattern(pattern).matches(&text) == Some(true),
            _ => false,
        };
        let text = self.text();
        let other = argument.and_then(Self::text);
        match (method, &text, &other) {
            ("match", Some(_), _) => Self::Bool(argument.is_some_and(|pattern| matches(pattern, self))),
            ("test", ..) => Self::Bool(argument.is_some_and(|text| matches(self, text))),
            ("startsWith", Some(text), Some(other)) => Self::Bool(text.starts_with(other.as_ref())),
            ("endsWith", Some(text), Some(other)) => Self::Bool(text.ends_with(other.as_ref())),
            ("includes", Some(text), Some(other)) if matches!(self, Self::Text(_)) => {
                Self::Bool(text.contains(other.as_ref()))
            }
            ("indexOf", Some(text), Some(other)) if matches!(self, Self::Text(_)) => Self::Number(
                text.find(other.as_ref()).map_or(-1.0, |at| f64::from(u32::try_from(at).unwrap_or(u32::MAX))),
            ),
            ("includes" | "indexOf", ..) => {
                let wanted = argument.cloned().unwrap_or(Self::Undefined);
                let at = self.items().iter().position(|item| item.equals(&wanted));
                match method {
                    "includes" => Self::Bool(at.is_some()),
                    _ => Self::Number(at.map_or(-1.0, |at| f64::from(u32::try_from(at).unwrap_or(u32::MAX)))),
                }
            }
            ("toLowerCase", Some(text), _) => Self::Text(text.to_lowercase().into()),
            ("toUpperCase", Some(text), _) => Self::Text(text.to_uppercase().into()),
            ("trim", Some(text), _) => Self::Text(text.trim().to_owned().into()),
            ("hasOwnProperty", ..) => match (self, other) {
                (Self::Site(site), Some(name)) => Self::Bool(site.has(&name)),
                _ => Self::Bool(false),
            },
            _ => Self::Undefined,
        }
    }

    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Undefined | Self::Null, Self::Undefined | Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Site(a), Self::Site(b)) => a == b,
            // A key of a mapping is text, be it written as a number or not.
            (Self::Number(number), Self::Text(text)) | (Self::Text(text), Self::Number(number)) => {
                text.parse() == Ok(*number)
            }
            _ => false,
        }
    }

    fn compares(&self, operator: &str, other: &Self) -> bool {
        let order = || match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            _ => self.number()?.partial_cmp(&other.number()?),
        };
        match operator {
            "==" => self.equals(other),
            "!=" => !self.equals(other),
            "<" => order().is_some_and(std::cmp::Ordering::is_lt),
            "<=" => order().is_some_and(std::cmp::Ordering::is_le),
            ">" => order().is_some_and(std::cmp::Ordering::is_gt),
            ">=" => order().is_some_and(std::cmp::Ordering::is_ge),
            _ => match (other, self.text()) {
                (Self::Site(site), Some(name)) => site.has(&name),
                _ => false,
            },
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

/// Reads conditions and keeps the place up to which it has read.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
}

/// Operators by how tightly they bind, the loosest first; of those that begin alike, the longest first.
const LEVELS: [&[(&str, &str)]; 4] = [
    &[("||", "||")],
    &[("&&", "&&")],
    &[("===", "=="), ("!==", "!="), ("==", "=="), ("!=", "!=")],
    &[("<=", "<="), (">=", ">="), ("<", "<"), (">", ">"), ("in ", "in")],
];

impl<'t> Reader<'t> {
    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(super) fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    pub(super) fn expect(&mut self, token: &str) -> Result<(), String> {
        self.space();
        if self.eat(token) { Ok(()) } else { Err(format!("`{token}` is missing before `{}`", self.rest())) }
    }

    pub(super) fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// A text in quotes, if one begins here.
    pub(super) fn quoted(&mut self) -> Result<Option<String>, String> {
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '\'' | '"')) else { return Ok(None) };
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                _ if c == quote => {
                    self.at += at + quote.len_utf8();
                    return Ok(Some(text));
                }
                '\\' => text.extend(chars.next().map(|(_, escaped)| escaped)),
                _ => text.push(c),
            }
        }
        Err("a quote is not closed".to_owned())
    }

    /// A condition, to the first character that cannot belong to it.
    pub(super) fn expression(&mut self) -> Result<Expression, String> {
        self.level(0, 0)
    }

    fn level(&mut self, level: usize, depth: usize) -> Result<Expression, String> {
        if depth > 100 {
            return Err("the condition is nested too deep".to_owned());
        }
        let Some(operators) = LEVELS.get(level) else { return self.unary(depth) };
        let mut left = self.level(level + 1, depth)?;
        loop {
            self.space();
            let Some((_, meaning)) = operators.iter().find(|(token, _)| self.eat(token)) else { return Ok(left) };
            let right = self.level(level + 1, depth)?;
            left = Expression::Binary(meaning, Box::new(left), Box::new(right));
        }
    }

    fn unary(&mut self, depth: usize) -> Result<Expression, String> {
        self.space();
        if self.eat("!") {
            return Ok(Expression::Not(Box::new(self.level(LEVELS.len(), depth + 1)?)));
        }
        if self.eat("typeof ") {
            return Ok(Expression::TypeOf(Box::new(self.level(LEVELS.len(), depth + 1)?)));
        }
        let mut value = self.primary(depth)?;
        loop {
            if self.eat("?.") || self.eat(".") {
                let name = self.word().to_owned();
                if name.is_empty() {
                    return Err(format!("a name is missing before `{}`", self.rest()));
                }
                value = if self.eat("(") {
                    let arguments = self.list(")", depth)?;
                    if !METHODS.contains(&name.as_str()) {
                        return Err(format!("`{name}()` is not known"));
                    }
                    Expression::Call(Box::new(value), name, arguments)
                } else {
                    Expression::Member(Box::new(value), Box::new(Expression::Text(name)))
                };
            } else if self.eat("[") {
                let name = self.level(0, depth + 1)?;
                self.expect("]")?;
                value = Expression::Member(Box::new(value), Box::new(name));
            } else {
                return Ok(value);
            }
        }
    }

    fn list(&mut self, end: &str, depth: usize) -> Result<Vec<Expression>, String> {
        let mut items = Vec::new();
        loop {
            self.space();
            if self.eat(end) {
                return Ok(items);
            }
            if !items.is_empty() {
                self.expect(",")?;
            }
            items.push(self.level(0, depth + 1)?);
        }
    }

    fn primary(&mut self, depth: usize) -> Result<Expression, String> {
        self.space();
        if self.eat("(") {
            let inner = self.level(0, depth + 1)?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.eat("[") {
            return Ok(Expression::List(self.list("]", depth)?));
        }
        if self.eat("@") {
            return match self.word() {
                "" => Ok(Expression::This),
                "property" => Ok(Expression::Key),
                "parentProperty" => Ok(Expression::ParentKey),
                "parent" => Ok(Expression::Parent),
                "root" => Ok(Expression::Root),
                word => Err(format!("`@{word}` is not known")),
            };
        }
        if let Some(text) = self.quoted()? {
            return Ok(Expression::Text(text));
        }
        if self.rest().starts_with('/') {
            return self.pattern();
        }
        let negative = self.eat("-");
        let rest = self.rest();
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        if digits > 0 {
            self.at += digits;
            let number: f64 = rest[..digits].parse().map_err(|_| format!("`{}` is no number", &rest[..digits]))?;
            return Ok(Expression::Number(if negative { -number } else { number }));
        }
        match self.word() {
            "true" => Ok(Expression::Bool(true)),
            "false" => Ok(Expression::Bool(false)),
            "null" => Ok(Expression::Null),
            "undefined" => Ok(Expression::Undefined),
            "void" => self.primary(depth).map(|_| Expression::Undefined),
            word => Err(format!("`{word}{}` is not understood", self.rest())),
        }
    }

    /// `/…/flags`
    fn pattern(&mut self) -> Result<Expression, String> {
        let rest = self.rest();
        let mut in_class = false;
        let mut is_escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == '/' && !in_class && !is_escaped;
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                _ => {}
            }
            ends
        });
        let (end, _) = end.ok_or("a regular expression is not closed")?;
        self.at += end + 1;
        let flags = self.word();
        Ok(Expression::Pattern(super::pattern::with_flags(&rest[1..end], flags)?))
    }
}

const METHODS: [&str; 10] = [
    "match",
    "test",
    "startsWith",
    "endsWith",
    "includes",
    "indexOf",
    "toLowerCase",
    "toUpperCase",
    "trim",
    "hasOwnProperty",
];
