//! The schemas of a thing: its id and enums, the union of its kinds for answers and for requests, lists and events.

use super::Files;
use super::common::enumeration;
use super::members::{Member, Shape, object};
use super::thing::{Branch, Thing};
use super::words::{a, capital};
use super::yaml::{Map, Yaml, refer};

pub(crate) fn write(thing: &Thing, files: &mut Files) {
    let words = thing.words();
    let id = Map::new()
        .with("type", "string")
        .with(
            "pattern",
            format!("^{}:[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}$", thing.name),
        )
        .with(
            "description",
            format!("Names {}: `{}:` followed by a UUID of version 7, in lower case.", a(&words), thing.name),
        )
        .with("example", thing.id(0));
    files.add(&thing.schema("Id"), &id);
    files.add(&thing.schema("Status"), &enumeration(&format!("How far {} is.", a(&words)), &thing.states));
    files.add(&thing.schema("FailureReason"), &enumeration(&format!("Why {} failed.", a(&words)), &thing.failures));
    let routing = object(None, &format!("Which way {} takes.", a(&words)), &thing.routing_members());
    files.add(&thing.schema("Routing"), &routing);

    let base = object(None, &format!("What every {words} has, of whatever kind."), &thing.read_members());
    files.add(&thing.schema("Base"), &base);
    let base = object(None, &format!("What is said of every new {words}."), &thing.written_members());
    files.add(&thing.schema("CreateBase"), &base);
    let mut described = format!("{}. `type` says of which kind it is.", capital(&a(&words)));
    if !thing.remark.is_empty() {
        described = format!("{described} {}", thing.remark);
    }
    union(thing, "", "Base", &described, files);
    union(thing, "CreateRequest", "CreateBase", &format!("A new {words}, of the kind that `type` names."), files);

    let changes: Vec<Member> =
        thing.written_members().into_iter().take(4).map(|member| Member { required: false, ..member }).collect();
    let update = object(None, &format!("What shall change of {}. What is left out stays.", a(&words)), &changes);
    files.add(&thing.schema("UpdateRequest"), &update.with("minProperties", 1));
    list(thing, files);
    events(thing, files);
    let special = thing.branches.iter().flat_map(|branch| &branch.members);
    for (file, schema) in special.chain(&thing.base).chain(&thing.routing).filter_map(Member::named_schema) {
        files.add(&file, &schema);
    }
}

/// The union of all kinds, and the schema of each.
fn union(thing: &Thing, suffix: &str, base: &str, description: &str, files: &mut Files) {
    let file = |branch: &Branch| thing.branch_schema(branch, suffix);
    let mapping =
        thing.branches.iter().fold(Map::new(), |map, branch| map.with(branch.kind.value, Yaml::File(file(branch))));
    let branches: Vec<Map> = thing.branches.iter().map(|branch| refer(&file(branch))).collect();
    let union = Map::new()
        .with("description", description)
        .with("oneOf", branches)
        .with("discriminator", Map::new().with("propertyName", "type").with("mapping", mapping));
    files.add(&thing.schema(suffix), &union);
    for branch in &thing.branches {
        let kind = Map::new()
            .with("type", "string")
            .with("const", branch.kind.value)
            .with("description", "The kind: always this one.");
        let members = Thing::branch_members(branch, !suffix.is_empty());
        let required: Vec<&str> =
            ["type"].into_iter().chain(members.iter().filter(|one| one.required).map(|one| one.name)).collect();
        let properties = Map::new().with("type", kind).and(super::members::properties(&members));
        let own = Map::new().with("type", "object").with("required", required).with("properties", properties);
        let title = format!("{}, {}", capital(&thing.words()), branch.kind.value.to_lowercase().replace('_', " "));
        let schema = Map::new()
            .with("title", title)
            .with("description", branch.kind.meaning)
            .with("allOf", vec![refer(&thing.schema(base)), own]);
        files.add(&file(branch), &schema);
    }
}

fn list(thing: &Thing, files: &mut Files) {
    let words = thing.words_plural();
    let data = Map::new()
        .with("type", "array")
        .with("maxItems", thing.largest_page)
        .with("description", format!("The {words} of this page, the newest first; empty if there are none."))
        .with("items", refer(&thing.schema("")));
    files.add(&thing.schema("List"), &page(&format!("One page of {words}."), data));
}

/// A page of a list.
fn page(description: &str, data: Map) -> Map {
    let more =
        Map::new().with("type", "boolean").with("description", "Whether another page follows.").with("example", true);
    let cursor = Map::new()
        .with("type", "string")
        .with("maxLength", 256)
        .with("description", "Where the next page begins; only there if one follows.")
        .with("examples", vec!["c2VlZC00NzEx"]);
    Map::new()
        .with("type", "object")
        .with("description", description)
        .with("required", vec!["data", "hasMore"])
        .with("properties", Map::new().with("data", data).with("hasMore", more).with("nextCursor", cursor))
}

/// What happened to a thing: in a list, and as the payload of a webhook.
fn events(thing: &Thing, files: &mut Files) {
    let words = thing.words();
    let types = [
        ("CREATED", "It was created."),
        ("CHANGED", "Some of its members have new values."),
        ("STATUS_CHANGED", "It has come further, or has ended."),
    ];
    files.add(&thing.schema("EventType"), &enumeration(&format!("What happened to {}.", a(&words)), &types));
    let named = |schema: String, example: Yaml| Shape::Named { schema, example };
    let members = [
        Member::new("type", named(thing.schema("EventType"), "CREATED".into()), "What happened.").required(),
        Member::new(
            "at",
            Shape::Format { format: "date-time", example: "2026-04-01T09:31:12Z" },
            "When it happened, by the clock of the server.",
        )
        .required(),
        Member::new("status", named(thing.schema("Status"), thing.states[0].0.into()), "How far it was then."),
        Member::new(
            "actor",
            Shape::Text { most: 80, example: "Back office, Ms Hamilton" },
            "Who did it, if it was a person or a program of the platform.",
        ),
    ];
    files.add(&thing.schema("Event"), &object(None, &format!("Something that happened to {}.", a(&words)), &members));
    if thing.has_events {
        let data = Map::new()
            .with("type", "array")
            .with("maxItems", 100)
            .with("description", "What happened, the newest first; empty if nothing fits.")
            .with("items", refer(&thing.schema("Event")));
        files.add(&thing.schema("EventList"), &page(&format!("One page of what happened to {}.", a(&words)), data));
    }
    let members = [
        Member::new("event", named(thing.schema("Event"), Map::new().into()), "What happened.").required(),
        Member::new("subject", named(thing.schema(""), Map::new().into()), "What it happened to, as it is now.")
            .required(),
    ];
    let payload = object(None, &format!("Sent when something happened to {}.", a(&words)), &members);
    files.add(&thing.schema("Notification"), &payload);
}
