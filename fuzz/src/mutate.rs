//! Changes of whole lines: a change of single bytes mostly makes YAML that nobody can read, and stops at the reader.

/// What may stand where a value stood.
const VALUES: [&str; 32] = [
    "null",
    "true",
    "string",
    "integer",
    "object",
    "array",
    "[]",
    "{}",
    "''",
    "-1",
    "1e9",
    "0.1",
    "2020-01-01",
    "'^[a-z]{3}$'",
    "'^(a|b)+$'",
    "[a, b]",
    "[string, 'null']",
    "{type: string}",
    "{$ref: '#/components/schemas/A'}",
    "{$ref: './a.yaml'}",
    "{$ref: '#'}",
    "'#/components/schemas/A'",
    "'./a.yaml#/b'",
    "'root.yaml'",
    "'#anchor'",
    "&a x",
    "*a",
    "|\n  text\n",
    "\"a\\n`GET /a`\"",
    "3.0.3",
    "3.1.0",
    "{a: 1, a: 2}",
];

/// What may stand where a key stood.
const KEYS: [&str; 40] = [
    "$ref",
    "allOf",
    "oneOf",
    "anyOf",
    "not",
    "properties",
    "items",
    "required",
    "type",
    "enum",
    "const",
    "default",
    "example",
    "examples",
    "discriminator",
    "mapping",
    "propertyName",
    "additionalProperties",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "nullable",
    "title",
    "description",
    "deprecated",
    "parameters",
    "requestBody",
    "responses",
    "callbacks",
    "content",
    "schema",
    "headers",
    "get",
    "'200'",
    "components",
    "schemas",
    "paths",
    "<<",
    "$anchor",
];

/// Whole lines, indented as where they come to stand.
const LINES: [&str; 12] = [
    "$ref: '#/components/schemas/A'",
    "$ref: ./a.yaml",
    "allOf: [{$ref: '#/components/schemas/A'}]",
    "oneOf: [{$ref: '#/components/schemas/A'}, {type: string}]",
    "discriminator: {propertyName: t, mapping: {a: '#/components/schemas/A'}}",
    "components: {schemas: {A: {type: object, properties: {a: {type: string}}}}}",
    "paths: {/a: {get: {responses: {'200': {description: x}}}}}",
    "type: string",
    "- $ref: '#/components/schemas/A'",
    "<<: *a",
    "=== a.yaml",
    "=== head.yaml",
];

/// A small generator, so that one seed gives one change.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit.max(1)
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// The input with some of its lines changed, or `None` where the fuzzer should change bytes: every second time, and
/// when the result would be too long.
pub fn lines(input: &[u8], max_size: usize, seed: u32) -> Option<Vec<u8>> {
    let mut numbers = Numbers(u64::from(seed));
    numbers.below(2);
    if numbers.below(2) == 0 {
        return None;
    }
    let text = std::str::from_utf8(input).ok()?;
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for _ in 0..=numbers.below(3) {
        change(&mut lines, &mut numbers);
    }
    let mutated = lines.concat().into_bytes();
    (mutated.len() <= max_size && mutated != input).then_some(mutated)
}

fn change(lines: &mut Vec<String>, numbers: &mut Numbers) {
    if lines.is_empty() {
        lines.push("openapi: 3.1.0\n".to_owned());
    }
    let at = numbers.below(lines.len());
    let end = (at + 1 + numbers.below(6)).min(lines.len());
    let to = numbers.below(lines.len());
    match numbers.below(9) {
        0 => drop(lines.drain(at..end)),
        1 => {
            let copied = lines[at..end].to_vec();
            lines.splice(to..to, copied);
        }
        2 => {
            let moved: Vec<String> = lines.drain(at..end).collect();
            let to = to.min(lines.len());
            lines.splice(to..to, moved);
        }
        3 => lines[at..end].iter_mut().for_each(|line| line.insert_str(0, "  ")),
        4 => {
            for line in &mut lines[at..end] {
                *line = line.strip_prefix("  ").unwrap_or(line).to_owned();
            }
        }
        5 => {
            let indented = format!("{}{}\n", indentation(&lines[at]), numbers.one_of(&LINES));
            lines.insert(at, indented);
        }
        6 => {
            let value = lines[to].split_once(": ").map(|(_, value)| value.trim_end().to_owned());
            lines[at] = with_value(&lines[at], &value.unwrap_or_default());
        }
        7 => lines[at] = with_value(&lines[at], numbers.one_of(&VALUES)),
        _ => {
            let line = &lines[at];
            let rest = line.split_once(':').map_or("\n", |(_, rest)| rest);
            lines[at] = format!("{}{}:{rest}", indentation(line), numbers.one_of(&KEYS));
        }
    }
}

/// The white space and dashes that a line begins with.
fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '-']).len()]
}

fn with_value(line: &str, value: &str) -> String {
    match line.split_once(':') {
        Some((key, _)) => format!("{key}: {value}\n"),
        None => format!("{}{value}\n", indentation(line)),
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn one_seed_gives_one_change_that_fits() {
        let input = b"openapi: 3.1.0\npaths:\n  - a: b\n";
        let mut changed = 0;
        for seed in 0..2_000 {
            let mutated = lines(input, 60, seed);
            assert_eq!(mutated, lines(input, 60, seed));
            if let Some(mutated) = mutated {
                assert!(mutated.len() <= 60 && mutated != input);
                changed += 1;
            }
        }
        assert!(changed > 500, "{changed}");
        assert!((0..100).all(|seed| lines(&[0xff, b'\n'], 60, seed).is_none()));
    }
}
