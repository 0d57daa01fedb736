//! YAML as `js-yaml` prints it: an indent of two spaces, `- ` indented under its key, no line wrapping, no aliases.

use super::plain::{is_surely_plain, may_be_plain};
use crate::node::{Mapping, Node, Value};
use crate::number::Number;
use std::borrow::Cow;
use std::fmt::Write;

/// The tree as YAML, with a final newline: about `length` bytes.
pub(crate) fn yaml(root: &Node, length: usize) -> String {
    let mut out = String::with_capacity(length);
    match &root.value {
        Value::Mapping(mapping) if !mapping.is_empty() => write_mapping(&mut out, mapping, 0, Position::OwnLine),
        Value::Sequence(items) if !items.is_empty() => write_sequence(&mut out, items, 0, Position::OwnLine),
        _ => {
            write_leaf(&mut out, root, 0);
            out.push('\n');
        }
    }
    // After a block that keeps its final newlines only this mark tells where the document ends.
    if ends_in_kept_block(root) {
        out.push_str("...\n");
    }
    out
}

/// Where a collection begins: at the start of a line, or behind a `- ` or `: ` that already stands there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    OwnLine,
    Inline,
}

/// Keys that take more characters than this, quotes and escapes counted, are printed in the explicit form, because
/// readers look no further for the colon.
const LONGEST_IMPLICIT_KEY: usize = 1024;

fn write_mapping(out: &mut String, mapping: &Mapping, indent: usize, position: Position) {
    for (index, (key, value)) in mapping.iter().enumerate() {
        if index > 0 || position == Position::OwnLine {
            pad(out, indent);
        }
        let printed = key_text(key);
        // Every character is at least a byte.
        let is_long = printed.len() > LONGEST_IMPLICIT_KEY && printed.chars().count() > LONGEST_IMPLICIT_KEY;
        if is_long || key.contains('\n') {
            out.push_str("? ");
            out.push_str(&printed);
            out.push('\n');
            pad(out, indent);
            out.push_str(": ");
            write_inline(out, value, indent + 2);
        } else {
            out.push_str(&printed);
            out.push(':');
            write_after_key(out, value, indent + 2);
        }
    }
}

fn write_sequence(out: &mut String, items: &[Node], indent: usize, position: Position) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 || position == Position::OwnLine {
            pad(out, indent);
        }
        out.push_str("- ");
        write_inline(out, item, indent + 2);
    }
}

/// A value behind `key:`: a collection goes to the next line.
fn write_after_key(out: &mut String, value: &Node, indent: usize) {
    match &value.value {
        Value::Mapping(mapping) if !mapping.is_empty() => {
            out.push('\n');
            write_mapping(out, mapping, indent, Position::OwnLine);
        }
        Value::Sequence(items) if !items.is_empty() => {
            out.push('\n');
            write_sequence(out, items, indent, Position::OwnLine);
        }
        _ => {
            out.push(' ');
            write_leaf(out, value, indent);
            out.push('\n');
        }
    }
}

/// A value behind `- ` or an explicit `: `: a collection begins on the same line.
fn write_inline(out: &mut String, value: &Node, indent: usize) {
    match &value.value {
        Value::Mapping(mapping) if !mapping.is_empty() => write_mapping(out, mapping, indent, Position::Inline),
        Value::Sequence(items) if !items.is_empty() => write_sequence(out, items, indent, Position::Inline),
        _ => {
            write_leaf(out, value, indent);
            out.push('\n');
        }
    }
}

fn write_leaf(out: &mut String, node: &Node, indent: usize) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&numeral(*number)),
        Value::String(text) => write_text(out, text, indent),
        Value::Sequence(_) => out.push_str("[]"),
        Value::Mapping(_) => out.push_str("{}"),
    }
}

/// A number so that YAML reads it as the same float: a point before a bare exponent, and names of its own for the rest.
fn numeral(number: Number) -> String {
    let value = number.as_f64();
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    if value == 0.0 && value.is_sign_negative() {
        return "-0.0".to_owned();
    }
    let text = number.to_string();
    match text.split_once('e') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.e{exponent}"),
        _ => text,
    }
}

fn write_text(out: &mut String, text: &str, indent: usize) {
    if is_surely_plain(text) {
        out.push_str(text);
    } else if is_fragile(text) || is_only_space(text) {
        write_double_quoted(out, text);
    } else if text.contains('\n') {
        if text.chars().all(|c| c == '\n' || !is_control(c)) {
            write_block(out, text, indent);
        } else {
            write_double_quoted(out, text);
        }
    } else {
        write_one_line(out, text);
    }
}

fn key_text(key: &str) -> Cow<'_, str> {
    if is_surely_plain(key) {
        return Cow::Borrowed(key);
    }
    let mut text = String::new();
    if is_fragile(key) || is_only_space(key) || key.contains('\n') {
        write_double_quoted(&mut text, key);
    } else {
        write_one_line(&mut text, key);
    }
    Cow::Owned(text)
}

fn write_one_line(out: &mut String, text: &str) {
    if text.chars().any(is_control) {
        write_double_quoted(out, text);
    } else if may_be_plain(text) {
        out.push_str(text);
    } else {
        let _ = write!(out, "'{}'", text.replace('\'', "''"));
    }
}

/// Whether the text holds a character that is easily lost or misread unless it is escaped.
fn is_fragile(text: &str) -> bool {
    text.contains(|c| {
        matches!(c, '\t' | '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    })
}

fn is_only_space(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c == '\n' || c.is_whitespace())
}

fn is_control(c: char) -> bool {
    c < ' '
}

fn write_block(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if text.trim_start_matches('\n').starts_with(' ') {
        out.push('2');
    }
    let body = text.strip_suffix('\n');
    match body {
        None => out.push('-'),
        Some(body) if body.ends_with('\n') => out.push('+'),
        Some(_) => {}
    }
    for line in body.unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(out, indent);
            out.push_str(line);
        }
    }
}

fn write_double_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{a0}' => out.push_str("\\_"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            // Writing to a String cannot fail.
            c if c < ' ' || ('\u{7f}'..'\u{a0}').contains(&c) => drop(write!(out, "\\x{:02X}", u32::from(c))),
            '\u{feff}' | '\u{fffe}' | '\u{ffff}' => drop(write!(out, "\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Whether the last thing printed is a block that keeps more than one final newline.
fn ends_in_kept_block(node: &Node) -> bool {
    match &node.value {
        Value::String(text) => {
            text.ends_with("\n\n")
                && !is_fragile(text)
                && !is_only_space(text)
                && !text.contains(|c| is_control(c) && c != '\n')
        }
        Value::Sequence(items) => items.last().is_some_and(ends_in_kept_block),
        Value::Mapping(mapping) => mapping.iter().last().is_some_and(|(_, value)| ends_in_kept_block(value)),
        _ => false,
    }
}

fn pad(out: &mut String, indent: usize) {
    const SPACES: &str = "                                                                ";
    let mut rest = indent;
    while rest > 0 {
        let some = rest.min(SPACES.len());
        out.push_str(&SPACES[..some]);
        rest -= some;
    }
}
