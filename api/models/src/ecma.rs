//! Patterns of OpenAPI are ECMA 262 regular expressions; ours are compiled by the `regex` crate. This is the bridge.

use regex::Regex;

/// ECMA 262's white space and line ends; the `regex` crate's `\s` differs in U+0085 and U+FEFF.
const BLANKS: &str = r"[\t\n\x0B\f\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF]";
const NO_BLANKS: &str = r"[^\t\n\x0B\f\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF]";

/// Compiles a pattern as an ECMA 262 engine without flags would read it.
///
/// `\d`, `\w` and `\s` are given ECMA's meaning (the `regex` crate's are Unicode-aware, ECMA's `\d` and `\w` are not).
///
/// # Errors
/// What `regex` can't express (look-around, back-references) is an error that says so.
pub fn compile(source: &str) -> Result<Regex, regex::Error> {
    let mut pattern = String::with_capacity(source.len());
    let mut in_class = false;
    let mut characters = source.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                // A class of its own, within a class too: `[\w-.]` has no range in it.
                Some('d') => pattern.push_str("[0-9]"),
                Some('D') => pattern.push_str("[^0-9]"),
                Some('w') => pattern.push_str("[0-9A-Za-z_]"),
                Some('W') => pattern.push_str("[^0-9A-Za-z_]"),
                Some('s') => pattern.push_str(BLANKS),
                Some('S') => pattern.push_str(NO_BLANKS),
                Some('/') => pattern.push('/'),
                Some(other) => {
                    pattern.push('\\');
                    pattern.push(other);
                }
                None => pattern.push('\\'),
            },
            '[' if in_class => pattern.push_str("\\["),
            '[' => {
                in_class = true;
                pattern.push('[');
            }
            ']' => {
                in_class = false;
                pattern.push(']');
            }
            '&' | '~' | '-' if in_class && pattern.ends_with(character) && character != '-' => {
                // `&&` and `~~` are set operations to `regex` and plain characters to ECMA.
                pattern.push('\\');
                pattern.push(character);
            }
            '.' if !in_class => pattern.push_str(r"[^\n\r\u2028\u2029]"),
            other => pattern.push(other),
        }
    }
    Regex::new(&pattern)
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[test]
    fn classes_mean_what_ecma_says() {
        let accepts = |pattern: &str, text: &str| compile(pattern).unwrap().is_match(text);
        assert!(accepts(r"^\d{3}$", "123"));
        assert!(!accepts(r"^\d$", "٣"), "an Arabic digit is no \\d to ECMA");
        assert!(accepts(r"^[\w-]+$", "a-b_c"));
        assert!(!accepts(r"^\w$", "é"));
        assert!(accepts(r"^[a&&b]+$", "a&b"));
        assert!(accepts(r"^[[]$", "["));
        assert!(!accepts(r"^a$", "a\n"), "`$` is the end of the text, not of a line");
        assert!(accepts(r"^[\w-.]+$", "a-.b"));
        assert!(!accepts(r"^[\w-.]+$", "a,b"), "`\\w-.` is no range");
        assert!(accepts(r"^[^\d]$", "a") && !accepts(r"^[^\d]$", "1"));
        assert!(accepts(r"^\s$", "\u{feff}") && !accepts(r"^\S$", "\u{feff}"));
        assert!(!accepts(r"^\s$", "\u{85}"));
        assert!(accepts(r"^.$", "é") && !accepts(r"^.$", "\r"));
        assert!(compile("(?=a)").is_err());
    }
}
