//! `--fix` twice is `--fix` once, comments stay, and the bundle means the same: over every rule's fixture, over mistakes
//! in the project's own document, and over schemas written in every style.

use crate::tree::Tree;
use countersign_spec::lint::{Lint, rule_ids};
use countersign_spec::{BundleOptions, Dangling, LossyNumbers, OnCollision, bundle};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rules that mend, and what each may change in the bundle. Nothing else may differ.
const MENDING: [(&str, Allowed); 4] = [
    ("const-has-type", |before, after| before.contains_key("const") && gains_type(before, after)),
    ("enum-has-type", |before, after| before.contains_key("enum") && gains_type(before, after)),
    ("no-server-trailing-slash", |before, after| {
        let url = |server: &Members| {
            server.get("url").and_then(Value::as_str).map(|url| url.trim_end_matches('/').to_owned())
        };
        url(before).is_some() && url(before) == url(after)
    }),
    ("redundant-length", |before, after| {
        let Some(pattern) = before.get("pattern").and_then(Value::as_str) else { return false };
        let is_redundant = |(key, bound): (&String, &Value)| {
            let fits = repetitions(pattern).is_none_or(|count| bound.as_u64() == Some(count));
            (key == "minLength" || key == "maxLength") && fits
        };
        before.iter().filter(|(key, _)| !after.contains_key(*key)).all(is_redundant)
    }),
];

type Members = serde_json::Map<String, Value>;

/// Whether a mapping of the bundle may become another.
type Allowed = fn(&Members, &Members) -> bool;

/// How often `^a{6}$` and `^[0-9]{6}$` repeat what they repeat; `None` of other patterns.
fn repetitions(pattern: &str) -> Option<u64> {
    let (repeated, count) = pattern.strip_prefix('^')?.strip_suffix("}$")?.rsplit_once('{')?;
    let is_class = repeated.starts_with('[') && repeated.find(']') == Some(repeated.len() - 1);
    (is_class || repeated.chars().count() == 1).then(|| count.parse().ok())?
}

fn gains_type(before: &Members, after: &Members) -> bool {
    let Some(name) = after.get("type").and_then(Value::as_str).filter(|_| !before.contains_key("type")) else {
        return false;
    };
    let values =
        before.get("const").into_iter().chain(before.get("enum").and_then(Value::as_array).into_iter().flatten());
    values.into_iter().all(|value| match name {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        _ => false,
    })
}

/// The places where two bundles differ other than by what a rule may change.
fn differences(before: &Value, after: &Value, place: &str, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            let own_differ = a.keys().any(|key| !b.contains_key(key)) || b.keys().any(|key| !a.contains_key(key));
            let is_allowed = MENDING.iter().any(|(_, allowed)| allowed(a, b));
            if own_differ && !is_allowed {
                found.push(format!("{place}: {a:?} became {b:?}"));
            }
            for (key, value) in a {
                match b.get(key) {
                    Some(_) if key == "url" && is_allowed => {}
                    Some(other) => differences(value, other, &format!("{place}/{key}"), found),
                    None => {}
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(a, b, &format!("{place}/{index}"), found);
            }
        }
        _ if before == after => {}
        _ => found.push(format!("{place}: {before} became {after}")),
    }
}

/// Every file of a folder with its text.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.insert(path, text);
        }
    }
    found
}

/// What stands behind `#` in every line that is left, line by line. A line that goes takes its own comment with it.
fn comments(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.find('#').filter(|at| *at == 0 || line[..*at].ends_with(' ')).map(|at| &line[at..]))
        .collect()
}

fn bundled(root: &Path) -> Option<Value> {
    let options = BundleOptions {
        on_collision: OnCollision::Number,
        dangling: Dangling::Keep,
        lossy_numbers: LossyNumbers::Round,
    };
    let document = bundle(root, options).ok()?;
    Some(serde_json::from_str(&document.to_json()).unwrap())
}

/// Mends the tree in a folder and checks all that is promised. Returns how many findings were mended.
#[track_caller]
fn check(folder: &Path, root: &Path) -> usize {
    let lint = || Lint { root: root.to_owned(), ..Lint::default() }.run().unwrap_or_else(|cause| panic!("{cause}"));
    let (before, old) = (files(folder), bundled(root));
    let mendable = lint();
    let mended = mendable.fix().unwrap();
    let (once, new) = (files(folder), bundled(root));
    assert_eq!(lint().fix().unwrap(), 0, "{}: there was more to mend the second time", root.display());
    assert_eq!(files(folder), once, "{}: the second time changed more", root.display());
    assert_eq!(old.is_some(), new.is_some(), "{} can be bundled only before or after", root.display());
    let mut found = Vec::new();
    if let (Some(old), Some(new)) = (&old, &new) {
        differences(old, new, "#", &mut found);
    }
    assert!(found.is_empty(), "{}: {}", root.display(), found.join("\n"));
    for (path, text) in &once {
        let kept: Vec<&str> = text.lines().collect();
        let lost = before[path].lines().filter(|line| !kept.contains(line));
        let lost_comments: Vec<&str> = lost.filter(|line| line.trim_start().starts_with('#')).collect();
        assert!(lost_comments.is_empty(), "{}: {lost_comments:?} went", path.display());
        let left = comments(text);
        let gone = comments(&before[path]).into_iter().filter(|comment| !left.contains(comment)).count();
        assert!(gone <= mended, "{}: more comments went than lines", path.display());
    }
    mended
}

fn copy(from: &Path, to: &Path) {
    for (path, text) in files(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, text).unwrap();
    }
}

#[test]
fn every_rule_that_mends_is_known_here() {
    let mut rules: Vec<&str> = rule_ids()
        .filter(|id| {
            let name: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            fs::read_to_string(format!("src/lint/rules/{name}.rs")).is_ok_and(|source| source.contains(".fix("))
        })
        .collect();
    rules.sort_unstable();
    assert_eq!(rules, MENDING.map(|(id, _)| id), "and none whose file is named otherwise");
    let files = fs::read_dir("src/lint/rules").unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    assert_eq!(files.filter(|source| source.contains(".fix(")).count(), MENDING.len());
    for (id, _) in MENDING {
        let tree = Tree::of(&[("root.yaml", &fs::read_to_string(format!("fixtures/{id}.yaml")).unwrap())]);
        copy(Path::new("fixtures/parts"), &tree.path("parts"));
        assert!(tree.linted(&[id]).fix().unwrap() > 0, "the fixture of {id} holds nothing to mend");
    }
}

#[test]
fn every_fixture_means_the_same_after_it_is_mended() {
    let mut mended = 0;
    for id in rule_ids() {
        let name = id.replace('/', "-");
        let tree = Tree::of(&[]);
        let folder = Path::new("fixtures").join(&name);
        let root = if folder.join("root.yaml").is_file() {
            copy(&folder, &tree.path(""));
            "root.yaml".to_owned()
        } else {
            for shared in ["parts", "name-collision"] {
                copy(&Path::new("fixtures").join(shared), &tree.path(shared));
            }
            let file = format!("{name}.yaml");
            tree.write(&file, fs::read_to_string(Path::new("fixtures").join(&file)).unwrap());
            file
        };
        mended += check(&tree.path(""), &tree.path(&root));
    }
    assert!(mended >= MENDING.len());
}

#[test]
fn the_own_document_means_the_same_after_seeded_mistakes_are_mended() {
    let seeds = [
        (
            "components/schemas/platform/CreateCustomerRequest.yaml",
            "    pattern: ^\\+[1-9][0-9]{1,14}$",
            "    maxLength: 3 # gone\n    # stays\n    minLength: 3\n    pattern: ^[0-9]{3}$",
        ),
        ("components/schemas/common/Error401Code.yaml", "type: string\n", "# stays\n"),
        ("components/schemas/auth/AuthMethodType.yaml", "type: string\n", ""),
        ("openapi.yaml", "url: /\n", "url: 'https://a.test/v1/' # stays\n"),
    ];
    let tree = Tree::of(&[]);
    copy(Path::new("../openapi"), &tree.path(""));
    for (file, from, to) in seeds {
        let text = tree.read(file);
        assert!(text.contains(from), "{file} does not hold {from:?}");
        tree.write(file, text.replacen(from, to, 1));
    }
    let _ = fs::remove_dir_all(tree.path("dist"));
    assert_eq!(check(&tree.path(""), &tree.path("openapi.yaml")), 5);
}

/// A small generator of numbers, so that every run tries the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// A schema with mistakes, its members in any order and in any style.
fn schema(numbers: &mut Numbers, indent: &str) -> String {
    let mut members: Vec<(&str, String)> = vec![("title", numbers.one_of(&["t", "'t # u'", "\"a, b\""]).to_owned())];
    match numbers.below(4) {
        0 => members.push(("const", numbers.one_of(&["1", "x", "'1'", "true", "null", "1.5", "[1]"]).to_owned())),
        1 => members.push(("enum", numbers.one_of(&["[a, b]", "[1, 2]", "[a, 1]", "[true]", "['1']"]).to_owned())),
        2 => {
            members.push(("const", "A".to_owned()));
            members.push(("enum", "[A]".to_owned()));
        }
        _ => {
            let length = numbers.below(3) + 2;
            members.push(("pattern", format!("'^a{{{length}}}$'")));
            members.push(("maxLength", (numbers.below(3) + 2).to_string()));
            if numbers.below(2) == 0 {
                members.push(("minLength", length.to_string()));
            }
        }
    }
    for index in (1..members.len()).rev() {
        members.swap(index, numbers.below(index + 1));
    }
    let quote = numbers.one_of(&["", "'", "\""]);
    let written = members.iter().map(|(key, value)| format!("{quote}{key}{quote}: {value}"));
    match numbers.below(3) {
        0 => format!("{{{}}}\n", written.collect::<Vec<_>>().join(", ")),
        1 => {
            let lines: Vec<String> = written.map(|member| format!("{indent}  {member}")).collect();
            format!("{{\n{}\n{indent}}}\n", lines.join(numbers.one_of(&[",\n", ", # about\n"])))
        }
        _ => {
            let mut text = "\n".to_owned();
            for member in written {
                text += numbers.one_of(&["", "", &format!("{indent}# above\n"), &format!("{indent}    # deeper\n")]);
                text += &format!("{indent}{member}{}\n", numbers.one_of(&["", "", " # beside"]));
            }
            text
        }
    }
}

#[test]
fn schemas_of_every_style_mean_the_same_after_they_are_mended() {
    let mut numbers = Numbers(11);
    let mut mended = 0;
    for _ in 0..150 {
        let mut text = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\ncomponents:\n  schemas:\n".to_owned();
        for name in 0..4 {
            let anchor = numbers.one_of(&["", "", "", "&a "]);
            let anchor = if text.contains("&a ") { "" } else { anchor };
            let own = schema(&mut numbers, "      ");
            text += &format!("    S{name}: {}{own}", if own.starts_with('\n') { anchor.trim_end() } else { anchor });
        }
        if text.contains("&a") {
            text += numbers.one_of(&["", "    Again: *a\n", "    Merged:\n      <<: *a\n      title: m\n"]);
        }
        text = if numbers.below(4) == 0 { text.replace('\n', "\r\n") } else { text };
        text = if numbers.below(4) == 0 { format!("\u{feff}{text}") } else { text };
        text = if numbers.below(4) == 0 { text.trim_end().to_owned() } else { text };
        let url = numbers.one_of(&[
            "https://a.test/",
            "'https://a.test/v1/' # u",
            "\"https://a.test//\"",
            "https://a.test/#/",
        ]);
        let servers = match numbers.below(3) {
            0 => format!("servers:\n  - url: {url}\n    description: d\n"),
            1 => format!("servers:\n  # the first\n  - description: d\n    url: {url}\n"),
            _ => format!("servers: [{{url: {}}}]\n", url.trim_end_matches(" # u")),
        };
        text = text.replacen("components:", &(servers + "components:"), 1);
        let tree = Tree::of(&[("root.yaml", &text)]);
        mended += check(&tree.path(""), &tree.path("root.yaml"));
    }
    assert!(mended > 300, "only {mended} were mended");
}
