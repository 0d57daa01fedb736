//! Which strings may be printed without quotes: those that a reader of YAML 1.2 *or* 1.1 takes for text.

/// A quick yes for what most text is: printable ASCII that begins with a letter (or `$`, `/`, `_`), without `:` or `#`,
/// and is no word that means something. A no says nothing.
pub(super) fn is_surely_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    (first.is_ascii_alphabetic() || matches!(first, b'$' | b'/' | b'_'))
        && *last != b' '
        && is_printable_ascii(bytes)
        && memchr::memchr2(b':', b'#', bytes).is_none()
        && (text.len() > "false".len() || !is_word(text))
}

/// Whether all bytes are spaces or visible ASCII. Written so that the compiler looks at many bytes at once.
fn is_printable_ascii(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |all, byte| all & (byte.wrapping_sub(b' ') <= b'~' - b' '))
}

/// Whether `text` stands for itself when printed bare.
pub(super) fn may_be_plain(text: &str) -> bool {
    has_plain_form(text) && !means_something_else(text)
}

/// Whether the characters alone allow the bare form.
fn has_plain_form(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return false };
    if is_blank(first) || text.ends_with(is_blank) {
        return false;
    }
    let starts_well = match first {
        ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => false,
        '-' | '?' | ':' => chars.next().is_some_and(|second| !is_blank(second)),
        _ => true,
    };
    starts_well && !looks_structured(text)
}

/// Whether there is a `#` after white space, or a `:` that white space or nothing follows.
fn looks_structured(text: &str) -> bool {
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let comment = c == '#' && before.is_some_and(is_blank);
        let key = c == ':' && chars.peek().is_none_or(|next| is_blank(*next));
        if comment || key {
            return true;
        }
        before = Some(c);
    }
    false
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Whether some reader takes the bare text for null, a truth value, a number, a date, a merge key or a default value.
fn means_something_else(text: &str) -> bool {
    is_word(text) || is_number_1_2(text) || is_integer_1_1(text) || is_float_1_1(text) || is_timestamp(text)
}

fn is_word(text: &str) -> bool {
    if matches!(text, "~" | "=" | "<<") {
        return true;
    }
    let lower = text.to_ascii_lowercase();
    let known = matches!(lower.as_str(), "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n");
    let (head, tail) = text.split_at(usize::from(known));
    // Lower, Capital or UPPER, not mixed.
    known && (text == lower || (is_upper(head) && (is_upper(tail) || tail == &lower[1..])))
}

fn is_upper(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn all_of(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(allowed)
}

/// Decimal numerals with a finite value, `0o17`, `0x1F`, infinities and not-a-number.
fn is_number_1_2(text: &str) -> bool {
    let based = text.strip_prefix("0o").map(|digits| (8, digits)).or_else(|| Some((16, text.strip_prefix("0x")?)));
    if let Some((radix, digits)) = based {
        return all_of(digits, |byte| char::from(byte).is_digit(radix)) && is_finite(digits, radix);
    }
    let body = unsigned(text);
    if matches!(body, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, power) = body.split_once(['e', 'E']).map_or((body, None), |(m, p)| (m, Some(p)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let shaped = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let powered = power.is_none_or(|power| !unsigned(power).is_empty() && digits(unsigned(power)));
    shaped && powered && text.parse().is_ok_and(f64::is_finite)
}

/// Whether digits of a radix stay below the largest double.
fn is_finite(digits: &str, radix: u32) -> bool {
    let places = digits.chars().filter_map(|c| c.to_digit(radix));
    places.fold(0.0_f64, |value, digit| value * f64::from(radix) + f64::from(digit)).is_finite()
}

/// Binary, octal with a bare `0`, hexadecimal, decimal and base 60, with `_` between digits.
fn is_integer_1_1(text: &str) -> bool {
    let body = unsigned(text);
    if let Some(digits) = body.strip_prefix("0b") {
        let shaped = all_of(digits, |byte| matches!(byte, b'0' | b'1' | b'_'));
        return shaped && has_digit(digits) && is_finite(digits, 2);
    }
    if let Some(digits) = body.strip_prefix("0x") {
        return all_of(digits, |byte| byte.is_ascii_hexdigit() || byte == b'_')
            && has_hex(digits)
            && is_finite(digits, 16);
    }
    if body.contains(':') {
        return is_base_60(body);
    }
    let octal = body.strip_prefix('0').is_some_and(|rest| all_of(rest, |byte| matches!(byte, b'0'..=b'7' | b'_')));
    let decimal = body.starts_with(|c: char| ('1'..='9').contains(&c)) && all_of(body, digit_or_gap);
    (octal && is_finite(body, 8)) || (decimal && is_finite(body, 10))
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

fn has_hex(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_hexdigit())
}

fn digit_or_gap(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

/// `190:20:30`: any first part, then parts from 0 to 59.
fn is_base_60(body: &str) -> bool {
    let mut parts = body.split(':');
    let first = parts.next().unwrap_or("");
    let shaped =
        first.starts_with(|c: char| c.is_ascii_digit()) && all_of(first, digit_or_gap) && parts.all(is_sixtieth);
    let places = body.split(':').filter_map(|part| part.replace('_', "").parse::<f64>().ok());
    shaped && places.fold(0.0, |value, place| value * 60.0 + place).is_finite()
}

fn is_sixtieth(part: &str) -> bool {
    match part.as_bytes() {
        [units] => units.is_ascii_digit(),
        [tens, units] => (b'0'..=b'5').contains(tens) && units.is_ascii_digit(),
        _ => false,
    }
}

/// Numbers with a point, with `_` between digits, the exponent always signed; base 60 with a fraction.
fn is_float_1_1(text: &str) -> bool {
    let body = unsigned(text);
    if let Some((whole, fraction)) = body.rsplit_once('.')
        && whole.contains(':')
    {
        return is_base_60(whole) && fraction.bytes().all(digit_or_gap);
    }
    let (mantissa, power) = body.split_once(['e', 'E']).map_or((body, None), |(m, p)| (m, Some(p)));
    let Some((whole, fraction)) = mantissa.split_once('.') else { return false };
    let shaped = (whole.is_empty() || (whole.starts_with(|c: char| c.is_ascii_digit()) && all_of(whole, digit_or_gap)))
        && fraction.bytes().all(digit_or_gap);
    let powered = power.is_none_or(|power| {
        power.strip_prefix(['-', '+']).is_some_and(|digits| all_of(digits, |byte| byte.is_ascii_digit()))
    });
    let plain = body.replace('_', "");
    shaped && powered && plain.parse().is_ok_and(f64::is_finite)
}

/// A date that exists, or a date with a time of day.
fn is_timestamp(text: &str) -> bool {
    let Some((year, rest)) = text.split_once('-') else { return false };
    if year.len() != 4 || !all_of(year, |byte| byte.is_ascii_digit()) {
        return false;
    }
    let Some((month, rest)) = rest.split_once('-') else { return false };
    let day_length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (day, rest) = rest.split_at(day_length);
    let (Some(year), Some(month_number), Some(day_number)) =
        (number(year, 4, 4), number(month, 1, 2), number(day, 1, 2))
    else {
        return false;
    };
    if !(1..=12).contains(&month_number) || day_number < 1 || day_number > days_in(year, month_number) {
        return false;
    }
    if rest.is_empty() { month.len() == 2 && day.len() == 2 } else { is_time(rest) }
}

/// What follows the date: `T` or blanks, `h:mm:ss`, a fraction, a zone.
fn is_time(rest: &str) -> bool {
    let time = match rest.strip_prefix(['T', 't']) {
        Some(time) => time,
        None => rest.trim_start_matches([' ', '\t']),
    };
    if time.len() == rest.len() {
        return false;
    }
    let mut parts = time.splitn(3, ':');
    let (Some(hour), Some(minute), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let Some((second, rest)) = rest.split_at_checked(2) else { return false };
    let in_day = |text, most, least_digits| number(text, least_digits, 2).is_some_and(|number| number <= most);
    if !in_day(hour, 23, 1) || !in_day(minute, 59, 2) || !in_day(second, 59, 2) {
        return false;
    }
    let rest = rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    is_zone(rest)
}

fn is_zone(rest: &str) -> bool {
    let zone = rest.trim_start_matches([' ', '\t']);
    if rest.is_empty() || zone == "Z" {
        return true;
    }
    let Some(offset) = zone.strip_prefix(['-', '+']) else { return false };
    let (hours, minutes) = offset.split_once(':').map_or((offset, "00"), |(hours, minutes)| (hours, minutes));
    number(hours, 1, 2).is_some_and(|hours| hours <= 23) && number(minutes, 2, 2).is_some_and(|minutes| minutes <= 59)
}

/// `text` as a number if it is digits, between `least` and `most` of them.
fn number(text: &str, least: usize, most: usize) -> Option<u32> {
    let right = (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    right.then(|| text.parse().ok()).flatten()
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
