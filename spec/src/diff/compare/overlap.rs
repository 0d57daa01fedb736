//! Values that fit two members of a `oneOf`, which takes none of them. Only what is certain is told: whether schemas of
//! objects and lists overlap in practice, nobody can say who sees no more than the schemas.

use super::super::finding::Side;
use super::super::language::{Inclusion, Language};
use super::super::schema::{Alternative, Bound, Shape, Types};
use super::Comparison;
use super::texts::language;
use super::union::Members;
use crate::node::{Node, Value};
use crate::number::Number;
use foldhash::HashMap;
use std::rc::Rc;

/// How many values are tried.
const MOST_VALUES: usize = 200;

/// How many members of either union are looked at.
const MOST_MEMBERS: usize = 24;

/// How often an automaton is asked for a text.
const MOST_QUESTIONS: usize = 32;

/// Types of values without parts, null aside: that is a matter of the whole union.
fn scalars() -> Types {
    Types::STRING | Types::NUMBER | Types::BOOLEAN
}

impl<'a> Comparison<'_, 'a> {
    /// A value that BASE took and that two members of HEAD take, as JSON. `was_exclusive` tells whether BASE refused
    /// what fits two of its members.
    pub(super) fn refused_by_two(&mut self, members: &Members<'a>, was_exclusive: bool) -> Option<String> {
        let (base, head) = (self.simple(&members.base, Side::Base), self.simple(&members.head, Side::Head));
        let is_scalar = |shape: &&Rc<Shape<'a>>| shape.strict_types().may_be(scalars());
        if head.iter().filter(is_scalar).nth(1).is_none() || base.len().max(head.len()) > MOST_MEMBERS {
            return None;
        }
        let values = self.candidates(&base, &head);
        values.into_iter().find_map(|(text, value)| {
            let (fitting, unclear) = self.takers_of(&base, &value);
            let was_taken = if was_exclusive { fitting == 1 && unclear == 0 } else { fitting > 0 };
            (was_taken && self.takers_of(&head, &value).0 > 1).then_some(text)
        })
    }

    fn simple(&mut self, members: &[Alternative<'a>], side: Side) -> Vec<Rc<Shape<'a>>> {
        members.iter().map(|member| self.shapes(side).get(member.shape)).collect()
    }

    /// How many shapes take a value, and of how many that cannot be told.
    fn takers_of(&mut self, shapes: &[Rc<Shape<'a>>], value: &Node) -> (usize, usize) {
        let (mut fitting, mut unclear) = (0, 0);
        for shape in shapes {
            match self.certainly_admits(shape, value) {
                Some(true) => fitting += 1,
                Some(false) => {}
                None => unclear += 1,
            }
        }
        (fitting, unclear)
    }

    fn certainly_admits(&mut self, shape: &Shape<'a>, value: &Node) -> Option<bool> {
        if !shape.strict_types().has(Types::of(value)) || self.admits(shape, value) == Some(false) {
            return Some(false);
        }
        let has_more = !shape.unions.is_empty()
            || !shape.nots.is_empty()
            || !shape.conditions.is_empty()
            || !shape.formats.keys().all(|format| is_met(format, value))
            || shape.others.keys().any(|(keyword, _)| *keyword != "multipleOf")
            || shape.nested.keys().any(|(keyword, _)| *keyword == "contentSchema");
        if has_more { None } else { self.admits(shape, value) }
    }

    /// Values that may fit several of these shapes, by their JSON text.
    fn candidates(&mut self, base: &[Rc<Shape<'a>>], head: &[Rc<Shape<'a>>]) -> Vec<(String, Node)> {
        let mut values = vec![Value::Bool(true), Value::Bool(false), text("a"), text("")];
        let mut numbers = vec![0.0, 1.0, -1.0, 0.5];
        let mut divisors: Vec<f64> = Vec::new();
        for shape in base.iter().chain(head) {
            values.extend(shape.values.iter().flat_map(|values| values.list.values()).map(|node| node.value.clone()));
            let bounds = [Bound::Minimum, Bound::Maximum].into_iter().filter_map(|bound| shape.limit(bound));
            numbers.extend(bounds.flat_map(|limit| [0.0, 1.0, -1.0, 0.5, -0.5].map(|step| limit.value + step)));
            let steps = shape.others.keys().filter(|(keyword, _)| *keyword == "multipleOf");
            divisors.extend(steps.filter_map(|(_, text)| text.parse::<f64>().ok()));
        }
        let of_steps: Vec<f64> =
            divisors.iter().flat_map(|one| divisors.iter().map(move |other| one * other)).collect();
        numbers.extend(divisors.into_iter().chain(of_steps));
        values.extend(numbers.into_iter().map(|number| Value::Number(Number::new(number, true))));
        values.extend(self.common_texts(base, head).iter().map(|found| text(found)));
        let span = head.first().or(base.first()).map(|shape| shape.at.node.span);
        let Some(span) = span else { return Vec::new() };
        let nodes = values.into_iter().map(|value| Node { value, span });
        let mut seen: HashMap<String, ()> = HashMap::default();
        let named = nodes.map(|node| (node.to_json().to_string(), node));
        named.filter(|(text, _)| seen.insert(text.clone(), ()).is_none()).take(MOST_VALUES).collect()
    }

    /// Texts that two shapes of HEAD and one of BASE have in common, as far as automata find them.
    fn common_texts(&mut self, base: &[Rc<Shape<'a>>], head: &[Rc<Shape<'a>>]) -> Vec<String> {
        let is_text = |shape: &&Rc<Shape<'a>>| shape.strict_types().has(Types::STRING) && shape.values.is_none();
        let heads: Vec<_> = head.iter().filter(is_text).map(|shape| language(shape)).collect();
        let bases: Vec<_> = base.iter().filter(is_text).map(|shape| language(shape)).collect();
        let mut asked = 0;
        let mut found = Vec::new();
        for (index, one) in heads.iter().enumerate() {
            for other in &heads[index + 1..] {
                for old in &bases {
                    asked += 1;
                    if asked > MOST_QUESTIONS {
                        return found;
                    }
                    found.extend(self.text_of_all(&[one, other, old]));
                }
            }
        }
        found
    }

    /// A text of several languages at once.
    fn text_of_all(&mut self, languages: &[&Language<'_>]) -> Option<String> {
        match self.languages.is_within(&joined(languages), &NOTHING) {
            Inclusion::Refuted(text) => Some(text),
            Inclusion::Proven | Inclusion::Unknown => None,
        }
    }

    /// Whether bounds, patterns or lengths keep two shapes apart, both of texts or both of numbers.
    pub(super) fn are_limits_disjoint(&mut self, one: &Shape<'a>, other: &Shape<'a>) -> bool {
        let both = one.strict_types() & other.strict_types();
        if both.without_null() == Types::STRING {
            return self.languages.is_within(&joined(&[&language(one), &language(other)]), &NOTHING)
                == Inclusion::Proven;
        }
        let ends_before =
            |one: &Shape<'a>, other: &Shape<'a>| match (one.limit(Bound::Maximum), other.limit(Bound::Minimum)) {
                (Some(most), Some(least)) => {
                    most.value < least.value || (most.value == least.value && (most.exclusive || least.exclusive))
                }
                _ => false,
            };
        both.without_null().is_within(Types::NUMBER) && (ends_before(one, other) || ends_before(other, one))
    }
}

/// No text at all.
const NOTHING: Language<'static> = Language { patterns: Vec::new(), shortest: 1, longest: Some(0) };

fn joined<'s>(languages: &[&Language<'s>]) -> Language<'s> {
    let mut patterns: Vec<&'s str> = languages.iter().flat_map(|one| one.patterns.iter().copied()).collect();
    patterns.sort_unstable();
    patterns.dedup();
    Language {
        patterns,
        shortest: languages.iter().map(|one| one.shortest).max().unwrap_or(0),
        longest: languages.iter().filter_map(|one| one.longest).min(),
    }
}

fn text(text: &str) -> Value {
    Value::String(text.into())
}

/// Whether a value has a format for certain: those of numbers are met by small whole numbers.
fn is_met(format: &str, value: &Node) -> bool {
    const SMALL: f64 = 2_147_483_647.0;
    match value.as_f64() {
        Some(number) => match format {
            "int32" | "int64" => number.fract() == 0.0 && number.abs() <= SMALL,
            "float" | "double" => true,
            _ => false,
        },
        None => false,
    }
}
