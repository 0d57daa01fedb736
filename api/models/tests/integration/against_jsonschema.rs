//! Our checks beside an independent validator: both judge seeded mutations of the document's examples alike.

use std::collections::BTreeMap;

use countersign_models::schemas;
use serde_json::{Map, Value, json};

const DOCUMENT: &str = include_str!("../../../../openapi/dist/openapi.json");

/// Mutations that each component's values go through.
const ROUNDS: usize = 400;

/// splitmix64: the same numbers on every run.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not zero.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }
}

/// A schema of OpenAPI 3.0 as JSON Schema has it: `nullable` becomes an alternative, a flagged bound a number.
fn lowered(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut out: Map<String, Value> =
                members.iter().map(|(key, value)| (key.clone(), lowered(value))).collect();
            for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
                if out.remove(flag) == Some(Value::Bool(true))
                    && let Some(value) = out.remove(bound)
                {
                    out.insert(flag.to_owned(), value);
                }
            }
            if out.remove("nullable") == Some(Value::Bool(true)) {
                return json!({"anyOf": [out, {"type": "null"}]});
            }
            Value::Object(out)
        }
        Value::Array(items) => items.iter().map(lowered).collect(),
        other => other.clone(),
    }
}

/// Example values of each component: its own, those of its members, and those of the contents that it describes.
fn examples(document: &Value) -> BTreeMap<String, Vec<Value>> {
    fn contents(node: &Value, out: &mut BTreeMap<String, Vec<Value>>, document: &Value) {
        if let Some(name) = node.pointer("/schema/$ref").and_then(Value::as_str).and_then(component) {
            let values = node.get("examples").and_then(Value::as_object).into_iter().flat_map(Map::values);
            let values = values.filter_map(|example| match example.get("$ref").and_then(Value::as_str) {
                Some(reference) => document.pointer(reference.trim_start_matches('#'))?.get("value").cloned(),
                None => example.get("value").cloned(),
            });
            out.entry(name.to_owned()).or_default().extend(values.chain(node.get("example").cloned()));
        }
        match node {
            Value::Object(members) => members.values().for_each(|member| contents(member, out, document)),
            Value::Array(items) => items.iter().for_each(|item| contents(item, out, document)),
            _ => {}
        }
    }
    let mut out = BTreeMap::new();
    contents(document, &mut out, document);
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        let example = example(schema, document, 0);
        out.entry(name.clone()).or_default().extend(example);
    }
    out
}

fn component(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/components/schemas/")
}

/// A value made of a schema's own `example`s.
fn example(schema: &Value, document: &Value, depth: usize) -> Option<Value> {
    if let Some(example) = schema.get("example") {
        return Some(example.clone());
    }
    if depth > 8 {
        return None;
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(component) {
        return example(&document["components"]["schemas"][name], document, depth + 1);
    }
    if let Some(branches) = schema.get("oneOf").and_then(Value::as_array) {
        return example(branches.first()?, document, depth + 1);
    }
    let mut members = Map::new();
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        members.extend(example(part, document, depth + 1)?.as_object()?.clone());
    }
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = example(property, document, depth + 1) {
            members.insert(name.clone(), value);
        }
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => Some(json!([example(&schema["items"], document, depth + 1)?])),
        Some("object") => Some(Value::Object(members)),
        None if !members.is_empty() => Some(Value::Object(members)),
        Some("string") => Some(schema.get("enum").map_or_else(|| json!("text"), |values| values[0].clone())),
        _ => schema.pointer("/enum/0").cloned(),
    }
}

fn strange(random: &mut Seeded) -> Value {
    let pool = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(400),
        json!(5.0),
        json!(1.5),
        json!(2_147_483_648_i64),
        json!(""),
        json!(" "),
        json!("x"),
        json!("X".repeat(70)),
        json!("X".repeat(300)),
        json!("x".repeat(5_000)),
        json!("👍".repeat(128)),
        json!("2026-11-22T08:00:00Z"),
        json!("2026-02-30T08:00:00Z"),
        json!("jane@example.com"),
        json!("0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90"),
        json!("EMAIL_OTP"),
        json!([]),
        json!([null]),
        json!({}),
        json!({"type": "EMAIL_OTP"}),
    ];
    pool[random.below(pool.len())].clone()
}

/// Changes a value at one place.
fn mutate(value: &mut Value, random: &mut Seeded) {
    let here = random.below(4) == 0;
    match value {
        Value::Object(members) if !members.is_empty() && !here => {
            let name = members.keys().nth(random.below(members.len())).cloned().unwrap_or_default();
            match random.below(5) {
                0 => {
                    members.remove(&name);
                }
                1 => {
                    members.insert("undeclared".to_owned(), strange(random));
                }
                _ => mutate(&mut members[&name], random),
            }
        }
        Value::Array(items) if !items.is_empty() && !here => {
            let index = random.below(items.len());
            match random.below(5) {
                0 => {
                    items.remove(index);
                }
                1 => items.push(items[index].clone()),
                _ => mutate(&mut items[index], random),
            }
        }
        Value::String(text) if !here => match random.below(6) {
            0 => text.push('0'),
            1 => *text = text.chars().skip(1).collect(),
            2 => *text = text.to_ascii_uppercase(),
            3 => *text = text.to_ascii_lowercase(),
            4 => *text = text.chars().rev().collect(),
            _ => text.push('\n'),
        },
        Value::Number(number) if !here => {
            let change = [1, -1, 1_000][random.below(3)];
            *value = number.as_i64().map_or(json!(0.5), |whole| json!(whole.saturating_add(change)));
        }
        other => *other = strange(random),
    }
}

#[test]
fn an_independent_validator_agrees_on_every_component() {
    let document: Value = serde_json::from_str(DOCUMENT).expect("the bundle");
    let components = lowered(&document["components"]["schemas"]);
    let examples = examples(&document);
    let mut random = Seeded(2026);
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    let mut disagreements = Vec::new();
    for (name, schema) in schemas::ALL {
        let lowered = json!({
            "$ref": format!("#/components/schemas/{name}"),
            "components": {"schemas": components},
        });
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
        let independent = options.build(&lowered).expect("a schema");
        let seeds = examples.get(*name).filter(|values| !values.is_empty());
        let seeds = seeds.unwrap_or_else(|| panic!("`{name}` has no example to start from"));
        for seed in seeds {
            assert_eq!(schema.check(seed, "example"), [], "an example of `{name}`");
        }
        for round in 0..ROUNDS {
            let mut value = seeds[round % seeds.len()].clone();
            for _ in 0..=random.below(3) {
                mutate(&mut value, &mut random);
            }
            let violations = schema.check(&value, "value");
            *(if violations.is_empty() { &mut valid } else { &mut invalid }) += 1;
            if violations.is_empty() != independent.is_valid(&value) {
                let theirs: Vec<String> = independent.iter_errors(&value).map(|error| error.to_string()).collect();
                disagreements.push(format!("{name}: {value}\n  ours {violations:?}\n  theirs {theirs:?}"));
            }
        }
    }
    assert!(disagreements.is_empty(), "{} disagreements:\n{}", disagreements.len(), disagreements.join("\n"));
    println!("{valid} valid and {invalid} invalid values, judged alike");
    assert!(valid > 1_000 && invalid > 1_000, "{valid} valid and {invalid} invalid values prove little");
}
