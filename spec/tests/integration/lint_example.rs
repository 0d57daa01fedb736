//! Examples that do not fit their schemas: what is found at which line.

use crate::tree::Tree;

/// Each entry is a schema with an example, in a line of its own; those that begin with `!` have a fault.
#[track_caller]
fn check(schemas: &[&str]) {
    let line = |(index, schema): (usize, &&str)| format!("    S{index}: {{{}}}\n", schema.trim_start_matches('!'));
    let text: String = schemas.iter().enumerate().map(line).collect();
    let tree = Tree::of(&[(
        "root.yaml",
        &format!("openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\ncomponents:\n  schemas:\n{text}"),
    )]);
    let linted = tree.linted(&["no-invalid-schema-examples"]);
    let faulty: Vec<usize> = linted.findings.iter().map(|finding| finding.span.line as usize - 5).collect();
    let expected: Vec<usize> = (0..schemas.len()).filter(|index| schemas[*index].starts_with('!')).collect();
    assert_eq!(faulty, expected, "{text}");
}

#[test]
fn lists_are_counted_by_what_they_contain_beside_their_items() {
    check(&[
        "!items: {type: integer}, contains: {const: 5}, example: [1]",
        "items: {type: integer}, contains: {const: 5}, example: [1, 5]",
        "!contains: {const: 5}, maxContains: 1, example: [5, 5]",
        "contains: {const: 5}, maxContains: 2, example: [5, 5]",
        "!contains: {const: 5}, minContains: 2, example: [5, 1]",
        "contains: {const: 5}, minContains: 0, example: [1]",
    ]);
}

#[test]
fn names_of_members_are_judged() {
    check(&[
        "!propertyNames: {pattern: '^[a-z]+$'}, example: {A: 1}",
        "propertyNames: {pattern: '^[a-z]+$'}, example: {a: 1}",
        "!propertyNames: {enum: [a, b]}, example: {c: 1}",
    ]);
}

#[test]
fn formats_of_text_and_numbers_are_judged() {
    check(&[
        "!type: integer, format: int32, example: 3000000000",
        "type: integer, format: int32, example: -2147483648",
        "!type: string, format: byte, example: '!!!'",
        "type: string, format: byte, example: 'YWI='",
        "!type: string, format: time, example: zz",
        "type: string, format: time, example: '08:00:00Z'",
        "!type: string, format: hostname, example: a b",
        "type: string, format: hostname, example: api.test.dev",
    ]);
}

#[test]
fn every_faulty_value_is_told_once_and_a_union_stays_one() {
    let text = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\ncomponents:\n  schemas:\n    \
                A: {items: {type: string}, example: [a, 1, 2]}\n    \
                B: {properties: {x: {type: string}}, additionalProperties: false, required: [x, y], example: {x: 1, b: 1, c: 1}}\n    \
                C: {oneOf: [{properties: {a: {const: 1}, b: {const: 1}}}, {type: string}], example: {a: 2, b: 2}}\n    \
                D: {allOf: [{$ref: '#/components/schemas/E'}, {$ref: '#/components/schemas/E'}], example: {e: 1}}\n    \
                E: {properties: {e: {type: string}}}\n";
    let tree = Tree::of(&[("root.yaml", text)]);
    let linted = tree.linted(&["no-invalid-schema-examples"]);
    let found: Vec<&str> = linted.findings.iter().map(|finding| finding.pointer.as_str()).collect();
    let expected = [
        "A/example/1",
        "A/example/2",
        "B/example",
        "B/example/x",
        "B/example/b",
        "B/example/c",
        "C/example/a",
        "D/example/e",
    ];
    assert_eq!(found, expected.map(|end| format!("/components/schemas/{end}")));
}
