//! Several files in one input: a line `=== NAME` begins a file, and what stands before the first is the root document.

/// The root document's name.
pub const ROOT: &str = "root.yaml";

/// How many files an input may hold.
const MOST: usize = 16;

const MARK: &[u8] = b"=== ";

/// The files of an input. Names that could lead out of a folder are left out, and so is a second file of a name.
pub fn unpack(input: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![(ROOT.to_owned(), Vec::new())];
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(MARK).map(<[u8]>::trim_ascii) {
            Some(name) => files.push((String::from_utf8_lossy(name).into_owned(), Vec::new())),
            None => files.last_mut().into_iter().for_each(|(_, text)| text.extend_from_slice(line)),
        }
    }
    let mut kept: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, text) in files.into_iter().filter(|(name, _)| is_plain(name)).take(MOST) {
        if kept.iter().all(|(other, _)| !other.eq_ignore_ascii_case(&name)) {
            kept.push((name, text));
        }
    }
    kept
}

/// The other way round. The first file is the root document.
pub fn pack<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut input: Vec<u8> = Vec::new();
    for (name, text) in files {
        if name != ROOT {
            if !input.ends_with(b"\n") {
                input.push(b'\n');
            }
            input.extend_from_slice(MARK);
            input.extend_from_slice(name.as_bytes());
            input.push(b'\n');
        }
        input.extend_from_slice(text);
    }
    input
}

/// A relative path of few letters that stays in its folder.
fn is_plain(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part != "." && part != "..";
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/ %".contains(&byte);
    name.len() <= 60 && name.split('/').count() <= 3 && name.split('/').all(is_part) && name.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::{pack, unpack};

    #[test]
    fn what_is_packed_is_unpacked_and_names_stay_in_the_folder() {
        let files = [("root.yaml", "a: 1\n"), ("s/x.yaml", "b: 2\n"), ("lint.toml", "")];
        let packed = pack(files.map(|(name, text)| (name, text.as_bytes())));
        let unpacked = unpack(&packed);
        assert_eq!(unpacked, files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())));
        for name in ["../x", "/x", "a//b", "a/./b", "", "é", "a/b/c/d", "ROOT.yaml"] {
            assert_eq!(unpack(format!("=== {name}\nx\n").as_bytes()).len(), 1, "{name}");
        }
    }
}
