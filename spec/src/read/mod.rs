//! Reading a YAML or JSON file into nodes with spans.
//!
//! YAML 1.2 with the core schema, plus the merge key `<<` of YAML 1.1. JSON is read as the YAML that it is.
//! Everything is bounded: nesting, the size of a file, and the number of values after aliases are expanded.

mod event;
mod mapping;
mod scalar;
mod scan;
mod surrogate;

pub(crate) use event::parse;

use crate::node::Node;
use crate::source::Source;
use std::fs;
use std::io::Read;
use std::path::Path;

/// How deep collections may nest.
pub(crate) const MAX_DEPTH: usize = 200;

/// How large one file may be, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// How much all files of a document together may hold, aliases expanded and copies counted: one for each value, and
/// one more for every 64 bytes of text.
pub(crate) const MAX_VALUES: usize = 4_000_000;

/// What is left of [`MAX_VALUES`].
#[derive(Debug, Clone)]
pub(crate) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_VALUES)
    }
}

impl Budget {
    /// Takes the price of one value with `text_bytes` of text. `false` when there is not enough left.
    pub(crate) fn pay(&mut self, text_bytes: usize) -> bool {
        match self.0.checked_sub(1 + text_bytes / 64) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// Takes what was found to be a price before. `false` when there is not enough left.
    pub(crate) fn pay_price(&mut self, price: usize) -> bool {
        let rest = self.0.checked_sub(price);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// What was taken of this to make it `after`.
    pub(crate) fn price_to(&self, after: &Self) -> usize {
        self.0.saturating_sub(after.0)
    }
}

/// The value of a text that holds nothing beyond [`scan`], with places in the file 0. `None` says nothing about it.
pub(crate) fn scan_quickly(text: &str, budget: &mut Budget) -> Option<Node> {
    if event::has_suspicious(text) { None } else { scan::scan(text, 0, budget) }
}

/// Reads a text file.
///
/// # Errors
/// Why it cannot be read, as the end of the sentence "`path` …".
pub(crate) fn load(path: &Path, shown_as: &Path) -> Result<Source, String> {
    crate::watch::note(path);
    let metadata = fs::metadata(path).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => "does not exist".to_owned(),
        _ => unreadable(&cause),
    })?;
    let text = load_text(path, &metadata)?;
    Ok(Source { path: shown_as.to_owned(), text })
}

/// Reads a text file that is no symbolic link. `None` says nothing about what is wrong.
pub(crate) fn load_plain(path: &Path) -> Option<Source> {
    crate::watch::note(path);
    let text = load_text(path, &fs::symlink_metadata(path).ok()?).ok()?;
    Some(Source { path: path.to_owned(), text })
}

fn unreadable(cause: &std::io::Error) -> String {
    format!("cannot be read: {cause}")
}

fn load_text(path: &Path, metadata: &fs::Metadata) -> Result<String, String> {
    // A named pipe or a device would never end.
    if !metadata.is_file() {
        return Err("is not a file".to_owned());
    }
    let too_large = || Err(format!("is larger than {} MB", MAX_FILE >> 20));
    if metadata.len() > MAX_FILE {
        return too_large();
    }
    let mut file = fs::File::open(path).map_err(|cause| unreadable(&cause))?;
    let mut bytes = vec![0; usize::try_from(metadata.len()).unwrap_or(0) + 1];
    let mut length = 0;
    // Most files are read whole at once: only one that has grown meanwhile fills the byte more.
    loop {
        let more = match file.read(&mut bytes[length..]) {
            Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => continue,
            more => more.map_err(|cause| unreadable(&cause))?,
        };
        length += more;
        if more == 0 || (length + 1 == bytes.len() && metadata.len() > 0) {
            break;
        }
        if length == bytes.len() {
            if length as u64 > MAX_FILE {
                return too_large();
            }
            bytes.resize(length * 2, 0);
        }
    }
    bytes.truncate(length);
    let text = String::from_utf8(bytes).map_err(|cause| {
        let valid = &cause.as_bytes()[..cause.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        format!("is not UTF-8 (line {line})")
    })?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    Ok(if memchr::memchr(b'\r', text.as_bytes()).is_some() { text.replace("\r\n", "\n") } else { text })
}
