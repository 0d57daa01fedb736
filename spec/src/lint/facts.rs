//! Facts about a whole document that several rules ask for, each worked out once and only if asked.

use super::direction::Directions;
use super::operation::{Op, Origin};
use super::pattern::Pattern;
use super::routes::Routes;
use super::site::Site;
use super::tree::Tree;
use crate::bundle::arena::Id;
use crate::bundle::kind::Kind;
use crate::suggest;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::iter::once;
use std::rc::Rc;

/// How many names are compared with misspelt ones in one document. Where everything is misspelt, suggestions end here.
const MOST_COMPARISONS: usize = 250_000;

/// Memory for the facts of one tree.
#[derive(Default)]
pub(super) struct Facts {
    patterns: RefCell<HashMap<String, Rc<Pattern>>>,
    property_names: OnceCell<HashSet<String>>,
    enum_values: OnceCell<BTreeSet<String>>,
    component_names: OnceCell<HashSet<String>>,
    tags: OnceCell<Vec<String>>,
    compared: Cell<usize>,
    /// The parts of schemas that have many.
    pub(super) parts: RefCell<HashMap<Id, Rc<[Id]>>>,
    texts: RefCell<HashMap<Id, Rc<HashSet<String>>>>,
    directions: OnceCell<Directions>,
    routes: OnceCell<Routes>,
    operation_ids: OnceCell<HashSet<String>>,
    line_starts: RefCell<HashMap<u32, Rc<[usize]>>>,
}

impl Tree {
    /// A regular expression, compiled once however often it occurs.
    pub(super) fn pattern(&self, text: &str) -> Rc<Pattern> {
        if let Some(known) = self.facts.patterns.borrow().get(text) {
            return Rc::clone(known);
        }
        let pattern = Rc::new(Pattern::new(text));
        self.facts.patterns.borrow_mut().insert(text.to_owned(), Rc::clone(&pattern));
        pattern
    }

    /// The offset at which each line of a file begins; none if there is no such file.
    pub(super) fn line_starts(&self, file: u32) -> Rc<[usize]> {
        let mut known = self.facts.line_starts.borrow_mut();
        let starts = known.entry(file).or_insert_with(|| {
            let text = self.sources().get(file).map(|source| source.text.as_str());
            text.into_iter().flat_map(|text| once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1))).collect()
        });
        Rc::clone(starts)
    }

    /// Every visited object of a kind, references not included.
    pub(super) fn objects(&self, kind: Kind) -> impl Iterator<Item = Site<'_>> {
        let of_kind = self.visits.iter().filter(move |visit| visit.kind == kind);
        of_kind.map(|visit| self.site(visit.id)).filter(|site| !site.is_reference())
    }

    /// The names of all properties and parameters.
    pub(super) fn property_names(&self) -> &HashSet<String> {
        self.facts.property_names.get_or_init(|| {
            let schemas = self.objects(Kind::Schema).filter_map(|schema| schema.get("properties"));
            let properties = schemas.flat_map(Site::entries).map(|(name, _)| name.to_owned());
            let parameters = self.objects(Kind::Parameter).filter_map(|parameter| parameter.text("name"));
            properties.chain(parameters.map(str::to_owned)).collect()
        })
    }

    /// Every text in an `enum` or `const`, and every key of a discriminator's mapping.
    pub(super) fn enum_values(&self) -> &BTreeSet<String> {
        self.facts.enum_values.get_or_init(|| {
            let mut values = BTreeSet::new();
            for schema in self.objects(Kind::Schema) {
                values.extend(schema.texts("enum").into_iter().map(str::to_owned));
                values.extend(schema.text("const").map(str::to_owned));
                let mapping = schema.get("discriminator").and_then(|discriminator| discriminator.get("mapping"));
                values.extend(mapping.into_iter().flat_map(Site::entries).map(|(key, _)| key.to_owned()));
            }
            values
        })
    }

    /// The texts in a long list, so that many values can be looked for in it.
    pub(super) fn texts_of(&self, list: Site<'_>) -> Rc<HashSet<String>> {
        let mut known = self.facts.texts.borrow_mut();
        let texts = || list.items().filter_map(Site::str).map(str::to_owned).collect::<HashSet<String>>().into();
        Rc::clone(known.entry(list.id).or_insert_with(texts))
    }

    /// The names of all components of the bundle.
    pub(super) fn component_names(&self) -> &HashSet<String> {
        let names = || self.reached.components().map(|(_, _, name)| name.to_owned()).collect();
        self.facts.component_names.get_or_init(names)
    }

    /// The names of the tags that the root document lists, sorted.
    pub(super) fn tags(&self) -> &[String] {
        self.facts.tags.get_or_init(|| {
            let listed = self.root().get("tags").into_iter().flat_map(Site::items);
            let mut names: Vec<String> = listed.filter_map(|tag| tag.end().text("name")).map(str::to_owned).collect();
            names.sort_unstable();
            names
        })
    }

    /// The candidate that `wanted` is most likely a slip of the pen for.
    pub(super) fn nearest<'a>(&self, wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        let compared = &self.facts.compared;
        let left = MOST_COMPARISONS.saturating_sub(compared.get());
        suggest::nearest(wanted, candidates.take(left).inspect(|_| compared.set(compared.get() + 1)))
    }

    /// The operations that clients call.
    pub(super) fn routes(&self) -> &Routes {
        self.facts.routes.get_or_init(|| {
            let mut routes = Routes::default();
            for operation in self.operations().iter().filter(|operation| operation.origin == Origin::Path) {
                routes.add(&operation.method.to_uppercase(), &operation.path);
            }
            routes
        })
    }

    /// The operationIds of all operations.
    pub(super) fn operation_ids(&self) -> &HashSet<String> {
        self.facts.operation_ids.get_or_init(|| {
            let ids = self.operations().iter().map(|operation| Op { tree: self, operation }.site().text("operationId"));
            ids.flatten().map(str::to_owned).collect()
        })
    }

    /// Which schemas travel in requests, and which in responses.
    pub(super) fn directions(&self) -> &Directions {
        self.facts.directions.get_or_init(|| Directions::of(self))
    }
}
