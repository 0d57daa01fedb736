//! JSON pointers (RFC 6901) and their form in a URI fragment.

use std::borrow::Cow;

/// `~1` is `/`, `~0` is `~`.
pub(crate) fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') { Cow::Owned(token.replace("~1", "/").replace("~0", "~")) } else { Cow::Borrowed(token) }
}

/// The tokens of the pointer in a reference, with `~1`, `~0` and then percent escapes decoded. Empty ones do not count,
/// so `#/` is the whole document.
pub(crate) fn tokens(fragment: &str) -> impl Iterator<Item = Cow<'_, str>> {
    fragment.split('/').filter(|token| !token.is_empty()).map(|token| match unescape(token) {
        Cow::Borrowed(token) => percent_decode(token).unwrap_or(Cow::Borrowed(token)),
        Cow::Owned(token) => Cow::Owned(percent_decode(&token).map_or_else(|| token.clone(), Cow::into_owned)),
    })
}

/// The inverse of [`unescape`].
pub(crate) fn escape(token: &str) -> Cow<'_, str> {
    if token.contains(['~', '/']) {
        Cow::Owned(token.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(token)
    }
}

/// Percent-decodes `text`. `None` if an escape is broken or the bytes are not UTF-8, where JavaScript throws.
fn percent_decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = tail;
            continue;
        }
        let (digits, tail) = tail.split_at_checked(2)?;
        let nibble = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(nibble(digits[0])? << 4 | nibble(digits[1])?);
        rest = tail;
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}
