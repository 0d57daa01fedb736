//! Verdicts of rules on small documents: what tempts a rule to say too much, or too little. Beside the fixtures, which
//! show what each rule is about.

use crate::tree::Tree;

const HEAD: &str = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n";

/// The pointers of the findings of a rule in a document, sorted by place.
#[track_caller]
fn found_in(head: &str, rule: &str, document: &str) -> Vec<String> {
    let tree = Tree::of(&[("root.yaml", &format!("{head}{document}"))]);
    tree.linted(&[rule]).findings.iter().map(|finding| finding.pointer.clone()).collect()
}

/// The findings of a rule among some schemas, by their pointers below `components.schemas`.
#[track_caller]
fn check_schemas(rule: &str, schemas: &str, expected: &[&str]) {
    let indented: String = schemas.lines().map(|line| format!("    {line}\n")).collect();
    let found = found_in(HEAD, rule, &format!("components:\n  schemas:\n{indented}"));
    let below: Vec<&str> =
        found.iter().map(|pointer| pointer.strip_prefix("/components/schemas/").unwrap_or(pointer)).collect();
    assert_eq!(below, expected);
}

/// The findings of a rule among some paths, by their pointers below `paths`.
#[track_caller]
fn check_paths(rule: &str, paths: &str, expected: &[&str]) {
    let indented: String = paths.lines().map(|line| format!("  {line}\n")).collect();
    let found = found_in(HEAD, rule, &format!("paths:\n{indented}"));
    let below: Vec<&str> = found.iter().map(|pointer| pointer.strip_prefix("/paths/").unwrap_or(pointer)).collect();
    assert_eq!(below, expected);
}

/// The messages of a rule for the schema `A`.
#[track_caller]
fn messages(rule: &str, schema: &str) -> Vec<String> {
    let tree = Tree::of(&[(
        "root.yaml",
        &format!("{HEAD}components:\n  schemas:\n    A: {schema}\n    B: {{properties: {{b: {{}}}}}}\n"),
    )]);
    tree.linted(&[rule]).findings.into_iter().map(|finding| finding.message).collect()
}

#[test]
fn a_challenge_may_be_spread_over_unions_within_unions() {
    let operation = |schema: &str| {
        format!(
            "paths:\n  /a:\n    post: {{responses: {{'202': {{description: d, content: {{application/json: {{schema: {schema}}}}}}}, '401': {{description: d}}}}}}\n\
             components:\n  schemas:\n    X: {{properties: {{requestId: {{}}}}, oneOf: [{{$ref: '#/components/schemas/P'}}, {{$ref: '#/components/schemas/Q'}}]}}\n\
             \x20   P: {{properties: {{payloadToSign: {{}}}}}}\n    Q: {{properties: {{other: {{}}}}}}\n"
        )
    };
    let is_found = |schema: &str| !found_in(HEAD, "signed-retry-pair", &operation(schema)).is_empty();
    assert!(is_found("{oneOf: [{$ref: '#/components/schemas/X'}]}"));
    assert!(
        !is_found("{oneOf: [{$ref: '#/components/schemas/P'}, {properties: {requestId: {}}}]}"),
        "never both at once"
    );
}

#[test]
fn lengths_are_counted_in_characters() {
    let schemas = "A: {pattern: '^é{3}$', minLength: 3, maxLength: 6}\n\
                   B: {pattern: '^[é]{3}$', maxLength: 3}\n\
                   C: {pattern: '^a\\\\$', maxLength: 2}\n\
                   D: {pattern: '^ab\\$', maxLength: 2}\n\
                   E: {pattern: '^\\d{2}\\w$', maxLength: 3}\n\
                   F: {pattern: '^(a|b){2}$', maxLength: 2}\n\
                   G: {pattern: '^a{2,3}$', maxLength: 3}\n";
    check_schemas("redundant-length", schemas, &["A/minLength", "B/maxLength", "C/maxLength", "E/maxLength"]);
    let contradicted = ["A/maxLength"];
    check_schemas("no-illogical-composition-keywords", schemas, &contradicted);
}

#[test]
fn a_key_pattern_that_properties_share_is_told_once_and_other_curves_not_at_all() {
    let schemas = "A:\n  properties:\n    lPublicKey: {allOf: [{$ref: '#/components/schemas/Hex'}]}\n    mPublicKey: {$ref: '#/components/schemas/Hex'}\n\
                   \x20   secp256k1PublicKey: {type: string, pattern: ^a$}\n    jwkPublicKey: {type: string, pattern: ^a$}\n\
                   \x20   ccPublicKey: {type: string, pattern: ^a$, description: BLS12-381 key}\n\
                   \x20   f: {type: string, pattern: '^[0-9a-f]{130}$', description: Uncompressed P-256 key in hex}\n\
                   \x20   g: {type: string, pattern: ^a$, description: Signature made with a P-256 private key}\n\
                   \x20   h: {type: string, pattern: ^a$, description: The id of the P-256 key}\nHex: {type: string, pattern: '^[0-9a-f]+$'}\n";
    check_schemas("p256-key-pattern", schemas, &["A/properties/f/pattern", "Hex/pattern"]);
}

#[test]
fn what_operations_share_is_told_once() {
    let shared = "paths:\n  /a: {$ref: '#/components/pathItems/P'}\n  /b: {$ref: '#/components/pathItems/P'}\n\
                  components: {pathItems: {P: {get: {responses: {}}, delete: {responses: {'200': {description: d}}}}}}\n";
    let place = |tail: &str| format!("/components/pathItems/P/{tail}");
    assert_eq!(
        found_in(HEAD, "operation-summary", shared),
        ["delete", "get"].map(place).into_iter().rev().collect::<Vec<_>>()
    );
    assert_eq!(found_in(HEAD, "delete-returns-204", shared), [place("delete/responses")]);
    assert_eq!(found_in(HEAD, "security-defined", shared), ["get", "delete"].map(place));
    let list = |path: &str| {
        let schema = "{$ref: '#/components/schemas/L'}";
        format!(
            "  /{path}: {{get: {{parameters: [{{name: limit, in: query, schema: {{}}}}, {{name: cursor, in: query, schema: {{}}}}], responses: {{'200': {{description: d, content: {{a/b: {{schema: {schema}}}}}}}}}}}}}\n"
        )
    };
    let lists = format!(
        "paths:\n{}{}components: {{schemas: {{L: {{required: [things], properties: {{things: {{type: array, items: {{type: object}}}}}}}}}}}}\n",
        list("a"),
        list("b")
    );
    assert_eq!(found_in(HEAD, "list-pagination", &lists).len(), 2, "one for `data`, one for `hasMore`");
    // Two unions ask the same of a branch in different words.
    let unions = "A: {oneOf: [{$ref: '#/components/schemas/C'}], discriminator: {propertyName: a}}\n\
                  B: {oneOf: [{$ref: '#/components/schemas/C'}], discriminator: {propertyName: b}}\nC: {type: object}\n";
    check_schemas("discriminator-variant-const", unions, &["C"]);
}

#[test]
fn examples_are_judged_by_every_word_of_their_schemas() {
    let wrong = [
        "{type: string, pattern: '^(?!x).*$', example: xxx}",
        "{type: string, pattern: '^\\p{Lu}+$', example: abc}",
        "{type: string, pattern: '^(.)\\1$', example: ab}",
        "{properties: {a: {}}, unevaluatedProperties: false, example: {a: 1, b: 2}}",
        "{allOf: [{properties: {a: {}}}], unevaluatedProperties: false, example: {b: 2}}",
        "{type: array, contains: {const: 5}, maxContains: 1, example: [5, 5]}",
        "{type: array, contains: {const: 5}, minContains: 2, example: [5]}",
        "{type: array, items: {type: integer}, contains: {const: 5}, example: [1]}",
        "{type: object, propertyNames: {pattern: ^a}, example: {b: 1}}",
        "{type: integer, format: int32, example: 3000000000}",
        "{type: string, format: byte, example: '!!!'}",
        "{type: string, format: time, example: zz}",
        "{type: string, format: hostname, example: a b}",
        "{type: string, format: duration, example: 1 hour}",
        "{type: string, format: duration, example: P1D1Y}",
        "{type: string, format: json-pointer, example: a/b}",
        "{type: string, format: relative-json-pointer, example: /a}",
        "{type: string, format: uri-reference, example: a b}",
        "{type: string, format: uri-template, example: '/a/{b'}",
        "{type: string, format: regex, example: '['}",
        "{properties: {a: {}}, unevaluatedProperties: {type: string}, example: {a: 1, b: 2}}",
        "{$ref: '#/components/schemas/B', unevaluatedProperties: false, example: {b: 1, c: 2}}",
        "{prefixItems: [{}], unevaluatedItems: {type: string}, example: [1, 2]}",
        "{allOf: [{prefixItems: [{}]}], unevaluatedItems: false, example: [1, 2]}",
        "{type: array, uniqueItems: true, example: [{a: 1, b: 2}, {b: 2, a: 1.0}]}",
        "{if: {required: [a]}, then: {required: [b]}, example: {a: 1}}",
    ];
    for schema in wrong {
        assert_eq!(messages("no-invalid-schema-examples", schema).len(), 1, "{schema}");
    }
    let right = [
        "{type: string, pattern: '^(?!x).*$', example: yxx}",
        "{allOf: [{properties: {a: {}}}], unevaluatedProperties: false, example: {a: 2}}",
        "{oneOf: [{properties: {b: {}}, required: [b]}, {required: [c]}], unevaluatedProperties: false, example: {b: 2}}",
        "{type: array, contains: {const: 5}, minContains: 0, example: [1]}",
        "{type: array, prefixItems: [{type: string}], unevaluatedItems: false, example: [a]}",
        "{type: integer, format: int64, example: 3000000000}",
        "{type: string, format: byte, example: YWI=}",
        "{type: string, format: time, example: '08:00:00Z'}",
        "{type: string, format: unknown, example: zz}",
        "{type: string, format: duration, example: P1Y2M3DT4H5M6S}",
        "{type: string, format: duration, example: P4W}",
        "{type: string, format: json-pointer, example: /a~1b}",
        "{type: string, format: relative-json-pointer, example: '1/a'}",
        "{type: string, format: uri-reference, example: '../a?b=c#d'}",
        "{type: string, format: uri-template, example: '/a/{b}'}",
        "{type: string, format: regex, example: '^a(?!b)$'}",
        "{properties: {a: {}}, unevaluatedProperties: {type: string}, example: {a: 1, b: x}}",
        "{allOf: [{properties: {a: {}}, unevaluatedProperties: true}], unevaluatedProperties: false, example: {b: 2}}",
        "{allOf: [{prefixItems: [{}]}, {contains: {const: 5}}], unevaluatedItems: false, example: [1, 5]}",
        "{type: array, uniqueItems: true, example: [1, '1', true, 'true', null, [1], [[1]]]}",
    ];
    for schema in right {
        assert!(messages("no-invalid-schema-examples", schema).is_empty(), "{schema}");
    }
}

#[test]
fn every_faulty_value_of_an_example_is_told_and_each_once() {
    check_schemas(
        "no-invalid-schema-examples",
        "A: {items: {type: string}, example: [a, 1, 2]}\n",
        &["A/example/1", "A/example/2"],
    );
    let closed = "A: {properties: {a: {type: string}}, additionalProperties: false, example: {a: 1, b: 1, c: 1}}\n";
    check_schemas("no-invalid-schema-examples", closed, &["A/example/a", "A/example/b", "A/example/c"]);
    let missing = "{required: [a, b], minProperties: 3, example: {}}";
    assert_eq!(messages("no-invalid-schema-examples", missing), ["`a` and `b` are missing"]);
    let messages_of = |schema: &str| messages("no-invalid-schema-examples", schema);
    assert_eq!(messages_of("{enum: [a, b], example: {a: 1}}"), ["an object is none of a, b"]);
    assert_eq!(messages_of("{enum: [{a: 1}], example: {a: 2}}"), ["an object is none of the values of the `enum`"]);
    assert_eq!(messages_of("{type: string, example: [a]}"), ["a list is not of type string"]);
    let union = "{oneOf: [{type: string}, {type: boolean}], example: 1}";
    assert_eq!(messages("no-invalid-schema-examples", union).len(), 1);
}

#[test]
fn words_beside_a_reference_are_judged_in_3_1() {
    let schemas = "A: {$ref: '#/components/schemas/B', example: C}\nB: {type: string, enum: [A, B]}\n\
                   C: {$ref: '#/components/schemas/B', requried: [a]}\n";
    check_schemas("no-invalid-schema-examples", schemas, &["A/example"]);
    check_schemas("struct", schemas, &["C/requried"]);
    let deprecated = "A: {$ref: '#/components/schemas/B', description: 'Deprecated: x'}\nB: {type: string}\n\
                      C: {$ref: '#/components/schemas/D', description: 'Deprecated: x'}\nD: {deprecated: true, description: Use `B`}\n";
    check_schemas("deprecated-flag-matches-prose", deprecated, &["A/description"]);
}

#[test]
fn a_status_is_denied_only_by_its_own_clause() {
    let said = |text: &str| {
        let paths =
            format!("paths:\n  /a:\n    get: {{description: '{text}', responses: {{'200': {{description: d}}}}}}\n");
        let tree = Tree::of(&[("root.yaml", &format!("{HEAD}{paths}"))]);
        tree.linted(&["prose-status-documented"]).findings.into_iter().map(|one| one.message).collect::<Vec<_>>()
    };
    let is_told = [
        "If the token is not valid, returns `401`.",
        "This does not exist, so `404` is returned.",
        "Returns `404 Not Found`.",
        "Returns `HTTP 409`.",
        "Returns `200 OK`, `NOT_FOUND` or status `500`.",
        "It cannot be undone and answers `409`.",
    ];
    for text in is_told {
        assert_eq!(said(text).len(), 1, "{text}");
    }
    for text in [
        "It never answers `404`.",
        "It does not return `404`, `409` or `410`.",
        "There is no `404` and no `409`.",
        "Costs `404 bytes/s`.",
    ] {
        assert!(said(text).is_empty(), "{text}");
    }
    assert_eq!(said("Answers `404`, `429` and `503`.").len(), 3);
}

#[test]
fn names_and_alphabets_in_prose_are_those_of_the_schemas() {
    let schema = |text: &str, example: &str| {
        messages(
            "prose-vs-schema",
            &format!("{{properties: {{k: {{type: string, description: '{text}', example: '{example}'}}}}}}"),
        )
    };
    assert_eq!(schema("URL-safe base64 (base64url) without padding.", "a+b/").len(), 1);
    assert_eq!(schema("Signature, hex without a prefix", "zz").len(), 1);
    assert_eq!(schema("Hexadecimal text", "zz").len(), 1);
    assert!(schema("Hex color", "#ff0000").is_empty());
    assert!(schema("Not hex, but base64url", "a-b_").is_empty());
    assert!(schema("It is not hex.", "zz").is_empty());
    assert_eq!(schema("See the `fooBar` and the `barBaz`.", "").len(), 2);
}

#[test]
fn tables_of_enums_are_read_one_by_one() {
    let table = |values: &str, rows: &[&str]| {
        let rows: String = rows.iter().map(|row| format!("        {row}\n")).collect();
        messages("enum-table-sync", &format!("\n      enum: [{values}]\n      description: |-\n{rows}"))
    };
    let head = ["| Value | Meaning |", "| --- | --- |"];
    let with = |values: &str, rows: &[&str]| table(values, &[&head[..], rows].concat());
    assert!(with("A_A, B_B, null", &["| `A_A` | a |", "| B_B | b |", "| `null` | none |"]).is_empty());
    assert!(with("A_A, null", &["| `A_A` | a |"]).is_empty(), "a value that is nothing needs no row");
    assert_eq!(with("1, 2", &["| 1 | a |", "| 3 | b |"]), ["the table lacks `2` and has `3`, which the enum has not"]);
    assert!(
        with("A_A", &["| x | a |", "", "| Value | |", "| --- | --- |", "| `A_A` | a |"]).is_empty(),
        "the first is about something else"
    );
    assert!(with("'a|b', c", &["| `a\\|b` | a |", "| c | c |"]).is_empty());
    assert!(with("A_A", &["| `A_A` (default) | a |"]).is_empty());
    assert!(table("A_A, B_B", &["```", head[0], head[1], "| A_A | a |", "```"]).is_empty());
    assert_eq!(with("A_A, B_B", &["| `C_C` | c |", "| `D_D` | d |"]).len(), 1, "none of its rows is a value");
    assert!(with("A_A, B_B", &["| Uses | 5 |"]).is_empty());
}

#[test]
fn ids_of_parameters_may_have_their_examples_in_the_schema() {
    let paths = "/a:\n  get:\n    parameters:\n      - {name: orderId, in: query, schema: {type: string, example: 'Order:1'}}\n      - {name: itemId, in: query, example: 'Item:1', schema: {type: string}}\n\
                 \x20   responses: {'200': {description: d, headers: {Request-Id: {schema: {type: string, example: 'Request:1'}}}}}\n";
    let expected = [
        "~1a/get/parameters/0/schema/example",
        "~1a/get/parameters/1/example",
        "~1a/get/responses/200/headers/Request-Id/schema/example",
    ];
    check_paths("id-example-format", paths, &expected);
}

#[test]
fn a_branch_may_be_pinned_by_a_number() {
    let schemas = "U: {oneOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}], discriminator: {propertyName: v}}\n\
                   A: {required: [v], properties: {v: {type: integer, const: 1}}}\nB: {required: [v], properties: {v: {type: integer}}}\n";
    check_schemas("discriminator-variant-const", schemas, &["B/properties/v"]);
}

#[test]
fn objects_without_a_name_are_seen_wherever_schemas_stand() {
    let schemas = "A:\n  patternProperties: {^x: {type: object, properties: {}}}\n  properties:\n    a: {type: object, allOf: [{properties: {}}]}\n    b: {allOf: [{$ref: '#/components/schemas/A'}]}\n";
    check_schemas("no-inline-object-schema", schemas, &["A/patternProperties/^x", "A/properties/a"]);
    let paths = "/a:\n  get:\n    parameters:\n      - {name: a, in: query, content: {application/json: {schema: {properties: {}}}}}\n    requestBody: {content: {application/json: {schema: {properties: {}}}}}\n";
    check_paths("no-inline-object-schema", paths, &["~1a/get/parameters/0/content/application~1json/schema"]);
}

#[test]
fn a_mapping_may_name_only_branches() {
    let schemas = "U:\n  oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}]\n  discriminator:\n    propertyName: k\n    mapping: {CAT: Cat, DOG: Dog, X: Nope, Y: Fish, Z: './Gone.yaml'}\nCat: {type: object}\nDog: {type: object}\nFish: {type: object}\n";
    check_schemas("union-mapping-members", schemas, &["U/discriminator/mapping/X", "U/discriminator/mapping/Y"]);
}

#[test]
fn deprecation_is_heard_in_every_plain_sentence() {
    let said = |text: &str| {
        !messages("deprecated-flag-matches-prose", &format!("{{type: string, description: '{text}'}}")).is_empty()
    };
    for text in [
        "The schema is deprecated.",
        "As of v2 this field is now deprecated",
        "DEPRECATED List things",
        "Deprecated: use another.",
        "As of v2, it is deprecated.",
    ] {
        assert!(said(text), "{text}");
    }
    for text in [
        "Deprecated sessions are listed last.",
        "It lists the deprecated ones.",
        "This is not deprecated.",
        "The `other` property is deprecated.",
        "Whether the session is deprecated.",
        "Clients of the deprecated protocol send it.",
    ] {
        assert!(!said(text), "{text}");
    }
}

#[test]
fn a_resource_with_an_array_is_no_list() {
    let paths = |schema: &str| {
        format!(
            "/me:\n  get: {{responses: {{'200': {{description: d, content: {{application/json: {{schema: {schema}}}}}}}}}}}\n"
        )
    };
    let list = "things: {type: array, items: {type: object}}";
    check_paths(
        "list-pagination",
        &paths(&format!("{{required: [id, things], properties: {{id: {{type: string}}, {list}}}}}")),
        &[],
    );
    check_paths(
        "list-pagination",
        &paths(&format!(
            "{{required: [a, b, c, d, things], properties: {{a: {{}}, b: {{}}, c: {{}}, d: {{}}, {list}}}}}"
        )),
        &[],
    );
    let found = "~1me/get/responses/200/content/application~1json/schema";
    check_paths(
        "list-pagination",
        &paths(&format!("{{required: [total, things], properties: {{total: {{type: integer}}, {list}}}}}")),
        &["~1me/get", "~1me/get", found, found],
    );
}

#[test]
fn the_shape_of_objects_is_that_of_the_specification() {
    let found = |document: &str| found_in(HEAD, "struct", document);
    let responses = "paths:\n  /a:\n    get: {responses: {'2000': {description: d}, ok: {description: d}, 2XX: {description: d}, default: {description: d}, x-a: 1}}\n";
    assert_eq!(found(responses), ["/paths/~1a/get/responses/2000", "/paths/~1a/get/responses/ok"]);
    let schemes = "components:\n  securitySchemes:\n    A: {type: apiKey}\n    B: {type: http, flows: {}}\n    C: {type: oauth2, flows: {foo: {}, implicit: {scopes: {}}}}\n    D: {type: openIdConnect}\n    E: {type: http, scheme: basic}\n    F: {type: apikey, name: n, in: query}\n";
    let place = |tail: &str| format!("/components/securitySchemes/{tail}");
    let expected = ["A", "A", "B", "B/flows", "C/flows/foo", "C/flows/implicit", "D", "F/type"];
    assert_eq!(found(schemes), expected.map(place));
    let parameters = "paths:\n  /a:\n    parameters:\n      - {name: a, in: query, schema: {}, content: {a/b: {}}}\n      - {name: b, in: query, content: {}}\n      - {name: c, in: header, style: form, schema: {}}\n      - {name: d, in: query, style: deepObject, schema: {}}\n";
    let place = |tail: &str| format!("/paths/~1a/parameters/{tail}");
    assert_eq!(found(parameters), ["0/schema", "1/content", "2/style"].map(place));
    let schemas = "components:\n  schemas:\n    A: {dependentRequired: {a: x}}\n    B: {pattern: '['}\n    C: {multipleOf: 0}\n    D: {required: [a, a]}\n    E: {type: [string, string]}\n    F: {items: []}\n    G: {if: 1}\n    H: {pattern: '^(?!a)'}\n";
    let place = |tail: &str| format!("/components/schemas/{tail}");
    let expected =
        ["A/dependentRequired/a", "B/pattern", "C/multipleOf", "D/required/1", "E/type/1", "F/items", "G/if"];
    assert_eq!(found(schemas), expected.map(place));
    let links = "components:\n  links:\n    A: {}\n    B: {operationId: a, operationRef: b}\n    C: {operationId: a}\n";
    assert_eq!(found(links), ["/components/links/A", "/components/links/B/operationId"]);
    let head_3_0 = "openapi: 3.0.3\ninfo: {title: t, version: '1', license: {name: n, identifier: i}}\npaths: {}\n";
    assert_eq!(found_in(head_3_0, "struct", "webhooks: {}\n"), ["/info/license/identifier", "/webhooks"]);
}

#[test]
fn a_path_holds_each_variable_once() {
    let paths = "/l/{a}/{a}:\n  get: {parameters: [{name: a, in: path, required: true, schema: {}}], responses: {}}\n";
    check_paths("path-parameters-defined", paths, &["~1l~1{a}~1{a}"]);
}

#[test]
fn a_delete_has_no_other_answer_with_a_body() {
    let body = "content: {application/json: {}}";
    let paths = format!(
        "/a:\n  delete: {{responses: {{'200': {{description: d, {body}}}, '202': {{description: d, {body}}}, '204': {{description: d}}}}}}\n"
    );
    check_paths("delete-returns-204", &paths, &["~1a/delete/responses/200"]);
}

#[test]
fn answers_count_as_they_do_for_redocly() {
    let paths = "/a:\n  get: {responses: {default: {description: d}}}\n  put: {responses: {'302': {description: d}, '404': {description: d}}}\n";
    check_paths("operation-4xx-response", paths, &["~1a/get/responses"]);
    check_paths("operation-2xx-response", paths, &["~1a/put/responses"]);
}

#[test]
fn acronyms_are_no_error_codes() {
    let response = |text: &str| format!("/a:\n  get: {{responses: {{'400': {{description: '{text}'}}}}}}\n");
    check_paths("prose-error-code-declared", &response("`IBAN` or `SWIFT` wrong, `HMAC`, `OIDC`, `OPTIONS`"), &[]);
    let found = ["~1a/get/responses/400/description"];
    check_paths("prose-error-code-declared", &response("`MALFORMED` or `NOT_THERE`"), &found);
}

#[test]
fn conditions_declare_members_of_examples() {
    let schemas = "I: {properties: {a: {}}, if: {required: [a]}, then: {properties: {t: {}}}, else: {properties: {e: {}}}, example: {a: x, t: y}}\n\
                   D: {properties: {a: {}}, dependentSchemas: {a: {properties: {b: {}}}}, example: {a: 1, b: 2}}\n\
                   E: {properties: {a: {}}, dependentSchemas: {c: {properties: {b: {}}}}, example: {a: 1, b: 2}}\n";
    check_schemas("example-no-undeclared-property", schemas, &["E/example/b"]);
}

#[test]
fn the_generator_s_limits_are_told_where_they_are_met() {
    let schemas = "A: {allOf: [{$ref: '#/components/schemas/O'}], additionalProperties: false, properties: {b: {}}}\nO: {properties: {o: {}}}\n";
    check_schemas("codegen-safe/closed-allof-base", schemas, &["A/additionalProperties"]);
    check_schemas("codegen-safe/enum-collision", "A: {enum: [A_é, A_è, '+']}\n", &["A/enum/1", "A/enum/2"]);
}

#[test]
fn nothing_stands_beside_a_reference_in_3_0() {
    let head = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: {}\n";
    let document =
        "components:\n  schemas:\n    A: {$ref: '#/components/schemas/B', description: d, x-foo: 1}\n    B: {}\n";
    let expected = ["/components/schemas/A/description", "/components/schemas/A/x-foo"];
    assert_eq!(found_in(head, "spec-ref-siblings", document), expected);
}

#[test]
fn texts_in_files_of_their_own_are_read() {
    let tree = Tree::of(&[(
        "root.yaml",
        "openapi: 3.1.0\ninfo: {title: t, version: '1', description: {$ref: ./d.md}}\npaths: {}\n",
    )]);
    tree.write("d.md", "# Title\n\nSee `GET /gone`.\n");
    assert_eq!(tree.lint(&["prose-endpoint-exists"]), ["d.md:3:6 prose-endpoint-exists"]);
}
