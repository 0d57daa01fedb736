//! Surrogate pairs in double quotes: JSON writes characters beyond U+FFFF as `\ud83d\ude00`, YAML as `\U0001F600`.

use std::borrow::Cow;
use std::iter;

/// The text with every escaped pair written the way of YAML, from the quoted scalar at character `start` to its end,
/// or to the end of the text if the whole text is of JSON's form. `None` if there is no pair.
///
/// The columns after a pair move by two.
pub(super) fn joined(text: &str, start: usize) -> Option<String> {
    let is_json = text.trim_start().starts_with(['{', '[']);
    let start = text.char_indices().nth(start).map_or(text.len(), |(offset, _)| offset);
    let (before, from) = text.split_at(start);
    let end = if is_json { from.len() } else { quoted_length(from) };
    let (scalar, after) = from.split_at(end);
    match join(scalar) {
        Cow::Owned(scalar) => Some([before, &scalar, after].concat()),
        Cow::Borrowed(_) => None,
    }
}

/// How long the double-quoted scalar is that `text` begins with.
fn quoted_length(text: &str) -> usize {
    let mut escaped = true; // The opening quote is not the closing one.
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return offset + 1,
            _ => {}
        }
    }
    text.len()
}

fn join(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    let mut offset = 0;
    while let Some(found) = text[offset..].find('\\') {
        let escape = offset + found;
        let units = [unit(&text[escape..]), text.get(escape + 6..).and_then(unit)];
        if let [Some(high), Some(low)] = units
            && let Some(Ok(joined)) = char::decode_utf16([high, low]).next()
            && (0xd800..0xdc00).contains(&high)
        {
            out.push_str(&text[done..escape]);
            out.extend(iter::once(format!("\\U{:08X}", u32::from(joined))));
            offset = escape + 12;
            done = offset;
        } else {
            // A backslash and whatever it escapes.
            offset = escape + 1 + text[escape + 1..].chars().next().map_or(0, char::len_utf8);
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// The code unit of an escape of the form `\u12ab` at the start of `text`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}
