//! File patterns of settings: `*` within a folder, `**` through folders, `?` for one character, `{a,b}` for either.

/// A pattern with more alternatives than this is taken for a plain name.
const MOST_ALTERNATIVES: usize = 1_000;

/// Whether `path`, with `/` between its parts, fits the pattern.
pub(super) fn fits(pattern: &str, path: &str) -> bool {
    let mut all = Vec::new();
    expand(pattern, &mut all);
    all.iter().any(|pattern| fits_plain(pattern, path))
}

/// As [`fits`], but a pattern without `/` is one of names in any folder.
pub(super) fn fits_base(pattern: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    fits(pattern, path) || (!pattern.contains('/') && fits(pattern, name))
}

/// The patterns without braces that a pattern stands for.
fn expand(pattern: &str, all: &mut Vec<String>) {
    let braces = pattern.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?)));
    match braces.filter(|_| all.len() < MOST_ALTERNATIVES) {
        Some((head, (inside, tail))) => {
            inside.split(',').for_each(|one| expand(&format!("{head}{one}{tail}"), all));
        }
        None => all.push(pattern.to_owned()),
    }
}

fn fits_plain(pattern: &str, path: &str) -> bool {
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
        let yes = [
            ("a/*.yaml", "a/b.yaml"),
            ("**/b.yaml", "b.yaml"),
            ("**/b.yaml", "x/y/b.yaml"),
            ("a/**", "a/b/c"),
            ("**/*.{yaml,yml}", "a/b.yml"),
            ("{a,b}/c.{x,y}", "b/c.x"),
        ];
        let no = [
            ("a/*.yaml", "a/b/c.yaml"),
            ("*.yaml", "a/b.yaml"),
            ("a/?.yaml", "a/bc.yaml"),
            ("a", "a/b"),
            ("*.{yaml,yml}", "a.json"),
        ];
        assert!(yes.iter().all(|(pattern, path)| fits(pattern, path)));
        assert!(!no.iter().any(|(pattern, path)| fits(pattern, path)));
    }
}
