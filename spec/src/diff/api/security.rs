//! Security requirements: alternatives of schemes, compared by what the schemes are rather than by their names.

use super::super::finding::{Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::schema::bare_text;
use super::super::tree::{At, Tree};
use super::super::verdict::Direction;
use super::Api;
use crate::node::Node;
use foldhash::{HashMap, HashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Findings for two lists of requirements, which most operations share: by the addresses of the lists, if they are
/// written, and the direction.
pub(super) type Known = HashMap<(Option<usize>, Option<usize>, Direction), Rc<Vec<Finding>>>;

/// One way to be let in.
struct Alternative<'a> {
    /// Where it is written. That no credentials are needed may be said by saying nothing.
    at: Option<At<'a>>,
    schemes: Vec<Scheme<'a>>,
}

struct Scheme<'a> {
    name: &'a str,
    /// The component, if there is one.
    component: Option<At<'a>>,
    demand: Demand<'a>,
    scopes: BTreeSet<&'a str>,
}

/// What a scheme demands, whatever it is called. Descriptions and the list of scopes that exist do not matter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Demand<'a> {
    kind: BTreeMap<&'a str, String>,
    /// Ways to get a token, each with its URLs.
    flows: BTreeMap<&'a str, String>,
}

impl<'a> Demand<'a> {
    fn new(name: &'a str, component: Option<At<'a>>) -> Self {
        let (mut kind, mut flows) = (BTreeMap::new(), BTreeMap::new());
        let Some(component) = component else {
            kind.insert("name", name.to_owned());
            return Self { kind, flows };
        };
        for (key, value) in component.node.entries().filter(|(key, _)| !key.starts_with("x-")) {
            match key {
                "description" | "bearerFormat" => {}
                "scheme" => drop(kind.insert(key, value.as_str().unwrap_or_default().to_lowercase())),
                "flows" => {
                    for (flow, value) in value.entries() {
                        let urls = value.entries().filter(|(key, _)| !matches!(*key, "scopes" | "refreshUrl"));
                        flows.insert(flow, urls.map(|(key, url)| format!("{key} {}", bare_text(url))).collect());
                    }
                }
                _ => drop(kind.insert(key, bare_text(value))),
            }
        }
        Self { kind, flows }
    }

    /// Whether whoever does as `other` says has done what is demanded.
    fn is_met_by(&self, other: &Self) -> bool {
        self.kind == other.kind && other.flows.iter().all(|(flow, urls)| self.flows.get(flow) == Some(urls))
    }
}

/// What alternatives that mean the same have in common.
type Key<'a> = BTreeSet<(Demand<'a>, BTreeSet<&'a str>)>;

impl<'a> Alternative<'a> {
    fn key(&self) -> Key<'a> {
        self.schemes.iter().map(|scheme| (scheme.demand.clone(), scheme.scopes.clone())).collect()
    }

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

    /// What the changelog calls it.
    fn subject(&self) -> String {
        if self.schemes.is_empty() { String::new() } else { self.shown() }
    }
}

impl<'a> Api<'_, '_, 'a> {
    pub(super) fn security(&mut self, old: At<'a>, new: At<'a>, direction: Direction, found: &mut Found) {
        let (base, head) = (self.comparison.base.tree, self.comparison.head.tree);
        let list = |tree: &Tree<'a>, operation| {
            tree.child(operation, "security").or_else(|| tree.child(tree.root(), "security"))
        };
        let (old_list, new_list) = (list(base, old), list(head, new));
        let key = (old_list.map(|at| at.address()), new_list.map(|at| at.address()), direction);
        let known = match self.securities.get(&key) {
            Some(known) => Rc::clone(known),
            None => {
                let known = Rc::new(compare((base, old_list), (head, new_list), direction));
                self.securities.insert(key, Rc::clone(&known));
                known
            }
        };
        found.findings.extend(known.iter().cloned());
    }
}

fn compare<'a>(
    (base, old_list): (&Tree<'a>, Option<At<'a>>),
    (head, new_list): (&Tree<'a>, Option<At<'a>>),
    direction: Direction,
) -> Vec<Finding> {
    let (old, new) = (alternatives(base, old_list), alternatives(head, new_list));
    // What is not written was changed where the other side writes it.
    let old_place = |one: &Alternative<'a>| match (one.at, new_list) {
        (Some(at), _) => (Side::Base, at.loc()),
        (None, new_list) => (Side::Head, new_list.unwrap_or(head.root()).loc()),
    };
    let new_place = |one: &Alternative<'a>| match (one.at, old_list) {
        (Some(at), _) => (Side::Head, at.loc()),
        (None, old_list) => (Side::Base, old_list.unwrap_or(base.root()).loc()),
    };
    let same = |one: &Scheme<'_>, other: &Scheme<'_>| one.demand.is_met_by(&other.demand);
    let same_name = |one: &Scheme<'_>, other: &Scheme<'_>| one.name == other.name;
    let mut found = Vec::new();
    let mut changed = false;
    // Those that both have need no search.
    let (old_keys, new_keys) = (keys(&old), keys(&new));
    for one in old.iter().filter(|one| !new_keys.contains(&one.key())) {
        if new.iter().any(|other| other.is_met_by(one, same)) {
            continue;
        }
        if let Some(other) = new.iter().find(|other| other.is_met_by(one, same_name)) {
            changed = true;
            let differing = other.schemes.iter().find(|scheme| {
                one.schemes.iter().any(|old| old.name == scheme.name && !scheme.demand.is_met_by(&old.demand))
            });
            let place = differing.and_then(|scheme| scheme.component).or(other.at).unwrap_or(head.root());
            let message = format!("{} is another scheme now", other.shown());
            let finding = Finding::new(Kind::SecuritySchemeChanged, direction, (Side::Head, place.loc()), message);
            found.push(finding.about(other.subject()));
            continue;
        }
        let message = format!("{} no longer suffices", one.shown());
        let finding = Finding::new(Kind::SecurityAlternativeRemoved, direction, old_place(one), message);
        found.push(finding.about(one.subject()));
    }
    for one in new.iter().filter(|one| !old_keys.contains(&one.key())) {
        let was_enough = old.iter().any(|other| other.is_met_by(one, same));
        if !was_enough && !changed {
            let message = format!("{} suffices now", one.shown());
            let finding = Finding::new(Kind::SecurityAlternativeAdded, direction, new_place(one), message);
            found.push(finding.about(one.subject()));
        }
    }
    found
}

fn keys<'a>(all: &[Alternative<'a>]) -> HashSet<Key<'a>> {
    all.iter().map(Alternative::key).collect()
}

/// The alternatives of a list. No requirement at all is one alternative: nothing.
fn alternatives<'a>(tree: &Tree<'a>, list: Option<At<'a>>) -> Vec<Alternative<'a>> {
    let Some(list) = list else { return vec![Alternative { at: None, schemes: Vec::new() }] };
    let all: Vec<_> =
        tree.items(list).into_iter().map(|at| Alternative { at: Some(at), schemes: schemes(tree, at) }).collect();
    if all.is_empty() { vec![Alternative { at: Some(list), schemes: Vec::new() }] } else { all }
}

fn schemes<'a>(tree: &Tree<'a>, requirement: At<'a>) -> Vec<Scheme<'a>> {
    let components =
        tree.child(tree.root(), "components").and_then(|components| tree.child(components, "securitySchemes"));
    tree.entries(requirement)
        .into_iter()
        .map(|(name, scopes)| {
            let component = components.and_then(|all| tree.child(all, name)).and_then(|at| tree.resolve(at));
            let demand = Demand::new(name, component);
            let scopes = scopes.node.items().iter().filter_map(Node::as_str).collect();
            Scheme { name, component, demand, scopes }
        })
        .collect()
}
