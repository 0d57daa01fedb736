//! From a schema as written to its [`Shape`].

use super::bare::{ANNOTATIONS, bare_text};
use super::shape::{Bound, Condition, Contains, Default, Heirs, Items, Limit, Shape};
use super::types::Types;
use super::unions::read_unions;
use crate::diff::tree::{At, Tree, reference};
use crate::node::Node;
use foldhash::HashSet;

/// Keywords that are compared as a whole, because nothing simple can be said about their inclusion.
const OTHERS: [&str; 5] = ["$dynamicRef", "contentEncoding", "contentMediaType", "multipleOf", "unevaluatedItems"];

/// The shape of a value that meets all of `schemas`. References and `allOf` are followed without recursion, since they
/// may go on for thousands of steps.
pub(super) fn shape<'a>(tree: &Tree<'a>, schemas: &[At<'a>], at: At<'a>) -> Shape<'a> {
    let mut shape = Shape::any(at);
    let mut seen = HashSet::default();
    let mut pending: Vec<Part<'a>> =
        schemas.iter().rev().map(|at| Part { at: *at, is_base: false, beside_null: false }).collect();
    // Where references lead to references only, in a circle.
    let mut is_circle = !schemas.is_empty();
    while let Some(part) = pending.pop() {
        if !seen.insert(part.at.address()) {
            continue;
        }
        if let Some(reference) = reference(part.at.node) {
            let target = tree.target(part.at.node, reference);
            is_circle &= target.is_some();
            pending.extend(target.map(|at| Part { at, ..part }));
            if tree.is_3_0 {
                continue;
            }
        } else {
            is_circle = false;
        }
        read(tree, part, &mut shape, &mut pending);
    }
    if is_circle {
        tree.complain_of_circle(at);
    }
    shape.settle();
    shape
}

/// A schema that is part of another.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) at: At<'a>,
    /// Whether it came by `allOf`, so that its own standing says nothing about the whole.
    pub(super) is_base: bool,
    /// Whether it came by a union with null, so that it does not rule null out.
    pub(super) beside_null: bool,
}

/// The members of a schema. They are few and looked at often, so that going through them is faster than hashing.
pub(super) struct Keywords<'a>(Vec<(&'a str, At<'a>)>);

impl<'a> Keywords<'a> {
    pub(super) fn get(&self, keyword: &str) -> Option<At<'a>> {
        self.0.iter().find(|(name, _)| *name == keyword).map(|(_, at)| *at)
    }

    fn is_true(&self, keyword: &str) -> bool {
        self.get(keyword).and_then(|at| at.node.as_bool()) == Some(true)
    }
}

fn read<'a>(tree: &Tree<'a>, part: Part<'a>, shape: &mut Shape<'a>, pending: &mut Vec<Part<'a>>) {
    let Part { at, is_base, beside_null } = part;
    let schema = Keywords(tree.entries(at));
    if at.node.as_bool() == Some(false) {
        shape.meet_types(Types::NONE, Some(at));
    }
    if !is_base && schema.is_true("deprecated") {
        shape.deprecated = shape.deprecated.or_else(|| schema.get("deprecated"));
    }
    shape.read_only |= schema.is_true("readOnly");
    shape.write_only |= schema.is_true("writeOnly");
    read_types(tree, &schema, beside_null, shape);
    read_values(tree, &schema, beside_null, shape);
    read_bounds(&schema, shape);
    for (keyword, texts) in [("pattern", &mut shape.patterns), ("format", &mut shape.formats)] {
        if let Some(found) = schema.get(keyword)
            && let Some(text) = found.node.as_str()
            // A password is a string that a form hides.
            && text != "password"
        {
            texts.entry(text).or_insert(found);
        }
    }
    if let Some(at) = schema.get("default") {
        shape.meet_default(Default { at, is_own: !is_base });
    }
    read_members(tree, &schema, shape);
    read_items(tree, &schema, shape);
    read_nested(tree, &schema, shape);
    let format = binary_format(tree, &schema);
    if let Some((format, at)) = format {
        shape.formats.entry(format).or_insert(at);
    }
    let known = [format.map(|(_, at)| at), rest_of_items(&schema)];
    let is_known = |found: &At<'a>| known.iter().flatten().any(|at| at.address() == found.address());
    for keyword in OTHERS {
        if let Some(found) = schema.get(keyword).filter(|found| !is_known(found)) {
            shape.others.entry((keyword, bare_text(found.node))).or_insert(found);
        }
    }
    let is_union = read_unions(tree, &schema, part, shape, pending);
    if !is_union
        && !is_base
        && let Some(discriminator) = schema.get("discriminator")
    {
        shape.heirs = shape.heirs.or(Some(Heirs { discriminator, base: at }));
    }
    if let Some(all_of) = schema.get("allOf") {
        let bases = tree.items(all_of);
        // Around a single schema, `allOf` is there to say more about it.
        let is_wrapper =
            bases.len() == 1 && schema.0.iter().all(|(key, _)| is_aside(key)) && tree.schema_name(at.loc()).is_none();
        let is_base = is_base || !is_wrapper;
        pending.extend(bases.into_iter().rev().map(|at| Part { at, is_base, beside_null }));
    }
}

/// What 3.0 called by a format, in the words of 3.1.
fn binary_format<'a>(tree: &Tree<'a>, schema: &Keywords<'a>) -> Option<(&'static str, At<'a>)> {
    let is = |at: &At<'a>, text: &str| at.node.as_str().is_some_and(|found| found.eq_ignore_ascii_case(text));
    if tree.is_3_0 {
        return None;
    }
    let encoding = schema.get("contentEncoding");
    match encoding {
        Some(at) => is(&at, "base64").then_some(("byte", at)),
        None => schema.get("contentMediaType").filter(|at| is(at, "application/octet-stream")).map(|at| ("binary", at)),
    }
}

/// Whether a keyword beside `allOf` leaves the values alone.
pub(in crate::diff) fn is_aside(key: &str) -> bool {
    const ASIDE: [&str; 6] = ["allOf", "default", "deprecated", "nullable", "readOnly", "writeOnly"];
    ASIDE.contains(&key) || ANNOTATIONS.contains(&key) || key.starts_with("x-")
}

fn read_types<'a>(tree: &Tree<'a>, schema: &Keywords<'a>, beside_null: bool, shape: &mut Shape<'a>) {
    let nullable = nullable(tree, schema);
    let null = if nullable.is_some() || beside_null { Types::NULL } else { Types::NONE };
    match schema.get("type") {
        Some(found) => shape.meet_types(Types::named(found.node) | null, Some(nullable.unwrap_or(found))),
        // Beside `allOf` without a type it strictly means nothing, and everybody means null.
        None if nullable.is_some() && !["oneOf", "anyOf"].iter().any(|keyword| schema.get(keyword).is_some()) => {
            shape.nullable = shape.nullable.or(nullable);
            shape.is_null_forced = true;
        }
        None => {}
    }
}

/// Where 3.0 lets null in.
pub(super) fn nullable<'a>(tree: &Tree<'a>, schema: &Keywords<'a>) -> Option<At<'a>> {
    schema.get("nullable").filter(|at| tree.is_3_0 && at.node.as_bool() == Some(true))
}

fn read_values<'a>(tree: &Tree<'a>, schema: &Keywords<'a>, beside_null: bool, shape: &mut Shape<'a>) {
    let listed = schema.get("enum").map(|at| (at, at.node.items().iter().collect::<Vec<_>>()));
    let pinned = schema.get("const").map(|at| (at, vec![at.node]));
    for (at, nodes) in listed.into_iter().chain(pinned) {
        // In 3.0 the list need not repeat that null is allowed: few authors know that it must.
        let admits_null = beside_null || nullable(tree, schema).is_some();
        shape.meet_list(&nodes, at, admits_null);
    }
    shape.value_names = shape.value_names.or_else(|| schema.get("x-enum-varnames"));
    shape.known_values = shape.known_values.or_else(|| schema.get("x-extensible-enum"));
    if let Some(at) = schema.get("xml") {
        shape.xml.entry(bare_text(at.node)).or_insert(at);
    }
}

fn read_bounds<'a>(schema: &Keywords<'a>, shape: &mut Shape<'a>) {
    for (bound, keyword) in Bound::ALL {
        if let Some(found) = schema.get(keyword)
            && let Some(value) = found.node.as_f64()
        {
            shape.meet_bound(bound, Limit { value, exclusive: false, at: found });
        }
    }
    for (bound, keyword, plain) in
        [(Bound::Minimum, "exclusiveMinimum", "minimum"), (Bound::Maximum, "exclusiveMaximum", "maximum")]
    {
        let Some(found) = schema.get(keyword) else { continue };
        let value = match found.node.as_bool() {
            // Of 3.0: a word about the plain bound.
            Some(true) => schema.get(plain).and_then(|at| at.node.as_f64()),
            _ => found.node.as_f64(),
        };
        if let Some(value) = value {
            shape.meet_bound(bound, Limit { value, exclusive: true, at: found });
        }
    }
}

fn read_members<'a>(tree: &Tree<'a>, schema: &Keywords<'a>, shape: &mut Shape<'a>) {
    if let Some(properties) = schema.get("properties") {
        for (name, at) in tree.entries(properties) {
            shape.properties.entry(name).or_default().push(at);
        }
    }
    if let Some(required) = schema.get("required") {
        for name in required.node.items().iter().filter_map(Node::as_str) {
            shape.required.entry(name).or_insert(required);
        }
    }
    for keyword in ["additionalProperties", "unevaluatedProperties"] {
        match schema.get(keyword) {
            Some(found) if found.node.as_bool() == Some(false) => shape.closed = shape.closed.or(Some(found)),
            Some(found) if found.node.is_mapping() => shape.additional.push(found),
            _ => {}
        }
    }
}

fn read_nested<'a>(tree: &Tree<'a>, schema: &Keywords<'a>, shape: &mut Shape<'a>) {
    let mut add = |keyword, key, at| shape.nested.entry((keyword, key)).or_default().push(at);
    for keyword in ["contentSchema", "propertyNames"] {
        if let Some(found) = schema.get(keyword) {
            add(keyword, "", found);
        }
    }
    for keyword in ["patternProperties", "dependentSchemas"] {
        if let Some(found) = schema.get(keyword) {
            tree.entries(found).into_iter().for_each(|(key, at)| add(keyword, key, at));
        }
    }
    // Before 2019-09, `dependencies` was both.
    for keyword in ["dependentRequired", "dependencies"] {
        let Some(found) = schema.get(keyword) else { continue };
        for (key, at) in tree.entries(found) {
            if at.node.is_mapping() || at.node.as_bool().is_some() {
                shape.nested.entry(("dependentSchemas", key)).or_default().push(at);
            }
            for name in at.node.items().iter().filter_map(Node::as_str) {
                shape.dependent_required.entry((key, name)).or_insert(at);
            }
        }
    }
    shape.nots.extend(schema.get("not"));
    if let Some(condition) = schema.get("if") {
        // Where anything goes, nothing is said.
        let demand = |keyword| {
            schema.get(keyword).filter(|at| {
                at.node.as_mapping().is_some_and(|all| !all.is_empty()) || at.node.as_bool() == Some(false)
            })
        };
        let (then, otherwise) = (demand("then"), demand("else"));
        if then.is_some() || otherwise.is_some() {
            shape.conditions.push(Condition { condition, then, otherwise });
        }
    }
}

/// `unevaluatedItems`, where it is `items` by another name: nothing else in the schema looks at items.
fn rest_of_items<'a>(schema: &Keywords<'a>) -> Option<At<'a>> {
    const LOOKING: [&str; 9] =
        ["$ref", "$dynamicRef", "allOf", "anyOf", "contains", "dependentSchemas", "if", "items", "oneOf"];
    let at = schema.get("unevaluatedItems")?;
    let is_schema = at.node.is_mapping() || at.node.as_bool() == Some(false);
    (is_schema && LOOKING.iter().all(|keyword| schema.get(keyword).is_none())).then_some(at)
}

fn read_items<'a>(tree: &Tree<'a>, schema: &Keywords<'a>, shape: &mut Shape<'a>) {
    let mut after = 0;
    if let Some(found) = schema.get("prefixItems") {
        for (index, at) in tree.items(found).into_iter().enumerate() {
            if shape.prefix.len() == index {
                shape.prefix.push(Vec::new());
            }
            shape.prefix[index].push(at);
            after = index + 1;
        }
    }
    if let Some(at) = schema.get("items")
        && (at.node.is_mapping() || at.node.as_bool() == Some(false))
    {
        shape.items.push(Items { at, after });
    }
    if let Some(at) = rest_of_items(schema) {
        shape.items.push(Items { at, after });
    }
    if let Some(unique) = schema.get("uniqueItems").filter(|at| at.node.as_bool() == Some(true)) {
        shape.unique_items = shape.unique_items.or(Some(unique));
    }
    if let Some(at) = schema.get("contains") {
        let count = |keyword| schema.get(keyword).and_then(|at| at.node.as_f64());
        let (least, most) = (count("minContains").unwrap_or(1.0), count("maxContains"));
        if least > 0.0 || most.is_some() {
            shape.contains.push(Contains { at, least, most });
        }
    }
}
