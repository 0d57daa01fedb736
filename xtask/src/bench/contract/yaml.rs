//! Values of the generated files, and their text: written as people write YAML, with folded prose and short lines.

use std::path::Path;

/// Where prose is folded.
const WIDTH: usize = 110;

/// One value of a file.
#[derive(Clone)]
pub(crate) enum Yaml {
    /// A number or boolean, as it stands.
    Bare(String),
    Text(String),
    /// A file of the tree, from its root; written relative to the file that it stands in.
    File(String),
    List(Vec<Yaml>),
    Map(Map),
}

/// Members in the order in which they were added.
#[derive(Clone, Default)]
pub(crate) struct Map(Vec<(String, Yaml)>);

impl Map {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with(mut self, key: impl Into<String>, value: impl Into<Yaml>) -> Self {
        self.0.push((key.into(), value.into()));
        self
    }

    /// Adds a member only if there is a value.
    pub(crate) fn maybe(self, key: &str, value: Option<impl Into<Yaml>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// All members of another after its own.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A reference to a file of the tree.
pub(crate) fn refer(file: &str) -> Map {
    Map::new().with("$ref", Yaml::File(file.to_owned()))
}

impl From<Map> for Yaml {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Yaml {
    fn from(value: bool) -> Self {
        Self::Bare(value.to_string())
    }
}

impl From<u64> for Yaml {
    fn from(value: u64) -> Self {
        Self::Bare(value.to_string())
    }
}

impl<T: Into<Yaml>> From<Vec<T>> for Yaml {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

/// The text of a file at `path`.
pub(crate) fn print(map: &Map, path: &str) -> String {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut printer = Printer { out: String::new(), folder };
    printer.map(map, 0);
    printer.out
}

struct Printer<'a> {
    out: String,
    folder: &'a Path,
}

impl Printer<'_> {
    fn map(&mut self, map: &Map, indent: usize) {
        for (key, value) in &map.0 {
            self.pad(indent);
            self.out.push_str(&scalar(key));
            self.out.push(':');
            self.value(value, indent);
        }
    }

    /// What follows a key or a dash's place, to the end of its last line.
    fn value(&mut self, value: &Yaml, indent: usize) {
        match value {
            Yaml::Map(map) if map.is_empty() => self.out.push_str(" {}\n"),
            Yaml::List(list) if list.is_empty() => self.out.push_str(" []\n"),
            Yaml::Map(map) => {
                self.out.push('\n');
                self.map(map, indent + 2);
            }
            Yaml::List(list) => {
                self.out.push('\n');
                self.list(list, indent + 2);
            }
            Yaml::Bare(_) | Yaml::Text(_) | Yaml::File(_) => {
                self.out.push(' ');
                self.leaf(value, indent + 2);
            }
        }
    }

    fn list(&mut self, list: &[Yaml], indent: usize) {
        for item in list {
            self.pad(indent);
            self.out.push_str("- ");
            let start = self.out.len();
            match item {
                Yaml::Map(map) if !map.is_empty() => self.map(map, indent + 2),
                Yaml::List(list) if !list.is_empty() => self.list(list, indent + 2),
                leaf => self.leaf(leaf, indent + 2),
            }
            // The first member stands behind the dash.
            let leading = self.out[start..].len() - self.out[start..].trim_start().len();
            self.out.replace_range(start..start + leading, "");
        }
    }

    fn leaf(&mut self, value: &Yaml, indent: usize) {
        match value {
            Yaml::Bare(text) => self.out.push_str(text),
            Yaml::File(path) => self.out.push_str(&relative(self.folder, path)),
            Yaml::Text(text) if text.contains('\n') => {
                self.out.push_str("|-");
                for line in text.lines() {
                    self.out.push('\n');
                    if !line.is_empty() {
                        self.pad(indent);
                        self.out.push_str(line);
                    }
                }
            }
            Yaml::Text(text) if text.len() + indent > WIDTH && text.contains(' ') => {
                self.out.push_str(">-");
                self.fold(text, indent);
            }
            Yaml::Text(text) => self.out.push_str(&scalar(text)),
            Yaml::Map(_) => self.out.push_str("{}"),
            Yaml::List(_) => self.out.push_str("[]"),
        }
        self.out.push('\n');
    }

    fn fold(&mut self, text: &str, indent: usize) {
        let mut column = WIDTH;
        for word in text.split(' ') {
            if column + 1 + word.len() > WIDTH {
                self.out.push('\n');
                self.pad(indent);
                column = indent;
            } else {
                self.out.push(' ');
                column += 1;
            }
            self.out.push_str(word);
            column += word.len();
        }
    }

    fn pad(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }
}

/// Plain where that is safe beyond doubt, else in single quotes.
fn scalar(text: &str) -> String {
    let starts_well =
        text.starts_with(|c: char| c.is_ascii_alphabetic() || "/$^".contains(c)) || text.starts_with("./");
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_plain = starts_well
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && !reserved.contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

/// The way from a folder to a file, both named from the root of the tree.
fn relative(folder: &Path, file: &str) -> String {
    let mut here = folder.components().peekable();
    let mut there = Path::new(file).components().peekable();
    while here.peek().is_some() && here.peek() == there.peek() {
        here.next();
        there.next();
    }
    let up: Vec<&str> = here.map(|_| "..").collect();
    let down: Vec<_> = there.map(|part| part.as_os_str().to_string_lossy()).collect();
    let start = if up.is_empty() { ".".to_owned() } else { up.join("/") };
    format!("{start}/{}", down.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{Map, Yaml, print, refer};

    #[test]
    fn a_file_is_written_as_people_write_it() {
        let map = Map::new()
            .with("200", "it's: so")
            .with("prose", "word ".repeat(30).trim_end())
            .with("lines", "one\n\ntwo")
            .with("list", vec![Map::new().with("a", 1).with("b", Yaml::List(Vec::new())), refer("c/d/f.yaml")]);
        let wanted = format!(
            "'200': 'it''s: so'\nprose: >-\n  {}\n  {}\nlines: |-\n  one\n\n  two\nlist:\n  - a: 1\n    b: []\n  - $ref: ../d/f.yaml\n",
            "word ".repeat(20) + "word",
            "word ".repeat(9).trim_end(),
        );
        assert_eq!(print(&map, "c/e/g.yaml"), wanted);
    }
}
