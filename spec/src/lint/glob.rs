//! File patterns of settings: `*` within a folder, `**` through folders, `?` for one character.

/// Whether `path`, with `/` between its parts, fits the pattern.
pub(super) fn fits(pattern: &str, path: &str) -> bool {
    let parts: Vec<&str> = pattern.trim_start_matches("./").split('/').collect();
    let folders: Vec<&str> = path.trim_start_matches("./").split('/').collect();
    // One row of the table "does the rest of the pattern fit the rest of the path" at a time, so that many `**` do not
    // multiply.
    let mut row: Vec<bool> = (0..=folders.len()).map(|rest| rest == folders.len()).collect();
    for part in parts.iter().rev() {
        let mut next = vec![false; folders.len() + 1];
        for at in (0..=folders.len()).rev() {
            next[at] = if *part == "**" {
                row[at] || (at < folders.len() && next[at + 1])
            } else {
                at < folders.len() && row[at + 1] && name_fits(part, folders[at])
            };
        }
        row = next;
    }
    row[0]
}

fn name_fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let mut row = vec![true];
    row.resize(pattern.len() + 1, false);
    for (index, c) in pattern.iter().enumerate() {
        row[index + 1] = row[index] && *c == '*';
    }
    for c in name.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (index, wanted) in pattern.iter().enumerate() {
            next[index + 1] = match wanted {
                '*' => next[index] || row[index + 1],
                '?' => row[index],
                exact => row[index] && *exact == c,
            };
        }
        row = next;
    }
    row[pattern.len()]
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stay_in_a_folder_and_double_stars_do_not() {
        let yes = [("a/*.yaml", "a/b.yaml"), ("**/b.yaml", "b.yaml"), ("**/b.yaml", "x/y/b.yaml"), ("a/**", "a/b/c")];
        let no = [("a/*.yaml", "a/b/c.yaml"), ("*.yaml", "a/b.yaml"), ("a/?.yaml", "a/bc.yaml"), ("a", "a/b")];
        assert!(yes.iter().all(|(pattern, path)| fits(pattern, path)));
        assert!(!no.iter().any(|(pattern, path)| fits(pattern, path)));
    }
}
