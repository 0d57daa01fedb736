//! Rust names from the document's names.

/// The words of `authMethodId`, `AUTH_METHOD`, `Grid-Wallet-Signature`, `openapi.json`: case changes and anything that
/// isn't a letter or digit divide words.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut current = String::new();
    let characters: Vec<char> = name.chars().collect();
    for (index, &character) in characters.iter().enumerate() {
        if !character.is_ascii_alphanumeric() {
            if !current.is_empty() {
                words.push(std::mem::take(&mut current));
            }
            continue;
        }
        let previous = index.checked_sub(1).map(|before| characters[before]);
        let next_is_lower = characters.get(index + 1).is_some_and(char::is_ascii_lowercase);
        let starts_word = character.is_ascii_uppercase()
            && previous.is_some_and(|p| {
                p.is_ascii_lowercase() || p.is_ascii_digit() || (p.is_ascii_uppercase() && next_is_lower)
            });
        if starts_word && !current.is_empty() {
            words.push(std::mem::take(&mut current));
        }
        current.push(character.to_ascii_lowercase());
    }
    if !current.is_empty() {
        words.push(current);
    }
    words
}

/// `refresh_auth_session`
pub(crate) fn snake(name: &str) -> String {
    words(name).join("_")
}

/// `RefreshAuthSession`
pub(crate) fn pascal(name: &str) -> String {
    words(name)
        .iter()
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_ascii_uppercase() + rest
        })
        .collect()
}

/// `REFRESH_AUTH_SESSION`
pub(crate) fn screaming(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// An identifier, raw where the name is a keyword of Rust.
pub(crate) fn ident(name: &str) -> proc_macro2::Ident {
    let span = proc_macro2::Span::call_site();
    if name.is_empty() {
        // Every place that names something refuses this; until then it must not panic.
        return proc_macro2::Ident::new("unnamed", span);
    }
    if matches!(name, "self" | "super" | "crate" | "Self") {
        return proc_macro2::Ident::new(&format!("{name}_"), span);
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return proc_macro2::Ident::new(&format!("_{name}"), span);
    }
    match syn::parse_str::<syn::Ident>(name) {
        Ok(_) => proc_macro2::Ident::new(name, span),
        Err(_) => proc_macro2::Ident::new_raw(name, span),
    }
}

#[cfg(test)]
mod tests {
    use super::{pascal, screaming, snake};

    #[test]
    fn words_are_found_in_every_casing() {
        assert_eq!(snake("refreshAuthSession"), "refresh_auth_session");
        assert_eq!(snake("Grid-Wallet-Signature"), "grid_wallet_signature");
        assert_eq!(snake("HTTPServer2Go"), "http_server2_go");
        assert_eq!(pascal("EMAIL_OTP"), "EmailOtp");
        assert_eq!(pascal("getOpenapiJson"), "GetOpenapiJson");
        assert_eq!(screaming("Error400Code"), "ERROR400_CODE");
    }
}
