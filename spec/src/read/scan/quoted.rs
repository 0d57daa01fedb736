//! Quoted scalars on one line.

use super::Scanner;
use std::borrow::Cow;

impl<'a> Scanner<'a, '_> {
    /// The text in the quotes at `at`, and behind them. `None` if it goes on to another line.
    pub(super) fn quoted(&mut self) -> Option<Cow<'a, str>> {
        if self.peek() == Some(b'"') { self.double_quoted() } else { self.single_quoted() }
    }

    fn single_quoted(&mut self) -> Option<Cow<'a, str>> {
        let start = self.at + 1;
        let bytes = self.bytes();
        let mut at = start;
        let mut doubled = false;
        loop {
            match bytes.get(at)? {
                b'\n' => return None,
                b'\'' if bytes.get(at + 1) == Some(&b'\'') => {
                    doubled = true;
                    at += 2;
                }
                b'\'' => break,
                _ => at += 1,
            }
        }
        self.at = at + 1;
        let text = &self.text[start..at];
        Some(if doubled { Cow::Owned(text.replace("''", "'")) } else { Cow::Borrowed(text) })
    }

    fn double_quoted(&mut self) -> Option<Cow<'a, str>> {
        let start = self.at + 1;
        let bytes = self.bytes();
        let mut out = String::new();
        let mut done = start;
        let mut at = start;
        loop {
            match bytes.get(at)? {
                b'\n' => return None,
                b'"' => break,
                b'\\' => {
                    out.push_str(&self.text[done..at]);
                    let (c, length) = escaped(&self.text[at + 1..])?;
                    out.push(c);
                    at += 1 + length;
                    done = at;
                }
                _ => at += 1,
            }
        }
        self.at = at + 1;
        if done == start {
            return Some(Cow::Borrowed(&self.text[start..at]));
        }
        out.push_str(&self.text[done..at]);
        Some(Cow::Owned(out))
    }
}

/// The character that an escape means, and how many bytes it takes behind the backslash.
fn escaped(text: &str) -> Option<(char, usize)> {
    let one = |c| Some((c, 1));
    match text.as_bytes().first()? {
        b'n' => one('\n'),
        b't' => one('\t'),
        b'r' => one('\r'),
        b'b' => one('\u{8}'),
        b'f' => one('\u{c}'),
        b'"' => one('"'),
        b'\\' => one('\\'),
        b'/' => one('/'),
        b'u' => {
            let high = unit(text.get(1..5)?)?;
            if !(0xd800..0xe000).contains(&high) {
                return Some((char::from_u32(u32::from(high))?, 5));
            }
            // JSON writes characters beyond U+FFFF as two escapes.
            let low = unit(text.get(5..)?.strip_prefix("\\u")?.get(..4)?)?;
            Some((char::decode_utf16([high, low]).next()?.ok()?, 11))
        }
        _ => None,
    }
}

/// Four hexadecimal digits.
fn unit(digits: &str) -> Option<u16> {
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}
