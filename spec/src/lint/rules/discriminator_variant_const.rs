//! ## What it finds
//! A branch of a union that does not declare, require and pin its discriminator: with `const`, or an `enum` of one value.
//! Members of base schemas count through `allOf`.
//! ## Why it matters
//! A branch that does not say what it is can be mistaken for another, and generated types cannot fill the property in.
//! ## Fix
//! Declare the property in the branch with the one value that the mapping has for it, and require it.
use super::union_mapping_members::Branches;
use crate::bundle::arena::Id;
use crate::lint::prelude::*;
use std::collections::HashMap;

pub(crate) const RULE: Rule = Rule::error("discriminator-variant-const", Check::Object(&[Kind::Schema], check));

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    let Some(discriminator) = schema.get("discriminator") else { return };
    let Some(name) = discriminator.text("propertyName") else { return };
    let branches = Branches::of(schema);
    let keys = keys(discriminator, &branches);
    for branch in &branches.all {
        let own = branch.end();
        if schema::types(own) == ["null"] || own.has("oneOf") || own.has("anyOf") || !own.is_mapping() {
            continue;
        }
        let Some(property) = schema::property(own, name) else {
            report.key(own, format!("the branch does not declare `{name}`, which chooses it"));
            continue;
        };
        // The base of a family declares the property for all; the branch pins it in its own file.
        let at = own.get("properties").and_then(|properties| properties.get(name)).unwrap_or(own);
        let parts = schema::parts(own);
        let declared = parts.iter().filter_map(|part| part.get("properties")?.get(name));
        let pinned = declared.into_iter().find_map(schema::pinned_value).or_else(|| schema::pinned_value(property));
        let Some(value) = pinned else {
            report.key(at, format!("the branch does not pin `{name}` to one value"));
            continue;
        };
        if !schema::requires(own, name) {
            report.key(at, format!("the branch does not require `{name}`, which chooses it"));
            continue;
        }
        // Keys of a mapping are texts, whatever they stand for.
        let value = value.str().map_or_else(|| value.shown(), str::to_owned);
        if let Some(keys) = keys.get(&own.id).filter(|keys| !keys.contains(&value.as_str())) {
            let keys = keys.join("` or `");
            report.key(at, format!("the branch pins `{name}` to `{value}`, but is chosen by `{keys}`"));
        }
    }
}

/// The keys that choose each branch.
fn keys<'a>(discriminator: Site<'a>, branches: &Branches<'a>) -> HashMap<Id, Vec<&'a str>> {
    let mut keys: HashMap<Id, Vec<&'a str>> = HashMap::new();
    for (key, value) in discriminator.get("mapping").into_iter().flat_map(Site::entries) {
        if let Some(target) = branches.target(value) {
            keys.entry(target.end().id).or_default().push(key);
        }
    }
    keys
}
