//! `JSON.stringify(value, null, 2)`.

use crate::node::{Node, Value};
use std::fmt::Write;

/// The tree as JSON with an indent of two spaces and without a final newline.
pub(crate) fn json(root: &Node, length: usize) -> String {
    let mut out = String::with_capacity(length);
    write_node(&mut out, root, 0);
    out
}

fn write_node(out: &mut String, node: &Node, depth: usize) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) if number.as_f64().is_finite() => out.push_str(&number.to_string()),
        Value::Number(_) => out.push_str("null"),
        Value::String(text) => write_string(out, text),
        Value::Sequence(items) => {
            write_members(out, ('[', ']'), depth, items, |out, item| write_node(out, item, depth + 1));
        }
        Value::Mapping(mapping) => {
            let members: Vec<_> = mapping.iter().collect();
            write_members(out, ('{', '}'), depth, &members, |out, (key, value)| {
                write_string(out, key);
                out.push_str(": ");
                write_node(out, value, depth + 1);
            });
        }
    }
}

fn write_members<T>(
    out: &mut String,
    (open, close): (char, char),
    depth: usize,
    members: &[T],
    mut write_member: impl FnMut(&mut String, &T),
) {
    out.push(open);
    for (index, member) in members.iter().enumerate() {
        out.push_str(if index > 0 { ",\n" } else { "\n" });
        indent(out, depth + 1);
        write_member(out, member);
    }
    if !members.is_empty() {
        out.push('\n');
        indent(out, depth);
    }
    out.push(close);
}

fn indent(out: &mut String, depth: usize) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
