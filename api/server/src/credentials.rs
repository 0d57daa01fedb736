//! What a caller presents.

use base64::Engine as _;
use http::HeaderMap;
use http::header::AUTHORIZATION;

/// The credentials of one request, unread until asked for.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    headers: &'a HeaderMap,
}

/// HTTP Basic credentials (RFC 7617).
#[derive(Clone, PartialEq, Eq)]
pub struct BasicCredentials {
    /// The user part: a client id.
    pub id: String,
    /// The password part: a secret.
    pub secret: String,
}

impl<'a> Credentials<'a> {
    /// The credentials among these headers.
    #[must_use]
    pub const fn new(headers: &'a HeaderMap) -> Self {
        Self { headers }
    }

    /// The Basic credentials: the one `Authorization` header, scheme in any case, padded or unpadded base64 of UTF-8
    /// `id:secret`. `None` for anything else, a repeated header included.
    #[must_use]
    pub fn basic(&self) -> Option<BasicCredentials> {
        let mut values = self.headers.get_all(AUTHORIZATION).iter();
        let value = values.next()?.to_str().ok()?;
        if values.next().is_some() {
            return None;
        }
        let (scheme, encoded) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let encoded = encoded.trim().trim_end_matches('=');
        let decoded = base64::engine::general_purpose::STANDARD_NO_PAD.decode(encoded).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some(BasicCredentials { id: id.to_owned(), secret: secret.to_owned() })
    }
}

impl std::fmt::Debug for BasicCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BasicCredentials").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(values: &[&str]) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        Credentials::new(&headers).basic().map(|basic| (basic.id, basic.secret))
    }

    #[test]
    fn basic_credentials_are_read_as_rfc_7617_says() {
        let jane = Some(("jane".to_owned(), "a:b".to_owned()));
        assert_eq!(basic(&["Basic amFuZTphOmI="]), jane);
        assert_eq!(basic(&["bASIC amFuZTphOmI"]), jane);
        for values in [
            &["Bearer amFuZTphOmI="][..],
            &["Basic jane:a:b"],
            &["Basic"],
            &["Basic amFuZQ=="],
            &[],
            &["Basic amFuZTphOmI=", "Basic amFuZTphOmI="],
        ] {
            assert_eq!(basic(values), None, "{values:?}");
        }
    }
}
