//! Which members of two unions are the same: those with the same value of the discriminator, else those of one name,
//! title or text, else those that have the most in common.

use super::super::finding::{Effect, Finding, Found, Side, code};
use super::super::policy::Kind;
use super::super::schema::{Alternative, Key, Shape, bare_text};
use super::super::verdict::Direction;
use super::union::Members;
use super::{Comparison, schema_component};
use foldhash::{HashMap, HashSet};
use std::borrow::Cow;
use std::collections::VecDeque;

/// How many members may stand in for one that is gone.
pub(super) const MOST_STANDINS: usize = 64;

/// Two members that belong together, by their places in the lists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) base: usize,
    pub(super) head: usize,
    /// Whether they are called the same, rather than being merely alike.
    pub(super) is_certain: bool,
}

impl<'a> Comparison<'_, 'a> {
    pub(super) fn by_key(&mut self, members: &Members<'a>, found: &mut Found) -> Vec<Match> {
        let Members { base, head, direction } = members;
        let (old_keys, new_keys) = (by_name(base), by_name(head));
        let mut paired = HashSet::default();
        let mut matches = Vec::new();
        for (index, old) in base.iter().enumerate() {
            for key in &old.keys {
                let Some((new_index, new_key)) = new_keys.get(key.name) else {
                    let message = format!("{} is no longer one of the members", code(key.name));
                    found.add(
                        Finding::new(Kind::DiscriminatorKeyRemoved, *direction, (Side::Base, key.at.loc()), message)
                            .about(code(key.name))
                            .was_deprecated(self.base.get(old.shape).deprecated.is_some()),
                    );
                    continue;
                };
                let new = &head[*new_index];
                if key.is_mapped && !new_key.is_mapped && new.name != Some(key.name) {
                    found.add(self.no_longer_mapped(*key, *direction));
                }
                if let (Some(was), Some(is)) = (old.name, new.name)
                    && was != is
                    && schema_component(self.head.tree, was).is_some()
                {
                    let pair = self.pair(old.shape, new.shape, *direction);
                    let message = format!("{} named {} and names {}", code(key.name), code(was), code(is));
                    let place = (Side::Head, new_key.at.loc());
                    found.add(
                        Finding::new(Kind::DiscriminatorKeyRetargeted, *direction, place, message)
                            .about(code(key.name))
                            .unless(vec![pair], Effect::Covered),
                    );
                } else if paired.insert((index, *new_index)) {
                    matches.push(Match { base: index, head: *new_index, is_certain: true });
                }
            }
        }
        for key in head.iter().flat_map(|new| &new.keys).filter(|key| !old_keys.contains_key(key.name)) {
            let message = format!("{} is a new member", code(key.name));
            let finding = Finding::new(Kind::UnionMemberAdded, *direction, (Side::Head, key.at.loc()), message);
            found.add(finding.about(code(key.name)));
        }
        // A member without any key cannot be chosen, yet may be there.
        let keyless = |all: &[Alternative<'a>]| (0..all.len()).filter(|index| all[*index].keys.is_empty()).collect();
        matches.extend(self.alike(keyless(base), keyless(head), members, found));
        matches
    }

    /// By OpenAPI the value names a component then. Members that pin it go by it still.
    pub(super) fn no_longer_mapped(&self, key: Key<'a>, direction: Direction) -> Finding {
        let message = format!("{} is no longer in the mapping, though its member still pins it", code(key.name));
        Finding::new(Kind::DiscriminatorKeyRemoved, direction, (Side::Base, key.at.loc()), message)
            .about(code(key.name))
            .harmless_on_the_wire(true)
    }

    /// Members without keys.
    pub(super) fn by_likeness(&mut self, members: &Members<'a>, found: &mut Found) -> Vec<Match> {
        self.alike((0..members.base.len()).collect(), (0..members.head.len()).collect(), members, found)
    }

    fn alike(
        &mut self,
        mut old: Vec<usize>,
        mut new: Vec<usize>,
        members: &Members<'a>,
        found: &mut Found,
    ) -> Vec<Match> {
        let Members { base, head, direction } = members;
        let mut matches = Vec::new();
        let mut take = |name: &dyn Fn(&Alternative<'a>) -> Option<Cow<'a, str>>| {
            if old.is_empty() || new.is_empty() {
                return;
            }
            let mut places: HashMap<Cow<'a, str>, VecDeque<usize>> = HashMap::default();
            for index in &new {
                if let Some(name) = name(&head[*index]) {
                    places.entry(name).or_default().push_back(*index);
                }
            }
            let mut taken = HashSet::default();
            old.retain(|index| {
                let other = name(&base[*index]).and_then(|name| places.get_mut(&name)?.pop_front());
                if let Some(other) = other {
                    taken.insert(other);
                    matches.push(Match { base: *index, head: other, is_certain: true });
                }
                other.is_none()
            });
            new.retain(|index| !taken.contains(index));
        };
        take(&|one| one.name.map(Cow::Borrowed));
        take(&|one| one.title.map(Cow::Borrowed));
        take(&|one| Some(Cow::Owned(bare_text(one.at.node))));
        if old.len() <= MOST_STANDINS && new.len() <= MOST_STANDINS {
            self.take_most_alike(&mut old, &mut new, members, &mut matches);
        }
        for index in old {
            let one = &base[index];
            let stand_ins = self.stand_ins(one.shape, Side::Base, members);
            let name = shown(one, || self.base.tree.subject(one.at.loc()));
            let message = format!("{name} is no longer one of the members");
            found.add(
                Finding::new(Kind::UnionMemberRemoved, *direction, (Side::Base, one.at.loc()), message)
                    .about(name)
                    .was_deprecated(self.base.get(one.shape).deprecated.is_some())
                    .unless(stand_ins, Effect::Covered),
            );
        }
        for index in new {
            let one = &head[index];
            let stand_ins = self.stand_ins(one.shape, Side::Head, members);
            let name = shown(one, || self.head.tree.subject(one.at.loc()));
            let message = format!("{name} is a new member");
            found.add(
                Finding::new(Kind::UnionMemberAdded, *direction, (Side::Head, one.at.loc()), message)
                    .about(name)
                    .unless(stand_ins, Effect::Covered),
            );
        }
        matches
    }

    /// Pairs what is left over, those first that have the most in common.
    fn take_most_alike(
        &self,
        old: &mut Vec<usize>,
        new: &mut Vec<usize>,
        members: &Members<'a>,
        matches: &mut Vec<Match>,
    ) {
        let mut scores = Vec::new();
        for i in old.iter() {
            let a = self.base.get(members.base[*i].shape);
            for j in new.iter() {
                let score = likeness(&a, &self.head.get(members.head[*j].shape));
                if score > 0 {
                    scores.push((std::cmp::Reverse(score), *i, *j));
                }
            }
        }
        scores.sort_unstable();
        let (mut used, mut taken) = (HashSet::default(), HashSet::default());
        for (_, base, head) in scores {
            if !used.contains(&base) && !taken.contains(&head) {
                used.insert(base);
                taken.insert(head);
                matches.push(Match { base, head, is_certain: false });
            }
        }
        old.retain(|index| !used.contains(index));
        new.retain(|index| !taken.contains(index));
    }
}

/// How much two shapes have in common; nothing if they are of different types.
fn likeness(one: &Shape<'_>, other: &Shape<'_>) -> usize {
    if one.effective_types() != other.effective_types() {
        return 0;
    }
    let shared = one.properties.keys().filter(|name| other.properties.contains_key(*name)).count();
    let no_members = one.properties.is_empty() && other.properties.is_empty();
    if !no_members {
        return shared * 8;
    }
    let values = match (&one.values, &other.values) {
        (Some(one), Some(other)) => usize::from(one.list.keys().any(|text| other.list.contains_key(text))),
        (one, other) => usize::from(one.is_none() && other.is_none()),
    };
    let formats = usize::from(one.formats.keys().eq(other.formats.keys()));
    let patterns = usize::from(one.patterns.keys().eq(other.patterns.keys()));
    1 + 2 * values + 2 * formats + patterns
}

/// The members by the values of the discriminator; the first of several.
fn by_name<'a>(members: &[Alternative<'a>]) -> HashMap<&'a str, (usize, Key<'a>)> {
    let mut all = HashMap::default();
    for (index, member) in members.iter().enumerate() {
        for key in &member.keys {
            all.entry(key.name).or_insert((index, *key));
        }
    }
    all
}

fn shown(member: &Alternative<'_>, subject: impl FnOnce() -> String) -> String {
    match member.name.or(member.title) {
        Some(name) => code(name),
        None => format!("a member of {}", subject()),
    }
}
