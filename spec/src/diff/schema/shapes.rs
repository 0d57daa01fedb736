//! Every shape of one document, each made once.

use super::read::shape;
use super::shape::{Heirs, Shape, Union};
use super::types::Types;
use crate::diff::tree::{At, Tree, reference};
use crate::node::Node;
use foldhash::{HashMap, HashSet};
use std::rc::Rc;

/// A shape of [`Shapes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::diff) struct ShapeId(usize);

/// One of the shapes that a union leaves the choice between, joined with what holds for all of them.
#[derive(Debug, Clone)]
pub(in crate::diff) struct Alternative<'a> {
    /// The member of the union as written.
    pub(in crate::diff) at: At<'a>,
    /// Values of the discriminator that choose it, and where each is written.
    pub(in crate::diff) keys: Vec<Key<'a>>,
    /// Whether there is no union, and this is all there is.
    pub(in crate::diff) is_whole: bool,
    /// The name of the component that it refers to, at the end of a chain of references.
    pub(in crate::diff) name: Option<&'a str>,
    pub(in crate::diff) title: Option<&'a str>,
    pub(in crate::diff) shape: ShapeId,
}

/// A value of a discriminator, and why it names a member.
#[derive(Debug, Clone, Copy)]
pub(in crate::diff) struct Key<'a> {
    pub(in crate::diff) name: &'a str,
    /// Where it is written.
    pub(in crate::diff) at: At<'a>,
    /// Whether the discriminator's mapping has it. Otherwise the member pins it, or it is the member's name.
    pub(in crate::diff) is_mapped: bool,
}

/// How many members all shapes of one document may have together. Schemas that build on one another in long chains, or
/// unions of large objects, have as many as there are pairs of them.
const MOST_MEMBERS: usize = 800_000;

/// How deep unions may be nested that are searched for null.
const DEEPEST: usize = 20;

/// The shapes of one document.
pub(in crate::diff) struct Shapes<'t, 'a> {
    pub(in crate::diff) tree: &'t Tree<'a>,
    shapes: Vec<Rc<Shape<'a>>>,
    by_schema: HashMap<usize, ShapeId>,
    by_schemas: HashMap<Vec<usize>, ShapeId>,
    /// Shapes of anything, by the place that does not say what.
    open: HashMap<usize, ShapeId>,
    without_null: HashMap<ShapeId, ShapeId>,
    /// Where a shape with unions admits null.
    nulls: HashMap<ShapeId, Option<At<'a>>>,
    alternatives: HashMap<ShapeId, Rc<Vec<Alternative<'a>>>>,
    /// Components that build on a schema, by its address; made when first asked for.
    builders: Option<HashMap<usize, Vec<(&'a str, At<'a>)>>>,
    members: usize,
    most_members: usize,
}

impl<'t, 'a> Shapes<'t, 'a> {
    pub(in crate::diff) fn new(tree: &'t Tree<'a>) -> Self {
        Self {
            tree,
            shapes: Vec::new(),
            by_schema: HashMap::default(),
            by_schemas: HashMap::default(),
            open: HashMap::default(),
            without_null: HashMap::default(),
            nulls: HashMap::default(),
            alternatives: HashMap::default(),
            builders: None,
            members: 0,
            most_members: MOST_MEMBERS,
        }
    }

    pub(in crate::diff) fn get(&self, id: ShapeId) -> Rc<Shape<'a>> {
        Rc::clone(&self.shapes[id.0])
    }

    /// Whether there are more members than a comparison can hold. What is asked for from then on is incomplete.
    pub(in crate::diff) fn is_full(&self) -> bool {
        self.members > self.most_members
    }

    /// The shape of a value that meets all of `schemas`; anything if there is none. `holder` is where a finding stands
    /// that has no better place.
    pub(in crate::diff) fn of(&mut self, schemas: &[At<'a>], holder: At<'a>) -> ShapeId {
        let schemas = match schemas {
            // Nobody asks for the answer any more.
            [_, ..] if self.is_full() => &[],
            schemas => schemas,
        };
        match schemas {
            [] => match self.open.get(&holder.address()) {
                Some(known) => *known,
                None => {
                    let id = self.add(Shape::any(holder));
                    self.open.insert(holder.address(), id);
                    id
                }
            },
            [only] => {
                let at = self.tree.aliased(*only);
                match self.by_schema.get(&at.address()) {
                    Some(known) => *known,
                    None => {
                        let id = self.add(shape(self.tree, &[at], at));
                        self.by_schema.insert(at.address(), id);
                        id
                    }
                }
            }
            [first, ..] => {
                let key: Vec<usize> = schemas.iter().map(At::address).collect();
                if let Some(known) = self.by_schemas.get(&key) {
                    return *known;
                }
                let id = self.add(shape(self.tree, schemas, *first));
                self.by_schemas.insert(key, id);
                id
            }
        }
    }

    pub(in crate::diff) fn add(&mut self, shape: Shape<'a>) -> ShapeId {
        self.members += 1 + shape.weight();
        self.shapes.push(Rc::new(shape));
        ShapeId(self.shapes.len() - 1)
    }

    /// The same without null.
    fn without_null(&mut self, id: ShapeId) -> ShapeId {
        let whole = self.get(id);
        if !whole.effective_types().has(Types::NULL) {
            return id;
        }
        if let Some(known) = self.without_null.get(&id) {
            return *known;
        }
        let mut shape = (*whole).clone();
        shape.rule_null_out();
        let without = self.add(shape);
        self.without_null.insert(id, without);
        without
    }

    /// The choices that a shape with one union leaves, or the shape itself if it has none; less null, which the union
    /// as a whole admits or does not.
    pub(in crate::diff) fn alternatives(&mut self, id: ShapeId) -> Rc<Vec<Alternative<'a>>> {
        if let Some(known) = self.alternatives.get(&id) {
            return Rc::clone(known);
        }
        let whole = self.get(id);
        let found = match whole.unions.first() {
            None => {
                let shape = self.without_null(id);
                vec![Alternative { is_whole: true, ..self.alternative(whole.at, Vec::new(), shape) }]
            }
            Some(union) => self.members(union, &whole.without_unions()),
        };
        let found = Rc::new(found);
        self.alternatives.insert(id, Rc::clone(&found));
        found
    }

    /// The members of a union, each joined with what holds for all.
    pub(in crate::diff) fn members(&mut self, union: &Union<'a>, common: &Shape<'a>) -> Vec<Alternative<'a>> {
        let keys = self.keys(union);
        let mut found = Vec::with_capacity(union.branches.len());
        for (branch, keys) in union.branches.iter().zip(keys) {
            if self.is_full() {
                break;
            }
            let shape = self.joined(common, &[*branch]);
            found.push(self.alternative(*branch, keys, shape));
        }
        found
    }

    /// A shape joined with others, of which the last has the say about the whole.
    pub(in crate::diff) fn joined(&mut self, common: &Shape<'a>, branches: &[At<'a>]) -> ShapeId {
        let mut joined = common.clone();
        for branch in branches {
            let own = self.of(&[*branch], *branch);
            let own = self.get(own);
            joined.meet((*own).clone());
            joined.at = *branch;
            joined.deprecated = own.deprecated;
        }
        joined.settle();
        joined.rule_null_out();
        self.add(joined)
    }

    fn alternative(&self, at: At<'a>, keys: Vec<Key<'a>>, shape: ShapeId) -> Alternative<'a> {
        let target = self.tree.resolve(at).unwrap_or(at);
        let name = self.tree.schema_name(target.loc());
        let title = target.node.get("title").and_then(Node::as_str);
        Alternative { at, keys, is_whole: false, name, title, shape }
    }

    /// Where null is admitted, by the types of a shape and by each of its unions.
    pub(in crate::diff) fn null_place(&mut self, id: ShapeId) -> Option<At<'a>> {
        self.null_at(id, 0)
    }

    fn null_at(&mut self, id: ShapeId, depth: usize) -> Option<At<'a>> {
        let shape = self.get(id);
        let own = shape.nullable.or(shape.types_at).unwrap_or(shape.at);
        if shape.is_null_forced {
            return Some(own);
        }
        if shape.unions.is_empty() {
            return shape.effective_types().has(Types::NULL).then_some(own);
        }
        if !shape.types.has(Types::NULL) || depth > DEEPEST {
            return None;
        }
        if let Some(known) = self.nulls.get(&id) {
            return *known;
        }
        // A member that leads back here adds nothing.
        self.nulls.insert(id, None);
        let mut place = None;
        for union in &shape.unions {
            let mut found = union.null;
            for branch in &union.branches {
                if found.is_none() {
                    let branch = self.of(&[*branch], *branch);
                    found = self.null_at(branch, depth + 1);
                }
            }
            place = found;
            if place.is_none() {
                break;
            }
        }
        self.nulls.insert(id, place);
        place
    }

    /// The same with a list of values as the union that it is written as.
    pub(in crate::diff) fn with_union_for_list(&mut self, id: ShapeId) -> ShapeId {
        let whole = self.get(id);
        let Some(union) = &whole.listed else { return id };
        let mut shape = (*whole).clone();
        shape.unions.push(union.clone());
        self.add(shape)
    }

    /// The same where a union only lists types.
    pub(in crate::diff) fn with_types_for_union(&mut self, id: ShapeId) -> ShapeId {
        let whole = self.get(id);
        let [Union { types: Some(types), at, null, .. }] = whole.unions.as_slice() else { return id };
        let null = null.map_or(Types::NONE, |_| Types::NULL);
        let mut shape = whole.without_unions();
        shape.meet_types(*types | null, Some(*at));
        self.add(shape)
    }

    /// The values of the discriminator for each member: mapped ones, else those that the member pins, else its name.
    fn keys(&mut self, union: &Union<'a>) -> Vec<Vec<Key<'a>>> {
        let Some(discriminator) = union.discriminator else { return vec![Vec::new(); union.branches.len()] };
        let mut mapped: HashMap<usize, Vec<Key<'a>>> = HashMap::default();
        for (name, at) in self.mapping(discriminator) {
            if let Some(schema) = self.mapped_schema(at) {
                mapped.entry(schema.address()).or_default().push(Key { name, at, is_mapped: true });
            }
        }
        let property = discriminator.node.get("propertyName").and_then(Node::as_str).unwrap_or_default();
        let mut all = Vec::with_capacity(union.branches.len());
        for branch in &union.branches {
            let target = self.tree.resolve(*branch).map(|at| at.address());
            let mut keys = target.and_then(|target| mapped.get(&target)).cloned().unwrap_or_default();
            if keys.is_empty() {
                keys = self.pinned(*branch, property);
            }
            if keys.is_empty() {
                keys.extend(component_name(branch.node).map(|name| Key { name, at: *branch, is_mapped: false }));
            }
            all.push(keys);
        }
        all
    }

    /// Keys of a discriminator's mapping, and where each is written.
    fn mapping(&self, discriminator: At<'a>) -> Vec<(&'a str, At<'a>)> {
        self.tree.child(discriminator, "mapping").map(|mapping| self.tree.entries(mapping)).unwrap_or_default()
    }

    /// The schemas that build on one with a discriminator: those that its mapping names, and all others under their
    /// own names.
    pub(in crate::diff) fn heirs(&mut self, heirs: Heirs<'a>) -> Vec<(Key<'a>, At<'a>)> {
        let mut all = Vec::new();
        let mut seen = HashSet::from_iter([heirs.base.address()]);
        for (name, at) in self.mapping(heirs.discriminator) {
            if let Some(schema) = self.mapped_schema(at) {
                seen.insert(schema.address());
                all.push((Key { name, at, is_mapped: true }, schema));
            }
        }
        let builders = self.builders.get_or_insert_with(|| builders(self.tree));
        let mut pending = vec![heirs.base.address()];
        let mut reached = HashSet::default();
        while let Some(base) = pending.pop() {
            for (name, schema) in builders.get(&base).into_iter().flatten() {
                if reached.insert(schema.address()) {
                    pending.push(schema.address());
                    if seen.insert(schema.address()) {
                        all.push((Key { name, at: *schema, is_mapped: false }, *schema));
                    }
                }
            }
        }
        all
    }

    /// The schema that a value of a mapping leads to: a reference, or the name of a component.
    fn mapped_schema(&self, at: At<'a>) -> Option<At<'a>> {
        let text = at.node.as_str()?;
        let found = if text.contains(['/', '#']) {
            self.tree.target(at.node, text)
        } else {
            let components = self.tree.child(self.tree.root(), "components")?;
            self.tree.child(self.tree.child(components, "schemas")?, text)
        };
        self.tree.resolve(found?)
    }

    /// The values that a member itself allows for the discriminator.
    fn pinned(&mut self, branch: At<'a>, property: &str) -> Vec<Key<'a>> {
        let id = self.of(&[branch], branch);
        let shape = self.get(id);
        let Some(schemas) = shape.properties.get(property) else { return Vec::new() };
        let id = self.of(schemas, branch);
        let Some(values) = &self.get(id).values else { return Vec::new() };
        let key = |node: &&'a Node| Some(Key { name: node.as_str()?, at: values.at, is_mapped: false });
        values.list.values().filter_map(key).collect()
    }
}

/// Which component schemas have which in their `allOf`.
fn builders<'a>(tree: &Tree<'a>) -> HashMap<usize, Vec<(&'a str, At<'a>)>> {
    let mut found: HashMap<usize, Vec<(&'a str, At<'a>)>> = HashMap::default();
    let schemas = tree.child(tree.root(), "components").and_then(|components| tree.child(components, "schemas"));
    for (name, at) in schemas.map(|schemas| tree.entries(schemas)).unwrap_or_default() {
        for base in tree.child(at, "allOf").map(|bases| tree.items(bases)).unwrap_or_default() {
            if reference(base.node).is_some()
                && let Some(base) = tree.resolve(base)
            {
                found.entry(base.address()).or_default().push((name, at));
            }
        }
    }
    found
}

/// The last token of a reference to a component.
pub(in crate::diff) fn component_name(node: &Node) -> Option<&str> {
    let rest = reference(node)?.strip_prefix("#/components/schemas/")?;
    (!rest.contains('/')).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BundleOptions, bundle};

    #[test]
    fn schemas_that_build_on_one_another_in_a_long_chain_are_given_up() {
        let links: String = (0..60)
            .map(|n| {
                let next = format!("{{$ref: '#/components/schemas/S{}'}}", n + 1);
                format!("    S{n}: {{allOf: [{next}], properties: {{p{n}: {next}}}}}\n")
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chain.yaml");
        let rest = "    S60: {type: object}\n";
        std::fs::write(&path, format!("openapi: 3.1.0\ncomponents:\n  schemas:\n{links}{rest}")).unwrap();
        let document = bundle(&path, BundleOptions::default()).unwrap_or_else(|found| panic!("{found}"));
        let tree = Tree::new(&document);
        let schemas = tree.child(tree.root(), "components").and_then(|at| tree.child(at, "schemas")).unwrap();
        let count = |most_members| {
            let mut shapes = Shapes { most_members, ..Shapes::new(&tree) };
            for (_, at) in tree.entries(schemas) {
                shapes.of(&[at], at);
            }
            (shapes.is_full(), shapes.members)
        };
        // Each has the members of all below it.
        let (is_full, members) = count(60 * 61);
        assert!(!is_full && members > 60 * 61 / 2, "{members}");
        let (is_full, members) = count(200);
        assert!(is_full && members < 400, "{members}");
    }
}
