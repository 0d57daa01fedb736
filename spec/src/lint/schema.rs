//! What schemas declare, seen through references and `allOf`.

use super::site::Site;
use crate::bundle::kind::Kind;
use std::collections::HashSet;
use std::rc::Rc;

/// Compositions of more schemas than this are only looked at in part.
const MOST_PARTS: usize = 500;

/// So many parts are looked through one by one.
const FEW_PARTS: usize = 16;

/// The schemas directly below a schema, as written.
pub(super) fn children(schema: Site<'_>) -> Vec<Site<'_>> {
    let mut found = Vec::new();
    for (key, member) in schema.entries() {
        match Kind::Schema.member(schema.tree.version, schema.tree.arena(), key, member.id) {
            Some(Kind::Schema) => found.push(member),
            Some(Kind::SchemaList) => found.extend(member.items()),
            Some(Kind::Schemas) => found.extend(member.entries().map(|(_, schema)| schema)),
            _ => {}
        }
    }
    found
}

/// The schema and everything that its `allOf` joins to it, references followed, each once.
pub(super) fn parts(schema: Site<'_>) -> Vec<Site<'_>> {
    let tree = schema.tree;
    if let Some(known) = tree.facts.parts.borrow().get(&schema.id) {
        return known.iter().map(|id| tree.site(*id)).collect();
    }
    let mut found = Vec::new();
    let mut many = HashSet::new();
    let mut pending = vec![schema];
    while let Some(written) = pending.pop().filter(|_| found.len() < MOST_PARTS) {
        for site in [Some(written), written.next(), Some(written.end())].into_iter().flatten() {
            // Nearly all schemas have few parts, and looking through those is faster than a set.
            let is_new = if found.len() < FEW_PARTS { !found.contains(&site) } else { many.insert(site.id) };
            if is_new {
                found.push(site);
                if found.len() == FEW_PARTS {
                    many.extend(found.iter().map(|site| site.id));
                }
                let members: Vec<_> = site.get("allOf").into_iter().flat_map(Site::items).collect();
                pending.extend(members.into_iter().rev());
            }
        }
    }
    if found.len() > FEW_PARTS {
        tree.facts.parts.borrow_mut().insert(schema.id, found.iter().map(|site| site.id).collect());
    }
    found
}

/// The properties that a schema declares, `allOf` included, as written; of equal names the first.
pub(super) fn properties(schema: Site<'_>) -> Vec<(&str, Site<'_>)> {
    let mut seen = HashSet::new();
    let all = parts(schema).into_iter().filter_map(|part| part.get("properties")).flat_map(Site::entries);
    all.filter(|(name, _)| seen.insert(*name)).collect()
}

/// The property `name`, `allOf` included, as written.
pub(super) fn property<'a>(schema: Site<'a>, name: &str) -> Option<Site<'a>> {
    parts(schema).into_iter().find_map(|part| part.get("properties")?.get(name))
}

/// Whether `name` is required, `allOf` included.
pub(super) fn requires(schema: Site<'_>, name: &str) -> bool {
    parts(schema).into_iter().any(|part| part.texts("required").contains(&name))
}

/// The types that a schema itself names, `null` included.
pub(super) fn types(schema: Site<'_>) -> Vec<&str> {
    match schema.text("type") {
        Some(one) => vec![one],
        None => schema.texts("type"),
    }
}

/// Whether a schema is of this type, by name or by its words, `allOf` included.
pub(super) fn is(schema: Site<'_>, wanted: &str) -> bool {
    parts(schema).into_iter().any(|part| {
        let types = types(part);
        if types.is_empty() {
            match wanted {
                "object" => part.has("properties") || part.has("additionalProperties"),
                "array" => part.has("items"),
                _ => false,
            }
        } else {
            types.contains(&wanted)
        }
    })
}

/// The branches of a union, as written.
pub(super) fn branches(schema: Site<'_>) -> Vec<Site<'_>> {
    ["oneOf", "anyOf"].iter().filter_map(|key| schema.get(key)).flat_map(Site::items).collect()
}

/// Every way that a schema can turn out: itself with its `allOf`, and with one branch of a union in it, and one of a union in
/// that, to the end.
pub(super) fn forms(schema: Site<'_>) -> Vec<Vec<Site<'_>>> {
    let mut found = Vec::new();
    let mut pending = vec![(Rc::new(Vec::new()), schema)];
    for _ in 0..MOST_PARTS {
        let Some((outer, written)) = pending.pop() else { break };
        let own: Vec<Site<'_>> = parts(written).into_iter().filter(|part| !outer.contains(part)).collect();
        let branches: Vec<Site<'_>> = own.iter().flat_map(|part| branches(*part)).collect();
        let form = Rc::new([outer.as_slice(), &own].concat());
        // A branch that is already a part of the form adds nothing to it.
        let further: Vec<Site<'_>> = branches.iter().filter(|branch| !form.contains(&branch.end())).copied().collect();
        pending.extend(further.iter().map(|branch| (Rc::clone(&form), *branch)));
        if further.is_empty() || (outer.is_empty() && further.len() < branches.len()) {
            found.push(form.to_vec());
        }
    }
    found
}

/// Whether one of these parts declares the property.
pub(super) fn declares(form: &[Site<'_>], name: &str) -> bool {
    form.iter().any(|part| part.get("properties").is_some_and(|properties| properties.has(name)))
}

/// The one value that a schema allows, if it is a text.
pub(super) fn pinned(schema: Site<'_>) -> Option<&str> {
    pinned_value(schema).and_then(Site::str)
}

/// The one value that a schema allows beside `null`, if it is no list and no object.
pub(super) fn pinned_value(schema: Site<'_>) -> Option<Site<'_>> {
    let is_plain = |value: &Site<'_>| !(value.is_null() || value.is_mapping() || value.is_sequence());
    parts(schema).into_iter().find_map(|part| {
        part.get("const").filter(is_plain).or_else(|| {
            let values: Vec<Site<'_>> = part.get("enum")?.items().filter(|value| !value.is_null()).collect();
            if let [only] = values.as_slice() { Some(*only).filter(is_plain) } else { None }
        })
    })
}

/// The examples of a schema itself: `example`, and in 3.1 each of `examples`.
pub(super) fn examples(schema: Site<'_>) -> Vec<Site<'_>> {
    let list = schema.get("examples").filter(|examples| examples.is_sequence());
    schema.get("example").into_iter().chain(list.into_iter().flat_map(Site::items)).collect()
}
