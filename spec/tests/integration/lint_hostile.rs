//! Documents that are broken or made to do harm: the linter answers, whatever the answer is.

use crate::tree::Tree;
use countersign_spec::lint::{Lint, LintFormat};
use std::fs;
use std::time::{Duration, Instant};

/// A small generator of numbers, so that every run tries the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit.max(1)
    }
}

#[test]
fn no_mutilated_document_makes_the_linter_panic() {
    let mut numbers = Numbers(7);
    let pieces =
        ["", "- ", ": ", "{", "]", "null", "'", "`", "|", "$ref: '#/paths'", "[]", "{}", "1e9", "\n", "é", "*"];
    let tree = Tree::of(&[]);
    for entry in fs::read_dir("fixtures").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for _ in 0..12 {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            for _ in 0..=numbers.below(3) {
                let line = 1 + numbers.below(lines.len() - 1);
                let letters: Vec<char> = lines[line].chars().collect();
                let at = numbers.below(letters.len() + 1);
                let end = (at + numbers.below(12)).min(letters.len());
                let (head, tail) = (letters[..at].iter(), letters[end..].iter());
                let piece = pieces[numbers.below(pieces.len())];
                lines[line] = head.collect::<String>() + piece + &tail.collect::<String>();
            }
            tree.write("root.yaml", lines.join("\n"));
            if let Ok(linted) = (Lint { root: tree.path("root.yaml"), ..Lint::default() }).run() {
                for format in [LintFormat::Text, LintFormat::Json, LintFormat::Github, LintFormat::Sarif] {
                    assert!(linted.findings.is_empty() || !linted.print(format).is_empty());
                }
                linted.fix().unwrap();
            }
        }
    }
}

/// Lints `components.schemas` and says how long it took.
fn time(schemas: &str) -> Duration {
    let tree = Tree::of(&[]);
    tree.write(
        "root.yaml",
        format!("openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\ncomponents:\n  schemas:\n{schemas}"),
    );
    let started = Instant::now();
    tree.linted(&[]);
    started.elapsed()
}

#[test]
fn schemas_that_contain_themselves_many_times_over_end() {
    let bomb = "    A: {anyOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}], example: {a: {a: 1}}}\n    \
                B: {oneOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}], allOf: [{$ref: '#/components/schemas/B'}], example: {a: 1}}\n    \
                C: {allOf: [{$ref: '#/components/schemas/C'}, {$ref: '#/components/schemas/D'}], not: {$ref: '#/components/schemas/C'}, example: {}}\n    \
                D: {allOf: [{$ref: '#/components/schemas/C'}], example: {}}\n    E: {$ref: '#/components/schemas/E'}\n";
    assert!(time(bomb) < Duration::from_secs(30));
}

#[test]
fn a_mapping_of_many_bad_names_takes_no_longer_per_name() {
    let names = |count: usize| -> String {
        let one = |index: usize| format!("        bad_{index}: {{type: string}}\n");
        format!("    A:\n      type: object\n      properties:\n{}", (0..count).map(one).collect::<String>())
    };
    let (few, many) = (time(&names(500)), time(&names(5_000)));
    assert!(many < few * 40 + Duration::from_secs(2), "{few:?} for 500, {many:?} for 5000");
}

#[test]
fn unions_of_unions_end_however_deep_their_examples_are() {
    let refs: Vec<String> = (0..8).map(|to| format!("{{$ref: '#/components/schemas/A{to}'}}")).collect();
    let example = format!("{}{{}}{}", "{n: ".repeat(12), "}".repeat(12));
    let one = |index: usize| {
        let refs = refs.join(", ");
        format!("    A{index}: {{type: object, properties: {{n: {{anyOf: [{refs}]}}}}, example: {example}}}\n")
    };
    assert!(time(&(0..8).map(one).collect::<String>()) < Duration::from_secs(20));
}

/// Eight times the parts may take three times as long for each, for the machine has other things to do.
#[track_caller]
fn grows_no_faster_than_the_document(document: impl Fn(usize) -> String) {
    let time = |count| {
        let tree = Tree::of(&[(
            "root.yaml",
            &format!("openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\n{}", document(count)),
        )]);
        let started = Instant::now();
        let printed = tree.linted(&[]).print(LintFormat::Text);
        (started.elapsed(), printed.len())
    };
    let ((few, _), (many, printed)) = (time(400), time(3_200));
    assert!(many < few * 24 + Duration::from_secs(2), "{few:?} for 400, {many:?} for 3200, which say {printed} bytes");
}

fn each(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

#[test]
fn mentions_of_what_is_not_there_cost_no_more_in_a_larger_document() {
    grows_no_faster_than_the_document(|count| {
        let one = |n| {
            format!(
                "  /p{n}/{{a}}: {{get: {{operationId: o{n}, description: 'see `GET /p{n}/{{b}}/nope` and `404`', responses: {{'200': {{description: '`FOO_BAR`'}}}}}}}}\n"
            )
        };
        format!("paths:\n{}", each(count, one))
    });
    grows_no_faster_than_the_document(|count| {
        let text = each(count * 4, |n| format!("`GET /x{n}` is not hex, see the `fooBar{n}` field deprecated. "));
        format!("components: {{schemas: {{A: {{type: string, description: '{text}'}}}}}}\n")
    });
    grows_no_faster_than_the_document(|count| {
        let text = each(count * 4, |n| format!("        If `404` or `GET /nope{n}` then the `fooBar{n}`.\n"));
        format!("paths:\n  /a:\n    get:\n      description: |\n{text}      responses: {{}}\n")
    });
}

#[test]
fn names_that_are_not_there_cost_no_more_in_a_larger_document() {
    grows_no_faster_than_the_document(|count| {
        let tags = each(count, |n| format!("{{name: t{n}}}, "));
        let paths = each(count, |n| format!("  /p{n}: {{get: {{tags: [zz{n}], responses: {{}}}}}}\n"));
        format!("tags: [{tags}]\npaths:\n{paths}")
    });
    grows_no_faster_than_the_document(|count| {
        let (known, required) = (each(count, |n| format!("p{n}: {{}}, ")), each(count, |n| format!("r{n}, ")));
        let example = each(count / 4, |n| format!("q{n}: x, "));
        format!(
            "components: {{schemas: {{A: {{required: [{required}], properties: {{{known}}}, example: {{{example}}}}}}}}}\n"
        )
    });
}

#[test]
fn unions_and_lists_cost_no_more_for_each_of_their_members() {
    grows_no_faster_than_the_document(|count| {
        let reference = |n| format!("'#/components/schemas/B{n}'");
        let branches = each(count, |n| format!("{{$ref: {}}}, ", reference(n)));
        let mapping = each(count, |n| format!("k{n}: {}, ", reference(n)));
        let own = each(count, |n| {
            format!(
                "    B{n}: {{type: object, title: T{n}, required: [t], properties: {{t: {{type: string, const: k{n}}}}}}}\n"
            )
        });
        format!(
            "components:\n  schemas:\n    U: {{oneOf: [{branches}], discriminator: {{propertyName: t, mapping: {{{mapping}}}}}}}\n{own}"
        )
    });
    grows_no_faster_than_the_document(|count| {
        let (values, rows) = (each(count * 4, |n| format!("A{n}, ")), each(count * 4, |n| format!("| A{n} |\\n")));
        let items = each(count * 4, |n| format!("{{n: {n}}}, "));
        format!(
            "components: {{schemas: {{A: {{type: array, uniqueItems: true, example: [{items}]}}, B: {{description: \"| a |\\n|---|\\n{rows}\", enum: [{values}]}}}}}}\n"
        )
    });
}

#[test]
fn fixes_cost_no_more_in_a_larger_file() {
    let time = |count, is_long: bool| {
        let schemas = each(count, |n| match is_long {
            true => format!("S{n}: {{maxLength: 6, pattern: '^[0-9]{{6}}$'}}, "),
            false => format!("    S{n}:\n      maxLength: 6\n      pattern: '^[0-9]{{6}}$'\n"),
        });
        let (head, tail) = if is_long { ("{", "}\n") } else { ("\n", "") };
        let root =
            format!("openapi: 3.1.0\ninfo: {{title: t, version: '1'}}\ncomponents:\n  schemas: {head}{schemas}{tail}");
        let tree = Tree::of(&[("root.yaml", &root)]);
        let linted = tree.linted(&["redundant-length"]);
        let started = Instant::now();
        assert_eq!(linted.fix().unwrap(), count);
        started.elapsed()
    };
    for is_long in [false, true] {
        let (few, many) = (time(1_000, is_long), time(10_000, is_long));
        assert!(many < few * 30 + Duration::from_secs(1), "{few:?} for 1000, {many:?} for 10000");
    }
}

#[test]
fn the_place_of_a_mention_costs_no_more_in_a_longer_file() {
    let schemas = |count: usize| -> String {
        let one =
            |index: usize| format!("    A{index}:\n      description: see `GET /nope{index}`\n      type: string\n");
        (0..count).map(one).collect()
    };
    let (few, many) = (time(&schemas(1_000)), time(&schemas(8_000)));
    assert!(many < few * 20 + Duration::from_secs(1), "{few:?} for 1000, {many:?} for 8000");
}
