//! Path items: what stands at a path, in a webhook or at the URL of a callback.

use super::super::tree::{At, Tree, reference};
use super::{METHODS, is_deprecated};
use foldhash::HashMap;

/// A path item. Members beside a `$ref` are a part of it, and win.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    /// Where it is written: the key of the path.
    pub(super) at: At<'a>,
    /// Itself, then what it refers to.
    layers: Vec<At<'a>>,
}

impl<'a> Item<'a> {
    fn new(tree: &Tree<'a>, at: At<'a>) -> Option<Self> {
        let mut layers = vec![at];
        let mut last = at;
        while let Some(reference) = reference(last.node) {
            last = tree.target(last.node, reference)?;
            if layers.iter().any(|known| known.address() == last.address()) {
                break;
            }
            layers.push(last);
        }
        Some(Self { at, layers })
    }

    pub(super) fn child(&self, tree: &Tree<'a>, key: &str) -> Option<At<'a>> {
        self.layers.iter().find_map(|layer| tree.child(*layer, key))
    }

    /// Operations in the order of reports.
    pub(super) fn operations(&self, tree: &Tree<'a>) -> Vec<(&'static str, At<'a>)> {
        METHODS.iter().filter_map(|method| Some((*method, self.child(tree, method)?))).collect()
    }

    /// Whether BASE announced the end of all that can be done there.
    pub(super) fn is_deprecated(&self, tree: &Tree<'a>) -> bool {
        let operations = self.operations(tree);
        !operations.is_empty() && operations.iter().all(|(_, operation)| is_deprecated(operation.node))
    }
}

/// The path items of `paths`, `webhooks` or a callback.
pub(super) fn items<'a>(tree: &Tree<'a>, at: Option<At<'a>>) -> Vec<(&'a str, Item<'a>)> {
    let all = at.map(|at| tree.entries(at)).unwrap_or_default();
    all.into_iter()
        .filter(|(key, _)| !key.starts_with("x-"))
        .filter_map(|(key, at)| Some((key, Item::new(tree, at)?)))
        .collect()
}

/// For each path of BASE the place in the list of HEAD: the same path, or else one that differs in the names of its
/// variables, which the wire doesn't know.
pub(super) fn matched(old: &[(&str, Item<'_>)], new: &[(&str, Item<'_>)]) -> Vec<Option<usize>> {
    let exact: HashMap<&str, usize> = new.iter().enumerate().map(|(index, (path, _))| (*path, index)).collect();
    let mut found: Vec<Option<usize>> = old.iter().map(|(path, _)| exact.get(path).copied()).collect();
    if found.iter().all(Option::is_some) {
        return found;
    }
    let known: foldhash::HashSet<&str> = old.iter().map(|(path, _)| *path).collect();
    let mut alike: HashMap<String, usize> = HashMap::default();
    for (index, (path, _)) in new.iter().enumerate().rev().filter(|(_, (path, _))| !known.contains(path)) {
        alike.insert(template(path), index);
    }
    for ((path, _), found) in old.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
        *found = alike.remove(&template(path));
    }
    found
}

/// The path without the names of its variables.
fn template(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, variable)) = rest.split_once('{') {
        out.push_str(before);
        out.push('{');
        rest = variable.split_once('}').map_or("", |(_, after)| after);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::template;

    #[test]
    fn paths_are_alike_that_differ_in_the_names_of_variables_only() {
        assert_eq!(template("/a/{id}/b"), template("/a/{key}/b"));
        assert_ne!(template("/f/{id}.json"), template("/f/{id}.xml"));
        assert_ne!(template("/f/{id}:start"), template("/f/{id}:stop"));
        assert_ne!(template("/a/{id}"), template("/a/id"));
    }
}
