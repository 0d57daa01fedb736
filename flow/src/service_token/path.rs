//! Paths that a token is for, compared by whole segments.
//!
//! `/work` covers itself and everything below it, `/work/*` only what is below it. Neither covers `/workspace` (T2).

use std::fmt;
use std::str::FromStr;

/// The longest path, in bytes after decoding.
const LONGEST: usize = 1_024;

/// Why a text is no path that a token could be for. Safe to log: it holds no part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// It doesn't begin with `/`.
    #[error("must begin with a slash")]
    NotAbsolute,
    /// It is the root, or everything below the root.
    #[error("must not be the root")]
    Root,
    /// A percent sign that isn't followed by two hex digits, or that hides bytes which aren't UTF-8.
    #[error("must be percent-encoded UTF-8")]
    Encoding,
    /// After decoding it has `%`, `\`, `:` or a control character.
    #[error("must not have percent signs, backslashes, colons or control characters after decoding")]
    Character,
    /// A segment is empty, `.` or `..`.
    #[error("must not have empty segments or dot segments")]
    Segment,
    /// A `*` anywhere but alone at the end.
    #[error("may have `*` only alone, as its last segment")]
    Wildcard,
    /// It is too long.
    #[error("must have at most 1024 bytes")]
    TooLong,
}

/// A path, or everything below one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPattern {
    segments: Vec<String>,
    /// Written with a trailing `/*`: the path itself isn't meant.
    below: bool,
}

impl PathPattern {
    /// Whether everything that `other` covers is covered.
    pub fn covers(&self, other: &Self) -> bool {
        other.segments.starts_with(&self.segments)
            && (!self.below || other.below || other.segments.len() > self.segments.len())
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            write!(f, "/{segment}")?;
        }
        if self.below { f.write_str("/*") } else { Ok(()) }
    }
}

impl FromStr for PathPattern {
    type Err = PathFault;

    /// Reads a path, percent-decoded once. One slash at the end is let pass.
    fn from_str(text: &str) -> Result<Self, PathFault> {
        let decoded = decode(text)?;
        if decoded.len() > LONGEST {
            return Err(PathFault::TooLong);
        }
        let rest = decoded.strip_prefix('/').ok_or(PathFault::NotAbsolute)?;
        if decoded.chars().any(|c| matches!(c, '%' | '\\' | ':') || c.is_control()) {
            return Err(PathFault::Character);
        }
        let (rest, below) = match rest.strip_suffix("/*") {
            Some(rest) => (rest, true),
            None if rest == "*" => return Err(PathFault::Root),
            None => (rest.strip_suffix('/').unwrap_or(rest), false),
        };
        if rest.is_empty() {
            return Err(PathFault::Root);
        }
        let segments: Vec<String> = rest.split('/').map(str::to_owned).collect();
        for segment in &segments {
            match segment.as_str() {
                "" | "." | ".." => return Err(PathFault::Segment),
                _ if segment.contains('*') => return Err(PathFault::Wildcard),
                _ => {}
            }
        }
        Ok(Self { segments, below })
    }
}

/// Percent-decodes once.
fn decode(text: &str) -> Result<String, PathFault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            bytes.push(byte);
            rest = after;
            continue;
        }
        let (digits, after) = after.split_at_checked(2).ok_or(PathFault::Encoding)?;
        let mut decoded = [0];
        hex::decode_to_slice(digits, &mut decoded).map_err(|_| PathFault::Encoding)?;
        bytes.push(decoded[0]);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| PathFault::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> PathPattern {
        text.parse().unwrap_or_else(|fault| panic!("{text}: {fault}"))
    }

    #[test]
    fn paths_cover_whole_segments() {
        for (wide, narrow, covered) in [
            ("/work", "/work", true),
            ("/work", "/work/", true),
            ("/work", "/work/a", true),
            ("/work", "/work/*", true),
            ("/work", "/work/a/*", true),
            ("/work", "/workspace", false),
            ("/work", "/wor", false),
            ("/work", "/Work", false),
            ("/work", "/other/work", false),
            ("/work/*", "/work/a", true),
            ("/work/*", "/work/*", true),
            ("/work/*", "/work/a/b", true),
            ("/work/*", "/work", false),
            ("/work/*", "/workspace", false),
            ("/work/*", "/workspace/a", false),
            ("/work/a", "/work/*", false),
            ("/a b", "/a%20b/c", true),
            ("/%77ork", "/work/a", true),
            ("/caf\u{e9}", "/caf%C3%A9", true),
        ] {
            assert_eq!(path(wide).covers(&path(narrow)), covered, "{wide} over {narrow}");
        }
    }

    #[test]
    fn hostile_spellings_are_refused() {
        use PathFault::{Character, Encoding, NotAbsolute, Root, Segment, TooLong, Wildcard};
        for (text, fault) in [
            ("", NotAbsolute),
            ("work", NotAbsolute),
            ("*", NotAbsolute),
            ("./work", NotAbsolute),
            ("\\work", NotAbsolute),
            ("https://a/work", NotAbsolute),
            ("/", Root),
            ("/*", Root),
            ("//", Root),
            ("/%2a", Root),
            ("//*", Root),
            ("//work", Segment),
            ("/work//a", Segment),
            ("/work//", Segment),
            ("/work//*", Segment),
            ("/work/.", Segment),
            ("/work/../a", Segment),
            ("/..", Segment),
            ("/work/%2e%2e/a", Segment),
            ("/work%2f%2fa", Segment),
            ("/work/%2e%2E", Segment),
            ("/work/*/a", Wildcard),
            ("/wo*k", Wildcard),
            ("/work/**", Wildcard),
            ("/work/*/", Wildcard),
            ("/work/%2a/a", Wildcard),
            ("/work/a*", Wildcard),
            ("/work/%252e%252e", Character),
            ("/work/%25", Character),
            ("/work\\a", Character),
            ("/work%5ca", Character),
            ("/work:a", Character),
            ("/work%3Aa", Character),
            ("/work\na", Character),
            ("/work%00", Character),
            ("/work%C2%85", Character),
            ("/work/%", Encoding),
            ("/work/%2", Encoding),
            ("/work/%zz", Encoding),
            ("/work/%ff", Encoding),
            ("/work/%c0%af", Encoding),
        ] {
            assert_eq!(text.parse::<PathPattern>(), Err(fault), "{text:?}");
        }
        assert_eq!(format!("/{}", "a".repeat(LONGEST)).parse::<PathPattern>(), Err(TooLong));
    }

    #[test]
    fn a_path_is_written_as_it_is_compared() {
        for (text, written) in
            [("/work", "/work"), ("/work/", "/work"), ("/work/*", "/work/*"), ("/%77ork%20a/b", "/work a/b")]
        {
            assert_eq!(path(text).to_string(), written);
        }
    }
}
