//! Security requirements: alternatives of schemes, compared by what the schemes are rather than by their names.

use super::super::finding::{Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::schema::bare_text;
use super::super::tree::{At, Tree};
use super::super::verdict::Direction;
use super::Api;
use crate::node::Node;
use std::collections::{BTreeMap, BTreeSet};

/// One way to be let in.
struct Alternative<'a> {
    at: At<'a>,
    schemes: Vec<Scheme<'a>>,
}

struct Scheme<'a> {
    name: &'a str,
    /// The component, if there is one.
    component: Option<At<'a>>,
    scopes: BTreeSet<&'a str>,
}

impl Scheme<'_> {
    /// What the scheme demands, whatever it is called. Descriptions and the list of scopes that exist do not matter.
    fn identity(&self) -> String {
        let Some(component) = self.component else { return format!("name {}", self.name) };
        let mut parts: BTreeMap<String, String> = BTreeMap::new();
        for (key, value) in component.node.entries().filter(|(key, _)| !key.starts_with("x-")) {
            match key {
                "description" | "bearerFormat" => {}
                "scheme" => drop(parts.insert(key.to_owned(), value.as_str().unwrap_or_default().to_lowercase())),
                "flows" => {
                    for (flow, value) in value.entries() {
                        for (key, url) in value.entries().filter(|(key, _)| *key != "scopes") {
                            parts.insert(format!("{flow} {key}"), bare_text(url));
                        }
                    }
                }
                _ => drop(parts.insert(key.to_owned(), bare_text(value))),
            }
        }
        format!("{parts:?}")
    }
}

impl Alternative<'_> {
    /// Whether whoever meets `other` meets this too.
    fn is_met_by(&self, other: &Alternative<'_>, is_same: impl Fn(&Scheme<'_>, &Scheme<'_>) -> bool) -> bool {
        self.schemes
            .iter()
            .all(|one| other.schemes.iter().any(|other| is_same(one, other) && one.scopes.is_subset(&other.scopes)))
    }

    fn shown(&self) -> String {
        let names: Vec<String> = self
            .schemes
            .iter()
            .map(|scheme| match scheme.scopes.iter().copied().collect::<Vec<_>>().join(", ") {
                scopes if scopes.is_empty() => code(scheme.name),
                scopes => format!("{} with {}", code(scheme.name), code(scopes)),
            })
            .collect();
        if names.is_empty() { "no credentials".to_owned() } else { names.join(" and ") }
    }
}

impl<'a> Api<'_, '_, 'a> {
    pub(super) fn security(&self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let (old, new) = (alternatives(base, old), alternatives(head, new));
        let same = |one: &Scheme<'_>, other: &Scheme<'_>| one.identity() == other.identity();
        let same_name = |one: &Scheme<'_>, other: &Scheme<'_>| one.name == other.name;
        let mut changed = false;
        for one in &old {
            if new.iter().any(|other| other.is_met_by(one, same)) {
                continue;
            }
            if let Some(other) = new.iter().find(|other| other.is_met_by(one, same_name)) {
                changed = true;
                let differing = other.schemes.iter().find(|scheme| {
                    one.schemes.iter().any(|old| old.name == scheme.name && old.identity() != scheme.identity())
                });
                let at = differing.and_then(|scheme| scheme.component).unwrap_or(other.at);
                let message = format!("{} is another scheme now", other.shown());
                found.add(Finding::new(Kind::SecuritySchemeChanged, direction, (Side::Head, at.loc), message));
                continue;
            }
            let message = format!("{} no longer suffices", one.shown());
            let place = (Side::Base, one.at.loc);
            let finding = Finding::new(Kind::SecurityAlternativeRemoved, direction, place, message);
            found.add(finding.about(one.shown()));
        }
        for one in &new {
            let was_enough = old.iter().any(|other| other.is_met_by(one, same));
            if !was_enough && !changed {
                let message = format!("{} suffices now", one.shown());
                let place = (Side::Head, one.at.loc);
                let finding = Finding::new(Kind::SecurityAlternativeAdded, direction, place, message);
                found.add(finding.about(one.shown()));
            }
        }
    }
}

/// The alternatives of an operation, its own or the document's. No requirement at all is one alternative: nothing.
fn alternatives<'a>(tree: &Tree<'a>, operation: At<'a>) -> Vec<Alternative<'a>> {
    let own = tree.child(operation, "security");
    let Some(list) = own.or_else(|| tree.child(tree.root(), "security")) else {
        return vec![Alternative { at: operation, schemes: Vec::new() }];
    };
    let all: Vec<_> = tree.items(list).into_iter().map(|at| Alternative { at, schemes: schemes(tree, at) }).collect();
    if all.is_empty() { vec![Alternative { at: list, schemes: Vec::new() }] } else { all }
}

fn schemes<'a>(tree: &Tree<'a>, requirement: At<'a>) -> Vec<Scheme<'a>> {
    let components =
        tree.child(tree.root(), "components").and_then(|components| tree.child(components, "securitySchemes"));
    tree.entries(requirement)
        .into_iter()
        .map(|(name, scopes)| Scheme {
            name,
            component: components.and_then(|all| tree.child(all, name)).and_then(|at| tree.resolve(at)),
            scopes: scopes.node.items().iter().filter_map(Node::as_str).collect(),
        })
        .collect()
}
