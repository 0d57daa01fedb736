//! The `format` keywords that are enforced.

use chrono::{DateTime, NaiveDate};

/// Formats of strings that [`accepts`] decides. The generator refuses others, so that no format goes unenforced in silence.
pub const STRING_FORMATS: &[&str] = &["binary", "byte", "date", "date-time", "email", "password", "uri", "uuid"];

/// Whether `text` is of the string format `format`. `binary` and `password` constrain nothing.
#[must_use]
pub fn accepts(format: &str, text: &str) -> bool {
    match format {
        "byte" => is_base64(text),
        "date" => is_date(text),
        // RFC 3339 wants the `T`; chrono would take a space.
        "date-time" => {
            text.as_bytes().get(10).is_some_and(|t| matches!(t, b'T' | b't'))
                && DateTime::parse_from_rfc3339(text).is_ok()
        }
        "email" => is_email(text),
        "uri" => is_uri(text),
        "uuid" => is_uuid(text),
        _ => true,
    }
}

/// RFC 3339's full-date: digits in their places, which chrono would also let be blanks or a sign.
fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
        && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// RFC 5321's mailbox: the address alone, without the name that a message header may put before it.
fn is_email(text: &str) -> bool {
    let options = email_address::Options::default().without_display_text();
    email_address::EmailAddress::parse_with_options(text, options).is_ok()
}

/// RFC 3986: the characters first, since the WHATWG parser would trim blanks and encode what may not stand in a URI.
fn is_uri(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let stands = match byte {
            b'%' => {
                [bytes.next(), bytes.next()].iter().flatten().filter(|digit| digit.is_ascii_hexdigit()).count() == 2
            }
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => false,
            other => other.is_ascii_graphic(),
        };
        if !stands {
            return false;
        }
    }
    url::Url::parse(text).is_ok()
}

/// RFC 9562: 8-4-4-4-12 hex digits, either case.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// RFC 4648, section 4, padded.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - digits.len() <= 2
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::{STRING_FORMATS, accepts};

    #[test]
    fn each_format_has_a_text_that_it_takes_and_one_that_it_refuses() {
        let table = [
            ("byte", "aGk=", "aGk"),
            ("date", "2026-02-28", "2026-02-30"),
            ("date", "0026-02-28", "+026-02-28"),
            ("date", "2026-12-08", "2026-12- 8"),
            ("date-time", "2026-11-22T08:00:00Z", "2026-11-22 08:00:00Z"),
            ("email", "jane@example.com", "jane@"),
            ("email", "\"j d\"@example.com", "Jane <jane@example.com>"),
            ("uri", "https://example.com/a", "example"),
            ("uri", "urn:isbn:0451450523", " https://example.com"),
            ("uri", "https://example.com/%7Bid%7D", "https://example.com/{id}"),
            ("uri", "https://example.com/%20", "https://example.com/%2"),
            ("uri", "mailto:a@example.com", "java\nscript:alert(1)"),
            ("uuid", "0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90", "0193d1c47a557a8e9a433f0e4c1b2a90"),
        ];
        for (format, good, bad) in table {
            assert!(accepts(format, good), "{format} refuses {good}");
            assert!(!accepts(format, bad), "{format} accepts {bad}");
        }
        let unconstrained = ["binary", "password"];
        let covered = |format: &&str| unconstrained.contains(format) || table.iter().any(|row| row.0 == *format);
        assert!(STRING_FORMATS.iter().all(covered));
    }
}
