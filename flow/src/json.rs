//! JSON that means one thing only: parsing without duplicate members, and the canonical form that is signed and digested.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why a text isn't JSON of the accepted form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not one JSON value, or text follows it.
    #[error("not one JSON value")]
    Malformed,
    /// An object has two members of one name.
    #[error("an object has two members of one name")]
    DuplicateMember,
    /// Arrays and objects are nested deeper than allowed.
    #[error("nested too deeply")]
    TooDeep,
}

/// Parses one JSON value in UTF-8. Refuses two members of one name, at any depth, and text after the value.
///
/// `max_depth` is how many arrays and objects may enclose each other: with 0 only scalars are accepted.
///
/// # Errors
/// [`JsonError`]; it never repeats the text.
pub fn parse_unique(text: impl AsRef<[u8]>, max_depth: usize) -> Result<Value, JsonError> {
    let refused = Cell::new(JsonError::Malformed);
    let mut parser = serde_json::Deserializer::from_slice(text.as_ref());
    Unique { depth_left: max_depth, refused: &refused }
        .deserialize(&mut parser)
        .and_then(|value| parser.end().map(|()| value))
        .map_err(|_| refused.get())
}

/// Deserialises a value; leaves the reason of an own refusal in `refused`.
#[derive(Clone, Copy)]
struct Unique<'a> {
    depth_left: usize,
    refused: &'a Cell<JsonError>,
}

impl Unique<'_> {
    fn refuse<E: serde::de::Error>(self, reason: JsonError) -> E {
        self.refused.set(reason);
        E::custom(reason)
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth_left = self.depth_left.checked_sub(1).ok_or_else(|| self.refuse(JsonError::TooDeep))?;
        Ok(Self { depth_left, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Value, D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut elements = Vec::new();
        while let Some(element) = array.next_element_seed(deeper)? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(self.refuse(JsonError::DuplicateMember));
            }
            let value = object.next_value_seed(deeper)?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

/// The canonical text of a value: members sorted at every depth by UTF-16 code units, as JavaScript sorts strings; arrays
/// in order; no white space; strings and numbers as `JSON.stringify` writes them (integers exactly, of any size that is
/// held). Two texts of one value, however ordered and spaced, have one canonical form.
///
/// Source: RFC 8785, section 3.2.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Array(elements) => {
            text.push('[');
            for (position, element) in elements.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                write_canonical(element, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            // Sorted here: whether `serde_json` keeps its maps sorted depends on a feature that any dependency can switch.
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            text.push('{');
            for (position, (name, member)) in sorted.into_iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                write_string(name, text);
                text.push(':');
                write_canonical(member, text);
            }
            text.push('}');
        }
        Value::String(string) => write_string(string, text),
        Value::Number(number) => write_number(number, text),
        Value::Bool(_) | Value::Null => text.push_str(&value.to_string()),
    }
}

/// As `JSON.stringify`: short escapes where they exist, other control characters as `\u00xx`, everything else as it is.
fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\0'..='\u{1f}' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => text.push(c),
        }
    }
    text.push('"');
}

fn write_number(number: &Number, text: &mut String) {
    match number.as_f64() {
        Some(float) if number.is_f64() => text.push_str(&ecmascript_number(float)),
        _ => text.push_str(&number.to_string()),
    }
}

/// `Number::toString` of ECMAScript for a finite number.
fn ecmascript_number(float: f64) -> String {
    if float == 0.0 {
        return "0".to_owned();
    }
    // Rust's exponent form has the shortest digits that read back as the same number, which is what ECMAScript asks for.
    let scientific = format!("{:e}", float.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = mantissa.replace('.', "");
    let sign = if float < 0.0 { "-" } else { "" };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or(0));
    let (whole, fraction) = digits.split_at(usize::try_from(exponent + 1).unwrap_or(0).min(digits.len()));
    match exponent {
        0..=20 if fraction.is_empty() => format!("{sign}{digits}{}", zeros(exponent + 1 - count)),
        0..=20 => format!("{sign}{whole}.{fraction}"),
        -6..=-1 => format!("{sign}0.{}{digits}", zeros(-exponent - 1)),
        _ => {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            let plus = if exponent > 0 { "+" } else { "" };
            format!("{sign}{first}{point}{rest}e{plus}{exponent}")
        }
    }
}
