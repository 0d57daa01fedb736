//! The `JSONPath` that rule files of other linters are written in, over the source tree.
//!
//! References are followed at every step, as if the document were one. `..` visits every value once.

use super::site::Site;
use crate::bundle::arena::Id;
use std::collections::HashSet;

/// A parsed path.
#[derive(Debug, Clone)]
pub(super) struct JsonPath {
    steps: Vec<Step>,
    /// `~` at the end: the key is meant, not the value.
    pub(super) keys: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Names(Vec<String>),
    All,
    Filter(Test),
    /// `..`: the value and everything below it.
    Descend,
    /// `^`
    Parent,
}

#[derive(Debug, Clone)]
enum Test {
    Or(Box<Test>, Box<Test>),
    And(Box<Test>, Box<Test>),
    Not(Box<Test>),
    Truthy(Term),
    Equal(Term, Term),
    Matches(Term, String),
}

#[derive(Debug, Clone)]
enum Term {
    /// `@.a.b`
    Value(Vec<String>),
    /// `@property`
    Property,
    Text(String),
    Number(f64),
    Bool(bool),
    Null,
}

impl JsonPath {
    /// Reads a path that begins with `$`.
    ///
    /// # Errors
    /// What of it is not understood.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text: text.trim(), at: 0 };
        if !reader.eat("$") {
            return Err(format!("`{text}` does not begin with `$`"));
        }
        let mut steps = Vec::new();
        let mut keys = false;
        while !reader.is_done() {
            if reader.eat("..") {
                steps.push(Step::Descend);
                if !reader.rest().starts_with('[') {
                    steps.push(reader.name()?);
                }
            } else if reader.eat(".") {
                steps.push(reader.name()?);
            } else if reader.eat("[?(") {
                let test = reader.or()?;
                reader.expect(")]")?;
                steps.push(Step::Filter(test));
            } else if reader.eat("[") {
                steps.push(reader.brackets()?);
            } else if reader.eat("^") {
                steps.push(Step::Parent);
            } else if reader.eat("~") {
                keys = true;
            } else {
                return Err(format!("`{}` is not understood", reader.rest()));
            }
        }
        Ok(Self { steps, keys })
    }

    /// Everything that the path selects, each once.
    pub(super) fn select<'a>(&self, root: Site<'a>) -> Vec<Site<'a>> {
        let mut here = vec![root];
        for step in &self.steps {
            let mut next = Vec::new();
            for site in here {
                step.apply(site, &mut next);
            }
            let mut seen: HashSet<Id> = HashSet::with_capacity(next.len());
            next.retain(|site| seen.insert(site.id));
            here = next;
        }
        here
    }
}

impl Step {
    fn apply<'a>(&self, site: Site<'a>, next: &mut Vec<Site<'a>>) {
        let end = site.end();
        match self {
            Self::Names(names) => {
                for name in names {
                    let item = name.parse::<usize>().ok().and_then(|index| end.items().nth(index));
                    next.extend(end.get(name).or(item));
                }
            }
            Self::All => next.extend(children(end)),
            Self::Filter(test) => next.extend(children(end).filter(|child| test.holds(*child))),
            Self::Descend => descend(end, next),
            Self::Parent => next.extend(site.parent()),
        }
    }
}

fn children(site: Site<'_>) -> impl Iterator<Item = Site<'_>> {
    site.items().chain(site.entries().map(|(_, value)| value))
}

fn descend<'a>(start: Site<'a>, found: &mut Vec<Site<'a>>) {
    let mut seen = HashSet::new();
    let mut pending = vec![start];
    while let Some(site) = pending.pop() {
        let end = site.end();
        if seen.insert(end.id) {
            found.push(end);
            let first = pending.len();
            pending.extend(children(end));
            pending[first..].reverse();
        }
    }
}

impl Test {
    fn holds(&self, site: Site<'_>) -> bool {
        match self {
            Self::Or(a, b) => a.holds(site) || b.holds(site),
            Self::And(a, b) => a.holds(site) && b.holds(site),
            Self::Not(test) => !test.holds(site),
            Self::Truthy(term) => match term.value(site) {
                Found::Site(site) => {
                    !site.is_null()
                        && site.bool() != Some(false)
                        && site.str() != Some("")
                        && site.number() != Some(0.0)
                }
                Found::Text(text) => !text.is_empty(),
                Found::Number(number) => number != 0.0,
                Found::Bool(truth) => truth,
                Found::Null => false,
            },
            Self::Equal(a, b) => a.value(site).equals(&b.value(site)),
            Self::Matches(term, pattern) => {
                let text = match term.value(site) {
                    Found::Site(value) => value.str().map(str::to_owned),
                    Found::Text(text) => Some(text),
                    _ => None,
                };
                text.is_some_and(|text| site.tree.pattern(pattern).matches(&text) == Some(true))
            }
        }
    }
}

enum Found<'a> {
    Site(Site<'a>),
    Text(String),
    Number(f64),
    Bool(bool),
    Null,
}

impl Found<'_> {
    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Site(a), Self::Site(b)) => a.same_value(*b),
            (Self::Site(site), Self::Text(text)) | (Self::Text(text), Self::Site(site)) => site.str() == Some(text),
            (Self::Site(site), Self::Number(number)) | (Self::Number(number), Self::Site(site)) => {
                site.number() == Some(*number)
            }
            (Self::Site(site), Self::Bool(truth)) | (Self::Bool(truth), Self::Site(site)) => {
                site.bool() == Some(*truth)
            }
            (Self::Site(site), Self::Null) | (Self::Null, Self::Site(site)) => site.is_null(),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Null, Self::Null) => true,
            _ => false,
        }
    }
}

impl Term {
    fn value<'a>(&self, site: Site<'a>) -> Found<'a> {
        match self {
            Self::Value(path) => {
                let value = path.iter().try_fold(site.end(), |here, name| here.follow(name));
                value.map_or(Found::Null, Found::Site)
            }
            Self::Property => Found::Text(site.key().unwrap_or_default().to_owned()),
            Self::Text(text) => Found::Text(text.clone()),
            Self::Number(number) => Found::Number(*number),
            Self::Bool(truth) => Found::Bool(*truth),
            Self::Null => Found::Null,
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn is_done(&self) -> bool {
        self.rest().is_empty()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        self.space();
        if self.eat(token) { Ok(()) } else { Err(format!("`{token}` is missing before `{}`", self.rest())) }
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '$'))).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn name(&mut self) -> Result<Step, String> {
        if self.eat("*") {
            return Ok(Step::All);
        }
        match self.word() {
            "" => Err(format!("a name is missing before `{}`", self.rest())),
            word => Ok(Step::Names(vec![word.to_owned()])),
        }
    }

    /// After `[`: names, indices or `*`.
    fn brackets(&mut self) -> Result<Step, String> {
        if self.eat("*]") {
            return Ok(Step::All);
        }
        let mut names = Vec::new();
        loop {
            self.space();
            names.push(match self.quoted()? {
                Some(text) => text,
                None => match self.word() {
                    "" => return Err(format!("`[{}` is not understood", self.rest())),
                    word => word.to_owned(),
                },
            });
            self.space();
            if self.eat("]") {
                return Ok(Step::Names(names));
            }
            self.expect(",")?;
        }
    }

    fn quoted(&mut self) -> Result<Option<String>, String> {
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '\'' | '"')) else { return Ok(None) };
        let inside = self.at + 1;
        let end = self.text[inside..].find(quote).ok_or("a quote is not closed")?;
        self.at = inside + end + 1;
        Ok(Some(self.text[inside..inside + end].to_owned()))
    }

    fn or(&mut self) -> Result<Test, String> {
        let mut test = self.and()?;
        loop {
            self.space();
            if !self.eat("||") {
                return Ok(test);
            }
            test = Test::Or(Box::new(test), Box::new(self.and()?));
        }
    }

    fn and(&mut self) -> Result<Test, String> {
        let mut test = self.comparison()?;
        loop {
            self.space();
            if !self.eat("&&") {
                return Ok(test);
            }
            test = Test::And(Box::new(test), Box::new(self.comparison()?));
        }
    }

    fn comparison(&mut self) -> Result<Test, String> {
        self.space();
        if self.eat("!") {
            return Ok(Test::Not(Box::new(self.comparison()?)));
        }
        if self.eat("(") {
            let test = self.or()?;
            self.expect(")")?;
            return Ok(test);
        }
        let left = self.term()?;
        self.space();
        if self.eat(".match(") {
            self.space();
            self.expect("/")?;
            let end = self.rest().find("/)").ok_or("a regular expression is not closed")?;
            let pattern = self.rest()[..end].to_owned();
            self.at += end + 2;
            return Ok(Test::Matches(left, pattern));
        }
        for (operator, equal) in [("===", true), ("!==", false), ("==", true), ("!=", false)] {
            if self.eat(operator) {
                self.space();
                let test = Test::Equal(left, self.term()?);
                return Ok(if equal { test } else { Test::Not(Box::new(test)) });
            }
        }
        Ok(Test::Truthy(left))
    }

    fn term(&mut self) -> Result<Term, String> {
        self.space();
        if self.eat("@property") {
            return Ok(Term::Property);
        }
        if self.eat("@") {
            let mut path = Vec::new();
            loop {
                if self.rest().starts_with(".match(") {
                    return Ok(Term::Value(path));
                }
                if self.eat(".") {
                    path.push(self.word().to_owned());
                } else if self.rest().starts_with("['") || self.rest().starts_with("[\"") {
                    self.at += 1;
                    path.extend(self.quoted()?);
                    self.expect("]")?;
                } else {
                    return Ok(Term::Value(path));
                }
            }
        }
        if let Some(text) = self.quoted()? {
            return Ok(Term::Text(text));
        }
        match self.word() {
            "true" => Ok(Term::Bool(true)),
            "false" => Ok(Term::Bool(false)),
            "null" | "undefined" | "void" => Ok(Term::Null),
            word => word.parse().map(Term::Number).map_err(|_| format!("`{word}{}` is not understood", self.rest())),
        }
    }
}
