//! ## What it finds
//! Unions on one property whose names differ only by Create, Update, Read, Request or Response, and of which one lacks a
//! key that another has: one finding for each missing key.
//! ## Why it matters
//! A kind that can be created but not read was forgotten in one place.
//! ## Fix
//! Add the branch, or give an override the reason why this union cannot have it.
use crate::lint::prelude::*;
use std::collections::{BTreeMap, HashSet};

pub(crate) const RULE: Rule = Rule::warning("union-family-parity", Check::Document(check));

fn check(tree: &Tree, report: &mut Report<'_>) {
    let mut families: BTreeMap<(&str, String), Vec<(String, Site<'_>)>> = BTreeMap::new();
    for schema in tree.objects(Kind::Schema) {
        let Some(discriminator) = schema.get("discriminator") else { continue };
        let (Some(property), Some(mapping)) = (discriminator.text("propertyName"), discriminator.get("mapping")) else {
            continue;
        };
        if schema::branches(schema).is_empty() || !is_named(schema) {
            continue;
        }
        let name = schema.name();
        let family: Vec<String> = casing::words(&name)
            .into_iter()
            .filter(|word| !matches!(word.as_str(), "create" | "update" | "read" | "request" | "response"))
            .collect();
        families.entry((property, family.join("-"))).or_default().push((name, mapping));
    }
    for family in families.values().filter(|family| family.len() > 1) {
        for (_, mapping) in family {
            let mut reported = HashSet::new();
            for (other, theirs) in family {
                for (key, _) in theirs.entries().filter(|(key, _)| !mapping.has(key)) {
                    if reported.insert(key) {
                        report.key(*mapping, format!("`{key}` is missing, which `{other}` has"));
                    }
                }
            }
        }
    }
}

/// Whether the name is the schema's own: of a component, or of a whole file.
fn is_named(schema: Site<'_>) -> bool {
    schema.parent().is_none_or(|parent| parent.kind() == Some(Kind::Schemas) && parent.key() == Some("schemas"))
}
