//! The nearest existing name to one that does not exist.

use std::path::Path;

/// Names longer than this are not compared.
const LONGEST: usize = 80;

/// How many names are looked at. A folder or a mapping may be huge.
const MOST: usize = 5_000;

/// The candidate that differs least from `wanted`, if the difference looks like a slip of the pen.
pub(crate) fn nearest<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if wanted.len() > LONGEST {
        return None;
    }
    let limit = (wanted.chars().count() / 3).clamp(1, 4);
    let wanted: Vec<char> = wanted.to_lowercase().chars().collect();
    let (mut name, mut row) = (Vec::new(), Vec::new());
    candidates
        .take(MOST)
        .filter(|candidate| candidate.len() <= LONGEST)
        .filter_map(|candidate| {
            name.clear();
            name.extend(candidate.chars().flat_map(char::to_lowercase));
            Some((distance(&wanted, &name, limit, &mut row)?, candidate))
        })
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

/// How many characters must be inserted, removed or replaced to get from `a` to `b` (Levenshtein); `None` if more than
/// `limit`, which is found out early. `row` is only memory.
fn distance(a: &[char], b: &[char], limit: usize, row: &mut Vec<usize>) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    row.clear();
    row.extend(0..=b.len());
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        let mut least = row[0];
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
            least = least.min(row[j + 1]);
        }
        // No later row gets below this one.
        if least > limit {
            return None;
        }
    }
    row.last().copied().filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_another_word_is_not() {
        let names = ["Customer", "Account", "AccountHolder", "Éclair", "id"];
        let near = |wanted| nearest(wanted, names.into_iter());
        for (wanted, found) in
            [("Costumer", 0), ("acount", 1), ("AcountHolders", 2), ("éclaire", 3), ("ID", 4), ("i", 4)]
        {
            assert_eq!(near(wanted), Some(names[found]), "{wanted}");
        }
        for wanted in ["Payment", "Cust", "", "Accumulator", "AccountHolderAddress"] {
            assert_eq!(near(wanted), None, "{wanted}");
        }
        assert_eq!(nearest("abc", ["abd", "abc", "abe"].into_iter()), Some("abc"));
    }
}
