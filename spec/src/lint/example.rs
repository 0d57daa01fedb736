//! Judging examples by their schemas.
//!
//! Made for lint: it tells one fault of each value, says it in the words of an author, and picks the branch of a
//! union by its discriminator, so that one mistake is one fault.

use super::instance;
use super::scalar::{name_fault, number_fault, quoted, string_fault};
use super::schema;
use super::site::{Site, repeated};
use crate::bundle::arena::{Content, Id};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

/// Deeper than this, examples are not judged: a schema may contain itself.
const DEEPEST: usize = 64;

/// One example is not held against more schemas than this: unions of unions multiply.
const MOST_STEPS: usize = 100_000;

/// An `enum` of more values than this is not looked through for every text.
const MANY_VALUES: usize = 32;

/// Which way the example travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Response,
    Either,
}

/// A fault, and the value within the example that has it.
pub(super) struct Fault<'a> {
    pub(super) at: Site<'a>,
    pub(super) message: String,
}

/// The faults of `value` by `schema`, one for each value within it.
pub(super) fn faults<'a>(value: Site<'a>, schema: Site<'a>, direction: Direction) -> Vec<Fault<'a>> {
    let shared = Judgement::new(direction);
    let last = Judge { depth: 0, tells: true, shared: &shared }.judge(value, schema);
    let told = shared.told.take().into_iter().map(|(id, message)| Fault { at: value.tree.site(id), message });
    let mut seen = HashSet::new();
    told.chain(last).filter(|fault| seen.insert(fault.at.id)).collect()
}

/// The faulty value and what is wrong with it, if anything is.
type Remembered = Option<(Id, String)>;

/// What is known of one example, however many schemas are asked about its parts.
pub(super) struct Judgement {
    direction: Direction,
    /// How many schemas may still be asked.
    steps: Cell<usize>,
    /// The fault of a value by what a reference leads to, as the faulty value and the message. Schemas share others by
    /// reference alone, so that this keeps the work below the number of values times that of schemas.
    verdicts: RefCell<HashMap<(Id, Id), Remembered>>,
    /// What was asked with [`Judge::tells`], by the same, and the faults that were told.
    asked: RefCell<HashSet<(Id, Id)>>,
    told: RefCell<Vec<(Id, String)>>,
}

impl Judgement {
    pub(super) fn new(direction: Direction) -> Self {
        Self {
            direction,
            steps: Cell::new(MOST_STEPS),
            verdicts: RefCell::default(),
            asked: RefCell::default(),
            told: RefCell::default(),
        }
    }

    /// The first fault of `value` by `schema`.
    pub(super) fn fault<'a>(&self, value: Site<'a>, schema: Site<'a>) -> Option<Fault<'a>> {
        Judge { depth: 0, tells: false, shared: self }.judge(value, schema)
    }

    /// Whether nothing more can be said.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() == 0
    }
}

#[derive(Clone, Copy)]
struct Judge<'s> {
    depth: usize,
    /// Whether faults are told and the rest is judged too; otherwise the first one answers the question.
    tells: bool,
    shared: &'s Judgement,
}

pub(super) type Verdict<'a> = Option<Fault<'a>>;

pub(super) fn at<'a>(value: Site<'a>, message: impl Into<String>) -> Verdict<'a> {
    Some(Fault { at: value, message: message.into() })
}

impl Judge<'_> {
    fn judge<'a>(self, value: Site<'a>, schema: Site<'a>) -> Verdict<'a> {
        let steps = self.shared.steps.get().checked_sub(1).filter(|_| self.depth <= DEEPEST)?;
        self.shared.steps.set(steps);
        let inner = Self { depth: self.depth + 1, ..self };
        if let Some(truth) = schema.bool() {
            return if truth { None } else { at(value, "no value is allowed here") };
        }
        if schema.is_reference() {
            let next = schema.next()?;
            // Beside a reference, only 3.1 reads other words.
            return inner
                .remembered(value, next)
                .or_else(|| if value.tree.is_3_0() { None } else { inner.words(value, schema) });
        }
        inner.words(value, schema)
    }

    fn remembered<'a>(self, value: Site<'a>, schema: Site<'a>) -> Verdict<'a> {
        let key = (value.id, schema.id);
        if self.tells {
            let is_new = self.shared.asked.borrow_mut().insert(key);
            return if is_new { self.judge(value, schema) } else { None };
        }
        if let Some(known) = self.shared.verdicts.borrow().get(&key) {
            return known.as_ref().and_then(|(id, message)| at(value.tree.site(*id), message));
        }
        // A schema that leads back to itself adds nothing.
        self.shared.verdicts.borrow_mut().insert(key, None);
        let verdict = self.judge(value, schema);
        let known = verdict.as_ref().map(|fault| (fault.at.id, fault.message.clone()));
        self.shared.verdicts.borrow_mut().insert(key, known);
        verdict
    }

    /// Takes down a fault, so that the rest is judged too.
    fn tell<'a>(self, verdict: Verdict<'a>) -> Verdict<'a> {
        if !self.tells {
            return verdict;
        }
        let told = verdict.map(|fault| (fault.at.id, fault.message));
        self.shared.told.borrow_mut().extend(told);
        None
    }

    /// Only whether the value fits, and if not, the first reason.
    fn asking(self) -> Self {
        Self { tells: false, ..self }
    }

    fn words<'a>(self, value: Site<'a>, schema: Site<'a>) -> Verdict<'a> {
        if value.is_null() && schema.is_true("nullable") {
            return None;
        }
        Self::type_fault(value, schema)
            .or_else(|| Self::fixed_fault(value, schema))
            .or_else(|| match value.content() {
                Content::String(text) => string_fault(value, text, schema),
                Content::Number(number) => number_fault(value, number.as_f64(), schema),
                Content::Sequence(_) => self.array_fault(value, schema),
                Content::Mapping(_) => self.object_fault(value, schema),
                Content::Null | Content::Bool(_) => None,
            })
            .or_else(|| self.composed_fault(value, schema))
    }

    fn type_fault<'a>(value: Site<'a>, schema: Site<'a>) -> Verdict<'a> {
        let types = schema::types(schema);
        let fits = |name: &&str| match (*name, value.content()) {
            ("string", Content::String(_))
            | ("boolean", Content::Bool(_))
            | ("null", Content::Null)
            | ("array", Content::Sequence(_))
            | ("object", Content::Mapping(_))
            | ("number", Content::Number(_)) => true,
            ("integer", Content::Number(number)) => number.as_f64().fract() == 0.0,
            _ => false,
        };
        if types.is_empty() || types.iter().any(fits) {
            return None;
        }
        at(value, format!("{} is not of type {}", quoted(value), types.join(" or ")))
    }

    fn fixed_fault<'a>(value: Site<'a>, schema: Site<'a>) -> Verdict<'a> {
        if let Some(constant) = schema.get("const")
            && !value.same_value(constant)
        {
            return at(value, format!("{} is not {}", quoted(value), quoted(constant)));
        }
        let allowed = schema.get("enum").filter(|allowed| allowed.is_sequence())?;
        let is_allowed = match value.str().filter(|_| allowed.len() > MANY_VALUES) {
            Some(text) => value.tree.texts_of(allowed).contains(text),
            None => allowed.items().any(|one| one.same_value(value)),
        };
        if is_allowed {
            return None;
        }
        // Of objects and lists, nothing is shown that could be told apart.
        let are_plain = allowed.items().all(|one| !one.is_mapping() && !one.is_sequence());
        let shown: Vec<String> = allowed.items().take(8).map(Site::shown).collect();
        let values = if are_plain { shown.join(", ") } else { "the values of the `enum`".to_owned() };
        at(value, format!("{} is none of {values}", quoted(value)))
    }

    fn array_fault<'a>(self, value: Site<'a>, schema: Site<'a>) -> Verdict<'a> {
        let items: Vec<Site<'a>> = value.items().collect();
        if let fault @ Some(_) = self.tell(self.list_fault(value, &items, schema)) {
            return fault;
        }
        let prefix: Vec<Site<'a>> = schema.get("prefixItems").into_iter().flat_map(Site::items).collect();
        for (item, schema) in items.iter().zip(&prefix) {
            if let fault @ Some(_) = self.tell(self.judge(*item, *schema)) {
                return fault;
            }
        }
        let rest = items.iter().skip(prefix.len());
        if let Some(all) = schema.get("items").filter(|all| !all.is_sequence()) {
            return rest.map(|item| self.judge(*item, all)).find_map(|verdict| self.tell(verdict));
        }
        let others = schema.get("unevaluatedItems")?;
        instance::undeclared_items(value, schema, self.shared).into_iter().find_map(|item| {
            self.tell(match others.bool() {
                Some(false) => at(item, "the item is not declared, and nothing else is allowed"),
                _ => self.judge(item, others),
            })
        })
    }

    /// What is wrong with a list as a whole.
    fn list_fault<'a>(self, value: Site<'a>, items: &[Site<'a>], schema: Site<'a>) -> Verdict<'a> {
        let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
        if let Some(least) = schema.count("minItems").filter(|least| count < *least) {
            return at(value, format!("there are {count} items, and at least {least} are required"));
        }
        if let Some(most) = schema.count("maxItems").filter(|most| count > *most) {
            return at(value, format!("there are {count} items, and at most {most} are allowed"));
        }
        if schema.is_true("uniqueItems")
            && let Some(item) = repeated(items.iter().copied()).first()
        {
            return at(*item, "the item occurs twice");
        }
        let contained = schema.get("contains")?;
        let fitting = items.iter().filter(|item| self.asking().judge(**item, contained).is_none()).count();
        let fitting = u64::try_from(fitting).unwrap_or(u64::MAX);
        let least = schema.count("minContains").unwrap_or(1);
        match schema.count("maxContains") {
            _ if fitting == 0 && least == 1 => at(value, "no item is what the list must contain"),
            _ if fitting < least => {
                at(value, format!("{fitting} items are what the list must contain, and at least {least} are required"))
            }
            Some(most) if fitting > most => {
                at(value, format!("{fitting} items are what the list must contain, and at most {most} are allowed"))
            }
            _ => None,
        }
    }

    fn object_fault<'a>(self, value: Site<'a>, schema: Site<'a>) -> Verdict<'a> {
        if let fault @ Some(_) = self.tell(self.whole_object_fault(value, schema)) {
            return fault;
        }
        let properties = schema.get("properties");
        let patterns = schema.get("patternProperties");
        for (name, member) in value.entries() {
            let declared = properties.and_then(|properties| properties.get(name));
            if let Some(schema) = declared {
                let misplaced = self.misplaced(schema, name).and_then(|message| at(member, message));
                if let fault @ Some(_) = self.tell(misplaced.or_else(|| self.judge(member, schema))) {
                    return fault;
                }
            }
            let mut known = declared.is_some();
            for (pattern, schema) in patterns.into_iter().flat_map(Site::entries) {
                if value.tree.pattern(pattern).matches(name) == Some(true) {
                    known = true;
                    if let fault @ Some(_) = self.tell(self.judge(member, schema)) {
                        return fault;
                    }
                }
            }
            if let Some(others) = schema.get("additionalProperties").filter(|_| !known) {
                let fault = if others.bool() == Some(false) {
                    at(member, format!("`{name}` is not declared, and nothing else is allowed"))
                } else {
                    self.judge(member, others)
                };
                if let fault @ Some(_) = self.tell(fault) {
                    return fault;
                }
            }
            if let Some(fault) = schema.get("propertyNames").and_then(|names| name_fault(member, name, names))
                && let fault @ Some(_) = self.tell(Some(fault))
            {
                return fault;
            }
        }
        let dependent = schema.get("dependentSchemas").into_iter().flat_map(Site::entries);
        let mut dependent = dependent.filter(|(name, _)| value.has(name));
        if let fault @ Some(_) = dependent.find_map(|(_, schema)| self.tell(self.judge(value, schema))) {
            return fault;
        }
        let others = schema.get("unevaluatedProperties")?;
        instance::undeclared(value, schema, self.shared).into_iter().find_map(|(name, member)| {
            self.tell(match others.bool() {
                Some(false) => at(member, format!("`{name}` is not declared, and nothing else is allowed")),
                _ => self.judge(member, others),
            })
        })
    }

    /// What is wrong with an object as a whole.
    fn whole_object_fault<'a>(self, value: Site<'a>, schema: Site<'a>) -> Verdict<'a> {
        let required = schema.texts("required").into_iter();
        let missing: Vec<&str> =
            required.filter(|name| !value.has(name) && !self.may_be_absent(schema, name)).collect();
        if !missing.is_empty() {
            let are = if missing.len() == 1 { "is" } else { "are" };
            return at(value, format!("`{}` {are} missing", missing.join("` and `")));
        }
        let count = u64::try_from(value.len()).unwrap_or(u64::MAX);
        if let Some(least) = schema.count("minProperties").filter(|least| count < *least) {
            return at(value, format!("there are {count} members, and at least {least} are required"));
        }
        if let Some(most) = schema.count("maxProperties").filter(|most| count > *most) {
            return at(value, format!("there are {count} members, and at most {most} are allowed"));
        }
        let dependent = schema.get("dependentRequired").into_iter().flat_map(Site::entries);
        for (name, needs) in dependent.filter(|(name, _)| value.has(name)) {
            if let Some(missing) = needs.items().filter_map(Site::str).find(|need| !value.has(need)) {
                return at(value, format!("`{missing}` is missing beside `{name}`"));
            }
        }
        None
    }

    /// A required member that travels only the other way.
    fn may_be_absent(self, schema: Site<'_>, name: &str) -> bool {
        let Some(property) = schema::property(schema, name) else { return false };
        let marked = |word: &str| schema::parts(property).into_iter().any(|part| part.is_true(word));
        match self.shared.direction {
            Direction::Request => marked("readOnly"),
            Direction::Response => marked("writeOnly"),
            Direction::Either => marked("readOnly") || marked("writeOnly"),
        }
    }

    /// A member that may not travel this way.
    fn misplaced(self, property: Site<'_>, name: &str) -> Option<String> {
        let end = property.end();
        match self.shared.direction {
            Direction::Request if end.is_true("readOnly") => Some(format!("`{name}` is only ever in responses")),
            Direction::Response if end.is_true("writeOnly") => Some(format!("`{name}` is only ever in requests")),
            _ => None,
        }
    }

    fn composed_fault<'a>(self, value: Site<'a>, schema: Site<'a>) -> Verdict<'a> {
        let all = schema.get("allOf").into_iter().flat_map(Site::items);
        if let fault @ Some(_) = all.into_iter().find_map(|part| self.tell(self.judge(value, part))) {
            return fault;
        }
        for word in ["oneOf", "anyOf"] {
            let Some(union) = schema.get(word).filter(|union| union.len() > 0) else { continue };
            if let fault @ Some(_) = self.tell(self.union_fault(value, schema, union, word == "oneOf")) {
                return fault;
            }
        }
        if let Some(not) = schema.get("not")
            && self.asking().judge(value, not).is_none()
        {
            return at(value, "the value is what `not` excludes");
        }
        let condition = schema.get("if")?;
        let then = if self.asking().judge(value, condition).is_none() { "then" } else { "else" };
        self.judge(value, schema.get(then)?)
    }

    fn union_fault<'a>(self, value: Site<'a>, schema: Site<'a>, union: Site<'a>, one: bool) -> Verdict<'a> {
        if let Some(branch) = chosen_branch(value, schema) {
            return match branch {
                Ok(branch) => self.judge(value, branch),
                Err(message) => at(value, message),
            };
        }
        let mut fitting = 0;
        let mut nearest: Option<(usize, Fault<'a>)> = None;
        for branch in union.items() {
            match self.asking().judge(value, branch) {
                None => fitting += 1,
                Some(fault) => {
                    let depth = fault.at.pointer().len();
                    if nearest.as_ref().is_none_or(|(deepest, _)| depth > *deepest) {
                        nearest = Some((depth, fault));
                    }
                }
            }
        }
        match (fitting, nearest) {
            (0, Some((_, fault))) if union.len() == 1 => Some(fault),
            (0, Some((_, fault))) => {
                at(fault.at, format!("the value fits no branch of the union; the nearest says: {}", fault.message))
            }
            (several, _) if one && several > 1 => at(value, format!("the value fits {several} branches of `oneOf`")),
            _ => None,
        }
    }
}

/// The branch that the discriminator of a union chooses; `None` without one.
pub(super) fn chosen_branch<'a>(value: Site<'a>, schema: Site<'a>) -> Option<Result<Site<'a>, String>> {
    let discriminator = schema.get("discriminator")?;
    let name = discriminator.text("propertyName")?;
    if !value.is_mapping() {
        return None;
    }
    let Some(key) = value.get(name) else {
        return Some(Err(format!("`{name}`, which chooses the branch, is missing")));
    };
    let key = key.str()?;
    let branches = schema::branches(schema);
    let mapping = discriminator.get("mapping");
    if let Some(target) = mapping.and_then(|mapping| mapping.get(key)) {
        let text = target.str()?;
        let by_reference = schema.tree.target_of(target.span().file, text).map(|id| schema.tree.site(id));
        let by_name = || branches.iter().copied().find(|branch| branch.end().name() == text);
        return by_reference.or_else(by_name).map(Ok);
    }
    let by_value = branches.iter().find(|branch| {
        schema::property(**branch, name).and_then(schema::pinned) == Some(key)
            || branch.next().is_some_and(|next| next.name() == key)
    });
    match by_value {
        Some(branch) => Some(Ok(*branch)),
        None if mapping.is_some_and(|mapping| mapping.len() >= branches.len()) => {
            Some(Err(format!("`{key}` of `{name}` chooses no branch")))
        }
        None => None,
    }
}
