//! The nearest existing name to one that does not exist.

use std::path::Path;

/// Names longer than this are not compared.
const LONGEST: usize = 80;

/// How many names are looked at. A folder or a mapping may be huge.
const MOST: usize = 5_000;

/// The candidate that differs least from `wanted`, if the difference looks like a slip of the pen.
pub(crate) fn nearest<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 3).clamp(1, 4);
    candidates
        .take(MOST)
        .filter(|candidate| candidate.len() <= LONGEST && wanted.len() <= LONGEST)
        .map(|candidate| (distance(&wanted.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The file in the same folder whose name is nearest to that of `missing`.
pub(crate) fn nearest_file(missing: &Path) -> Option<String> {
    let wanted = missing.file_name()?.to_string_lossy();
    let folder = missing.parent()?;
    crate::watch::note(folder);
    let entries = std::fs::read_dir(folder).ok()?;
    let mut names: Vec<String> =
        entries.take(MOST).filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    nearest(&wanted, names.iter().map(String::as_str)).map(str::to_owned)
}

/// How many characters must be inserted, removed or replaced to get from `a` to `b` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
