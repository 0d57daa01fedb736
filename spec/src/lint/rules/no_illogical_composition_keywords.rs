//! ## What it finds
//! Words of a schema that contradict each other or do nothing: a list of one schema, the same schema twice, `oneOf`
//! beside `anyOf`, a least above the most, and a length other than the one that the pattern fixes.
//! ## Why it matters
//! Either no value fits, or the word was meant for something else.
//! ## Fix
//! Say what is meant. A union of one branch that will grow is fine with a `discriminator`.
use crate::lint::prelude::*;
use crate::lint::site::repeated;

pub(crate) const RULE: Rule = Rule::warning("no-illogical-composition-keywords", Check::Object(&[Kind::Schema], check))
    .aliases(&["no-illogical-one-of-usage"]);

const BOUNDS: [(&str, &str); 4] =
    [("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"), ("minimum", "maximum")];

fn check(schema: Site<'_>, report: &mut Report<'_>) {
    if schema.has("oneOf") && schema.has("anyOf") {
        report.key(schema, "`oneOf` and `anyOf` stand side by side");
    }
    for word in ["oneOf", "anyOf", "allOf"] {
        let Some(list) = schema.get(word).filter(|list| list.is_sequence()) else { continue };
        match list.len() {
            0 => {
                report.add(list, format!("`{word}` is empty"));
            }
            // In 3.0 an `allOf` of one is the only way to say something beside a reference.
            1 if word == "allOf" && schema.tree.is_3_0() && schema.len() > 1 => {}
            1 if !schema.has("discriminator") => {
                report.add(list, format!("`{word}` has only one member"));
            }
            _ => {}
        }
        for branch in repeated(list.items()) {
            report.add(branch, format!("the branch stands twice in `{word}`"));
        }
    }
    for (least, most) in BOUNDS {
        let bound = |word: &str| schema.get(word).and_then(Site::number);
        if let (Some(low), Some(high)) = (bound(least), bound(most))
            && low > high
        {
            report.member(schema, least, format!("`{least}` {low} is above `{most}` {high}"));
        }
    }
    let Some(length) = schema.text("pattern").and_then(|text| schema.tree.pattern(text).fixed_length()) else { return };
    for word in ["minLength", "maxLength"] {
        if let Some(bound) = schema.count(word).filter(|bound| usize::try_from(*bound) != Ok(length)) {
            report.member(schema, word, format!("`{word}` is {bound}, but the pattern fixes the length to {length}"));
        }
    }
}
