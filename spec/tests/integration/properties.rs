//! What holds for every tree: for each of ours, whatever the layout of its files and the order of its keys.

use countersign_spec::{BundleOptions, Dangling, Document, LossyNumbers, Node, OnCollision, Value, bundle};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Takes all but two components of one name: which of them gets a number depends on the order.
const OPTIONS: BundleOptions =
    BundleOptions { on_collision: OnCollision::Error, dangling: Dangling::Keep, lossy_numbers: LossyNumbers::Round };

const EVERYTHING: BundleOptions = BundleOptions { on_collision: OnCollision::Number, ..OPTIONS };

/// How many orders of keys each tree is tried in.
const ORDERS: u64 = 3;

/// A value as it is written in one file: references stay references.
#[derive(Clone)]
enum Written {
    Mapping(Vec<(String, Written)>),
    Sequence(Vec<Written>),
    Scalar(String),
}

impl Written {
    fn of(node: &Node) -> Self {
        match &node.value {
            Value::Mapping(mapping) => {
                Self::Mapping(mapping.iter().map(|(key, value)| (key.to_owned(), Self::of(value))).collect())
            }
            Value::Sequence(items) => Self::Sequence(items.iter().map(Self::of).collect()),
            Value::String(text) => Self::Scalar(quoted(text)),
            Value::Number(_) => Self::Scalar(numeral(node.as_f64().unwrap())),
            Value::Bool(truth) => Self::Scalar(truth.to_string()),
            Value::Null => Self::Scalar("null".to_owned()),
        }
    }

    /// The text of a file: one key on each line, so that places tell their order.
    fn print(&self, out: &mut String) {
        match self {
            Self::Scalar(text) => out.push_str(text),
            Self::Sequence(items) => {
                out.push_str("[\n");
                for item in items {
                    item.print(out);
                    out.push_str(",\n");
                }
                out.push(']');
            }
            Self::Mapping(members) => {
                out.push_str("{\n");
                for (key, value) in members {
                    // Longer keys need a mark of their own.
                    let mark = if key.len() > 100 { "? " } else { "" };
                    out.push_str(&format!("{mark}{} : ", quoted(key)));
                    value.print(out);
                    out.push_str(",\n");
                }
                out.push('}');
            }
        }
    }

    fn shuffle(&mut self, numbers: &mut Numbers) {
        match self {
            Self::Mapping(members) => {
                for last in (1..members.len()).rev() {
                    members.swap(last, numbers.below(last + 1));
                }
                members.iter_mut().for_each(|(_, value)| value.shuffle(numbers));
            }
            Self::Sequence(items) => items.iter_mut().for_each(|item| item.shuffle(numbers)),
            Self::Scalar(_) => {}
        }
    }
}

/// Double quotes, and an escape for everything beyond ASCII.
fn quoted(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        _ => format!("\\U{:08X}", u32::from(c)),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

fn numeral(number: f64) -> String {
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() { if number > 0.0 { ".inf" } else { "-.inf" }.to_owned() } else { format!("{number:?}") }
}

/// A small generator, so that every run tries the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// What a file holds, its references untouched: they are not followed so deep in an extension.
fn written(folder: &Path, text: &str) -> Written {
    let text = text.trim_start_matches('\u{feff}').trim_start_matches("---\n");
    let indented: String = text.lines().map(|line| format!("      {line}\n")).collect();
    let path = folder.join("one.yaml");
    fs::write(&path, format!("openapi: 3.1.0\nx-data:\n  kept:\n    file:\n{indented}")).unwrap();
    let document = bundle(&path, EVERYTHING).unwrap_or_else(|found| panic!("{found}"));
    Written::of(document.root().pointer("/x-data/kept/file").unwrap())
}

/// A tree in memory: the path of its root document, its files as they are written, and those that are only text.
struct Source {
    root: PathBuf,
    files: BTreeMap<PathBuf, Written>,
    texts: BTreeMap<PathBuf, String>,
}

impl Source {
    /// The files that the document at `root` leads to.
    fn read(root: &Path) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let document = bundle(root, EVERYTHING).unwrap_or_else(|found| panic!("{found}"));
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let within = |path: &Path| path.canonicalize().unwrap().strip_prefix(&repository).unwrap().to_owned();
        let (mut files, mut texts) = (BTreeMap::new(), BTreeMap::new());
        for path in document.files() {
            let text = fs::read_to_string(path).unwrap();
            let name = within(path);
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("yaml" | "yml" | "json") => drop(files.insert(name, written(scratch.path(), &text))),
                _ => drop(texts.insert(name, text)),
            }
        }
        Self { root: within(root), files, texts }
    }

    fn shuffled(&self, seed: u64) -> Self {
        let mut numbers = Numbers(seed);
        let mut files = self.files.clone();
        files.values_mut().for_each(|file| file.shuffle(&mut numbers));
        Self { root: self.root.clone(), files, texts: self.texts.clone() }
    }

    fn bundle(&self, options: BundleOptions) -> (TempDir, Document) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        let write = |name: &Path, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for (name, file) in &self.files {
            let mut text = String::new();
            file.print(&mut text);
            write(name, &(text + "\n"));
        }
        self.texts.iter().for_each(|(name, text)| write(name, text));
        let document = bundle(&folder.path().join(&self.root), options).unwrap_or_else(|found| panic!("{found}"));
        (folder, document)
    }
}

/// Our contract, the bundler's cases and every rule's fixture.
fn roots() -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut roots = vec![here.join("../openapi/openapi.yaml")];
    for folder in ["tests/bundle-cases", "fixtures"] {
        for entry in fs::read_dir(here.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            roots.extend([path.clone(), path.join("root.yaml")].into_iter().filter(|path| is_document(path)));
        }
    }
    roots.sort();
    roots
}

/// Whether it bundles at all; the rules' fixtures hold mistakes.
fn is_document(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|extension| extension == "yaml") && bundle(path, EVERYTHING).is_ok()
}

#[track_caller]
fn assert_same(name: &Path, what: &str, left: &str, right: &str) {
    for (number, (left, right)) in left.lines().zip(right.lines()).enumerate() {
        assert_eq!(left, right, "{}, {what}: line {}", name.display(), number + 1);
    }
    assert_eq!(left.len(), right.len(), "{}, {what}", name.display());
}

/// Bundles the bundle, from YAML and from JSON.
fn assert_stable(name: &Path, document: &Document) {
    let folder = tempfile::tempdir().unwrap();
    let (yaml, json) = (folder.path().join("openapi.yaml"), folder.path().join("openapi.json"));
    fs::write(&yaml, document.to_yaml()).unwrap();
    let again = bundle(&yaml, EVERYTHING).unwrap_or_else(|found| panic!("{}: {found}", name.display()));
    assert_same(name, "the bundle of the bundle", &again.to_yaml(), &document.to_yaml());
    assert_same(name, "the bundle of the bundle as JSON", &again.to_json(), &document.to_json());
    fs::write(&json, document.to_json()).unwrap();
    // JSON has fewer numbers, and other characters may stand in it as they are.
    if let Ok(again) = bundle(&json, EVERYTHING) {
        assert_same(name, "the bundle of the JSON bundle", &again.to_json(), &document.to_json());
    } else {
        assert!(document.to_json().contains('\u{7f}'), "{}: the JSON bundle is refused", name.display());
    }
}

#[test]
fn bundling_a_bundle_changes_nothing() {
    for root in roots() {
        // Components whose names need an escape are not found again, which is why they are refused by default.
        if bundle(&root, BundleOptions { dangling: Dangling::Error, ..EVERYTHING }).is_ok() {
            assert_stable(&root, &bundle(&root, EVERYTHING).unwrap());
        }
    }
}

#[test]
fn the_layout_of_the_files_changes_nothing() {
    for root in roots() {
        let (_folder, document) = Source::read(&root).bundle(EVERYTHING);
        assert_same(&root, "laid out anew", &document.to_yaml(), &bundle(&root, EVERYTHING).unwrap().to_yaml());
    }
}

#[test]
fn the_order_of_keys_changes_only_the_order_of_keys() {
    let mut tried = 0;
    for root in roots() {
        let Ok(expected) = bundle(&root, OPTIONS) else { continue };
        let source = Source::read(&root);
        for seed in 0..ORDERS {
            let (_folder, document) = source.shuffled(seed).bundle(OPTIONS);
            let (found, wanted) = (document.root().to_json(), expected.root().to_json());
            assert!(found == wanted, "{}, order {seed}: other values\n{}", root.display(), document.to_yaml());
            assert_ordered(&root, &document);
        }
        tried += 1;
    }
    assert!(tried > 60, "{tried}");
}

const ROOT_ORDER: [&str; 11] = [
    "openapi",
    "info",
    "jsonSchemaDialect",
    "servers",
    "security",
    "tags",
    "externalDocs",
    "paths",
    "webhooks",
    "x-webhooks",
    "components",
];

/// The keys of the root stand in their fixed order, integer-like ones come first and ascend, and all others stand as
/// their file has them.
fn assert_ordered(name: &Path, document: &Document) {
    let rank = |key: &str| ROOT_ORDER.iter().position(|first| *first == key).unwrap_or(ROOT_ORDER.len());
    let ranks: Vec<usize> = document.root().entries().map(|(key, _)| rank(key)).collect();
    assert!(ranks.is_sorted(), "{}: {ranks:?}", name.display());
    let mut pending: Vec<(String, &Node)> = vec![(String::new(), document.root())];
    while let Some((pointer, node)) = pending.pop() {
        if let Some(mapping) = node.as_mapping() {
            let index = |key: &str| key.parse::<u32>().ok().filter(|index| index.to_string() == key);
            let indices: Vec<Option<u32>> = mapping.iter().map(|(key, _)| index(key)).collect();
            let numbered = indices.iter().take_while(|index| index.is_some()).count();
            assert!(indices[..numbered].is_sorted(), "{}{pointer}: {indices:?}", name.display());
            assert!(indices[numbered..].iter().all(Option::is_none), "{}{pointer}: {indices:?}", name.display());
            let mut last: BTreeMap<PathBuf, (u32, u32)> = BTreeMap::new();
            let is_arranged = pointer.is_empty() || pointer == "/components";
            for (key, _) in mapping.iter().skip(numbered).filter(|_| !is_arranged) {
                let place = document.place(mapping.key_span(key).unwrap());
                let before = last.insert(place.file.clone(), (place.line, place.column)).unwrap_or_default();
                let here = (place.line, place.column);
                assert!(before < here, "{}{pointer}/{key} stands at {place}", name.display());
            }
        }
        pending.extend(node.entries().map(|(key, value)| (format!("{pointer}/{key}"), value)));
        pending.extend(node.items().iter().map(|item| (format!("{pointer}/-"), item)));
    }
}

#[test]
fn the_trees_hold_what_the_properties_are_about() {
    let texts: Vec<String> = roots().iter().map(|root| bundle(root, EVERYTHING).unwrap().to_yaml()).collect();
    let groups: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| text.lines().skip_while(|line| *line != "components:"))
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':').filter(|key| !key.starts_with(' ')))
        .collect();
    for group in ["schemas", "parameters", "responses", "examples", "requestBodies", "headers", "links", "callbacks"] {
        assert!(groups.contains(group), "{groups:?}");
    }
}
