//! The comparison of two documents: pairs of shapes, each compared once for each direction, in a graph that leads from
//! every operation to all that it may carry.

mod bounds;
mod inclusion;
mod matching;
mod members;
mod overlap;
mod schema;
mod several;
mod subschemas;
mod texts;
mod union;
mod values;

use super::finding::{Effect, Finding, Found, PairId, Side, code};
use super::language::Languages;
use super::policy::Kind;
use super::schema::{ShapeId, Shapes, Types, bare_text, component_name, is_aside, is_null};
use super::tree::{At, Loc, Tree, reference};
use super::verdict::{Direction, Profile, Verdict};
use crate::node::Node;
use foldhash::{HashMap, HashSet};
use inclusion::Proofs;

/// How many pairs are compared. Real documents have thousands.
const MOST_PAIRS: usize = 400_000;

/// How many findings there may be, before it is known which of them are one.
const MOST_FINDINGS: usize = 400_000;

/// How often one pair may lead to another.
const MOST_EDGES: usize = 8_000_000;

/// How many members the pairs may have together that are compared only to see whether one may stand in for another.
const MOST_STANDIN_MEMBERS: usize = 60_000;

/// How many steps the search for clean pairs may take.
const MOST_STEPS: usize = 20_000_000;

/// Too much to compare.
#[derive(Debug, Clone, Copy)]
pub(super) struct TooLarge;

pub(super) struct Pair {
    base: ShapeId,
    head: ShapeId,
    direction: Direction,
    referred_at: Option<Loc>,
    pub(super) found: Found,
}

/// The state of a comparison.
pub(super) struct Comparison<'t, 'a> {
    pub(super) base: Shapes<'t, 'a>,
    pub(super) head: Shapes<'t, 'a>,
    pub(super) pairs: Vec<Pair>,
    by_shapes: HashMap<(ShapeId, ShapeId, Direction), PairId>,
    /// Pairs before this one have been compared.
    next: usize,
    findings: usize,
    /// How often one pair led to another.
    edges: usize,
    /// How many members of pairs that may stand in for others are left.
    stand_ins: usize,
    languages: Languages,
    /// Those of the search for values that fit two members of a `oneOf`.
    overlaps: Languages,
    proofs: Proofs,
    /// Where HEAD refers to the component under comparison, if BASE had no reference there.
    referred_at: Option<Loc>,
    /// Whether anything at all travels as XML. Otherwise `xml` in schemas means nothing.
    pub(super) speaks_xml: bool,
    /// Components of BASE that HEAD has under another name.
    pub(super) renamed: HashSet<&'a str>,
}

impl<'t, 'a> Comparison<'t, 'a> {
    pub(super) fn new(base: &'t Tree<'a>, head: &'t Tree<'a>) -> Self {
        Self {
            base: Shapes::new(base),
            head: Shapes::new(head),
            pairs: Vec::new(),
            by_shapes: HashMap::default(),
            next: 0,
            findings: 0,
            edges: 0,
            stand_ins: MOST_STANDIN_MEMBERS,
            languages: Languages::default(),
            overlaps: Languages::default(),
            proofs: Proofs::default(),
            referred_at: None,
            speaks_xml: false,
            renamed: HashSet::default(),
        }
    }

    /// Has two schemas compared, of which either may be missing: then anything goes.
    pub(super) fn schemas(
        &mut self,
        (base, base_holder): (&[At<'a>], At<'a>),
        (head, head_holder): (&[At<'a>], At<'a>),
        direction: Direction,
        found: &mut Found,
    ) {
        if base.is_empty() && head.is_empty() {
            return;
        }
        self.names(base, head, direction, found);
        let outer = self.referred_at;
        self.referred_at = self.reference_to(base, head);
        let base = self.base.of(base, base_holder);
        let head = self.head.of(head, head_holder);
        let pair = self.pair(base, head, direction);
        self.referred_at = outer;
        found.pairs.push(pair);
    }

    /// Where an author put a reference to what BASE has in place. Below that, everything stands there, as far as it is not
    /// in a component that BASE refers to as well.
    fn reference_to(&self, base: &[At<'a>], head: &[At<'a>]) -> Option<Loc> {
        let ([base], [head]) = (base, head) else { return self.referred_at };
        match (type_name(base.node), type_name(head.node)) {
            (Some(_), Some(_)) => None,
            (None, Some(_)) => self.referred_at.or(Some(head.loc())),
            _ => self.referred_at,
        }
    }

    /// Whether a value may have parts in one of the documents: items or members.
    pub(super) fn may_be_compound(
        &mut self,
        (base, base_holder): (Option<At<'a>>, At<'a>),
        (head, head_holder): (Option<At<'a>>, At<'a>),
    ) -> bool {
        let parts = Types::ARRAY | Types::OBJECT;
        let base = self.base.of(base.as_slice(), base_holder);
        let head = self.head.of(head.as_slice(), head_holder);
        self.base.get(base).effective_types().may_be(parts) || self.head.get(head).effective_types().may_be(parts)
    }

    /// Where a finding stands: in HEAD if there is a place, else in BASE, where what is gone was. Where HEAD has that still,
    /// it is gone only from what now holds or names something else.
    fn either(&self, base: Option<At<'a>>, head: Option<At<'a>>, holder: At<'a>) -> (Side, Loc) {
        if let Some(head) = head {
            return (Side::Head, head.loc());
        }
        let was_edited = |at: &At<'a>| {
            let there = self.head.tree.at_pointer(&self.base.tree.pointer(at.loc()));
            there.is_none_or(|there| bare_text(there.node) != bare_text(at.node))
        };
        base.filter(was_edited).map_or((Side::Head, holder.loc()), |base| (Side::Base, base.loc()))
    }

    /// What a place is about, as a reader would call it.
    fn subject(&self, (side, loc): (Side, Loc)) -> String {
        match side {
            Side::Base => self.base.tree.subject(loc),
            Side::Head => self.head.tree.subject_seen_from(loc, self.referred_at),
        }
    }

    /// The pair of two shapes. It is compared later, so that no chain of references is too long.
    pub(super) fn pair(&mut self, base: ShapeId, head: ShapeId, direction: Direction) -> PairId {
        let next = PairId(self.pairs.len());
        let id = *self.by_shapes.entry((base, head, direction)).or_insert(next);
        if id == next {
            let referred_at = self.referred_at;
            self.pairs.push(Pair { base, head, direction, referred_at, found: Found::default() });
        }
        id
    }

    /// The pair of two shapes of which one may stand in for another, as long as there are not too many of them.
    pub(super) fn stand_in(&mut self, base: ShapeId, head: ShapeId, direction: Direction) -> Option<PairId> {
        if let Some(known) = self.by_shapes.get(&(base, head, direction)) {
            return Some(*known);
        }
        let cost = 1 + self.base.get(base).weight() + self.head.get(head).weight();
        self.stand_ins = self.stand_ins.checked_sub(cost)?;
        Some(self.pair(base, head, direction))
    }

    /// Compares all pairs that were asked for, and those that they lead to.
    pub(super) fn run(&mut self) -> Result<(), TooLarge> {
        while let Some(pair) = self.pairs.get(self.next) {
            let (base, head, direction) = (pair.base, pair.head, pair.direction);
            self.referred_at = pair.referred_at;
            let mut found = self.compare(base, head, direction);
            for finding in found.findings.iter_mut().filter(|finding| finding.side == Side::Head) {
                finding.referred_at = self.referred_at.filter(|place| !self.head.tree.is_within(finding.loc, *place));
            }
            self.findings += found.findings.len();
            self.edges += found.pairs.len();
            self.pairs[self.next].found = found;
            self.next += 1;
            let too_many = self.pairs.len() > MOST_PAIRS || self.findings > MOST_FINDINGS || self.edges > MOST_EDGES;
            if too_many || self.base.is_full() || self.head.is_full() {
                return Err(TooLarge);
            }
        }
        if self.base.is_full() || self.head.is_full() { Err(TooLarge) } else { Ok(()) }
    }

    /// Whether generated code would know the type by another name.
    fn names(&mut self, base: &[At<'a>], head: &[At<'a>], direction: Direction, found: &mut Found) {
        let ([base], [head]) = (base, head) else { return };
        let Some(old) = type_name(base.node) else { return };
        let new = type_name(head.node);
        // What became a union is reported as such.
        if new == Some(old)
            || ["oneOf", "anyOf"].iter().any(|keyword| head.node.get(keyword).is_some()) && new.is_none()
        {
            return;
        }
        let still_there = |name| schema_component(self.head.tree, name).is_some();
        if still_there(old) {
            let now = new.map_or("a schema of its own".to_owned(), code);
            let subject = self.head.tree.subject(head.loc());
            let message = format!("{subject} is {now} instead of {}", code(old));
            found.add(Finding::new(Kind::ComponentReplaced, direction, (Side::Head, head.loc()), message));
        } else if let (Some(new), Some(component)) = (new, schema_component(self.base.tree, old)) {
            self.renamed.insert(old);
            let message = format!("{} is called {} now", code(old), code(new));
            let place = (Side::Base, component.loc());
            found.add(Finding::new(Kind::ComponentRenamed, direction, place, message).about(old));
        }
    }

    /// Decides what hung on the outcome of other pairs.
    pub(super) fn settle(&mut self, elsewhere: &mut [&mut Found]) -> Result<(), TooLarge> {
        let mut steps = 0;
        // Later pairs were asked for by earlier ones.
        for index in (0..self.pairs.len()).rev() {
            let mut found = std::mem::take(&mut self.pairs[index].found);
            let done = self.settle_one(&mut found, &mut steps);
            self.pairs[index].found = found;
            done?;
        }
        for found in elsewhere {
            self.settle_one(found, &mut steps)?;
        }
        Ok(())
    }

    fn settle_one(&self, found: &mut Found, steps: &mut usize) -> Result<(), TooLarge> {
        for finding in &mut found.findings {
            let Some(unless) = finding.unless.take() else { continue };
            let mut likeness = Likeness::Broken;
            for pair in unless.pairs {
                likeness = likeness.max(self.likeness(pair, steps)?);
            }
            finding.mitigation.harmless_on_the_wire |= likeness >= Likeness::Clean;
            finding.mitigation.is_covered |= unless.effect == Effect::Covered && likeness == Likeness::Same;
        }
        for choice in std::mem::take(&mut found.choices) {
            let mut best: Option<(Likeness, PairId)> = None;
            for pair in choice {
                let likeness = self.likeness(pair, steps)?;
                // The first is the most alike, and what breaks nothing is better still.
                if best.is_none_or(|(known, _)| known == Likeness::Broken && likeness > known) {
                    best = Some((likeness, pair));
                }
                if likeness > Likeness::Broken {
                    break;
                }
            }
            found.pairs.extend(best.map(|(_, pair)| pair));
        }
        Ok(())
    }

    /// How much changed in a pair and all that it leads to.
    fn likeness(&self, pair: PairId, steps: &mut usize) -> Result<Likeness, TooLarge> {
        let mut likeness = Likeness::Same;
        let mut seen = HashSet::default();
        let mut pending = vec![pair];
        while let Some(pair) = pending.pop() {
            if !seen.insert(pair) {
                continue;
            }
            *steps += 1;
            if *steps > MOST_STEPS {
                return Err(TooLarge);
            }
            let Found { findings, pairs, choices } = &self.pairs[pair.0].found;
            for one in findings {
                if one.kind.verdict(one.direction, Profile::Wire, one.mitigation) == Verdict::Breaking {
                    return Ok(Likeness::Broken);
                }
                if !one.kind.is_about_names() {
                    likeness = Likeness::Clean;
                }
            }
            pending.extend(pairs);
            // Not decided yet: what is most alike is taken for the answer.
            pending.extend(choices.iter().filter_map(|choice| choice.first()));
        }
        Ok(likeness)
    }
}

/// How much two shapes have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// Something breaks on the wire.
    Broken,
    /// Nothing breaks on the wire.
    Clean,
    /// Nothing but names changed.
    Same,
}

/// A schema among the components, by name.
pub(super) fn schema_component<'a>(tree: &Tree<'a>, name: &str) -> Option<At<'a>> {
    let components = tree.child(tree.root(), "components")?;
    tree.child(tree.child(components, "schemas")?, name)
}

/// The name of the component that a schema is, be it wrapped so that text or null may stand beside the reference.
fn type_name(node: &Node) -> Option<&str> {
    let wrapped = ["allOf", "oneOf", "anyOf"].iter().find_map(|keyword| {
        if !node.entries().all(|(key, _)| key == *keyword || is_aside(key)) {
            return None;
        }
        let mut members = node.get(keyword)?.items().iter().filter(|one| reference(one).is_some());
        let others = node.get(keyword)?.items().iter().filter(|one| !is_null(one)).count();
        members.next().filter(|_| others == 1)
    });
    component_name(wrapped.unwrap_or(node))
}
