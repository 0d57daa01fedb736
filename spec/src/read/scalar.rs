//! What a scalar means: the YAML 1.2 core schema.

use crate::node::Value;
use crate::number::Number;
use saphyr_parser::Tag;

/// Whether a scalar was written bare or in some kind of quotes or block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Quoted,
}

/// The value of a scalar.
///
/// # Errors
/// A sentence about a tag that is unknown or does not fit the text.
pub(super) fn resolve(text: &str, style: Style, tag: Option<&Tag>) -> Result<Value, String> {
    let Some(tag) = tag else {
        return Ok(match style {
            Style::Plain => untagged(text).unwrap_or_else(|| Value::String(text.into())),
            Style::Quoted => Value::String(text.into()),
        });
    };
    if is_non_specific(tag) {
        return Ok(Value::String(text.into()));
    }
    if !tag.is_yaml_core_schema() {
        return Err(format!("the tag `{}` is not understood", shown(tag)));
    }
    let value = match tag.suffix.as_str() {
        "str" => return Ok(Value::String(text.into())),
        "null" => null(text),
        "bool" => boolean(text),
        "int" => integer(text),
        "float" => number(text),
        _ => return Err(format!("the tag `{}` is not understood here", shown(tag))),
    };
    value.ok_or_else(|| format!("`{text}` is not a `{}`", shown(tag)))
}

/// The tag `!`, which says no more than that the value is of no special kind.
pub(super) fn is_non_specific(tag: &Tag) -> bool {
    tag.handle.is_empty() && tag.suffix == "!"
}

/// A tag as the author wrote it, or nearly so.
pub(super) fn shown(tag: &Tag) -> String {
    if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { format!("{}{}", tag.handle, tag.suffix) }
}

/// The value of a plain scalar, unless it is text.
pub(super) fn untagged(text: &str) -> Option<Value> {
    // Most text shows by its first letter that it is nothing else.
    let first = text.as_bytes().first().copied().unwrap_or(b'~');
    if !matches!(first, b'0'..=b'9' | b'-' | b'+' | b'.' | b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F') {
        return None;
    }
    null(text).or_else(|| boolean(text)).or_else(|| number(text))
}

fn null(text: &str) -> Option<Value> {
    matches!(text, "" | "~" | "null" | "Null" | "NULL").then_some(Value::Null)
}

fn boolean(text: &str) -> Option<Value> {
    match text {
        "true" | "True" | "TRUE" => Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => Some(Value::Bool(false)),
        _ => None,
    }
}

fn integer(text: &str) -> Option<Value> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if decimal { number(text) } else { based(text) }
}

fn number(text: &str) -> Option<Value> {
    based(text).or_else(|| infinite(text)).or_else(|| decimal(text))
}

/// `0o17` and `0x1F`, without a sign.
fn based(text: &str) -> Option<Value> {
    let (radix, digits) =
        text.strip_prefix("0o").map(|digits| (8, digits)).or_else(|| Some((16, text.strip_prefix("0x")?)))?;
    if digits.is_empty() {
        return None;
    }
    let mut value = 0.0_f64;
    let mut exact = true;
    for digit in digits.chars() {
        let next = value * f64::from(radix) + f64::from(digit.to_digit(radix)?);
        // Above 2^53 the sum may be rounded; it is exact as long as the digit can be taken off again.
        exact &= next < 9_007_199_254_740_992.0;
        value = next;
    }
    value.is_finite().then_some(Value::Number(Number::new(value, exact)))
}

fn infinite(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let value = match unsigned {
        ".inf" | ".Inf" | ".INF" if text.starts_with('-') => f64::NEG_INFINITY,
        ".inf" | ".Inf" | ".INF" => f64::INFINITY,
        ".nan" | ".NaN" | ".NAN" if unsigned.len() == text.len() => f64::NAN,
        _ => return None,
    };
    Some(Value::Number(Number::new(value, true)))
}

/// A decimal numeral. One that is too large for a double is text, as in the reference tool.
fn decimal(text: &str) -> Option<Value> {
    // Up to fifteen digits any whole number is a double.
    if text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        return text.parse().ok().map(|value| Value::Number(Number::new(value, true)));
    }
    let numeral = Numeral::parse(text)?;
    let value: f64 = text.parse().ok()?;
    if !value.is_finite() {
        return None;
    }
    // Lossless if the shortest numeral that reads back as this double is the author's, zeros aside.
    let shortest = format!("{value:e}");
    let lossless = Numeral::parse(&shortest).is_some_and(|shortest| shortest.same_value(&numeral));
    Some(Value::Number(Number::new(value, lossless)))
}

/// A decimal numeral: its significant digits, and the power of ten that they are multiplied with.
struct Numeral {
    digits: String,
    exponent: Option<i64>,
}

impl Numeral {
    /// `[-+]? (digits [. digits?]? | . digits) ([eE] [-+]? digits)?`
    fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, power) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, p)| (m, Some(p)));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let mut exponent = Some(0);
        if let Some(power) = power {
            let digits = power.strip_prefix(['-', '+']).unwrap_or(power);
            if digits.is_empty() || !all_digits(digits) {
                return None;
            }
            exponent = power.parse().ok();
        }
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0').trim_end_matches('0').to_owned();
        let trailing = all.len() - all.trim_end_matches('0').len();
        let shift = i64::try_from(trailing).ok()? - i64::try_from(fraction.len()).ok()?;
        Some(Self { digits, exponent: exponent.and_then(|exponent: i64| exponent.checked_add(shift)) })
    }

    fn same_value(&self, other: &Self) -> bool {
        self.digits == other.digits && (self.digits.is_empty() || self.exponent == other.exponent)
    }
}
