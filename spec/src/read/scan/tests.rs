//! The scanner beside the parser for all of YAML: where it gives anything, it gives the same.

use super::scan;
use crate::node::{Node, Value};
use crate::read::Budget;
use crate::read::event::parse_all_yaml;
use crate::source::{Source, Sources};
use std::fs;
use std::path::{Path, PathBuf};

/// How often each file is read with a small change.
const MUTATIONS: u64 = 200;

/// What is put into files: everything that means something in YAML.
const PIECES: &[&str] = &[
    "\n", "\n\n", "\n  ", " ", "  ", ":", ": ", ":\n", "- ", "-", "? ", "#", " # ", "'", "\"", "''", "|", ">", "|-\n",
    ">+\n", "|2\n", "[", "]", "{", "}", ",", ", ", "&a ", "*a", "!", "!!str ", "%", "@", "`", "~", "null", "0", "1.50",
    "0x1F", "<<", "---", "---\n", "...\n", "\\", "\\n", "\\u00e9", "é", "\u{2028}", "\u{85}", "\t", "x", ".", "=",
    "👍",
];

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % (limit.max(1) as u64)).unwrap_or(0)
    }
}

/// Everything about a node as text, its places included.
fn shown(node: &Node, out: &mut String) {
    let span = node.span;
    // The parser places a sequence without indentation, and an empty item, behind the dash; the scanner at it.
    let column = if matches!(node.value, Value::Sequence(_) | Value::Null) { 0 } else { span.column };
    out.push_str(&format!("{}:{column} ", span.line));
    match &node.value {
        Value::Sequence(items) => {
            out.push_str("[\n");
            items.iter().for_each(|item| shown(item, out));
            out.push_str("]\n");
        }
        Value::Mapping(mapping) => {
            out.push_str("{\n");
            for (key, span, value) in mapping.members() {
                out.push_str(&format!("{key:?} at {}:{} = ", span.line, span.column));
                shown(value, out);
            }
            out.push_str("}\n");
        }
        scalar => out.push_str(&format!("{scalar:?}\n")),
    }
}

/// Compares both on a text. Whether the scanner read it.
fn compare(text: &str) -> bool {
    let mut budget = Budget::default();
    let Some(scanned) = scan(text, 0, &mut budget) else { return false };
    let mut sources = Sources::default();
    sources.add(Source { path: PathBuf::new(), text: text.to_owned() });
    let parsed = parse_all_yaml(&sources, 0, text, &mut Budget::default());
    let (mut by_scanner, mut by_parser) = (String::new(), String::new());
    shown(&scanned, &mut by_scanner);
    match parsed {
        Ok(Some(parsed)) => shown(&parsed, &mut by_parser),
        Ok(None) => by_parser.push_str("nothing"),
        Err(found) => by_parser.push_str(&format!("{found:?}")),
    }
    assert!(by_scanner == by_parser, "----\n{text}\n---- the scanner:\n{by_scanner}---- the parser:\n{by_parser}");
    true
}

/// All YAML and JSON files of this repository's own documents and test data.
fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests"), root.join("../openapi")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|cause| panic!("{}: {cause}", folder.display()));
        for entry in entries.map_while(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "json") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn where_the_scanner_gives_a_document_the_parser_gives_the_same() {
    let mut random = Random(1);
    let (mut read, mut all) = (0, 0);
    for path in files() {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        if text.len() > 40_000 {
            continue;
        }
        all += 1;
        read += usize::from(compare(&text));
        for _ in 0..MUTATIONS {
            compare(&mutated(&text, &mut random));
        }
    }
    assert!(read * 10 > all * 9, "the scanner read {read} of {all} files");
}

/// The text with up to three small changes.
fn mutated(text: &str, random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..=random.below(3) {
        let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let start = boundary(random.below(text.len() + 1));
        let end = boundary((start + random.below(6)).min(text.len())).max(start);
        match random.below(3) {
            0 => text.replace_range(start..end, ""),
            1 => text.insert_str(start, PIECES[random.below(PIECES.len())]),
            _ => {
                let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
                text.insert_str(line, PIECES[random.below(PIECES.len())]);
            }
        }
    }
    text
}

#[test]
fn a_long_line_costs_no_more_than_many_short_ones() {
    let quickest = |separator: &str| {
        let members: String = (0..1_000).map(|n| format!("\"é{n}\": {{\"a\": [1, 2]}},{separator}")).collect();
        let text = format!("{{{members}\"last\": 1}}\n");
        let run = || {
            let started = std::time::Instant::now();
            assert!(scan(&text, 0, &mut Budget::default()).is_some());
            started.elapsed()
        };
        (0..4).map(|_| run()).min().unwrap_or_default().as_secs_f64()
    };
    let factor = quickest(" ") / quickest("\n");
    assert!(factor < 15.0, "{factor}");
}
