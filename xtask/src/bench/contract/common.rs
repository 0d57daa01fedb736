//! Files that all things share: money, people, errors, headers, paging.

use super::Files;
use super::members::{Member, Shape, example, object};
use super::yaml::{Map, Yaml, refer};

pub(crate) const MONEY: &str = "components/schemas/common/Money.yaml";
pub(crate) const METADATA: &str = "components/schemas/common/Metadata.yaml";
pub(crate) const PARTY: &str = "components/schemas/common/Party.yaml";
pub(crate) const DOCUMENT_LINK: &str = "components/schemas/common/DocumentLink.yaml";
pub(crate) const SIGNED_RETRY: &str = "components/schemas/common/SignedRetryChallenge.yaml";
const ADDRESS: &str = "components/schemas/common/PostalAddress.yaml";
const CURRENCY: &str = "components/schemas/common/CurrencyCode.yaml";
const COUNTRY: &str = "components/schemas/common/CountryCode.yaml";
const VIOLATION: &str = "components/schemas/common/Violation.yaml";
const ERROR_BASE: &str = "components/schemas/common/ErrorBase.yaml";
const DETAILS: &str = "components/schemas/common/ErrorDetails.yaml";

/// A status that says no: its codes, each with its meaning.
pub(crate) struct Refusal {
    pub(crate) status: u64,
    description: &'static str,
    codes: &'static [(&'static str, &'static str)],
}

pub(crate) const REFUSALS: [Refusal; 7] = [
    Refusal {
        status: 400,
        description: "The request is not valid.",
        codes: &[
            ("INVALID_INPUT", "The request does not fit this document. `errors` has every member that is wrong."),
            ("INVALID_AMOUNT", "The amount is too small, too large, or has parts that the currency does not have."),
            ("CURRENCY_NOT_SUPPORTED", "No way leads from one of the currencies to the other."),
        ],
    },
    Refusal {
        status: 401,
        description: "The caller is not known, or the wallet has not signed.",
        codes: &[
            ("UNAUTHORIZED", "The client id or the client secret is missing or wrong."),
            ("SIGNATURE_MISSING", "One of the headers of the signed retry is missing."),
            ("SIGNATURE_INVALID", "The signature is not one of the payload, or not by the wallet."),
        ],
    },
    Refusal {
        status: 404,
        description: "What the path names does not exist, or belongs to another platform.",
        codes: &[("NOT_FOUND", "Nothing of this platform has the id.")],
    },
    Refusal {
        status: 409,
        description: "The request is valid, and comes at a time when it cannot be met.",
        codes: &[
            ("WRONG_STATE", "What is asked for is not possible in the present state."),
            ("DUPLICATE_REFERENCE", "Another one already has the same reference."),
            ("LIMIT_REACHED", "A limit of the customer would be exceeded."),
        ],
    },
    Refusal {
        status: 429,
        description: "Too many calls in too short a time.",
        codes: &[("RATE_LIMITED", "The platform has used up its calls for this minute.")],
    },
    Refusal {
        status: 500,
        description: "The server has failed.",
        codes: &[("INTERNAL_ERROR", "A fault that was not foreseen. It has been noted.")],
    },
    Refusal {
        status: 503,
        description: "The server cannot answer just now.",
        codes: &[("UNAVAILABLE", "Something that the server depends on does not answer.")],
    },
];

pub(crate) fn error_schema(status: u64) -> String {
    format!("components/schemas/common/Error{status}.yaml")
}

/// What an error looks like: its first words are its code's meaning.
pub(crate) fn error_example(status: u64, code: &str) -> Map {
    let codes = REFUSALS.iter().find(|refusal| refusal.status == status).map_or(&[][..], |refusal| refusal.codes);
    let meaning = codes.iter().find(|(known, _)| *known == code).map_or("", |(_, meaning)| *meaning);
    let error = Map::new().with("status", status).with("code", code).with("message", meaning.replace('`', ""));
    let violation = || Map::new().with("errors", vec![example(&violation())]);
    error.maybe("details", (code == "INVALID_INPUT").then(violation))
}

pub(crate) fn money() -> Yaml {
    example(&money_members()).into()
}

pub(crate) fn metadata() -> Yaml {
    Map::new().with("costCentre", "4400").with("campaign", "spring").into()
}

pub(crate) fn party() -> Yaml {
    example(&party_members()).into()
}

pub(crate) fn document_link() -> Yaml {
    example(&document_members()).into()
}

fn named(schema: &str, example: impl Into<Yaml>) -> Shape {
    Shape::Named { schema: schema.to_owned(), example: example.into() }
}

fn money_members() -> Vec<Member> {
    vec![
        Member::new(
            "value",
            Shape::Count { least: 1, most: 9_007_199_254_740_991, example: 12_550 },
            "The amount in the smallest unit of the currency: cents of euros, satoshis of bitcoin.",
        )
        .required(),
        Member::new("currency", named(CURRENCY, "EUR"), "The currency of the amount.").required(),
    ]
}

fn address_members() -> Vec<Member> {
    let text = |most, example| Shape::Text { most, example };
    vec![
        Member::new("line1", text(100, "Rosenstrasse 17"), "Street and number.").required(),
        Member::new("line2", text(100, "Third floor"), "What else a carrier needs to know."),
        Member::new("postalCode", text(16, "10178"), "The code of the place, if the country has such codes."),
        Member::new("city", text(80, "Berlin"), "The city or village.").required(),
        Member::new("region", text(80, "Land Berlin"), "The state, province or county."),
        Member::new("country", named(COUNTRY, "DE"), "The country.").required(),
    ]
}

fn party_members() -> Vec<Member> {
    vec![
        Member::new("fullName", Shape::Text { most: 140, example: "Grace Hopper" }, "The name, as in official papers.")
            .required(),
        Member::new("address", named(ADDRESS, example(&address_members())), "Where they live or have their seat."),
        Member::new(
            "birthDate",
            Shape::Format { format: "date", example: "1986-12-09" },
            "The day of birth; left out for companies.",
        ),
    ]
}

fn document_members() -> Vec<Member> {
    let format = |format, example| Shape::Format { format, example };
    vec![
        Member::new("url", format("uri", "https://files.wallet.test/contract.pdf"), "Where the paper can be fetched.")
            .required(),
        Member::new("title", Shape::Text { most: 80, example: "Contract of sale" }, "What it is.").required(),
        Member::new("uploadedAt", format("date-time", "2026-03-28T16:00:00Z"), "When it was uploaded."),
    ]
}

fn violation() -> Vec<Member> {
    vec![
        Member::new(
            "field",
            Shape::Text { most: 512, example: "body/amount/value" },
            "Where the fault is: `body`, `path`, `query` or `header`, then a JSON Pointer.",
        )
        .required(),
        Member::new("problem", Shape::Text { most: 512, example: "is below the minimum" }, "What is wrong with it.")
            .required(),
    ]
}

fn retry_members() -> Vec<Member> {
    vec![
        Member::new(
            "payloadToSign",
            Shape::Text { most: 8192, example: "Confirm payout of EUR 125.50 to Grace Hopper, nonce 5f2b" },
            "The text whose bytes, exactly as they came, the wallet has to sign.",
        )
        .required(),
        Member::new(
            "requestId",
            Shape::Pattern { pattern: UUID_PATTERN, example: "Request:019c3f12-8a01-7b21-8c55-0242ac120002" },
            "Names this try. It goes into the header `Request-Id` of the second call.",
        )
        .required(),
        Member::new(
            "expiresAt",
            Shape::Format { format: "date-time", example: "2026-04-01T09:35:00Z" },
            "Until when the second call is accepted.",
        )
        .required(),
    ]
}

const UUID_PATTERN: &str = "^Request:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

/// A string enum whose description is a table of its values.
pub(crate) fn enumeration(description: &str, values: &[(&str, &str)]) -> Map {
    let rows: String = values.iter().map(|(value, meaning)| format!("\n| `{value}` | {meaning} |")).collect();
    let names: Vec<&str> = values.iter().map(|(value, _)| *value).collect();
    Map::new()
        .with("type", "string")
        .with("description", format!("{description}\n\n| Value | Meaning |\n| --- | --- |{rows}"))
        .with("example", names[0])
        .with("enum", names)
}

pub(crate) fn write(files: &mut Files) {
    schemas(files);
    for refusal in &REFUSALS {
        errors(files, refusal);
    }
    headers(files);
    parameters(files);
    let shared = [
        (
            401,
            "Unauthorized",
            "UNAUTHORIZED",
            "`UNAUTHORIZED`: the client id or the client secret is missing or wrong.",
        ),
        (429, "RateLimited", "RATE_LIMITED", "`RATE_LIMITED`: the platform has used up its calls for this minute."),
        (500, "InternalError", "INTERNAL_ERROR", "`INTERNAL_ERROR`: a fault that was not foreseen."),
        (503, "Unavailable", "UNAVAILABLE", "`UNAVAILABLE`: something that the server depends on does not answer."),
    ];
    for (status, name, code, description) in shared {
        let example_file = format!("components/examples/common/{name}.yaml");
        let summary = description.split(": ").nth(1).unwrap_or(description);
        let value = error_example(status, code);
        files.add(&example_file, &Map::new().with("summary", summary).with("value", value));
        let mut extra = Vec::new();
        if status == 401 {
            extra.push("WWW-Authenticate");
        }
        if status == 429 || status == 503 {
            extra.push("Retry-After");
        }
        let examples = Map::new().with(super::words::camel(name), refer(&example_file));
        let response = response(description, &extra, &error_schema(status), examples);
        files.add(&format!("components/responses/common/{name}.yaml"), &response);
    }
}

/// A JSON response with the headers that all have, and some more.
pub(crate) fn response(description: &str, extra: &[&str], schema: &str, examples: Map) -> Map {
    Map::new()
        .with("description", description)
        .with("headers", headers_of(extra))
        .with("content", json(schema, examples))
}

/// References to the headers that all responses have, and to some more.
pub(crate) fn headers_of(extra: &[&str]) -> Map {
    let header = |map: Map, name: &&str| map.with(*name, refer(&format!("components/headers/common/{name}.yaml")));
    ["X-Request-Id", "X-Rate-Limit-Remaining"].iter().chain(extra).fold(Map::new(), header)
}

/// A body of JSON.
pub(crate) fn json(schema: &str, examples: Map) -> Map {
    Map::new().with("application/json", Map::new().with("schema", refer(schema)).with("examples", examples))
}

fn schemas(files: &mut Files) {
    let currencies = [
        ("EUR", "Euro, in cents."),
        ("USD", "United States dollar, in cents."),
        ("KES", "Kenyan shilling, in cents."),
        ("MXN", "Mexican peso, in centavos."),
        ("BTC", "Bitcoin, in satoshis."),
        ("USDC", "USD Coin, in millionths."),
    ];
    files.add(CURRENCY, &enumeration("A currency that a wallet can hold.", &currencies));
    let country = Map::new()
        .with("type", "string")
        .with("pattern", "^[A-Z]{2}$")
        .with("description", "A country in the two letters of ISO 3166-1.")
        .with("example", "DE");
    files.add(COUNTRY, &country);
    let values = Map::new().with("type", "string").with("maxLength", 200);
    let described = Map::new()
        .with("type", "object")
        .with("description", "Up to 20 values of your own. They are returned as they were given, and never read.")
        .with("maxProperties", 20)
        .with("additionalProperties", values)
        .with("example", metadata());
    files.add(METADATA, &described);
    let objects = [
        (MONEY, "An amount of money in one currency.", money_members()),
        (ADDRESS, "A place that mail can be sent to.", address_members()),
        (PARTY, "A person or company that takes part.", party_members()),
        (DOCUMENT_LINK, "A paper that was uploaded.", document_members()),
        (VIOLATION, "One member of the request that is wrong.", violation()),
        (SIGNED_RETRY, "What the wallet has to sign before anything happens.", retry_members()),
    ];
    for (file, description, members) in objects {
        files.add(file, &object(None, description, &members));
        for (file, schema) in members.iter().filter_map(Member::named_schema) {
            files.add(&file, &schema);
        }
    }
    let errors = Shape::ManyNamed { schema: VIOLATION.to_owned(), example: example(&violation()).into() };
    let errors = [Member::new("errors", errors, "Every member that is wrong.").required()];
    files.add(DETAILS, &object(None, "What programs can learn of an error besides its code.", &errors));
    let base = [
        Member::new(
            "message",
            Shape::Text { most: 512, example: "The amount is too small." },
            "A sentence for people. Its wording may change.",
        )
        .required(),
        Member::new("details", named(DETAILS, Map::new()), "More about it, where there is more."),
    ];
    files.add(ERROR_BASE, &object(None, "What all errors have.", &base));
}

fn errors(files: &mut Files, refusal: &Refusal) {
    let Refusal { status, description, codes } = refusal;
    let code_file = format!("components/schemas/common/Error{status}Code.yaml");
    let what = format!("Why a request was answered with {status}.");
    files.add(&code_file, &enumeration(&what, codes));
    let pinned = Map::new().with("type", "integer").with("const", *status);
    let own = Map::new()
        .with("status", pinned.with("description", "The HTTP status of the response."))
        .with("code", refer(&code_file).with("description", "What programs go by."));
    let own = Map::new().with("type", "object").with("required", vec!["status", "code"]).with("properties", own);
    let parts = vec![refer(ERROR_BASE), own];
    files.add(&error_schema(*status), &Map::new().with("description", *description).with("allOf", parts));
}

fn headers(files: &mut Files) {
    let text = || Map::new().with("type", "string");
    let count = |example: u64| Map::new().with("type", "integer").with("minimum", 0).with("example", example);
    let all = [
        (
            "X-Request-Id",
            "The server's name for this exchange. Have it at hand when you ask for help.",
            text().with("format", "uuid").with("example", "019c3f12-8a01-7b21-8c55-0242ac120003"),
        ),
        ("X-Rate-Limit-Remaining", "How many calls are left in this minute.", count(118)),
        ("Retry-After", "Whole seconds after which another try may succeed.", count(30)),
        ("WWW-Authenticate", "How to authenticate.", text().with("example", "Basic realm=\"wallet\"")),
    ];
    for (name, description, schema) in all {
        let header = Map::new().with("description", description).with("required", true).with("schema", schema);
        files.add(&format!("components/headers/common/{name}.yaml"), &header);
    }
}

/// The file of a parameter that many operations take.
pub(crate) fn parameter(name: &str) -> String {
    format!("components/parameters/common/{name}.yaml")
}

fn parameters(files: &mut Files) {
    let text = || Map::new().with("type", "string");
    let flag = Map::new().with("type", "boolean").with("default", false);
    let all = [
        (
            "Cursor",
            "cursor",
            "query",
            "`nextCursor` of the page before; left out for the first page.",
            text().with("maxLength", 256),
            Yaml::from("c2VlZC00NzEx"),
        ),
        ("HasArchived", "hasArchived", "query", "Whether what has been archived is listed as well.", flag, true.into()),
        (
            "GridWalletSignature",
            "Grid-Wallet-Signature",
            "header",
            "The signature of `payloadToSign` by the key of the wallet, on the second call of a signed retry.",
            text(),
            "eyJwdWJsaWNLZXkiOiIwMmFiIn0".into(),
        ),
        (
            "RetryRequestId",
            "Request-Id",
            "header",
            "The `requestId` that came with `payloadToSign`, on the second call of a signed retry.",
            text(),
            "Request:019c3f12-8a01-7b21-8c55-0242ac120002".into(),
        ),
        (
            "IdempotencyKey",
            "Idempotency-Key",
            "header",
            "A text of your own. A second call with the same text within 24 hours is answered like the first.",
            text().with("maxLength", 64),
            "4711-second-delivery".into(),
        ),
    ];
    for (file, name, place, description, schema, example) in all {
        let parameter = Map::new()
            .with("name", name)
            .with("in", place)
            .with("required", false)
            .with("description", description)
            .with("schema", schema)
            .with("example", example);
        files.add(&self::parameter(file), &parameter);
    }
}
