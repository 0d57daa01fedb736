//! Which schema describes which part of an example.

use super::example::{Direction, Judgement, chosen_branch};
use super::schema;
use super::site::Site;
use crate::bundle::kind::Kind;

/// Deeper than this, examples are not followed: a schema may contain itself.
const DEEPEST: usize = 64;

/// Of more schemas than this that speak of one value, the rest is left out.
const MOST_PARTS: usize = 1_000;

/// Words of a schema that let in members beside `properties`.
const OPENING: [&str; 3] = ["additionalProperties", "patternProperties", "unevaluatedProperties"];

/// A member of an object in an example.
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    pub(super) value: Site<'a>,
    /// The object that it is a member of.
    pub(super) owner: Site<'a>,
    /// The schemas that declare it, as written.
    pub(super) properties: Vec<Site<'a>>,
    /// Whether the object's schemas declare members and allow no others in so many words.
    pub(super) is_closed: bool,
}

/// What is called for a member, with all schemas that speak of its object.
type Each<'e, 'a> = &'e mut dyn FnMut(&Member<'a>, &[Site<'a>]);

/// Calls `each` for every member of every object in an example.
pub(super) fn members<'a>(value: Site<'a>, schemas: &[Site<'a>], each: Each<'_, 'a>) {
    below(value, schemas, each, &Judgement::new(Direction::Either), 0);
}

fn below<'a>(value: Site<'a>, schemas: &[Site<'a>], each: Each<'_, 'a>, judgement: &Judgement, depth: usize) {
    if depth > DEEPEST || !(value.is_mapping() || value.is_sequence()) {
        return;
    }
    let mut parts = Vec::new();
    let is_known = schemas.iter().all(|schema| effective(value, *schema, &mut parts, judgement, 0));
    if value.is_sequence() {
        let items: Vec<Site<'a>> = parts.iter().filter_map(|part| part.get("items")).collect();
        value.items().for_each(|item| below(item, &items, each, judgement, depth + 1));
        return;
    }
    let declares = parts.iter().any(|part| part.get("properties").is_some_and(|properties| properties.len() > 0));
    let is_open = parts.iter().any(|part| OPENING.iter().any(|word| part.has(word)));
    for (name, member) in value.entries() {
        let properties: Vec<Site<'a>> = parts.iter().filter_map(|part| part.get("properties")?.get(name)).collect();
        let is_closed = is_known && declares && !is_open;
        each(&Member { name, value: member, owner: value, properties: properties.clone(), is_closed }, &parts);
        let extra: Vec<Site<'a>> = parts.iter().filter_map(|part| part.get("additionalProperties")).collect();
        below(member, if properties.is_empty() { &extra } else { &properties }, each, judgement, depth + 1);
    }
}

/// Adds every schema that speaks of `value`: `allOf`, the branch of each union that was chosen, and what conditions bring
/// in. `false` if no branch could be told.
fn effective<'a>(
    value: Site<'a>,
    schema: Site<'a>,
    parts: &mut Vec<Site<'a>>,
    judgement: &Judgement,
    depth: usize,
) -> bool {
    if depth > DEEPEST || judgement.is_exhausted() {
        return false;
    }
    let mut is_known = true;
    for part in schema::parts(schema) {
        if parts.contains(&part) || parts.len() >= MOST_PARTS {
            continue;
        }
        parts.push(part);
        for also in conditional(value, part, judgement) {
            is_known &= effective(value, also, parts, judgement, depth + 1);
        }
        let branches = schema::branches(part);
        match chosen_branch(value, part) {
            Some(Ok(branch)) => is_known &= effective(value, branch, parts, judgement, depth + 1),
            Some(Err(_)) => is_known = false,
            None if branches.is_empty() => {}
            None => {
                let mut fitting = branches.iter().filter(|one| judgement.fault(value, **one).is_none()).peekable();
                is_known &= fitting.peek().is_some();
                for branch in fitting {
                    is_known &= effective(value, *branch, parts, judgement, depth + 1);
                }
            }
        }
    }
    is_known
}

/// The schemas that `if` and `dependentSchemas` bring in for a value.
fn conditional<'a>(value: Site<'a>, schema: Site<'a>, judgement: &Judgement) -> Vec<Site<'a>> {
    let dependent = schema.get("dependentSchemas").into_iter().flat_map(Site::entries);
    let mut found: Vec<Site<'a>> = dependent.filter(|(name, _)| value.has(name)).map(|(_, schema)| schema).collect();
    if let Some(condition) = schema.get("if") {
        if judgement.fault(value, condition).is_none() {
            found.push(condition);
            found.extend(schema.get("then"));
        } else {
            found.extend(schema.get("else"));
        }
    }
    found
}

/// The members of a value that nothing in a schema declares, whatever is composed with it.
pub(super) fn undeclared<'a>(value: Site<'a>, schema: Site<'a>, judgement: &Judgement) -> Vec<(&'a str, Site<'a>)> {
    let Some(parts) = closed_parts(value, schema, judgement, ["additionalProperties", "unevaluatedProperties"]) else {
        return Vec::new();
    };
    let declares = |part: &Site<'a>, name: &str| {
        let mut patterns = part.get("patternProperties").into_iter().flat_map(Site::entries);
        part.get("properties").is_some_and(|properties| properties.has(name))
            || patterns.any(|(pattern, _)| value.tree.pattern(pattern).matches(name) != Some(false))
    };
    value.entries().filter(|(name, _)| !parts.iter().any(|part| declares(part, name))).collect()
}

/// The same of the items of a list.
pub(super) fn undeclared_items<'a>(value: Site<'a>, schema: Site<'a>, judgement: &Judgement) -> Vec<Site<'a>> {
    let Some(parts) = closed_parts(value, schema, judgement, ["items", "unevaluatedItems"]) else {
        return Vec::new();
    };
    let declared = parts.iter().filter_map(|part| part.get("prefixItems")).map(Site::len).max().unwrap_or_default();
    let contained: Vec<Site<'a>> = parts.iter().filter_map(|part| part.get("contains")).collect();
    let is_declared = |item: Site<'a>| contained.iter().any(|schema| judgement.fault(item, *schema).is_none());
    value.items().skip(declared).filter(|item| !is_declared(*item)).collect()
}

/// All that speaks of a value; `None` if that cannot be told, or if one of these words lets in whatever is not declared. The
/// second of them may stand in the schema itself.
fn closed_parts<'a>(
    value: Site<'a>,
    schema: Site<'a>,
    judgement: &Judgement,
    [word, own]: [&str; 2],
) -> Option<Vec<Site<'a>>> {
    let mut parts = Vec::new();
    let is_known = effective(value, schema, &mut parts, judgement, 0);
    let is_open = |part: &Site<'a>| part.has(word) || (*part != schema && part.has(own));
    (is_known && !parts.iter().any(is_open)).then_some(parts)
}

/// The examples of an object that has a schema or is one, with that schema.
pub(super) fn examples(owner: Site<'_>) -> Vec<(Site<'_>, Site<'_>)> {
    if owner.kind() == Some(Kind::Schema) {
        return schema::examples(owner).into_iter().map(|example| (example, owner)).collect();
    }
    let Some(schema) = owner.get("schema") else { return Vec::new() };
    let examples = super::rules::no_invalid_media_type_examples::examples(owner);
    examples.into_iter().map(|example| (example, schema)).collect()
}
