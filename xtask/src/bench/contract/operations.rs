//! The paths of a thing, its parameters, its webhook, and the examples that they share.

use super::Files;
use super::common::{self, error_example, error_schema, headers_of, json, response};
use super::thing::Thing;
use super::words::{a, camel, capital, spaced};
use super::yaml::{Map, refer};

pub(crate) fn write(thing: &Thing, files: &mut Files) {
    let words = thing.words();
    let shown = Map::new().with("summary", capital(&a(&words))).with("value", thing.example(0, 0));
    files.add(&thing.component("examples", "Example"), &shown);
    let missing =
        Map::new().with("summary", format!("No {words} has the id")).with("value", error_example(404, "NOT_FOUND"));
    files.add(&thing.component("examples", "NotFound"), &missing);
    files.add(&thing.component("responses", "NotFound"), &not_found(thing));
    files.add(&thing.component("responses", "Conflict"), &conflict(thing));
    files.add(&thing.component("responses", "Answer"), &success(thing, &format!("The {words}, as it is now.")));
    files.add(&thing.component("responses", "BadRequest"), &bad_request(thing));
    parameters(thing, files);

    let all = Map::new().with("get", list(thing, files)).with("post", create(thing));
    files.add(&thing.path_file(""), &all);
    let one = Map::new()
        .with("parameters", vec![refer(&thing.component("parameters", "IdPath"))])
        .with("get", get(thing))
        .with("patch", update(thing))
        .maybe("delete", thing.deletable.then(|| delete(thing)));
    files.add(&thing.path_file("-id"), &one);
    files.add(&thing.path_file("-id-confirm"), &Map::new().with("post", confirm(thing)));
    if thing.has_events {
        files.add(&thing.path_file("-id-events"), &Map::new().with("get", events(thing)));
    }
    files.add(&thing.webhook_file(), &Map::new().with("post", webhook(thing)));
}

fn parameters(thing: &Thing, files: &mut Files) {
    let words = thing.words();
    let id = Map::new()
        .with("name", format!("{}Id", camel(&thing.name)))
        .with("in", "path")
        .with("required", true)
        .with("description", format!("The {words}."))
        .with("schema", refer(&thing.schema("Id")))
        .with("example", thing.id(0));
    files.add(&thing.component("parameters", "IdPath"), &id);
    let status = Map::new()
        .with("name", "status")
        .with("in", "query")
        .with("required", false)
        .with("description", format!("Only {} that are this far.", thing.words_plural()))
        .with("schema", refer(&thing.schema("Status")))
        .with("example", thing.states[0].0);
    files.add(&thing.component("parameters", "StatusQuery"), &status);
}

/// The head of an operation.
fn operation(thing: &Thing, id: &str, summary: &str, description: &str) -> Map {
    Map::new()
        .with("operationId", id)
        .with("tags", vec![thing.area.tag])
        .with("summary", summary)
        .with("description", description)
}

/// The parameters of paging: how many at most, and from where.
fn paging(most: u64) -> Vec<Map> {
    let limit = Map::new().with("type", "integer").with("minimum", 1).with("maximum", most).with("default", 20);
    let limit = Map::new()
        .with("name", "limit")
        .with("in", "query")
        .with("required", false)
        .with("description", "How many entries a page holds at most.")
        .with("schema", limit)
        .with("example", 20);
    vec![limit, refer(&common::parameter("Cursor"))]
}

/// What every call can be answered with besides what it is for.
fn refusals(answers: Map, with_401: bool) -> Map {
    let shared = |map: Map, (status, name): (&str, &str)| {
        map.with(status, refer(&format!("components/responses/common/{name}.yaml")))
    };
    let all = [("401", "Unauthorized"), ("429", "RateLimited"), ("500", "InternalError"), ("503", "Unavailable")];
    all.into_iter().filter(|(status, _)| with_401 || *status != "401").fold(answers, shared)
}

/// A refusal with its own words, and an example for each code.
fn refusal(status: u64, description: &str, codes: &[(&str, &str)]) -> Map {
    let examples = codes.iter().fold(Map::new(), |map, (code, summary)| {
        let shown = Map::new().with("summary", *summary).with("value", error_example(status, code));
        map.with(camel(&capital_words(code)), shown)
    });
    response(description, &[], &error_schema(status), examples)
}

/// `WRONG_STATE` as `WrongState`.
fn capital_words(code: &str) -> String {
    code.split('_').map(|word| capital(&word.to_lowercase())).collect()
}

fn bad_request(thing: &Thing) -> Map {
    let description = format!(
        "`INVALID_INPUT`: the body lacks something, or has a member that does not fit. `INVALID_AMOUNT`: the amount is too small or too large for {}.",
        a(&thing.words())
    );
    let codes = [("INVALID_INPUT", "A member is wrong"), ("INVALID_AMOUNT", "The amount is out of bounds")];
    refusal(400, &description, &codes)
}

fn not_found(thing: &Thing) -> Map {
    let words = thing.words();
    let description = format!("`NOT_FOUND`: no {words} of this platform has the id.");
    let shown = Map::new().with("notFound", refer(&thing.component("examples", "NotFound")));
    response(&description, &[], &error_schema(404), shown)
}

fn conflict(thing: &Thing) -> Map {
    let description = format!(
        "`WRONG_STATE`: the {} was confirmed, and is too far for this. `LIMIT_REACHED`: a limit of the customer is in the way.",
        thing.words()
    );
    let codes = [("WRONG_STATE", "Too late for it"), ("LIMIT_REACHED", "Too much for one day")];
    refusal(409, &description, &codes)
}

/// A success whose body is the thing itself.
fn success(thing: &Thing, description: &str) -> Map {
    let shown = Map::new().with(camel(&thing.name), refer(&thing.component("examples", "Example")));
    response(description, &[], &thing.schema(""), shown)
}

fn list(thing: &Thing, files: &mut Files) -> Map {
    let words = thing.words_plural();
    let mut parameters = paging(thing.largest_page);
    parameters.push(refer(&thing.component("parameters", "StatusQuery")));
    if thing.has_archive {
        parameters.push(refer(&common::parameter("HasArchived")));
    }
    let page = |entries: Vec<Map>| Map::new().with("data", entries).with("hasMore", false);
    let full = Map::new().with("summary", "A page with one entry").with("value", page(vec![thing.example(1, 1)]));
    let empty = Map::new().with("summary", "Nothing fits").with("value", page(Vec::new()));
    let mut examples = Map::new().with("page", full).with("empty", empty);
    for number in 1..=thing.more_examples {
        let file = thing.component("examples", &format!("Page{number}"));
        let value = page(vec![thing.example(number, number + 1)]);
        let summary = format!("A page as the sandbox returns it, number {number}");
        files.add(&file, &Map::new().with("summary", summary).with("value", value));
        examples = examples.with(format!("sandbox{number}"), refer(&file));
    }
    let description = format!(
        "Lists the {words} of the platform, the newest first.\n\nThe list is empty if there are none, or if none is \
         as far as `status` says; a `status` that does not exist is answered with `400`. What is in the list can be \
         read one by one with `GET {}`, which also has what has changed since.",
        thing.path_of_one()
    );
    let summary = format!("List {words}");
    let answers = Map::new()
        .with(
            "200",
            response(
                &format!("The {words} that fit; an empty `data` if none does."),
                &[],
                &thing.schema("List"),
                examples,
            ),
        )
        .with(
            "400",
            refusal(
                400,
                "`INVALID_INPUT`: a parameter is not as described.",
                &[("INVALID_INPUT", "A parameter is wrong")],
            ),
        );
    operation(thing, &format!("list{}", thing.plural), &summary, &description)
        .with("parameters", parameters)
        .with("responses", refusals(answers, true))
}

fn create(thing: &Thing) -> Map {
    let words = thing.words();
    let description = format!(
        "Creates {one}. Nothing happens with it before it is confirmed by `POST {path}/confirm`; until then it can be \
         changed with `PATCH {path}`.\n\nThe amount is checked against the limits of the customer at once, and again \
         when it is confirmed: what is possible today may be refused with `409` tomorrow. Amounts in a currency that \
         the other side does not keep are converted at the rate of the moment of confirmation.\n\n\
         - A `reference` that another one has is refused.\n- Members that are not described are refused with `400`.",
        one = a(&words),
        path = thing.path_of_one()
    );
    let shown = thing.branches.iter().take(3).enumerate().fold(Map::new(), |map, (number, branch)| {
        let summary = capital(&branch.kind.value.to_lowercase().replace('_', " "));
        let shown = Map::new().with("summary", summary).with("value", thing.written_example(number));
        map.with(camel(branch.kind.word), shown)
    });
    let body = Map::new()
        .with("description", format!("The {words} as it shall be."))
        .with("required", true)
        .with("content", json(&thing.schema("CreateRequest"), shown));
    let key = thing.is_idempotent.then(|| vec![refer(&common::parameter("IdempotencyKey"))]);
    let conflict = "`DUPLICATE_REFERENCE`: another one has the reference.";
    let conflict = refusal(409, conflict, &[("DUPLICATE_REFERENCE", "The reference is taken")]);
    let answers = Map::new()
        .with("201", success(thing, &format!("The {words} was created.")))
        .with("400", refer(&thing.component("responses", "BadRequest")))
        .with("409", conflict);
    operation(thing, &format!("create{}", thing.name), &format!("Create {}", a(&words)), &description)
        .maybe("parameters", key)
        .with("requestBody", body)
        .with("responses", refusals(answers, true))
}

fn get(thing: &Thing) -> Map {
    let words = thing.words();
    let description = format!("Returns {} as it is now. To hear of changes, listen to the webhook instead.", a(&words));
    let answers = Map::new()
        .with("200", refer(&thing.component("responses", "Answer")))
        .with("404", refer(&thing.component("responses", "NotFound")));
    operation(thing, &format!("get{}", thing.name), &format!("Get {}", a(&words)), &description)
        .with("responses", refusals(answers, true))
}

fn update(thing: &Thing) -> Map {
    let words = thing.words();
    let description = format!(
        "Changes {} that has not been confirmed yet. Members that are left out stay as they are; the kind cannot be \
         changed. To begin anew, create another one with `POST {}`.",
        a(&words),
        thing.path()
    );
    let changes = Map::new().with("amount", common::money()).with("metadata", common::metadata());
    let shown = Map::new().with("amount", Map::new().with("summary", "Another amount").with("value", changes));
    let body = Map::new()
        .with("description", "What shall change.")
        .with("required", true)
        .with("content", json(&thing.schema("UpdateRequest"), shown));
    let answers = Map::new()
        .with("200", refer(&thing.component("responses", "Answer")))
        .with("400", refer(&thing.component("responses", "BadRequest")))
        .with("404", refer(&thing.component("responses", "NotFound")))
        .with("409", refer(&thing.component("responses", "Conflict")));
    operation(thing, &format!("update{}", thing.name), &format!("Change {}", a(&words)), &description)
        .with("requestBody", body)
        .with("responses", refusals(answers, true))
}

fn delete(thing: &Thing) -> Map {
    let words = thing.words();
    let description = format!(
        "Removes {} that was never confirmed. What was confirmed stays for as long as the law demands.",
        a(&words)
    );
    let gone = Map::new().with("description", "It is gone.").with("headers", headers_of(&[]));
    let answers = Map::new()
        .with("204", gone)
        .with("404", refer(&thing.component("responses", "NotFound")))
        .with("409", refer(&thing.component("responses", "Conflict")));
    operation(thing, &format!("delete{}", thing.name), &format!("Delete {}", a(&words)), &description)
        .with("responses", refusals(answers, true))
}

fn confirm(thing: &Thing) -> Map {
    let words = thing.words();
    let mut parameters = vec![refer(&thing.component("parameters", "IdPath"))];
    let mut answers = Map::new().with("200", refer(&thing.component("responses", "Answer")));
    let mut description = format!(
        "Confirms {}, after which it can no longer be changed. The money is set aside at once; what is not needed in \
         the end, because a fee is lower than expected, returns to the wallet within an hour.",
        a(&words)
    );
    if thing.signed {
        parameters.push(refer(&common::parameter("GridWalletSignature")));
        parameters.push(refer(&common::parameter("RetryRequestId")));
        description = format!(
            "{description}\n\nThis is a signed retry. The first call is answered with `202`; the wallet signs \
             `payloadToSign`, and the second call has the same path and both headers. If the time between them is \
             longer than five minutes, begin anew."
        );
        let shown =
            Map::new().with("payloadToSign", "Confirm, nonce 5f2b").with("requestId", thing.other_id("Request", 3));
        let shown = shown.with("expiresAt", "2026-04-01T09:35:00Z");
        let shown = Map::new().with("challenge", Map::new().with("summary", "What to sign").with("value", shown));
        answers = answers.with(
            "202",
            response("Sign `payloadToSign` and repeat the call with both headers.", &[], common::SIGNED_RETRY, shown),
        );
        let unsigned = "`UNAUTHORIZED`: the client is not known. `SIGNATURE_MISSING`: only one of the headers came. \
                        `SIGNATURE_INVALID`: the wallet has not signed this payload.";
        let codes = [("UNAUTHORIZED", "The client is not known"), ("SIGNATURE_INVALID", "Signed by another key")];
        answers = answers.with("401", refusal(401, unsigned, &codes));
    }
    let answers = answers
        .with("404", refer(&thing.component("responses", "NotFound")))
        .with("409", refer(&thing.component("responses", "Conflict")));
    operation(thing, &format!("confirm{}", thing.name), &format!("Confirm {}", a(&words)), &description)
        .with("parameters", parameters)
        .with("responses", refusals(answers, !thing.signed))
}

fn events(thing: &Thing) -> Map {
    let words = thing.words();
    let mut parameters = vec![refer(&thing.component("parameters", "IdPath"))];
    parameters.extend(paging(100));
    let event = Map::new()
        .with("type", "CREATED")
        .with("at", "2026-04-01T09:30:00Z")
        .with("status", thing.states[0].0)
        .with("actor", "Back office, Ms Hamilton");
    let page = Map::new().with("data", vec![event]).with("hasMore", true).with("nextCursor", "c2VlZC00NzEx");
    let shown = Map::new().with("page", Map::new().with("summary", "The first page").with("value", page));
    let description = format!(
        "Lists what happened to {}, the newest first. The list is empty if it is so old that only its last state was \
         kept; `GET {}` still has that.",
        a(&words),
        thing.path_of_one()
    );
    let answers = Map::new()
        .with("200", response("What happened.", &[], &thing.schema("EventList"), shown))
        .with("404", refer(&thing.component("responses", "NotFound")));
    operation(thing, &format!("list{}Events", thing.name), &format!("List the events of {}", a(&words)), &description)
        .with("parameters", parameters)
        .with("responses", refusals(answers, true))
}

fn webhook(thing: &Thing) -> Map {
    let words = thing.words();
    let event = Map::new().with("type", "STATUS_CHANGED").with("at", "2026-04-01T09:31:12Z");
    let value = Map::new().with("event", event).with("subject", thing.example(0, 2));
    let shown = Map::new().with("changed", Map::new().with("summary", "It has come further").with("value", value));
    let body = Map::new()
        .with("description", "What happened, and what it happened to.")
        .with("required", true)
        .with("content", json(&thing.schema("Notification"), shown));
    let description = format!(
        "Sent when {} was created or has changed. Answer with a 2xx within five seconds; otherwise it is sent again \
         after one, five and twenty minutes. Notifications may come twice and out of order.",
        a(&words)
    );
    let received = Map::new()
        .with("200", Map::new().with("description", "Received."))
        .with("410", Map::new().with("description", "Send no more to this address."));
    operation(thing, &format!("on{}Changed", thing.name), &format!("{} changed", capital(&words)), &description)
        .with("requestBody", body)
        .with("responses", received)
}

/// The name of a thing's webhook.
pub(crate) fn webhook_name(thing: &Thing) -> String {
    format!("{}-changed", spaced(&thing.name, '-'))
}
