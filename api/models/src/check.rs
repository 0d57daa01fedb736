//! Checking a JSON value against a [`Schema`], with every violation reported.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::format;
use crate::schema::{
    Additional, ArrayRules, IntegerRules, Kind, NumberRules, ObjectRules, Schema, StringRules, UnionRules,
};

/// One place where a request breaks its schema. It never repeats a value of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The member: where it travels (`body`, `path`, `query`, `header`) and its JSON Pointer there, such as
    /// `body/owner/emails/0` or `query/accountId`; the bare word `body` is the body as a whole.
    pub path: String,
    /// What it must be, in words: `must have at most 256 characters`.
    pub message: String,
}

impl Violation {
    /// A violation of `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl Schema {
    /// Every way in which `value` breaks this schema; `path` is the value's own, such as `body` or `query/limit`.
    #[must_use]
    pub fn check(&'static self, value: &Value, path: &str) -> Vec<Violation> {
        let mut check = Check { path: path.to_owned(), violations: Vec::new() };
        check.schema(self, value);
        check.violations
    }
}

struct Check {
    path: String,
    violations: Vec<Violation>,
}

impl Check {
    fn refuse(&mut self, message: impl Into<String>) {
        let violation = Violation::new(self.path.clone(), message);
        // Two members of an `allOf` may say the same thing.
        if !self.violations.contains(&violation) {
            self.violations.push(violation);
        }
    }

    fn within(&mut self, step: Step<'_>, schema: &'static Schema, value: &Value) {
        let length = self.path.len();
        match step {
            Step::Member(name) => self.descend(name),
            Step::Item(index) => {
                let _ = write!(self.path, "/{index}");
            }
        }
        self.schema(schema, value);
        self.path.truncate(length);
    }

    /// Goes one member down; `~` and `/` in a name are escaped as RFC 6901 has it.
    fn descend(&mut self, name: &str) {
        self.path.push('/');
        for character in name.chars() {
            match character {
                '~' => self.path.push_str("~0"),
                '/' => self.path.push_str("~1"),
                other => self.path.push(other),
            }
        }
    }

    fn schema(&mut self, schema: &'static Schema, value: &Value) {
        if value.is_null() && schema.nullable {
            return;
        }
        match &schema.kind {
            Kind::Reference(_, target) => self.schema(target, value),
            Kind::Any => {}
            Kind::Boolean => {
                if !value.is_boolean() {
                    self.refuse("must be true or false");
                }
            }
            Kind::Integer(rules) => self.integer(rules, value),
            Kind::Number(rules) => self.number(rules, value),
            Kind::String(rules) => self.string(rules, value),
            Kind::Array(rules) => self.array(rules, value),
            Kind::Object(rules) => self.object(rules, value),
            Kind::AllOf(members) => {
                for member in *members {
                    self.schema(member, value);
                }
            }
            Kind::OneOf(union) => self.union(union, value),
        }
    }

    fn integer(&mut self, rules: &IntegerRules, value: &Value) {
        // JSON knows one kind of number: 5.0 is the integer 5.
        let whole = value.as_i64().or_else(|| value.as_f64().and_then(whole_number));
        let Some(number) = whole else { return self.refuse("must be an integer of at most 64 bits") };
        if rules.format == Some("int32") && i32::try_from(number).is_err() {
            self.refuse("must be an integer of at most 32 bits");
        }
        if let Some(minimum) = rules.minimum {
            if rules.exclusive_minimum && number <= minimum {
                self.refuse(format!("must be greater than {minimum}"));
            } else if number < minimum {
                self.refuse(format!("must be at least {minimum}"));
            }
        }
        if let Some(maximum) = rules.maximum {
            if rules.exclusive_maximum && number >= maximum {
                self.refuse(format!("must be less than {maximum}"));
            } else if number > maximum {
                self.refuse(format!("must be at most {maximum}"));
            }
        }
        if let Some(step) = rules.multiple_of
            && number.checked_rem(step) != Some(0)
        {
            self.refuse(format!("must be a multiple of {step}"));
        }
        if !rules.values.is_empty() && !rules.values.contains(&number) {
            self.refuse(one_of(rules.values));
        }
    }

    fn number(&mut self, rules: &NumberRules, value: &Value) {
        let Some(number) = value.as_f64() else { return self.refuse("must be a number") };
        if let Some(minimum) = rules.minimum {
            if rules.exclusive_minimum && number <= minimum {
                self.refuse(format!("must be greater than {minimum}"));
            } else if number < minimum {
                self.refuse(format!("must be at least {minimum}"));
            }
        }
        if let Some(maximum) = rules.maximum {
            if rules.exclusive_maximum && number >= maximum {
                self.refuse(format!("must be less than {maximum}"));
            } else if number > maximum {
                self.refuse(format!("must be at most {maximum}"));
            }
        }
        if let Some(step) = rules.multiple_of
            && !is_multiple(number, step)
        {
            self.refuse(format!("must be a multiple of {step}"));
        }
    }

    fn string(&mut self, rules: &StringRules, value: &Value) {
        let Some(text) = value.as_str() else { return self.refuse("must be a string") };
        if !rules.values.is_empty() && !rules.values.contains(&text) {
            return self.refuse(one_of(rules.values));
        }
        let length = text.chars().count();
        if let Some(minimum) = rules.min_length
            && length < minimum
        {
            self.refuse(format!("must have at least {minimum} character{}", plural(minimum)));
        }
        if let Some(maximum) = rules.max_length
            && length > maximum
        {
            // Nothing more is asked of a text that is too long: formats and patterns cost time.
            return self.refuse(format!("must have at most {maximum} character{}", plural(maximum)));
        }
        if let Some(pattern) = rules.pattern
            && !pattern.accepts(text)
        {
            self.refuse(format!("must match {}", pattern.source()));
        }
        if let Some(format) = rules.format
            && !format::accepts(format, text)
        {
            self.refuse(format!("must be of the format {format}"));
        }
    }

    fn array(&mut self, rules: &ArrayRules, value: &Value) {
        let Some(items) = value.as_array() else { return self.refuse("must be an array") };
        if let Some(minimum) = rules.min_items
            && items.len() < minimum
        {
            self.refuse(format!("must have at least {minimum} item{}", plural(minimum)));
        }
        if let Some(maximum) = rules.max_items
            && items.len() > maximum
        {
            return self.refuse(format!("must have at most {maximum} item{}", plural(maximum)));
        }
        let mut seen = HashSet::new();
        if rules.unique_items && !items.iter().all(|item| seen.insert(item)) {
            self.refuse("must not hold the same item twice");
        }
        for (index, item) in items.iter().enumerate() {
            self.within(Step::Item(index), rules.items, item);
        }
    }

    fn object(&mut self, rules: &ObjectRules, value: &Value) {
        let Some(members) = value.as_object() else { return self.refuse("must be an object") };
        for name in rules.required {
            if !members.contains_key(*name) {
                let length = self.path.len();
                self.descend(name);
                self.refuse("is required");
                self.path.truncate(length);
            }
        }
        if let Some(minimum) = rules.min_properties
            && members.len() < minimum
        {
            self.refuse(format!("must have at least {minimum} member{}", plural(minimum)));
        }
        if let Some(maximum) = rules.max_properties
            && members.len() > maximum
        {
            self.refuse(format!("must have at most {maximum} member{}", plural(maximum)));
        }
        for (name, schema) in rules.properties {
            if let Some(member) = members.get(*name) {
                self.within(Step::Member(name), schema, member);
            }
        }
        let undeclared = || members.iter().filter(|(name, _)| rules.properties.iter().all(|(known, _)| known != name));
        match rules.additional {
            Additional::Ignored | Additional::Kept => {}
            Additional::Refused => {
                let count = undeclared().count();
                if count > 0 {
                    self.refuse(format!("must not have undeclared members, and has {count}"));
                }
            }
            Additional::Matching(schema) => {
                // The name of an undeclared member is the caller's own text, which a violation does not repeat.
                for (_, member) in undeclared() {
                    self.within(Step::Member("*"), schema, member);
                }
            }
        }
    }

    fn union(&mut self, union: &UnionRules, value: &Value) {
        let Some(members) = value.as_object() else { return self.refuse("must be an object") };
        let length = self.path.len();
        let branch = match members.get(union.property) {
            Some(Value::String(chosen)) => union.branches.iter().find(|(value, _)| value == chosen).map(|(_, b)| *b),
            _ => None,
        };
        if let Some(branch) = branch {
            return self.schema(branch, value);
        }
        self.descend(union.property);
        if members.contains_key(union.property) {
            let values: Vec<_> = union.branches.iter().map(|(value, _)| *value).collect();
            self.refuse(one_of(&values));
        } else {
            self.refuse("is required");
        }
        self.path.truncate(length);
    }
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Member(&'a str),
    Item(usize),
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
#[expect(clippy::cast_precision_loss, reason = "2^53 and below are exact")]
pub(crate) fn whole_number(number: f64) -> Option<i64> {
    const EXACT: f64 = (1_i64 << 53) as f64;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// Whether `number` is a multiple of `step` as decimals: `0.07` is one of `0.01`, although the doubles' quotient isn't
/// whole. The remainder may be what rounding the quotient and the product can make of zero.
fn is_multiple(number: f64, step: f64) -> bool {
    let nearest = (number / step).round() * step;
    (number - nearest).abs() <= number.abs() * 2.0 * f64::EPSILON
}

fn one_of<T: std::fmt::Display>(values: &[T]) -> String {
    let values: Vec<_> = values.iter().map(ToString::to_string).collect();
    match values.as_slice() {
        [only] => format!("must be {only}"),
        _ => format!("must be one of {}", values.join(", ")),
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.path, self.message)
    }
}

impl std::error::Error for Violation {}
