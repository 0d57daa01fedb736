//! One edit is one change, however many operations it reaches; and what reports look like.

use super::Pair;
use countersign_spec::diff::{Profile, Verdict};

/// Three operations that share a schema, and one that does not.
fn sessions(session: &str, more_paths: &str) -> String {
    let answer = "responses: {'200': {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/AuthSession'}}}}}";
    let list = "responses: {'200': {description: x, content: {application/json: {schema: {type: object, properties: {data: {type: array, items: {$ref: '#/components/schemas/AuthSession'}}}}}}}}";
    format!(
        "paths:
  /auth/sessions: {{get: {{operationId: listAuthSessions, tags: [Sessions], {list}}}}}
  /auth/sessions/{{id}}:
    parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}]
    get: {{operationId: readAuthSession, tags: [Sessions], {answer}}}
    put: {{operationId: replaceAuthSession, tags: [Sessions], requestBody: {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/AuthSession'}}}}}}}}, {answer}}}
  /health: {{get: {{operationId: getHealth, responses: {{'204': {{description: x}}}}}}}}
{more_paths}components:
  schemas:
    AuthSession:
      type: object
      required: [id]
      properties:
{session}"
    )
}

const BEFORE: &str =
    "        id: {type: string}\n        name: {type: string, maxLength: 10}\n        note: {type: string}\n";

#[test]
fn one_edited_schema_is_one_finding_with_the_operations_folded_underneath() {
    let after = "        id: {type: string}\n        name: {type: string, maxLength: 10}\n";
    let report = Pair::new(&sessions(BEFORE, ""), &sessions(after, "")).report(Profile::House);
    let [change] = report.changes.as_slice() else { panic!("{:#?}", report.changes) };
    assert_eq!(change.component.as_deref(), Some("AuthSession"));
    assert_eq!(change.pointer, "/components/schemas/AuthSession/properties/note");
    assert_eq!(change.operations, ["GET /auth/sessions", "GET /auth/sessions/{id}", "PUT /auth/sessions/{id}"]);
    assert_eq!((change.place.line, change.place.column), (18, 9));
    assert!(change.place.file.ends_with("base.yaml"));
}

#[test]
fn only_the_operations_are_listed_that_it_is_so_bad_for() {
    let after = BEFORE.replace("maxLength: 10", "maxLength: 9");
    let report = Pair::new(&sessions(BEFORE, ""), &sessions(&after, "")).report(Profile::House);
    let [change] = report.changes.as_slice() else { panic!("{:#?}", report.changes) };
    assert_eq!(change.verdict, Verdict::Breaking);
    assert_eq!(change.operations, ["PUT /auth/sessions/{id}"]);
}

#[test]
fn a_schema_that_others_build_on_is_the_cause_in_all_of_them() {
    let document = |note: &str| {
        format!(
            "paths:
  /a: {{get: {{responses: {{'200': {{description: x, content: {{application/json: {{schema: {{$ref: '#/components/schemas/A'}}}}}}}}}}}}}}
  /b: {{get: {{responses: {{'200': {{description: x, content: {{application/json: {{schema: {{$ref: '#/components/schemas/B'}}}}}}}}}}}}}}
components:
  schemas:
    Root: {{type: object, properties: {{id: {{type: string}}{note}}}}}
    A: {{allOf: [{{$ref: '#/components/schemas/Root'}}, {{properties: {{a: {{type: string}}}}}}]}}
    B: {{oneOf: [{{allOf: [{{$ref: '#/components/schemas/Root'}}], title: X}}, {{allOf: [{{$ref: '#/components/schemas/A'}}], title: Y}}]}}
"
        )
    };
    let report = Pair::new(&document(", note: {type: string}"), &document("")).report(Profile::House);
    let [change] = report.changes.as_slice() else { panic!("{:#?}", report.changes) };
    assert_eq!(change.component.as_deref(), Some("Root"));
    assert_eq!(change.operations, ["GET /a", "GET /b"]);
}

fn refresh() -> String {
    "  /auth/sessions/{id}/refresh: {post: {operationId: refreshAuthSession, tags: [Sessions], responses: {'204': {description: x}}}}\n".to_owned()
}

#[test]
fn the_changelog_of_a_new_operation_is_made_of_its_operation_id_and_tag() {
    let report = Pair::new(&sessions(BEFORE, ""), &sessions(BEFORE, &refresh())).report(Profile::House);
    assert_eq!(report.changelog, ["feat(api): add refresh method to auth sessions"]);
    let back = Pair::new(&sessions(BEFORE, &refresh()), &sessions(BEFORE, "")).report(Profile::House);
    assert_eq!(back.changelog, ["feat(api)!: remove refresh method from auth sessions"]);
}

#[test]
fn a_change_that_no_client_sees_is_a_chore() {
    let base = sessions(BEFORE, "");
    let head = base.replace("AuthSession'", "Session'").replace("    AuthSession:", "    Session:");
    let report = Pair::new(&base, &head).report(Profile::House);
    assert_eq!(report.changelog, ["chore(internal): change nothing that clients see"]);
    assert_eq!(report.verdict(), Verdict::NonBreaking);
    assert_eq!(Pair::new(&base, &head).report(Profile::Sdk).verdict(), Verdict::Breaking);
}

#[test]
fn the_markdown_is_a_comment_that_says_what_breaks_and_for_whom() {
    let after = "        id: {type: string}\n        name: {type: string, maxLength: 9}\n        state: {type: string, enum: [ON]}\n";
    let head = sessions(after, &refresh()).replace("responses: {'204'", "deprecated: true, responses: {'204'");
    let markdown = Pair::new(&sessions(BEFORE, ""), &head).report(Profile::House).to_markdown();
    let shown: String = markdown
        .split_inclusive('\n')
        .map(|line| match (line.find(", /"), line.rfind("yaml:")) {
            // The folder is another one in each run.
            (Some(from), Some(to)) => format!("{}, {}", &line[..from], line[to..].replacen("yaml", "FILE", 1)),
            _ => line.to_owned(),
        })
        .collect();
    assert_eq!(
        shown,
        "## API: 2 breaking changes

### What breaks

- **AuthSession**: `note` is gone: clients still read it (`property-removed`, FILE:18:9)
  - for `GET /auth/sessions`, `GET /auth/sessions/{id}`, `PUT /auth/sessions/{id}`
- **AuthSession**: `maxLength` of `name` was 10 and is 9: clients may send what is no longer accepted (`constraint-tightened`, FILE:18:30)
  - for `PUT /auth/sessions/{id}`

<details><summary>3 other changes</summary>

- **AuthSession**: `state` is new (`property-added`, FILE:19:9)
  - for `GET /auth/sessions`, `GET /auth/sessions/{id}`, `PUT /auth/sessions/{id}`
- `GET /health` is deprecated (`deprecated`, FILE:9:13)
  - for `GET /health`
- `POST /auth/sessions/{id}/refresh` is new (`operation-added`, FILE:10:33)
  - for `POST /auth/sessions/{id}/refresh`

</details>

### Client changelog

```text
feat(api)!: remove note from auth session
feat(api)!: change name in auth session
feat(api): add state to auth session
feat(api): deprecate GET /health
feat(api): add refresh method to auth sessions
```

Judged by the `house` profile.
"
    );
}

#[test]
fn nothing_is_said_of_a_document_and_itself() {
    let report = Pair::new(&sessions(BEFORE, ""), &sessions(BEFORE, "")).report(Profile::Sdk);
    assert_eq!(report.changes, []);
    assert!(report.to_markdown().starts_with("## API: no change\n"));
}

#[test]
fn json_has_the_members_of_the_contract_and_nothing_more() {
    let report = Pair::new(&sessions(BEFORE, ""), &sessions(BEFORE, &refresh())).report(Profile::House);
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "verdict": "non-breaking",
            "profile": "house",
            "changes": [{
                "id": "operation-added",
                "verdict": "non-breaking",
                "operations": ["POST /auth/sessions/{id}/refresh"],
                "message": "`POST /auth/sessions/{id}/refresh` is new",
                "pointer": "/paths/~1auth~1sessions~1{id}~1refresh/post",
            }],
            "changelog": ["feat(api): add refresh method to auth sessions"],
        })
    );
}

#[test]
fn names_that_look_like_markup_are_shown_as_they_are() {
    let document = |properties: &str| {
        let answer = "responses: {'200': {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/A*`_B'}}}}}";
        let paths: String = (0..5).map(|n| format!("  '/x|`*y*_<b>{n}': {{get: {{{answer}}}}}\n")).collect();
        format!("paths:\n{paths}components: {{schemas: {{'A*`_B': {{type: object, properties: {{{properties}}}}}}}}}\n")
    };
    let base = document(
        "'a`b|c': {type: string}, \"two\\nlines\": {type: string}, \"\\u202Eright\": {type: string}, '': {type: string}, 'x``': {type: string}",
    );
    let report = Pair::new(&base, &document("")).report(Profile::House);
    let markdown = report.to_markdown();
    for line in [
        "- **A\\*\\`\\_B**: `` a`b|c `` is gone: clients still read it (",
        "- **A\\*\\`\\_B**: `two\\u{a}lines` is gone: ",
        "- **A\\*\\`\\_B**: `\\u{202e}right` is gone: ",
        "- **A\\*\\`\\_B**: `\"\"` is gone: ",
        "- **A\\*\\`\\_B**: ``` x`` ``` is gone: ",
    ] {
        let line = line.replace("two\\u{a}lines", "two\\nlines");
        assert!(markdown.contains(&line), "{line}\n{markdown}");
    }
    assert!(markdown.contains("<br><code>GET /x&#124;&#96;&#42;y&#42;&#95;&#60;b&#62;0</code>"), "{markdown}");
    let text = report.to_text();
    assert!(text.contains("A*`_B: `two\\nlines` is gone: "), "{text}");
}

#[test]
fn edited_documentation_is_one_line_however_much_was_edited() {
    let document = |text: &str, version: u8| {
        let paths: String = (0..120)
            .map(|n| format!("  /p{n}: {{get: {{summary: {text}, description: {text}, responses: {{}}}}}}\n"))
            .collect();
        format!("openapi: 3.1.0\ninfo: {{title: {text}, version: '{version}'}}\npaths:\n{paths}")
    };
    let report = Pair::new(&document("one", 1), &document("two", 2)).report(Profile::House);
    let [change] = report.changes.as_slice() else { panic!("{:#?}", report.changes) };
    assert_eq!(change.message, "the documentation changed: 1 title, 120 summaries, 120 descriptions");
    assert_eq!((change.verdict, change.operations.len()), (Verdict::NonBreaking, 0));
    assert_eq!(report.changelog, ["chore(internal): change the documentation only"]);
}

#[test]
fn one_edited_schema_is_one_finding_under_however_many_names_it_is_used() {
    let document = |schema: &str| {
        let members: String = (0..40).map(|n| format!("p{n}: {{$ref: '#/components/schemas/X'}}, ")).collect();
        format!(
            "paths: {{/a: {{post: {{requestBody: {{content: {{application/json: {{schema: {{type: object, properties: {{{members}}}}}}}}}}}, responses: {{}}}}}}}}\ncomponents: {{schemas: {{X: {schema}}}}}\n"
        )
    };
    let base = "{type: string, maxLength: 10, format: email, enum: [A, B], default: A}";
    let head = "{type: [string, 'null'], maxLength: 5, format: uri, enum: [A, null], default: B, deprecated: true}";
    let report = Pair::new(&document(base), &document(head)).report(Profile::House);
    let mut found: Vec<_> = report.changes.iter().map(|change| (change.id, change.message.as_str())).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("became-nullable", "`X` may be null now"),
            (
                "default-changed",
                "the default of `X` was `\"A\"` and is `\"B\"`: clients that leave it out get something else"
            ),
            ("deprecated", "`X` is deprecated"),
            ("enum-value-removed", "`X` loses `B`: clients may send it"),
            ("format-changed", "the format of `X` was `email` and is `uri`: clients send the old format"),
        ]
    );
}

#[test]
fn a_comment_is_never_longer_than_a_comment_may_be() {
    let document = |schema: &str, count: usize, path: &str| {
        let answer = "responses: {'200': {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}";
        let paths: String = (0..count).map(|n| format!("  /{path}{n}: {{get: {{{answer}}}}}\n")).collect();
        format!("paths:\n{paths}components: {{schemas: {{A: {schema}}}}}\n")
    };
    let long = "a".repeat(250);
    let enumeration: String = (0..100).map(|n| format!("{}{n}, ", "long-value-".repeat(20))).collect();
    for (base, head) in [
        (document("{type: string}", 300, &long), document("{type: integer}", 300, &long)),
        (document("{type: string}", 0, &long), document("{type: string}", 300, &long)),
        (document("{type: string}", 300, &long), document("{type: string}", 0, &long)),
        (document(&format!("{{enum: [{enumeration}]}}"), 1, "a"), document("{enum: [a]}", 1, "a")),
    ] {
        let markdown = Pair::new(&base, &head).report(Profile::House).to_markdown();
        assert!(markdown.chars().count() < 65_536, "{}", markdown.chars().count());
        assert!(markdown.ends_with("Judged by the `house` profile.\n"));
    }
}

#[test]
fn the_changelog_names_what_was_changed() {
    let document = |security: &str, member: &str| {
        let body =
            format!("content: {{application/json: {{schema: {{type: object, properties: {{size: {member}}}}}}}}}");
        format!(
            "{security}paths: {{/: {{post: {{operationId: resize, requestBody: {{{body}}}, responses: {{}}}}}}}}\ncomponents: {{securitySchemes: {{k: {{type: http, scheme: basic}}}}}}\n"
        )
    };
    let report = Pair::new(&document("", "{type: integer}"), &document("security: [{k: []}]\n", "{type: string}"));
    assert_eq!(
        report.report(Profile::House).changelog,
        ["feat(api)!: require credentials for resize", "feat(api)!: change size in resize"]
    );
    let nameless = |path: &str| format!("paths: {{{path}}}\n");
    let report = Pair::new(&nameless(""), &nameless("'/{id}': {get: {responses: {}}}")).report(Profile::House);
    assert_eq!(report.changelog, ["feat(api): add get method to /{id}"]);
}

#[test]
fn an_item_with_a_place_of_its_own_is_called_by_its_number() {
    let document = |second: &str| {
        let schema = format!("{{type: array, prefixItems: [{{type: string}}, {{type: {second}}}]}}");
        format!(
            "paths: {{/a: {{post: {{requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}, responses: {{}}}}}}}}\n"
        )
    };
    let report = Pair::new(&document("string"), &document("integer")).report(Profile::House);
    let [change] = report.changes.as_slice() else { panic!("{:#?}", report.changes) };
    assert_eq!(change.message, "item 2 of the body was `string` and is `integer`: clients send the old type");
}

#[test]
fn what_a_reference_took_the_place_of_stands_at_the_reference() {
    let document = |schema: &str| {
        let body = |schema: &str| format!("requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}");
        format!(
            "paths:\n  /a: {{post: {{{}, responses: {{}}}}}}\n  /b: {{post: {{{}, responses: {{}}}}}}
components: {{schemas: {{X: {{type: object, properties: {{n: {{type: integer}}, y: {{$ref: '#/components/schemas/Y'}}}}}}, Y: {{type: string}}}}}}\n",
            body(schema),
            body("{$ref: '#/components/schemas/X'}"),
        )
    };
    let inline = |kind: &str| {
        format!("{{type: {kind}, properties: {{n: {{type: string}}, y: {{$ref: '#/components/schemas/Y'}}}}}}")
    };
    let place = "/paths/~1a/post/requestBody/content/application~1json/schema";
    for (kind, message) in [
        ("object", "`n` was `string` and is `integer`: clients send the old type"),
        ("array", "the body was `array` and is `object`: clients send the old type"),
    ] {
        let pair = Pair::new(&document(&inline(kind)), &document("{$ref: '#/components/schemas/X'}"));
        let report = pair.report(Profile::House);
        let [change] = report.changes.as_slice() else { panic!("{:#?}", report.changes) };
        assert_eq!((change.message.as_str(), change.pointer.as_str()), (message, place));
        assert_eq!((change.component.as_deref(), change.place.line), (Some("X"), 4));
        assert_eq!(change.operations, ["POST /a"]);
    }
}
