//! The members of objects.

use super::super::finding::{Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::schema::{Shape, Shapes, Types, bare_text};
use super::super::tree::At;
use super::super::verdict::Direction;
use super::Comparison;
use super::schema::Sides;
use foldhash::{HashMap, HashSet};
use std::rc::Rc;

/// A member that is declared on one side only.
struct Lone<'a> {
    name: &'a str,
    schemas: Vec<At<'a>>,
    shape: Rc<Shape<'a>>,
}

impl Lone<'_> {
    fn text(&self) -> String {
        self.schemas.iter().map(|at| bare_text(at.node)).collect()
    }
}

impl<'a> Comparison<'_, 'a> {
    pub(super) fn members(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        let mut gone = Vec::new();
        for (name, schemas) in &base.properties {
            let Some(old) = visible(&mut self.base, schemas, base.at, direction) else { continue };
            let others = head.properties.get(name).map(Vec::as_slice);
            match others.map(|others| (others, visible(&mut self.head, others, head.at, direction))) {
                Some((others, Some(_))) => {
                    self.schemas((schemas, base.at), (others, head.at), direction, found);
                    self.presence(sides, name, others[0], found);
                }
                // It is there as before, and nothing is said of it but that.
                None if head.required.contains_key(name) && head.closed.is_none() => {
                    let was_anything = old.effective_types().without_null() == Types::ALL.without_null();
                    if head.additional.is_empty() && !was_anything {
                        let message = format!("{} is required and no longer declared", code(name));
                        let place = (Side::Base, schemas[0].loc());
                        found.add(Finding::new(Kind::TypeWidened, direction, place, message).about(code(name)));
                    } else {
                        self.schemas((schemas, base.at), (&head.additional, head.at), direction, found);
                    }
                    self.presence(sides, name, schemas[0], found);
                }
                _ => gone.push(Lone { name, schemas: schemas.clone(), shape: old }),
            }
        }
        let mut added = Vec::new();
        for (name, schemas) in &head.properties {
            let others = base.properties.get(name);
            if others.is_some_and(|others| visible(&mut self.base, others, base.at, direction).is_some()) {
                continue;
            }
            let Some(shape) = visible(&mut self.head, schemas, head.at, direction) else { continue };
            if others.is_none() && base.required.contains_key(name) && base.closed.is_none() {
                self.schemas((&base.additional, base.at), (schemas, head.at), direction, found);
                self.presence(sides, name, schemas[0], found);
            } else {
                added.push(Lone { name, schemas: schemas.clone(), shape });
            }
        }
        self.renamed(sides, &mut gone, &mut added, found);
        gone.iter().for_each(|lone| self.removed(sides, lone, found));
        added.iter().for_each(|lone| self.added(sides, lone, found));
        let is_undeclared = |name: &str| !base.properties.contains_key(name) && !head.properties.contains_key(name);
        for (name, at) in head.required.iter().filter(|(name, _)| is_undeclared(name)) {
            if !base.required.contains_key(name) {
                let message = format!("{} is required now", code(name));
                let finding = Finding::new(Kind::PropertyBecameRequired, direction, (Side::Head, at.loc()), message);
                found.add(finding.about(code(name)));
            }
        }
        for (name, at) in base.required.iter().filter(|(name, _)| is_undeclared(name)) {
            if !head.required.contains_key(name) {
                let message = format!("{} is no longer required", code(name));
                let finding = Finding::new(Kind::PropertyBecameOptional, direction, (Side::Base, at.loc()), message);
                found.add(finding.about(code(name)));
            }
        }
        self.additional(sides, found);
    }

    /// Whether a member that both sides have may still be left out, or may be now.
    fn presence(&self, sides: Sides<'_, 'a>, name: &'a str, at: At<'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        let (kind, place, verb) = match (base.required.get(name), head.required.get(name)) {
            (None, Some(at)) => (Kind::PropertyBecameRequired, (Side::Head, at.loc()), "is required now"),
            // The list of required members may be gone too, but the member is there.
            (Some(_), None) => (Kind::PropertyBecameOptional, (Side::Head, at.loc()), "is no longer required"),
            _ => return,
        };
        found.add(Finding::new(kind, direction, place, format!("{} {verb}", code(name))).about(name));
    }

    /// One member that went and one that came, with the same schema, and no others like them: one was renamed.
    fn renamed(&self, sides: Sides<'_, 'a>, gone: &mut Vec<Lone<'a>>, added: &mut Vec<Lone<'a>>, found: &mut Found) {
        if gone.is_empty() || added.is_empty() {
            return;
        }
        let Sides { base, head, direction } = sides;
        let old_texts: Vec<String> = gone.iter().map(Lone::text).collect();
        let (old_places, new_places) = (places(old_texts.iter().cloned()), places(added.iter().map(Lone::text)));
        let mut taken = HashSet::default();
        let mut texts = old_texts.iter();
        gone.retain(|old| {
            let text = texts.next().map(String::as_str).unwrap_or_default();
            let (Some([_]), Some([new])) =
                (old_places.get(text).map(Vec::as_slice), new_places.get(text).map(Vec::as_slice))
            else {
                return true;
            };
            let new = *new;
            if head.properties.contains_key(old.name) {
                return true;
            }
            let (old_name, new_name) = (old.name, added[new].name);
            let (old_required, new_required) =
                (base.required.contains_key(old_name), head.required.contains_key(new_name));
            let harmless = match direction {
                Direction::ToServer => !new_required && head.closed.is_none(),
                Direction::ToClient => !old_required && base.closed.is_none(),
            };
            let message = format!("{} is gone, and {} with the same schema is new", code(old_name), code(new_name));
            let place = (Side::Head, added[new].schemas[0].loc());
            found.add(
                Finding::new(Kind::PropertyRenamed, direction, place, message)
                    .about(format!("{} to {}", code(old_name), code(new_name)))
                    .harmless_on_the_wire(harmless)
                    // What is demanded anew was announced by nobody.
                    .was_deprecated(
                        old.shape.deprecated.is_some() && !(new_required && direction == Direction::ToServer),
                    ),
            );
            taken.insert(new);
            false
        });
        let mut index = 0;
        added.retain(|_| {
            index += 1;
            !taken.contains(&(index - 1))
        });
    }

    fn removed(&mut self, sides: Sides<'_, 'a>, lone: &Lone<'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        let name = lone.name;
        let is_ruled_out = is_ruled_out(head, name);
        let harmless = match direction {
            Direction::ToServer => head.closed.is_none() && !is_ruled_out,
            Direction::ToClient => !base.required.contains_key(name),
        };
        let hidden = head.properties.contains_key(name);
        if !hidden && !head.additional.is_empty() {
            self.schemas((&lone.schemas, base.at), (&head.additional, head.at), direction, found);
        }
        let message = match (hidden, direction) {
            (false, _) => format!("{} is gone", code(name)),
            _ if is_ruled_out => format!("{} is ruled out now", code(name)),
            (true, Direction::ToServer) => format!("{} is read-only now", code(name)),
            (true, Direction::ToClient) => format!("{} is write-only now", code(name)),
        };
        found.add(
            Finding::new(Kind::PropertyRemoved, direction, (Side::Base, lone.schemas[0].loc()), message)
                .about(code(name))
                .harmless_on_the_wire(harmless)
                .was_deprecated(lone.shape.deprecated.is_some()),
        );
    }

    fn added(&mut self, sides: Sides<'_, 'a>, lone: &Lone<'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        let name = lone.name;
        let (kind, required) = if head.required.contains_key(name) {
            (Kind::RequiredPropertyAdded, ", required")
        } else {
            (Kind::PropertyAdded, "")
        };
        if !base.properties.contains_key(name) && !base.additional.is_empty() {
            self.schemas((&base.additional, base.at), (&lone.schemas, head.at), direction, found);
        }
        let harmless = direction == Direction::ToClient && base.closed.is_none() && !is_ruled_out(base, name);
        found.add(
            Finding::new(
                kind,
                direction,
                (Side::Head, lone.schemas[0].loc()),
                format!("{} is new{required}", code(name)),
            )
            .about(code(name))
            .harmless_on_the_wire(harmless),
        );
    }

    fn additional(&mut self, sides: Sides<'_, 'a>, found: &mut Found) {
        let Sides { base, head, direction } = sides;
        match (base.closed, head.closed) {
            (Some(_), Some(_)) => {}
            (None, Some(at)) => {
                let place = (Side::Head, at.loc());
                let message = format!("{} takes no other members any more", self.subject(place));
                found.add(Finding::new(Kind::AdditionalPropertiesClosed, direction, place, message));
            }
            (Some(at), None) => {
                let place = (Side::Base, at.loc());
                let message = format!("{} takes other members now", self.subject(place));
                found.add(Finding::new(Kind::AdditionalPropertiesOpened, direction, place, message));
            }
            (None, None) => {
                self.schemas((&base.additional, base.at), (&head.additional, head.at), direction, found);
            }
        }
    }
}

/// The shape of a member, unless it does not travel in this direction.
fn visible<'a>(
    shapes: &mut Shapes<'_, 'a>,
    schemas: &[At<'a>],
    holder: At<'a>,
    direction: Direction,
) -> Option<Rc<Shape<'a>>> {
    let id = shapes.of(schemas, holder);
    let shape = shapes.get(id);
    let hidden = match direction {
        Direction::ToServer => shape.read_only,
        Direction::ToClient => shape.write_only,
    };
    // What nothing fits is not there.
    (!hidden && !is_nothing(schemas)).then_some(shape)
}

fn is_nothing(schemas: &[At<'_>]) -> bool {
    schemas.iter().any(|at| at.node.as_bool() == Some(false))
}

/// Whether a member is declared as one that nothing fits.
fn is_ruled_out(shape: &Shape<'_>, name: &str) -> bool {
    shape.properties.get(name).is_some_and(|schemas| is_nothing(schemas))
}

fn places(texts: impl Iterator<Item = String>) -> HashMap<String, Vec<usize>> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::default();
    for (index, text) in texts.enumerate() {
        places.entry(text).or_default().push(index);
    }
    places
}
