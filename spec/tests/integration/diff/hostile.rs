//! Documents that are made to hurt end in an answer or a clear error, in bounded time.

use super::Pair;
use countersign_spec::diff::Profile;
use countersign_spec::{BundleOptions, bundle, diff};
use std::fmt::Write;
use std::fs;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Long enough for a slow machine without optimisation.
const PATIENCE: Duration = Duration::from_secs(30);

fn response(schema: &str) -> String {
    format!(
        "paths: {{/a: {{get: {{responses: {{'200': {{description: x, content: {{application/json: {{schema: {schema}}}}}}}}}}}}}}}\n"
    )
}

/// Either an answer or an error, soon.
fn compare(base: &str, head: &str) -> Result<usize, String> {
    let started = Instant::now();
    let pair = Pair::new(base, head);
    let read = |name| bundle(&pair.path().join(name), BundleOptions::default()).map_err(|found| found.to_string());
    let report =
        diff::diff(&read("base.yaml")?, &read("head.yaml")?, Profile::House).map_err(|found| found.to_string());
    assert!(started.elapsed() < PATIENCE, "it took {:?}", started.elapsed());
    report.map(|report| report.changes.len())
}

#[test]
fn a_chain_of_thousands_of_schemas_is_followed_to_its_end() {
    let chain = |last: &str| {
        let mut text = response("{$ref: '#/components/schemas/S0'}") + "components:\n  schemas:\n";
        for n in 0..3_000 {
            let _ = writeln!(text, "    S{n}: {{type: array, items: {{$ref: '#/components/schemas/S{}'}}}}", n + 1);
        }
        text + &format!("    S3000: {{type: {last}}}\n")
    };
    assert_eq!(compare(&chain("string"), &chain("integer")), Ok(1));
}

#[test]
fn a_chain_of_all_of_is_followed_to_its_end() {
    let chain = |last: &str| {
        let mut text = response("{$ref: '#/components/schemas/S0'}") + "components:\n  schemas:\n";
        for n in 0..3_000 {
            let _ = writeln!(text, "    S{n}: {{allOf: [{{$ref: '#/components/schemas/S{}'}}]}}", n + 1);
        }
        text + &format!("    S3000: {{type: {last}}}\n")
    };
    assert_eq!(compare(&chain("string"), &chain("integer")), Ok(1));
}

#[test]
fn schemas_that_hold_themselves_in_every_way_are_compared() {
    let circle = |kind: &str| {
        response("{$ref: '#/components/schemas/A'}")
            + &format!(
                "components: {{schemas: {{
  A: {{allOf: [{{$ref: '#/components/schemas/A'}}, {{$ref: '#/components/schemas/B'}}], properties: {{a: {{$ref: '#/components/schemas/A'}}}}}},
  B: {{oneOf: [{{$ref: '#/components/schemas/A'}}, {{$ref: '#/components/schemas/B'}}, {{$ref: '#/components/schemas/C'}}], items: {{$ref: '#/components/schemas/B'}}}},
  C: {{anyOf: [{{$ref: '#/components/schemas/B'}}, {{type: {kind}}}], additionalProperties: {{$ref: '#/components/schemas/C'}}}}}}}}"
            )
    };
    assert_eq!(compare(&circle("string"), &circle("string")), Ok(0));
    assert!(compare(&circle("string"), &circle("integer")).is_ok());
}

#[test]
fn unions_of_hundreds_without_a_discriminator_are_compared() {
    let union = |kind: &str, many: usize| {
        let members: Vec<String> = (0..many)
            .map(|n| format!("{{type: object, required: [p{n}], properties: {{p{n}: {{type: {kind}}}}}}}"))
            .collect();
        response(&format!("{{oneOf: [{}]}}", members.join(", ")))
    };
    assert!(compare(&union("string", 150), &union("integer", 151)).is_ok());
}

#[test]
fn unions_within_unions_end_in_an_answer_or_a_refusal() {
    let nested = |last: &str| {
        let mut text = response("{$ref: '#/components/schemas/S0'}") + "components:\n  schemas:\n";
        for n in 0..14 {
            let next = n + 1;
            let _ = writeln!(
                text,
                "    S{n}: {{anyOf: [{{properties: {{a{n}: {{$ref: '#/components/schemas/S{next}'}}}}}}, {{properties: {{b{n}: {{$ref: '#/components/schemas/S{next}'}}}}, allOf: [{{$ref: '#/components/schemas/S{next}'}}]}}]}}"
            );
        }
        text + &format!("    S14: {{type: {last}}}\n")
    };
    match compare(&nested("string"), &nested("integer")) {
        Ok(_) => {}
        Err(refused) => assert!(refused.contains("too large to compare"), "{refused}"),
    }
}

#[test]
fn patterns_made_to_explode_are_not_provable() {
    let pattern = |pattern: &str| response(&format!("{{type: string, pattern: '{pattern}'}}"));
    for bomb in
        ["^(a|b|ab)*(a|b){1000}c{1000}$", "(.*a){40}", "^((((a{99}){99}){99}){99})$", "^[", "(((((", "a**", "^\\\\"]
    {
        assert_eq!(compare(&pattern(bomb), &pattern("^x$")), Ok(1), "{bomb}");
        assert_eq!(compare(&pattern(bomb), &pattern(bomb)), Ok(0), "{bomb}");
    }
}

#[test]
fn keywords_of_the_wrong_type_mean_nothing() {
    let wrong = "{type: 5, enum: x, properties: [1], required: {a: b}, allOf: 7, oneOf: {x: y}, items: 3, minLength: many, pattern: [], discriminator: 1, default: {$ref: 1}, nullable: maybe, format: {}}";
    assert!(compare(&response(wrong), &response("{type: string}")).is_ok());
    assert!(
        compare(
            "paths: [1]\nwebhooks: 3\nsecurity: x\nservers: {a: b}\n",
            "paths: {/a: 1, /b: {get: [], put: {parameters: 1, responses: 2, requestBody: [], callbacks: 4}}}\n"
        )
        .is_ok()
    );
    assert!(compare(&response("true"), &response("false")).is_ok());
}

#[test]
fn a_reference_that_leads_nowhere_is_an_error_at_its_place() {
    let lost = compare(&response("{$ref: '#/components/schemas/None'}"), &response("{type: string}"));
    assert!(lost.unwrap_err().contains("#/components/schemas/None"));
}

#[test]
fn callbacks_that_lead_back_to_themselves_are_compared() {
    let document = |kind: &str| {
        format!(
            "paths: {{/a: {{post: {{callbacks: {{c: {{$ref: '#/components/callbacks/C'}}}}, responses: {{}}}}}}}}
components: {{callbacks: {{C: {{'{{$url}}': {{post: {{requestBody: {{content: {{application/json: {{schema: {{type: {kind}}}}}}}}}, callbacks: {{c: {{$ref: '#/components/callbacks/C'}}}}, responses: {{}}}}}}}}}}}}"
        )
    };
    assert_eq!(compare(&document("string"), &document("integer")), Ok(1));
}

#[test]
fn a_schema_that_is_nothing_but_itself_is_an_error() {
    let circle = response("{$ref: '#/components/schemas/A'}")
        + "components: {schemas: {A: {$ref: '#/components/schemas/B'}, B: {$ref: '#/components/schemas/A'}}}\n";
    assert!(compare(&circle, &circle).unwrap_err().contains("leads back to itself"));
}

/// How long this thread has been at work. Where the system does not tell, the time that went by.
fn worked() -> Duration {
    static STARTED: OnceLock<Instant> = OnceLock::new();
    let wall = STARTED.get_or_init(Instant::now).elapsed();
    // The system counts when it looks up.
    std::thread::yield_now();
    let counted = fs::read_to_string("/proc/thread-self/schedstat").ok();
    counted.and_then(|text| text.split(' ').next()?.parse().ok()).map_or(wall, Duration::from_nanos)
}

/// How many times longer a comparison takes than a smaller one. The quickest of several runs counts.
fn times_longer(small: (String, String), large: (String, String), changes: usize) -> f64 {
    let quickest = |(base, head): (String, String), changes: Option<usize>| {
        let pair = Pair::new(&base, &head);
        let (base, head) = (pair.document("base.yaml"), pair.document("head.yaml"));
        let run = || {
            let started = worked();
            let report = diff::diff(&base, &head, Profile::House).unwrap();
            assert_eq!(report.changes.len(), changes.unwrap_or(report.changes.len()));
            worked().saturating_sub(started)
        };
        (0..4).map(|_| run()).min().unwrap_or_default().as_secs_f64()
    };
    quickest(large, Some(changes)) / quickest(small, None)
}

/// Four times as much takes four times as long, give or take what a busy machine adds; not sixteen times.
const LINEAR: f64 = 9.0;

fn paths(prefix: &str, variable: &str, count: usize, is_reversed: bool) -> String {
    let mut paths: Vec<String> =
        (0..count).map(|n| format!("  '/{prefix}{n}/{{{variable}}}': {{get: {{responses: {{}}}}}}\n")).collect();
    if is_reversed {
        paths.reverse();
    }
    format!("paths:\n{}", paths.concat())
}

#[test]
fn paths_in_another_order_whose_variables_are_renamed_are_matched_in_linear_time() {
    let pair = |count| (paths("p", "a", count, false), paths("p", "b", count, true));
    let factor = times_longer(pair(150), pair(600), 0);
    assert!(factor < LINEAR, "{factor}");
}

#[test]
fn paths_that_are_all_replaced_are_told_of_in_linear_time() {
    let pair = |count| (paths("p", "a", count, false), paths("q", "a", count, false));
    let factor = times_longer(pair(150), pair(600), 1_200);
    assert!(factor < LINEAR, "{factor}");
}

#[test]
fn members_that_are_all_replaced_are_told_of_in_linear_time() {
    let members = |prefix: &str, count: usize| {
        let members: String = (0..count).map(|n| format!("{prefix}{n}: {{type: string, maxLength: {n}}}, ")).collect();
        response(&format!("{{type: object, properties: {{{members}}}}}"))
    };
    let pair = |count| (members("a", count), members("b", count));
    let factor = times_longer(pair(250), pair(1_000), 1_000);
    assert!(factor < LINEAR, "{factor}");
}

#[test]
fn a_list_of_credentials_that_operations_share_is_compared_once() {
    let document = |operations: usize, is_reversed: bool| {
        let mut all: Vec<String> = (0..60).map(|n| format!("{{k{n}: []}}")).collect();
        if is_reversed {
            all.reverse();
        }
        let paths: String = (0..operations).map(|n| format!("  /p{n}: {{get: {{responses: {{}}}}}}\n")).collect();
        let schemes: String = (0..60).map(|n| format!("k{n}: {{type: apiKey, in: header, name: K{n}}}, ")).collect();
        format!("security: [{}]\npaths:\n{paths}components: {{securitySchemes: {{{schemes}}}}}\n", all.join(", "))
    };
    let pair = |operations| (document(operations, false), document(operations, true));
    let factor = times_longer(pair(1), pair(100), 0);
    assert!(factor < 20.0, "{factor}");
}

#[test]
fn large_members_of_a_union_that_have_nothing_in_common_are_not_all_compared_with_each_other() {
    let union = |prefix: &str| {
        let members: Vec<String> = (0..36)
            .map(|n| {
                let properties: String = (0..200).map(|p| format!("{prefix}{n}_{p}: {{type: string}}, ")).collect();
                format!("{{type: object, properties: {{{properties}}}}}")
            })
            .collect();
        response(&format!("{{oneOf: [{}]}}", members.join(", ")))
    };
    assert_eq!(compare(&union("a"), &union("b")), Ok(72));
}

#[test]
fn a_schema_that_operations_share_is_compared_once() {
    let document = |prefix: &str, operations: usize| {
        let answer = "responses: {default: {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/X'}}}}}";
        let paths: String = (0..operations).map(|n| format!("  /p{n}: {{get: {{{answer}}}}}\n")).collect();
        let members: String = (0..100).map(|n| format!("{prefix}{n}: {{type: string, maxLength: {n}}}, ")).collect();
        format!("paths:\n{paths}components: {{schemas: {{X: {{type: object, properties: {{{members}}}}}}}}}\n")
    };
    let pair = |operations| (document("a", operations), document("b", operations));
    let factor = times_longer(pair(1), pair(40), 100);
    assert!(factor < 10.0, "{factor}");
}

/// A request whose body is one of `members`.
fn one_of(members: impl Iterator<Item = String>) -> String {
    let members: Vec<String> = members.collect();
    format!(
        "paths: {{/a: {{post: {{requestBody: {{content: {{application/json: {{schema: {{oneOf: [{}]}}}}}}}}, responses: {{}}}}}}}}\n",
        members.join(", ")
    )
}

#[test]
fn values_of_two_members_are_looked_for_in_linear_time() {
    let stepped = |steps: usize, last: &str| {
        let all = |member: usize| -> String {
            (0..steps).map(|n| format!("{{multipleOf: {}}}, ", 1 + member * steps + n)).collect()
        };
        let member = |n| format!("{{type: {}, allOf: [{}]}}", if n == 23 { last } else { "integer" }, all(n));
        one_of((0..24).map(member))
    };
    let pair = |steps| (stepped(steps, "integer"), stepped(steps, "number"));
    // One member goes, another comes.
    let factor = times_longer(pair(15), pair(60), 2);
    assert!(factor < LINEAR, "{factor}");
}

#[test]
fn members_that_stay_as_they_are_leave_the_proofs_to_patterns_that_change() {
    let document = |pattern: &str| {
        let member = |path: usize, n: usize| {
            format!("{{type: string, pattern: '^[a-z]{{{}}}x{path}[0-9]+$', maxLength: 40}}, ", n + 1)
        };
        let path = |path: usize| {
            let members: String = (0..8).map(|n| member(path, n)).collect();
            format!(
                "  /p{path}: {{post: {{requestBody: {{content: {{application/json: {{schema: {{oneOf: [{members}]}}}}}}}}, responses: {{}}}}}}\n"
            )
        };
        let paths: String = (0..40).map(path).collect();
        format!(
            "paths:\n{paths}  /z: {{post: {{requestBody: {{content: {{application/json: {{schema: {{type: string, pattern: '{pattern}'}}}}}}}}, responses: {{}}}}}}\n"
        )
    };
    let report = Pair::new(&document("^[a-f]+$"), &document("^[a-z]+$")).report(Profile::Wire);
    let [change] = report.changes.as_slice() else { panic!("{:#?}", report.changes) };
    assert_eq!(change.id, "pattern-widened");
}
