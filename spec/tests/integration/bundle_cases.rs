//! The reference bundler's output, byte for byte.

use countersign_spec::{BundleOptions, Dangling, LossyNumbers, OnCollision, bundle};
use std::fs;
use std::path::{Path, PathBuf};

const LENIENT: BundleOptions =
    BundleOptions { on_collision: OnCollision::Number, dangling: Dangling::Keep, lossy_numbers: LossyNumbers::Round };

fn folder(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundle-cases").join(case)
}

/// Bundles a case and compares each format that the reference has.
fn check(case: &str) {
    let folder = folder(case);
    let document = bundle(&folder.join("root.yaml"), LENIENT).unwrap_or_else(|found| panic!("{found}"));
    compare(&document.to_yaml(), &folder.join("r.yaml"));
    let json = folder.join("r.json");
    if json.exists() {
        compare(&document.to_json(), &json);
    }
}

fn compare(ours: &str, expected: &Path) {
    let expected = fs::read_to_string(expected).unwrap();
    for (number, (ours, expected)) in ours.lines().zip(expected.lines()).enumerate() {
        assert_eq!(ours, expected, "line {}", number + 1);
    }
    assert_eq!(ours, expected);
}

#[test]
fn aliases_and_anchors_print_as_in_the_reference() {
    check("aliases-and-anchors");
}

#[test]
fn data_and_events_print_as_in_the_reference() {
    check("data-and-events");
}

#[test]
fn names_and_unions_print_as_in_the_reference() {
    check("names-and-unions");
}

#[test]
fn references_print_as_in_the_reference() {
    check("references");
}

#[test]
fn scalars_print_as_in_the_reference() {
    check("scalars");
}
