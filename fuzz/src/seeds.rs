//! Where a fuzzer begins: the fixtures and cases of `spec/`, packed from where they stand, and the inputs that once
//! broke a property.

use crate::differ::HEAD;
use crate::packed::{ROOT, pack};
use serde::Deserialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Larger inputs only make every step slower.
const LARGEST: usize = 16 << 10;

/// The inputs that `target` begins with.
///
/// # Errors
/// A folder or file of the repository cannot be read.
pub fn of(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let mut seeds = match target {
        "reader" => documents()?.into_iter().flatten().map(|(_, text)| text).collect(),
        "differ" => pairs()?,
        _ => documents()?.iter().map(packed).collect::<Vec<_>>(),
    };
    seeds.extend(regressions(target)?.into_iter().map(|(_, text)| text));
    seeds.retain(|seed| seed.len() <= LARGEST);
    Ok(seeds)
}

/// The inputs that once broke a property of `target`, by the names of their files.
///
/// # Errors
/// The folder cannot be read.
pub fn regressions(target: &str) -> io::Result<Files> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions").join(target);
    if folder.is_dir() { files_below(&folder) } else { Ok(Vec::new()) }
}

/// Files with their paths.
pub type Files = Vec<(String, Vec<u8>)>;

fn packed(files: &Files) -> Vec<u8> {
    pack(files.iter().map(|(name, text)| (name.as_str(), text.as_slice())))
}

fn spec(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec").join(path)
}

/// Every document of the bundler's cases and of the rules' fixtures, its root document first.
fn documents() -> io::Result<Vec<Files>> {
    let mut documents = Vec::new();
    for folder in [spec("tests/bundle-cases"), spec("fixtures")] {
        for path in sorted(&folder)? {
            if path.is_dir() {
                documents.push(files_below(&path)?);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                documents.push(vec![(ROOT.to_owned(), fs::read(&path)?)]);
            }
        }
    }
    Ok(documents)
}

/// Files of a folder and of those below it; the root document is the first.
fn files_below(folder: &Path) -> io::Result<Files> {
    let mut files = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(here) = pending.pop() {
        for path in sorted(&here)? {
            if path.is_dir() {
                pending.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                files.push((name, fs::read(&path)?));
            }
        }
    }
    files.sort_by_key(|(name, _)| (name != ROOT, name.clone()));
    Ok(files)
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    base: String,
    head: String,
}

const DOCUMENT: &str = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n";

const OPERATION: &str = "paths:
  /things:
    put:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
      responses:
        '200': {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
components:
  schemas:
    Other: {type: object, required: [o], properties: {o: {type: string}}}
    Cat: {type: object, required: [t], properties: {t: {type: string}, claws: {type: integer}}}
    Dog: {type: object, required: [t], properties: {t: {type: string}, tail: {type: boolean}}}
    Thing: ";

/// The differ's cases, and each rule's fixture beside the next.
fn pairs() -> io::Result<Vec<Vec<u8>>> {
    let pair = |base: &[u8], head: &[u8]| pack([(ROOT, base), (HEAD, head)]);
    let mut pairs = Vec::new();
    for (file, before) in [("document.toml", DOCUMENT.to_owned()), ("schema.toml", format!("{DOCUMENT}{OPERATION}"))] {
        let text = fs::read_to_string(spec("tests/diff-cases").join(file))?;
        let cases: Cases = toml::from_str(&text).map_err(io::Error::other)?;
        let whole = |document: &str| format!("{before}{document}\n").into_bytes();
        pairs.extend(cases.case.iter().map(|case| pair(&whole(&case.base), &whole(&case.head))));
    }
    let alone: Vec<Vec<u8>> = documents()?
        .into_iter()
        .filter(|files| files.len() == 1)
        .flat_map(|files| files.into_iter().map(|(_, text)| text))
        .collect();
    pairs.extend(alone.windows(2).map(|two| pair(&two[0], &two[1])));
    Ok(pairs)
}
