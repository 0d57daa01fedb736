//! The formats of text that examples are judged by. A format that is not listed here fits everything.

/// Whether `text` is of the format.
pub(super) fn fits(text: &str, format: &str) -> bool {
    match format {
        "date" => is_date(text),
        "date-time" => is_date_time(text),
        "uuid" => is_uuid(text),
        "email" => {
            let mut parts = text.split('@');
            matches!((parts.next(), parts.next(), parts.next()), (Some(local), Some(domain), None)
                if !local.is_empty() && !domain.is_empty() && !text.contains(char::is_whitespace))
        }
        "uri" | "url" => {
            let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
                && !text.contains(char::is_whitespace)
        }
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "time" => is_time(text),
        "byte" => is_base64(text),
        "hostname" => is_hostname(text),
        "duration" => is_duration(text),
        "uri-reference" => !text.contains(|c: char| c.is_whitespace() || r#"<>"\^`{|}"#.contains(c)),
        "uri-template" => is_template(text),
        "json-pointer" => is_pointer(text),
        "relative-json-pointer" => {
            let steps = text.bytes().take_while(u8::is_ascii_digit).count();
            let (count, rest) = text.split_at(steps);
            let is_count = count == "0" || (!count.is_empty() && !count.starts_with('0'));
            is_count && (rest == "#" || is_pointer(rest))
        }
        "regex" => super::pattern::Pattern::new(text).is_valid(),
        _ => true,
    }
}

/// RFC 6901: empty, or `/` before each token, and `~` only as `~0` and `~1`.
fn is_pointer(text: &str) -> bool {
    (text.is_empty() || text.starts_with('/')) && text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}

/// RFC 6570: expressions in braces, not within each other.
fn is_template(text: &str) -> bool {
    let mut is_open = false;
    let fits = text.chars().all(|c| match c {
        '{' | '}' => std::mem::replace(&mut is_open, c == '{') == (c == '}'),
        _ => !c.is_whitespace(),
    });
    fits && !is_open
}

/// RFC 3339, appendix A: `P1Y2M3DT4H5M6S`, `P4W`.
fn is_duration(text: &str) -> bool {
    // Whether the parts are some of these, in this order.
    let fits = |text: &str, units: &str| {
        let mut left = units.chars();
        let mut parts = text.split_inclusive(|c: char| !c.is_ascii_digit());
        parts.all(|part| {
            let unit = part.chars().next_back().unwrap_or_default();
            part.len() > 1 && left.any(|next| next == unit)
        })
    };
    let Some(rest) = text.strip_prefix('P') else { return false };
    match rest.split_once('T') {
        Some((date, time)) => fits(date, "YMD") && !time.is_empty() && fits(time, "HMS"),
        None => !rest.is_empty() && (fits(rest, "YMD") || fits(rest, "W")),
    }
}

/// Whether `number` is of the format.
pub(super) fn number_fits(number: f64, format: &str) -> bool {
    let bits = match format {
        "int32" => 31,
        "int64" => 63,
        _ => return true,
    };
    let limit = 2_f64.powi(bits);
    number.fract() == 0.0 && number >= -limit && number < limit
}

/// RFC 4648, section 4: four characters for three bytes, line ends apart.
fn is_base64(text: &str) -> bool {
    let bytes: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = &bytes[..bytes.len() - padding];
    bytes.len().is_multiple_of(4)
        && padding <= 2
        && digits.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// RFC 1123: labels of letters, digits and inner hyphens.
fn is_hostname(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// RFC 9562: 8-4-4-4-12 digits.
pub(super) fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// RFC 3339: `2026-11-20`
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (digits(year), digits(month), digits(day)) else { return false };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// RFC 3339: `2026-11-20T08:00:00.104Z`
fn is_date_time(text: &str) -> bool {
    text.split_once(['T', 't', ' ']).is_some_and(|(date, time)| is_date(date) && is_time(time))
}

/// RFC 3339: `08:00:00.104Z`
fn is_time(time: &str) -> bool {
    let (clock, zone_fits) = match time.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, true),
        None => match time.rfind(['+', '-']) {
            Some(at) => (&time[..at], hours_and_minutes(&time[at + 1..])),
            None => return false,
        },
    };
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let seconds = whole.get(6..8).and_then(digits);
    let fits =
        whole.len() == 8 && hours_and_minutes(whole.get(..5).unwrap_or_default()) && whole.get(5..6) == Some(":");
    zone_fits && fits && seconds.is_some_and(|seconds| seconds <= 60) && digits(fraction).is_some()
}

fn hours_and_minutes(text: &str) -> bool {
    let Some((hours, minutes)) = text.split_once(':') else { return false };
    (hours.len(), minutes.len()) == (2, 2)
        && digits(hours).is_some_and(|hours| hours < 24)
        && digits(minutes).is_some_and(|minutes| minutes < 60)
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.get(..text.len().min(15))?.parse().ok())?
}
