//! From the regular expressions of JSON Schema (ECMA-262, no flags) to the syntax of `regex-syntax`.
//!
//! Whatever has no exact counterpart is refused, so that nothing is proven about another language.

/// ECMA-262 white space and line ends.
const SPACE: &str = r"\t\n\x{B}\x{C}\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}";
const WORD: &str = "0-9A-Za-z_";
const DIGIT: &str = "0-9";

/// The same expression for `regex-syntax`; `None` if it uses what has no counterpart there.
pub(super) fn translated(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => outside(&mut out, &mut chars)?,
            '[' => class(&mut out, &mut chars)?,
            '.' => out.push_str(r"[^\n\r\x{2028}\x{2029}]"),
            // `$` of ECMA-262 is the end of the text, without the line end that other dialects let pass.
            '$' => out.push_str(r"\z"),
            '^' => out.push_str(r"\A"),
            '(' => {
                out.push('(');
                if chars.next_if_eq(&'?').is_some() {
                    // Only groups without capture: look-around and flags have no counterpart.
                    chars.next_if_eq(&':')?;
                    out.push_str("?:");
                }
            }
            // A literal in ECMA-262, refused or read otherwise elsewhere.
            ']' | '}' => return None,
            '{' => repetition(&mut out, &mut chars)?,
            '/' => out.push('/'),
            c => out.push(c),
        }
    }
    Some(out)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// `{n}`, `{n,}` or `{n,m}`.
fn repetition(out: &mut String, chars: &mut Chars<'_>) -> Option<()> {
    out.push('{');
    let mut body = String::new();
    loop {
        match chars.next()? {
            '}' => break,
            c if c.is_ascii_digit() || c == ',' => body.push(c),
            _ => return None,
        }
    }
    if body.is_empty() || body.starts_with(',') || body.matches(',').count() > 1 {
        return None;
    }
    out.push_str(&body);
    out.push('}');
    Some(())
}

fn outside(out: &mut String, chars: &mut Chars<'_>) -> Option<()> {
    match chars.next()? {
        'd' => out.push_str(&format!("[{DIGIT}]")),
        'D' => out.push_str(&format!("[^{DIGIT}]")),
        'w' => out.push_str(&format!("[{WORD}]")),
        'W' => out.push_str(&format!("[^{WORD}]")),
        's' => out.push_str(&format!("[{SPACE}]")),
        'S' => out.push_str(&format!("[^{SPACE}]")),
        c => push_literal(out, literal(c, chars)?),
    }
    Some(())
}

/// A part of a class.
enum Atom {
    One(char),
    /// A class of its own, within brackets where it is the complement of one.
    Several(String),
}

impl Atom {
    fn push(self, out: &mut String) {
        match self {
            Self::One(c) => push_literal(out, c),
            Self::Several(class) => out.push_str(&class),
        }
    }
}

fn class(out: &mut String, chars: &mut Chars<'_>) -> Option<()> {
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    // `[]` and `[^]` are nothing and anything in ECMA-262, and the start of a class elsewhere.
    if chars.peek() == Some(&']') {
        return None;
    }
    while let Some(first) = atom(chars)? {
        if chars.next_if_eq(&'-').is_none() {
            first.push(out);
            continue;
        }
        match (first, atom(chars)?) {
            (Atom::One(first), Some(Atom::One(last))) if first <= last => {
                push_literal(out, first);
                out.push('-');
                push_literal(out, last);
            }
            (Atom::One(_), Some(Atom::One(_))) => return None,
            // Beside a class, or at the end, a hyphen is one.
            (first, second) => {
                first.push(out);
                push_literal(out, '-');
                let Some(second) = second else { break };
                second.push(out);
            }
        }
    }
    out.push(']');
    Some(())
}

/// The next part of a class; `Some(None)` at its end.
fn atom(chars: &mut Chars<'_>) -> Option<Option<Atom>> {
    let atom = match chars.next()? {
        ']' => return Some(None),
        '\\' => match chars.next()? {
            'd' => Atom::Several(DIGIT.to_owned()),
            'w' => Atom::Several(WORD.to_owned()),
            's' => Atom::Several(SPACE.to_owned()),
            'D' => Atom::Several(format!("[^{DIGIT}]")),
            'W' => Atom::Several(format!("[^{WORD}]")),
            'S' => Atom::Several(format!("[^{SPACE}]")),
            // Backspace within a class.
            'b' => Atom::One('\u{8}'),
            c => Atom::One(literal(c, chars)?),
        },
        c => Atom::One(c),
    };
    Some(Some(atom))
}

/// What `\c` stands for, where it stands for one character.
fn literal(c: char, chars: &mut Chars<'_>) -> Option<char> {
    Some(match c {
        't' => '\t',
        'n' => '\n',
        'r' => '\r',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'x' => hex(chars, 2)?,
        // `\u{…}` needs the flag `u`; half of a surrogate pair is no character.
        'u' => hex(chars, 4)?,
        '0' if !chars.peek().is_some_and(char::is_ascii_digit) => '\0',
        // References to groups, word boundaries, properties, controls.
        c if c.is_ascii_alphanumeric() => return None,
        c => c,
    })
}

fn hex(chars: &mut Chars<'_>, digits: usize) -> Option<char> {
    let mut value = 0;
    for _ in 0..digits {
        value = value * 16 + chars.next()?.to_digit(16)?;
    }
    char::from_u32(value)
}

fn push_literal(out: &mut String, c: char) {
    out.push_str(&format!("\\x{{{:X}}}", u32::from(c)));
}

#[cfg(test)]
mod tests {
    use super::translated;

    #[test]
    fn what_reads_otherwise_elsewhere_is_refused() {
        for pattern in
            ["(?=a)", "(?<n>a)", r"\1", r"\b", "[]", "[^]", "a{", "a{,3}", "]", r"\p{L}", r"[z-a]", r"\u{61}"]
        {
            assert_eq!(translated(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn a_hyphen_is_a_range_only_between_two_characters() {
        for (pattern, expected) in [
            ("[+--]", r"[\x{2B}-\x{2D}]"),
            (r"[\w-z]", r"[0-9A-Za-z_\x{2D}\x{7A}]"),
            ("[a-]", r"[\x{61}\x{2D}]"),
            ("[-a]", r"[\x{2D}\x{61}]"),
            (r"[a-\d]", r"[\x{61}\x{2D}0-9]"),
            (r"[\S ]", &format!(r"[[^{}]\x{{20}}]", super::SPACE)),
            ("[a&&b~~c]", r"[\x{61}\x{26}\x{26}\x{62}\x{7E}\x{7E}\x{63}]"),
        ] {
            assert_eq!(translated(pattern).as_deref(), Some(expected), "{pattern}");
        }
    }

    #[test]
    fn digits_are_those_of_ascii() {
        assert_eq!(translated(r"^\d$").as_deref(), Some(r"\A[0-9]\z"));
    }
}
