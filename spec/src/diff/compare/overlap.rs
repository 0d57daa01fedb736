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
use foldhash::HashSet;
use std::rc::Rc;

/// How many values are tried.
const MOST_VALUES: usize = 200;

/// How many members of either union are looked at.
const MOST_MEMBERS: usize = 24;

/// How many divisors are multiplied with one another.
const MOST_DIVISORS: usize = 16;

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
        if members.base.len().max(members.head.len()) > MOST_MEMBERS {
            return None;
        }
        let (base, head) = (self.simple(&members.base, Side::Base), self.simple(&members.head, Side::Head));
        let known = if was_exclusive { base.as_slice() } else { &[] };
        let (fresh, rest) = parted(&head, known);
        if fresh.is_empty() || head.iter().filter(|shape| shape.strict_types().may_be(scalars())).nth(1).is_none() {
            return None;
        }
        // What is asked here shall not use up what proves that patterns were widened.
        std::mem::swap(&mut self.languages, &mut self.overlaps);
        let values = self.candidates(&base, &fresh, &rest);
        let refused = values.into_iter().find_map(|(text, value)| {
            let (fitting, unclear) = self.takers_of(&base, &value);
            let was_taken = if was_exclusive { fitting == 1 && unclear == 0 } else { fitting > 0 };
            (was_taken && self.takers_of(&head, &value).0 > 1).then_some(text)
        });
        std::mem::swap(&mut self.languages, &mut self.overlaps);
        refused
    }

    /// Whether HEAD has no member but such that BASE has too, all of which take values without parts only.
    pub(super) fn are_all_known(&mut self, members: &Members<'a>) -> bool {
        let (base, head) = (self.simple(&members.base, Side::Base), self.simple(&members.head, Side::Head));
        let is_judged = |shape: &Rc<Shape<'a>>| said(shape).is_some_and(|said| said.0.is_within(scalars()));
        head.iter().all(is_judged) && parted(&head, &base).0.is_empty()
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
        if has_more(shape) || !shape.formats.keys().all(|format| is_met(format, value)) {
            return None;
        }
        self.admits(shape, value)
    }

    /// Values that may fit one of the fresh members of HEAD and another, by their JSON text.
    fn candidates(
        &mut self,
        base: &[Rc<Shape<'a>>],
        fresh: &[Rc<Shape<'a>>],
        rest: &[Rc<Shape<'a>>],
    ) -> Vec<(String, Node)> {
        let mut values = vec![Value::Bool(true), Value::Bool(false), text("a"), text("")];
        let mut limits: Vec<f64> = Vec::new();
        let mut divisors: Vec<f64> = Vec::new();
        for shape in fresh.iter().chain(base).chain(rest) {
            let listed = shape.values.iter().flat_map(|values| values.list.values()).take(MOST_VALUES);
            values.extend(listed.map(|node| node.value.clone()));
            let bounds = [Bound::Minimum, Bound::Maximum].into_iter().filter_map(|bound| shape.limit(bound));
            limits.extend(bounds.flat_map(|limit| [0.0, 1.0, -1.0, 0.5, -0.5].map(|step| limit.value + step)));
            let steps = shape.others.keys().filter(|(keyword, _)| *keyword == "multipleOf");
            let steps = steps.filter_map(|(_, text)| text.parse::<f64>().ok());
            divisors.extend(steps.take(MOST_DIVISORS.saturating_sub(divisors.len())));
        }
        let of_steps: Vec<f64> =
            divisors.iter().flat_map(|one| divisors.iter().map(move |other| one * other)).collect();
        let texts = self.common_texts(base, fresh, rest);
        // Whichever there are many of, some of each are tried.
        let numbers = [0.0, 1.0, -1.0, 0.5].into_iter().chain(divisors).chain(of_steps).chain(limits);
        let numbers = numbers.map(|number| Number::new(number, true));
        let tried = texts.iter().map(|found| text(found)).chain(interleaved(values, numbers.map(Value::Number)));
        let Some(span) = fresh.first().map(|shape| shape.at.node.span) else { return Vec::new() };
        let nodes = tried.map(|value| Node { value, span });
        let mut seen: HashSet<String> = HashSet::default();
        let named = nodes.map(|node| (node.to_json().to_string(), node));
        named.filter(|(text, _)| seen.insert(text.clone())).take(MOST_VALUES).collect()
    }

    /// Texts that a fresh member of HEAD, another and one of BASE have in common, as far as automata find them.
    fn common_texts(&mut self, base: &[Rc<Shape<'a>>], fresh: &[Rc<Shape<'a>>], rest: &[Rc<Shape<'a>>]) -> Vec<String> {
        let (fresh, rest, base) = (texts_of(fresh), texts_of(rest), texts_of(base));
        let mut asked = 0;
        let mut found = Vec::new();
        for (index, one) in fresh.iter().enumerate() {
            for other in fresh[index + 1..].iter().chain(&rest) {
                for old in &base {
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

/// Members of HEAD that may take what no member of BASE took, and the others. Two that were there already are no news.
fn parted<'a>(head: &[Rc<Shape<'a>>], base: &[Rc<Shape<'a>>]) -> (Vec<Rc<Shape<'a>>>, Vec<Rc<Shape<'a>>>) {
    let mut known: Vec<Said<'_>> = base.iter().filter_map(|shape| said(shape)).collect();
    head.iter().map(Rc::clone).partition(|shape| {
        let Some(said) = said(shape) else { return false };
        let place = known.iter().position(|one| *one == said);
        place.map(|place| known.swap_remove(place)).is_none()
    })
}

/// All that a member says of values without parts.
type Said<'s> = (Types, Option<Vec<&'s str>>, Vec<(Bound, f64, bool)>, Language<'s>, Vec<&'s str>, Vec<&'s str>);

/// `None` if a member says more than can be judged, or nothing of values without parts.
fn said<'s>(shape: &'s Shape<'_>) -> Option<Said<'s>> {
    if has_more(shape) || !shape.strict_types().may_be(scalars()) {
        return None;
    }
    let sorted = |names: &mut dyn Iterator<Item = &'s str>| {
        let mut names: Vec<&'s str> = names.collect();
        names.sort_unstable();
        names
    };
    let values = shape.values.as_ref().map(|values| sorted(&mut values.list.keys().map(String::as_str)));
    let bounds = shape.bounds.iter().map(|(bound, limit)| (*bound, limit.value, limit.exclusive)).collect();
    let formats = sorted(&mut shape.formats.keys().copied());
    let steps = sorted(&mut shape.others.keys().map(|(_, text)| text.as_str()));
    Some((shape.strict_types(), values, bounds, language(shape), formats, steps))
}

/// Whether a shape says more of values without parts than can be judged.
fn has_more(shape: &Shape<'_>) -> bool {
    !shape.unions.is_empty()
        || !shape.nots.is_empty()
        || !shape.conditions.is_empty()
        || shape.others.keys().any(|(keyword, _)| *keyword != "multipleOf")
        || shape.nested.keys().any(|(keyword, _)| *keyword == "contentSchema")
}

/// The languages of the members that take texts and list none.
fn texts_of<'s>(shapes: &'s [Rc<Shape<'_>>]) -> Vec<Language<'s>> {
    let is_text = |shape: &&Rc<Shape<'_>>| shape.strict_types().has(Types::STRING) && shape.values.is_none();
    shapes.iter().filter(is_text).map(|shape| language(shape)).collect()
}

fn interleaved(some: Vec<Value>, others: impl Iterator<Item = Value>) -> impl Iterator<Item = Value> {
    let (mut some, mut others) = (some.into_iter(), others);
    let pairs = std::iter::from_fn(move || match (some.next(), others.next()) {
        (None, None) => None,
        (one, other) => Some([one, other]),
    });
    pairs.flatten().flatten()
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
