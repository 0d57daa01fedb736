//! Several unions joined by `allOf`, whose members are joined with one another: what moves from what all have in common
//! into the members of one of them, or back, is no change.

use super::super::finding::{Effect, Finding, Found, Side};
use super::super::policy::Kind;
use super::super::schema::{Alternative, Shape, ShapeId, Union, bare_text};
use super::super::tree::At;
use super::super::verdict::Direction;
use super::Comparison;
use super::schema::Sides;
use super::union::{Members, property};
use foldhash::HashSet;
use std::rc::Rc;

/// How many combinations of members are compared. Beyond that, each union is compared for itself.
const MOST_COMBINATIONS: usize = 64;

/// A member of a union of BASE and the one of HEAD that it belongs to; one side may have no such union.
type Choice<'a> = (Option<Alternative<'a>>, Option<Alternative<'a>>);

impl<'a> Comparison<'_, 'a> {
    pub(super) fn several_unions(&mut self, base: ShapeId, head: ShapeId, direction: Direction, found: &mut Found) {
        let (old, new) = (self.base.get(base), self.head.get(head));
        self.deprecation(Sides { base: &old, head: &new, direction }, found);
        self.null(base, head, direction, found);
        let (old_common, new_common) = (old.without_unions(), new.without_unions());
        let mut choices: Vec<Vec<Choice<'a>>> = Vec::new();
        let (pairs, old_lone, new_lone) = matched(&old.unions, &new.unions);
        for (one, other) in pairs {
            let (any_old, any_new) = (Shape::any(one.at), Shape::any(other.at));
            let base = Rc::new(self.base.members(one, &any_old));
            let head = Rc::new(self.head.members(other, &any_new));
            let members = Members { base, head, direction };
            let matches = self.unions(one, other, &members, found);
            let choice =
                |at: super::matching::Match| (Some(members.base[at.base].clone()), Some(members.head[at.head].clone()));
            choices.push(matches.into_iter().map(choice).collect());
        }
        for one in old_lone {
            let members = self.base.members(one, &Shape::any(one.at));
            if direction == Direction::ToServer {
                choices.push(members.into_iter().map(|member| (Some(member), None)).collect());
            }
            let place = (Side::Base, one.at.loc());
            let message = format!("a union was taken from {}", self.subject(place));
            let head = self.head.joined(&new_common, &[]);
            let pairs = one.branches.iter().take(MOST_COMBINATIONS).map(|branch| {
                let base = self.base.joined(&old_common, &[*branch]);
                self.pair(base, head, direction)
            });
            let pairs = pairs.collect();
            let finding = Finding::new(Kind::ConstraintLoosened, direction, place, message);
            found.add(finding.unless(pairs, Effect::Harmless));
        }
        for other in new_lone {
            let members = self.head.members(other, &Shape::any(other.at));
            if direction == Direction::ToClient {
                choices.push(members.into_iter().map(|member| (None, Some(member))).collect());
            }
            let place = (Side::Head, other.at.loc());
            let message = format!("a union was added to {}", self.subject(place));
            let base = self.base.joined(&old_common, &[]);
            let pairs = other.branches.iter().take(MOST_COMBINATIONS).map(|branch| {
                let head = self.head.joined(&new_common, &[*branch]);
                self.pair(base, head, direction)
            });
            let pairs = pairs.collect();
            let finding = Finding::new(Kind::ConstraintTightened, direction, place, message);
            found.add(finding.unless(pairs, Effect::Harmless));
        }
        self.combinations((&old_common, &new_common), &choices, direction, found);
    }

    /// Has each combination of members compared, joined with what all have in common.
    fn combinations(
        &mut self,
        (base, head): (&Shape<'a>, &Shape<'a>),
        choices: &[Vec<Choice<'a>>],
        direction: Direction,
        found: &mut Found,
    ) {
        let count = choices.iter().try_fold(1_usize, |count, choice| count.checked_mul(choice.len()));
        if count.is_none_or(|count| count > MOST_COMBINATIONS) {
            let (base, head) = (self.base.joined(base, &[]), self.head.joined(head, &[]));
            let common = self.pair(base, head, direction);
            found.pairs.push(common);
            for choice in choices.iter().flatten() {
                if let (Some(old), Some(new)) = choice {
                    let pair = self.pair(old.shape, new.shape, direction);
                    found.pairs.push(pair);
                }
            }
            return;
        }
        for number in 0..count.unwrap_or_default() {
            let mut rest = number;
            let (mut old, mut new): (Vec<At<'a>>, Vec<At<'a>>) = (Vec::new(), Vec::new());
            for choice in choices {
                let (one, other) = &choice[rest % choice.len()];
                rest /= choice.len();
                old.extend(one.as_ref().map(|member| member.at));
                new.extend(other.as_ref().map(|member| member.at));
            }
            let (base, head) = (self.base.joined(base, &old), self.head.joined(head, &new));
            let pair = self.pair(base, head, direction);
            found.pairs.push(pair);
        }
    }
}

type Matched<'u, 'a> = (Vec<(&'u Union<'a>, &'u Union<'a>)>, Vec<&'u Union<'a>>, Vec<&'u Union<'a>>);

/// Which unions belong together: those on one discriminator, then those that share the most members, then the rest in
/// their order.
fn matched<'u, 'a>(old: &'u [Union<'a>], new: &'u [Union<'a>]) -> Matched<'u, 'a> {
    if old.len() * new.len() > MOST_COMBINATIONS * MOST_COMBINATIONS {
        let count = old.len().min(new.len());
        return (old.iter().zip(new).collect(), old[count..].iter().collect(), new[count..].iter().collect());
    }
    let texts = |union: &Union<'a>| -> HashSet<String> { union.branches.iter().map(|at| bare_text(at.node)).collect() };
    let (old_texts, new_texts): (Vec<_>, Vec<_>) = (old.iter().map(texts).collect(), new.iter().map(texts).collect());
    let mut scores = Vec::new();
    for (i, one) in old.iter().enumerate() {
        for (j, other) in new.iter().enumerate() {
            let is_same = property(one).is_some() && property(one) == property(other);
            let shared = old_texts[i].intersection(&new_texts[j]).count();
            scores.push((std::cmp::Reverse((is_same, shared, one.is_exclusive == other.is_exclusive)), i, j));
        }
    }
    scores.sort_unstable();
    let (mut used, mut taken) = (HashSet::default(), HashSet::default());
    let mut pairs = Vec::new();
    for (_, i, j) in scores {
        if !used.contains(&i) && !taken.contains(&j) {
            used.insert(i);
            taken.insert(j);
            pairs.push((&old[i], &new[j]));
        }
    }
    let lone = |all: &'u [Union<'a>], used: &HashSet<usize>| {
        all.iter().enumerate().filter(|(index, _)| !used.contains(index)).map(|(_, union)| union).collect()
    };
    (pairs, lone(old, &used), lone(new, &taken))
}
