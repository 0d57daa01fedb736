//! Judging texts, numbers and names in examples.

use super::example::{Fault, Verdict, at};
use super::site::Site;

/// A value as messages have it: as it is written, or what it is.
pub(super) fn quoted(value: Site<'_>) -> String {
    if value.is_mapping() || value.is_sequence() { value.shown() } else { format!("`{}`", value.shown()) }
}

/// What is wrong with the name of a member. Names are text: only the words for text are asked.
pub(super) fn name_fault<'a>(member: Site<'a>, name: &str, names: Site<'a>) -> Verdict<'a> {
    let names = names.end();
    let allowed = names.get("enum").filter(|allowed| allowed.is_sequence());
    if allowed.is_some_and(|allowed| !allowed.items().any(|one| one.str() == Some(name)))
        || names.get("const").is_some_and(|only| only.str() != Some(name))
        || names.bool() == Some(false)
    {
        return at(member, format!("the name `{name}` is not allowed"));
    }
    string_fault(member, name, names)?;
    at(member, format!("the name `{name}` is not what `propertyNames` allows"))
}

/// What is wrong with a text.
pub(super) fn string_fault<'a>(value: Site<'a>, text: &str, schema: Site<'a>) -> Verdict<'a> {
    let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    if let Some(least) = schema.count("minLength").filter(|least| length < *least) {
        return at(value, format!("the text has {length} characters, and at least {least} are required"));
    }
    if let Some(most) = schema.count("maxLength").filter(|most| length > *most) {
        return at(value, format!("the text has {length} characters, and at most {most} are allowed"));
    }
    if let Some(pattern) = schema.text("pattern")
        && value.tree.pattern(pattern).matches(text) == Some(false)
    {
        return at(value, format!("`{}` does not match `{pattern}`", value.shown()));
    }
    let format = schema.text("format")?;
    (!super::format::fits(text, format))
        .then(|| Fault { at: value, message: format!("`{}` is not of format {format}", value.shown()) })
}

/// What is wrong with a number.
pub(super) fn number_fault<'a>(value: Site<'a>, number: f64, schema: Site<'a>) -> Verdict<'a> {
    let bound = |word: &str| schema.get(word).and_then(Site::number);
    let exclusive = |word: &str| schema.is_true(word);
    let low = bound("minimum");
    if low.is_some_and(|low| number < low || (exclusive("exclusiveMinimum") && number <= low))
        || bound("exclusiveMinimum").is_some_and(|low| number <= low)
    {
        return at(value, format!("{} is too small", value.shown()));
    }
    let high = bound("maximum");
    if high.is_some_and(|high| number > high || (exclusive("exclusiveMaximum") && number >= high))
        || bound("exclusiveMaximum").is_some_and(|high| number >= high)
    {
        return at(value, format!("{} is too large", value.shown()));
    }
    if let Some(format) = schema.text("format").filter(|format| !super::format::number_fits(number, format)) {
        return at(value, format!("{} is not of format {format}", value.shown()));
    }
    let step = bound("multipleOf").filter(|step| *step > 0.0)?;
    let times = number / step;
    ((times - times.round()).abs() > 1e-9 * times.abs().max(1.0))
        .then(|| Fault { at: value, message: format!("{} is no multiple of {step}", value.shown()) })
}
