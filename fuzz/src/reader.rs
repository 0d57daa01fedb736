//! The reader, on one file of any bytes:
//!
//! - what was printed is read again as the same document, YAML and JSON;
//! - every node stands in the file, in a column that its line has;
//! - JSON is read as the value that it is.

use crate::LENIENT;
use crate::folder::Folder;
use countersign_spec::{Document, Node, bundle};
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
    match bundle(&folder.path("root.yaml"), LENIENT) {
        Ok(document) => {
            let data = document.root().get("x-data").expect("`x-data` is in the bundle");
            stands_in_its_file(&document, data);
            reads_as_printed(&folder, &document);
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
    stands(node.span);
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
