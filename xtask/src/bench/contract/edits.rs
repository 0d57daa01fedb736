//! What is different in the later state of the interface: some hundred edits of many sorts, fine ones and breaking ones.

use super::chance::Chance;
use super::members::{Member, Shape};
use super::thing::Thing;
use super::words::{FAILURES, KINDS, STATES};

type Edit = fn(&mut Thing, &mut Chance);

const EDITS: [Edit; 17] = [
    add_member,
    remove_member,
    add_required_member,
    require_member,
    free_member,
    deprecate_member,
    reword_member,
    change_bounds,
    add_state,
    remove_state,
    add_failure,
    add_kind,
    remove_kind,
    toggle_signature,
    toggle_events,
    toggle_key,
    change_page,
];

/// Edits most things, each in several ways.
pub(crate) fn apply(things: &mut [Thing]) {
    things.iter_mut().for_each(change_patterns);
    for (number, thing) in things.iter_mut().enumerate() {
        let mut chance = Chance::new(0x6865_6164 + number as u64);
        if chance.one_in(8) {
            continue;
        }
        let wanted = 6 + chance.below(8);
        for edit in chance.some(&EDITS, wanted) {
            edit(thing, &mut chance);
        }
    }
}

/// Schemas that many things share: one pattern becomes wider, one narrower, and of one only the words are others.
fn change_patterns(thing: &mut Thing) {
    let special = thing.branches.iter_mut().flat_map(|branch| &mut branch.members);
    for member in special.chain(&mut thing.base).chain(&mut thing.routing) {
        match (member.name, &mut member.shape) {
            ("statementDescriptor", Shape::Pattern { pattern, .. }) => *pattern = "^[A-Za-z0-9 .]{5,22}$",
            ("checkNumber", Shape::Pattern { pattern, .. }) => *pattern = "^[0-9]{4,10}$",
            ("cardLastFour", Shape::Pattern { pattern, .. }) => *pattern = r"^\d{4}$",
            _ => {}
        }
    }
}

fn new_member() -> Member {
    let shape = Shape::Text { most: 64, example: "North desk" };
    Member::new("deskName", shape, "The desk that looks after it, if one does.")
}

fn add_member(thing: &mut Thing, chance: &mut Chance) {
    let branch = chance.below(thing.branches.len());
    thing.branches[branch].members.push(new_member());
}

fn add_required_member(thing: &mut Thing, _: &mut Chance) {
    let shape = Shape::Pattern { pattern: "^[A-Z]{2}-[0-9]{4}$", example: "DE-4711" };
    thing
        .routing
        .push(Member::new("originCode", shape, "Where the money comes from, by country and office.").required());
}

fn remove_member(thing: &mut Thing, chance: &mut Chance) {
    // The first is required, and keeps the schema from becoming empty.
    let last = thing.base.len() - 1;
    thing.base.remove(1 + chance.below(last));
}

fn require_member(thing: &mut Thing, chance: &mut Chance) {
    of(&mut thing.base, chance).required = true;
}

fn free_member(thing: &mut Thing, _: &mut Chance) {
    thing.base[0].required = false;
}

fn deprecate_member(thing: &mut Thing, chance: &mut Chance) {
    let member = of(&mut thing.base, chance);
    member.deprecated = true;
    member.description.push_str(" Deprecated: `metadata` holds such things.");
}

fn reword_member(thing: &mut Thing, chance: &mut Chance) {
    of(&mut thing.routing, chance).description.push_str(" It can be corrected until the confirmation.");
    thing.remark = "Everything about it is kept for ten years.";
}

fn change_bounds(thing: &mut Thing, chance: &mut Chance) {
    let (wider, halves) = (chance.one_in(2), 2);
    let members = thing.base.iter_mut().chain(thing.branches.iter_mut().flat_map(|branch| &mut branch.members));
    for member in members {
        match &mut member.shape {
            Shape::Text { most, .. } => *most = if wider { *most * halves } else { (*most / halves).max(60) },
            Shape::Count { most, .. } => *most = if wider { *most * halves } else { *most - 1 },
            _ => {}
        }
    }
}

fn add_state(thing: &mut Thing, _: &mut Chance) {
    thing.states.extend(STATES.iter().find(|one| !thing.states.contains(one)).copied());
}

fn remove_state(thing: &mut Thing, _: &mut Chance) {
    thing.states.remove(1);
}

fn add_failure(thing: &mut Thing, _: &mut Chance) {
    thing.failures.extend(FAILURES.iter().find(|one| !thing.failures.contains(one)).copied());
}

fn add_kind(thing: &mut Thing, _: &mut Chance) {
    let has = |value| thing.branches.iter().any(|branch| branch.kind.value == value);
    let Some(kind) = KINDS.iter().find(|kind| !has(kind.value)).copied() else { return };
    let mut branch = thing.branches[0].clone();
    branch.kind = kind;
    thing.branches.push(branch);
}

fn remove_kind(thing: &mut Thing, _: &mut Chance) {
    thing.branches.remove(1);
}

fn toggle_signature(thing: &mut Thing, _: &mut Chance) {
    thing.signed = !thing.signed;
}

fn toggle_events(thing: &mut Thing, _: &mut Chance) {
    thing.has_events = !thing.has_events;
}

fn toggle_key(thing: &mut Thing, _: &mut Chance) {
    thing.is_idempotent = !thing.is_idempotent;
    thing.has_archive = !thing.has_archive;
}

fn change_page(thing: &mut Thing, chance: &mut Chance) {
    thing.largest_page = if chance.one_in(2) { 200 } else { 50 };
}

fn of<'a>(members: &'a mut [Member], chance: &mut Chance) -> &'a mut Member {
    let number = chance.below(members.len());
    &mut members[number]
}
