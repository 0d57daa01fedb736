//! Numbers as JavaScript sees them.

use std::fmt;

/// A number of a document: a double, as in the tools that read the bundle.
///
/// Displayed as JavaScript prints it: `1e+21`, `1e-7`, `0.000001`, `-0` as `0`, `Infinity`, `NaN`.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    value: f64,
    lossless: bool,
}

impl Number {
    pub(crate) fn new(value: f64, lossless: bool) -> Self {
        Self { value, lossless }
    }

    /// The value.
    pub fn as_f64(&self) -> f64 {
        self.value
    }

    /// The value, if it is a whole number that fits. `1.0` is `1`, as in JSON Schema.
    pub fn as_i64(&self) -> Option<i64> {
        // 2^63 as a double. It is itself out of range, and so is everything that does not lie strictly below it.
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        let whole = self.value.fract() == 0.0 && self.value >= -LIMIT && self.value < LIMIT;
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
        whole.then_some(self.value as i64)
    }

    /// Whether the author's text has exactly this value. `82.50` has, `9007199254740993` has not.
    pub fn is_lossless(&self) -> bool {
        self.lossless
    }
}

impl PartialEq for Number {
    /// By value. `NaN` equals itself, so that a document equals its copy.
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value || (self.value.is_nan() && other.value.is_nan())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.value.is_nan() {
            return f.write_str("NaN");
        }
        if self.value.is_infinite() {
            return f.write_str(if self.value < 0.0 { "-Infinity" } else { "Infinity" });
        }
        if self.value == 0.0 {
            return f.write_str("0");
        }
        if self.value < 0.0 {
            f.write_str("-")?;
        }
        // The shortest digits that read back as the same double are the same in Rust and in JavaScript;
        // only the layout differs.
        let scientific = format!("{:e}", self.value.abs());
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let digits = mantissa.replace('.', "");
        let point = exponent.parse::<i32>().unwrap_or(0) + 1;
        f.write_str(&laid_out(&digits, point))
    }
}

/// Sets decimal `digits` with the point after the `point`-th of them, as ECMAScript `Number::toString` does.
fn laid_out(digits: &str, point: i32) -> String {
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    if (count..=21).contains(&point) {
        return format!("{digits}{}", zeros(point - count));
    }
    if (1..=21).contains(&point) {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        return format!("{whole}.{fraction}");
    }
    if (-5..=0).contains(&point) {
        return format!("0.{}{digits}", zeros(-point));
    }
    let sign = if point > 0 { '+' } else { '-' };
    let exponent = (point - 1).abs();
    let (first, rest) = digits.split_at(1);
    if rest.is_empty() { format!("{first}e{sign}{exponent}") } else { format!("{first}.{rest}e{sign}{exponent}") }
}
