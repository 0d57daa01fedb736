//! The reader, on one file of any bytes:
//!
//! - what was printed is read again as the same document, YAML and JSON;
//! - every node stands in the file, in a column that its line has;
//! - JSON is read as the value that it is;
//! - a comment at the end changes nothing.

use crate::LENIENT;
use crate::folder::Folder;
use countersign_spec::{Diagnostics, Document, Node, Value, bundle};
use serde_json::Value as Json;

/// A document whose `x-data` is the input.
fn wrapped(name: &str) -> Vec<u8> {
    format!("openapi: 3.1.0\nx-data: {{$ref: ./{name}}}\n").into_bytes()
}

/// Reads the input as a file and checks what was read.
///
/// # Panics
/// A property does not hold.
pub fn check(input: &[u8]) {
    let json: Option<Json> = serde_json::from_slice(input).ok();
    let name = if json.is_some() { "data.json" } else { "data.yaml" };
    let folder = Folder::new(&[("root.yaml".to_owned(), wrapped(name)), (name.to_owned(), input.to_vec())]);
    let read = || bundle(&folder.path("root.yaml"), LENIENT);
    let result = read();
    match &result {
        Ok(document) => {
            let data = data(document);
            // What ends in two carriage returns and a newline is one line to some and two to others.
            if !input.windows(3).any(|three| three == b"\r\r\n") {
                stands_in_its_file(document, data);
            }
            reads_as_printed(&folder, document);
            if let Some(json) = json {
                let read = data.to_json();
                assert!(is_same(&json, &read), "JSON is read as another value:\n{json}\n{read}");
            }
        }
        Err(found) => {
            assert!(!found.0.is_empty(), "there is no reason why the file was refused");
            let said = found.to_string();
            assert!(json.is_none() || is_limit(&said), "JSON is refused: {said}");
        }
    }
    // What is the last on a line without an end is not always the same as before a line break.
    if input.ends_with(b"\n") {
        folder.write(name, with_comment(input));
        // Columns behind a pair of escapes are only about right.
        let has_pair = input.windows(3).any(|three| three.eq_ignore_ascii_case(b"\\ud"));
        is_unchanged(&result, &read(), !has_pair);
    }
}

fn data(document: &Document) -> &Node {
    document.root().get("x-data").expect("`x-data` is in the bundle")
}

/// The input and a comment on a line of its own, which ends as on old systems: readers have a fast way for what files
/// often hold, and this has them go the other one.
fn with_comment(input: &[u8]) -> Vec<u8> {
    [input, b"# \r"].concat()
}

/// # Panics
/// The two are not the same.
fn is_unchanged(without: &Result<Document, Diagnostics>, with: &Result<Document, Diagnostics>, places_are_exact: bool) {
    match (without, with) {
        (Ok(without), Ok(with)) => {
            // In text on the first level, the line of the comment may be one more of the text.
            if data(without).as_str().is_none() {
                assert_eq!(without.to_yaml(), with.to_yaml(), "a comment changes a value");
                let is_moved = places_are_exact && places(data(without)) != places(data(with));
                assert!(!is_moved, "a comment moves a value: {:?} {:?}", places(data(without)), places(data(with)));
            }
        }
        (Err(_), Err(_)) => {}
        (Ok(document), Err(found)) => {
            assert!(data(document).as_str().is_some(), "with a comment it is refused: {found}");
        }
        (Err(found), Ok(_)) => panic!("only with a comment it is taken: {found}"),
    }
}

/// Where keys and values stand, but for those that hold nothing and may be nowhere. For lists only the line counts.
fn places(node: &Node) -> Vec<(u32, u32)> {
    let mut places = Vec::new();
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        let is_empty = node.is_null() || node.as_str().is_some_and(|text| text.trim().is_empty());
        if !is_empty {
            let is_list = matches!(node.value, Value::Sequence(_));
            places.push((node.span.line, if is_list { 0 } else { node.span.column }));
        }
        if let Some(mapping) = node.as_mapping() {
            let written = mapping.iter().filter(|(key, _)| *key != "null");
            let keys = written.filter_map(|(key, _)| mapping.key_span(key));
            places.extend(keys.map(|span| (span.line, span.column)));
        }
        pending.extend(node.items());
        pending.extend(node.entries().map(|(_, value)| value));
    }
    places
}

/// Refusals that hold for JSON as well.
fn is_limit(said: &str) -> bool {
    const LIMITS: [&str; 4] = ["is written twice", "levels deep", "values, aliases expanded", "cannot stand in a file"];
    LIMITS.iter().any(|limit| said.contains(limit))
}

fn stands_in_its_file(document: &Document, node: &Node) {
    let stands = |span| {
        let line = document.source_line(span).unwrap_or_else(|| panic!("there is no {}", document.place(span)));
        let column = usize::try_from(span.column).expect("a column is a number of characters");
        assert!(column <= line.chars().count() + 1, "{} is beyond {line:?}", document.place(span));
    };
    // A value that is not written at all may stand at the end of the file, below the last line.
    if !node.is_null() {
        stands(node.span);
    }
    if let Some(mapping) = node.as_mapping() {
        for (key, value) in mapping.iter() {
            mapping.key_span(key).into_iter().for_each(stands);
            stands_in_its_file(document, value);
        }
    }
    node.items().iter().for_each(|item| stands_in_its_file(document, item));
}

/// Bundles what was printed, and compares what is printed then.
///
/// # Panics
/// It is something else.
pub(crate) fn reads_as_printed(folder: &Folder, document: &Document) {
    let again = |name: &str, text: &str| {
        folder.write(name, text);
        bundle(&folder.path(name), LENIENT)
    };
    let yaml = document.to_yaml();
    match again("printed/root.yaml", &yaml) {
        Ok(second) => assert_eq!(second.to_yaml(), yaml, "the bundle of the bundle is another"),
        Err(found) => panic!("the bundle is refused: {found}\n{yaml}"),
    }
    let json = document.to_json();
    match again("printed/root.json", &json) {
        Ok(second) => assert_eq!(second.to_json(), json, "the bundle of the JSON bundle is another"),
        // `JSON.stringify` escapes less than YAML asks for.
        Err(found) => assert!(is_limit(&found.to_string()), "the JSON bundle is refused: {found}\n{json}"),
    }
}

/// Equal values; numbers as doubles, because that is what the reader makes of them.
fn is_same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_same(a, b)))
        }
        _ => a == b,
    }
}
