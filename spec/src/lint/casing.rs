//! How names are written.

/// `customerId`, `id2`
pub(super) fn is_camel(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase()) && bytes.all(|byte| byte.is_ascii_alphanumeric())
}

/// `EMAIL_OTP`, `SHA_256`
pub(super) fn is_upper_snake(name: &str) -> bool {
    let words = name.split('_');
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && words
            .into_iter()
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()))
}

/// `internal-accounts`, `v1`
pub(super) fn is_kebab(name: &str) -> bool {
    name.split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

/// The words of a name in any of the usual forms, in lower case: `HTTPServerId` is `http`, `server`, `id`.
pub(super) fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (index, c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.push(std::mem::take(&mut word));
            continue;
        }
        let previous = index.checked_sub(1).and_then(|before| chars.get(before));
        let next_is_lower = chars.get(index + 1).is_some_and(|next| next.is_lowercase());
        let begins = c.is_uppercase() && previous.is_some_and(|previous| !previous.is_uppercase() || next_is_lower);
        if begins {
            words.push(std::mem::take(&mut word));
        }
        word.extend(c.to_lowercase());
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// `createdAt` from words.
pub(super) fn camel(name: &str) -> String {
    let words = words(name);
    words.iter().enumerate().map(|(index, word)| if index == 0 { word.clone() } else { capital(word) }).collect()
}

/// `CREATED_AT` from words.
pub(super) fn upper_snake(name: &str) -> String {
    words(name).join("_").to_uppercase()
}

/// `CreatedAt` from words, as the generator names Rust variants: of letters and digits of ASCII alone.
pub(super) fn pascal(name: &str) -> String {
    let ascii: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    words(&ascii).iter().map(|word| capital(word)).collect()
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}
