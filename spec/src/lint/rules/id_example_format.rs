//! ## What it finds
//! An example of an id (`id`, `customerId`, `customer_id`) that is not made like the others: a kind and a colon that no
//! UUID follows, or no kind where other examples of the same property have one. Ids of `format: uuid` are left to their
//! format.
//! ## Why it matters
//! Readers take examples for the rule.
//! ## Fix
//! Write for example `Customer:01a1f7f8-3068-79c4-921f-c60857dffefc`.
use crate::bundle::arena::Id;
use crate::lint::format::is_uuid;
use crate::lint::prelude::*;
use indexmap::IndexSet;
use std::collections::HashMap;

pub(crate) const RULE: Rule = Rule::error("id-example-format", Check::Document(check));

fn check(tree: &Tree, report: &mut Report<'_>) {
    let mut by_property: HashMap<Id, IndexSet<Id>> = HashMap::new();
    let mut note = |property: Site<'_>, value: Site<'_>| {
        by_property.entry(property.end().id).or_default().insert(value.id);
    };
    for visit in &tree.visits {
        let site = tree.site(visit.id);
        if site.is_reference() || !matches!(visit.kind, Kind::MediaType | Kind::Parameter | Kind::Header | Kind::Schema)
        {
            continue;
        }
        for (name, property) in site.get("properties").into_iter().flat_map(Site::entries) {
            if is_id(name) && is_plain_text(property) {
                for part in schema::parts(property) {
                    schema::examples(part)
                        .into_iter()
                        .for_each(|value| note(tree.site(property.id), tree.site(value.id)));
                }
            }
        }
        let name = match visit.kind {
            Kind::Parameter => site.text("name"),
            Kind::Header => site.key(),
            _ => None,
        };
        if let Some(schema) = site.get("schema").filter(|schema| name.is_some_and(is_id) && is_plain_text(*schema)) {
            instance::examples(site).into_iter().for_each(|(value, _)| note(schema, value));
            schema::parts(schema).into_iter().flat_map(schema::examples).for_each(|value| note(schema, value));
        }
        for (example, schema) in instance::examples(site) {
            instance::members(example, &[schema], &mut |member, _| {
                if let Some(property) =
                    member.properties.first().filter(|one| is_id(member.name) && is_plain_text(**one))
                {
                    note(*property, member.value);
                }
            });
        }
    }
    for values in by_property.values() {
        let sites = values.iter().map(|id| tree.site(*id));
        let texts: Vec<(Site<'_>, &str)> = sites.filter_map(|site| Some((site, site.str()?))).collect();
        let kind = texts.iter().find_map(|(_, text)| kind(text).map(|(kind, _)| kind));
        for (site, text) in texts {
            match (self::kind(text), kind) {
                (Some((kind, rest)), _) if !is_uuid(rest) => {
                    report.add(site, format!("`{text}` is not `{kind}:` and a UUID"));
                }
                (None, Some(kind)) => {
                    report.add(site, format!("`{text}` lacks the kind that other examples have: `{kind}:`"));
                }
                _ => {}
            }
        }
    }
}

fn is_id(name: &str) -> bool {
    name == "id" || name.ends_with("Id") || name.ends_with("_id")
}

fn is_plain_text(property: Site<'_>) -> bool {
    let parts = schema::parts(property);
    schema::is(property, "string") && !parts.iter().any(|part| part.text("format") == Some("uuid"))
}

/// `Customer` and what stands after the colon.
fn kind(text: &str) -> Option<(&str, &str)> {
    let (kind, rest) = text.split_once(':')?;
    let is_name =
        kind.starts_with(|c: char| c.is_ascii_uppercase()) && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then_some((kind, rest))
}
