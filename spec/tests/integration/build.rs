//! Writing the bundle, and checking it.

use crate::tree::Tree;
use countersign_spec::BundleOptions;
use countersign_spec::build::{Build, BuildError, Format};
use std::fs;

fn tree() -> Tree {
    Tree::new("components:\n  schemas:\n    X:\n      $ref: ./X.yaml\n", &[("X.yaml", "type: string\n")])
}

fn build(tree: &Tree) -> Build {
    Build {
        root: tree.path("root.yaml"),
        out: tree.path("dist/deep"),
        formats: vec![Format::Yaml, Format::Json],
        options: BundleOptions::default(),
    }
}

#[test]
fn both_files_are_written_and_then_up_to_date() {
    let tree = tree();
    let build = build(&tree);
    let written = build.write().unwrap();
    assert_eq!(written.changed, [tree.path("dist/deep/openapi.yaml"), tree.path("dist/deep/openapi.json")]);
    assert!(fs::read_to_string(&written.changed[0]).unwrap().ends_with("    X:\n      type: string\n"));
    assert!(fs::read_to_string(&written.changed[1]).unwrap().ends_with("\n}"));
    assert_eq!(fs::read_dir(tree.path("dist/deep")).unwrap().count(), 2, "nothing else is left behind");
    build.check().unwrap();
}

#[test]
fn files_that_are_up_to_date_are_not_touched() {
    let tree = tree();
    let build = build(&tree);
    build.write().unwrap();
    let path = tree.path("dist/deep/openapi.yaml");
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    let written = build.write().unwrap();
    assert!(written.changed.is_empty());
    assert_eq!(written.unchanged.len(), 2);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
}

#[test]
fn a_check_writes_nothing_and_names_what_is_missing() {
    let tree = tree();
    let BuildError::Stale(stale) = build(&tree).check().unwrap_err() else { panic!("not stale") };
    assert_eq!(stale.len(), 2);
    assert!(stale.iter().all(|file| file.missing));
    assert!(!tree.path("dist").exists());
}

#[test]
fn a_check_names_the_source_that_the_bundle_lacks() {
    let tree = tree();
    let build = build(&tree);
    build.write().unwrap();
    tree.write("X.yaml", "title: new\ntype: integer\n");
    let error = build.check().unwrap_err();
    let BuildError::Stale(stale) = &error else { panic!("{error}") };
    let (pointer, place) = stale[0].first_difference.clone().unwrap();
    assert_eq!(pointer, "/components/schemas/X/title");
    assert_eq!((place.file, place.line, place.column), (tree.path("X.yaml"), 1, 1));
    assert!(error.to_string().contains("openapi.json is stale"), "{error}");
}

#[test]
fn a_check_sees_what_was_removed_from_the_source_and_what_was_only_reformatted() {
    let tree = tree();
    let build = Build { formats: vec![Format::Yaml], ..build(&tree) };
    build.write().unwrap();
    tree.write("root.yaml", format!("{}components: {{}}\n", crate::tree::HEAD));
    let BuildError::Stale(stale) = build.check().unwrap_err() else { panic!("not stale") };
    assert_eq!(stale[0].first_difference.as_ref().unwrap().0, "/components/schemas");

    build.write().unwrap();
    let path = tree.path("dist/deep/openapi.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("# by hand\n{text}")).unwrap();
    let BuildError::Stale(stale) = build.check().unwrap_err() else { panic!("not stale") };
    assert_eq!(stale[0].first_difference, None);
    assert!(stale[0].to_string().ends_with("it holds other bytes"), "{}", stale[0]);
}

#[test]
fn a_document_with_problems_is_not_written() {
    let tree = tree();
    fs::remove_file(tree.path("X.yaml")).unwrap();
    assert!(matches!(build(&tree).write().unwrap_err(), BuildError::Diagnostics(found) if found.0.len() == 1));
    assert!(!tree.path("dist").exists());
}

#[test]
fn output_that_cannot_be_written_is_reported_with_its_path() {
    let tree = tree();
    tree.write("dist", "a file where the folder should be");
    let error = build(&tree).write().unwrap_err();
    assert!(matches!(&error, BuildError::Output { path, .. } if *path == tree.path("dist/deep")), "{error}");
}

#[test]
fn warnings_of_the_bundler_reach_the_caller() {
    let tree = tree();
    tree.write(
        "root.yaml",
        format!("{}components: {{schemas: {{X: {{$ref: ./X.yaml, title: t}}}}}}\n", crate::tree::HEAD),
    );
    assert_eq!(build(&tree).write().unwrap().warnings.len(), 1);
}
