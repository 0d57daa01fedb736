//! Every shape of one document, each made once.

use super::read::shape;
use super::shape::{Shape, Union};
use crate::diff::tree::{At, Tree, reference};
use crate::node::Node;
use std::collections::HashMap;
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
    pub(in crate::diff) keys: Vec<(&'a str, At<'a>)>,
    /// Whether there is no union, and this is all there is.
    pub(in crate::diff) is_whole: bool,
    /// The name of the component that it refers to, at the end of a chain of references.
    pub(in crate::diff) name: Option<&'a str>,
    pub(in crate::diff) title: Option<&'a str>,
    pub(in crate::diff) shape: ShapeId,
}

/// The shapes of one document.
pub(in crate::diff) struct Shapes<'t, 'a> {
    pub(in crate::diff) tree: &'t Tree<'a>,
    shapes: Vec<Rc<Shape<'a>>>,
    by_schemas: HashMap<Vec<usize>, ShapeId>,
    alternatives: HashMap<ShapeId, Rc<Vec<Alternative<'a>>>>,
}

impl<'t, 'a> Shapes<'t, 'a> {
    pub(in crate::diff) fn new(tree: &'t Tree<'a>) -> Self {
        Self { tree, shapes: Vec::new(), by_schemas: HashMap::new(), alternatives: HashMap::new() }
    }

    pub(in crate::diff) fn get(&self, id: ShapeId) -> Rc<Shape<'a>> {
        Rc::clone(&self.shapes[id.0])
    }

    /// The shape of a value that meets all of `schemas`; anything if there is none. `holder` is where a finding stands
    /// that has no better place.
    pub(in crate::diff) fn of(&mut self, schemas: &[At<'a>], holder: At<'a>) -> ShapeId {
        let Some(first) = schemas.first() else { return self.add(Shape::any(holder)) };
        let key: Vec<usize> = schemas.iter().map(At::address).collect();
        if let Some(known) = self.by_schemas.get(&key) {
            return *known;
        }
        let id = self.add(shape(self.tree, schemas, *first));
        self.by_schemas.insert(key, id);
        id
    }

    fn add(&mut self, shape: Shape<'a>) -> ShapeId {
        self.shapes.push(Rc::new(shape));
        ShapeId(self.shapes.len() - 1)
    }

    /// What holds for all members of a shape's unions.
    pub(in crate::diff) fn common(&mut self, id: ShapeId) -> ShapeId {
        let common = self.get(id).without_unions();
        self.add(common)
    }

    /// The choices that a shape with one union leaves, or the shape itself if it has none.
    pub(in crate::diff) fn alternatives(&mut self, id: ShapeId) -> Rc<Vec<Alternative<'a>>> {
        if let Some(known) = self.alternatives.get(&id) {
            return Rc::clone(known);
        }
        let whole = self.get(id);
        let found = match whole.unions.first() {
            None => vec![Alternative { is_whole: true, ..self.alternative(whole.at, Vec::new(), id) }],
            Some(union) => {
                let common = whole.without_unions();
                self.members(union, Some(&common))
            }
        };
        let found = Rc::new(found);
        self.alternatives.insert(id, Rc::clone(&found));
        found
    }

    /// The members of a union, each joined with what holds for all.
    pub(in crate::diff) fn members(&mut self, union: &Union<'a>, common: Option<&Shape<'a>>) -> Vec<Alternative<'a>> {
        let keys = self.keys(union);
        let mut found = Vec::with_capacity(union.branches.len());
        for (branch, keys) in union.branches.iter().zip(keys) {
            let own = self.of(&[*branch], *branch);
            let shape = match common {
                None => own,
                Some(common) => {
                    let own = self.get(own);
                    let mut joined = common.clone();
                    joined.meet((*own).clone());
                    joined.at = *branch;
                    joined.deprecated = own.deprecated;
                    self.add(joined)
                }
            };
            found.push(self.alternative(*branch, keys, shape));
        }
        found
    }

    fn alternative(&self, at: At<'a>, keys: Vec<(&'a str, At<'a>)>, shape: ShapeId) -> Alternative<'a> {
        let target = self.tree.resolve(at).unwrap_or(at);
        let name = self.tree.schema_name(target.loc);
        let title = target.node.get("title").and_then(Node::as_str);
        Alternative { at, keys, is_whole: false, name, title, shape }
    }

    /// The values of the discriminator for each member: mapped ones, else those that the member pins, else its name.
    fn keys(&mut self, union: &Union<'a>) -> Vec<Vec<(&'a str, At<'a>)>> {
        let Some(discriminator) = union.discriminator else { return vec![Vec::new(); union.branches.len()] };
        let mapped: Vec<_> = self
            .mapping(discriminator)
            .into_iter()
            .map(|(key, at)| (key, at, self.mapped_schema(at).map(|schema| schema.address())))
            .collect();
        let property = discriminator.node.get("propertyName").and_then(Node::as_str).unwrap_or_default();
        let mut all = Vec::with_capacity(union.branches.len());
        for branch in &union.branches {
            let target = self.tree.resolve(*branch).map(|at| at.address());
            let own = component_name(branch.node);
            let mut keys: Vec<_> = mapped
                .iter()
                .filter(|(_, _, schema)| target.is_some() && *schema == target)
                .map(|(key, at, _)| (*key, *at))
                .collect();
            if keys.is_empty() {
                keys = self.pinned(*branch, property);
            }
            if keys.is_empty() {
                keys.extend(own.map(|name| (name, *branch)));
            }
            all.push(keys);
        }
        all
    }

    /// Keys of a discriminator's mapping, and where each is written.
    pub(in crate::diff) fn mapping(&self, discriminator: At<'a>) -> Vec<(&'a str, At<'a>)> {
        self.tree.child(discriminator, "mapping").map(|mapping| self.tree.entries(mapping)).unwrap_or_default()
    }

    /// The schema that a value of a mapping leads to: a reference, or the name of a component.
    pub(in crate::diff) fn mapped_schema(&self, at: At<'a>) -> Option<At<'a>> {
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
    fn pinned(&mut self, branch: At<'a>, property: &str) -> Vec<(&'a str, At<'a>)> {
        let id = self.of(&[branch], branch);
        let shape = self.get(id);
        let Some(schemas) = shape.properties.get(property) else { return Vec::new() };
        let id = self.of(schemas, branch);
        let Some(values) = &self.get(id).values else { return Vec::new() };
        values.list.values().filter_map(|node| Some((node.as_str()?, values.at))).collect()
    }
}

/// The last token of a reference to a component.
pub(in crate::diff) fn component_name(node: &Node) -> Option<&str> {
    let rest = reference(node)?.strip_prefix("#/components/schemas/")?;
    (!rest.contains('/')).then_some(rest)
}
