//! Which schema describes which part of an example.

use super::example::{Direction, Judgement, chosen_branch};
use super::schema;
use super::site::Site;
use crate::bundle::kind::Kind;

/// Deeper than this, examples are not followed: a schema may contain itself.
const DEEPEST: usize = 64;

/// Words of a schema that let in members beside `properties`, or declare some under a condition that is not followed.
const OPENING: [&str; 6] =
    ["additionalProperties", "patternProperties", "unevaluatedProperties", "then", "else", "dependentSchemas"];

/// A member of an object in an example.
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    pub(super) value: Site<'a>,
    /// The schemas that declare it, as written.
    pub(super) properties: Vec<Site<'a>>,
    /// Whether the object's schemas declare members and allow no others in so many words.
    pub(super) is_closed: bool,
}

/// Calls `each` for every member of every object in an example.
pub(super) fn members<'a>(value: Site<'a>, schemas: &[Site<'a>], each: &mut dyn FnMut(&Member<'a>)) {
    below(value, schemas, each, &Judgement::new(Direction::Either), 0);
}

fn below<'a>(
    value: Site<'a>,
    schemas: &[Site<'a>],
    each: &mut dyn FnMut(&Member<'a>),
    judgement: &Judgement,
    depth: usize,
) {
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
        each(&Member {
            name,
            value: member,
            is_closed: is_known && declares && !is_open,
            properties: properties.clone(),
        });
        let extra: Vec<Site<'a>> = parts.iter().filter_map(|part| part.get("additionalProperties")).collect();
        below(member, if properties.is_empty() { &extra } else { &properties }, each, judgement, depth + 1);
    }
}

/// Adds every schema that speaks of `value`: `allOf`, and the branch of each union that was chosen. `false` if no branch
/// could be told.
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
        if parts.contains(&part) {
            continue;
        }
        parts.push(part);
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

/// The examples of an object that has a schema or is one, with that schema.
pub(super) fn examples(owner: Site<'_>) -> Vec<(Site<'_>, Site<'_>)> {
    if owner.kind() == Some(Kind::Schema) {
        return schema::examples(owner).into_iter().map(|example| (example, owner)).collect();
    }
    let Some(schema) = owner.get("schema") else { return Vec::new() };
    let examples = super::rules::no_invalid_media_type_examples::examples(owner);
    examples.into_iter().map(|example| (example, schema)).collect()
}
