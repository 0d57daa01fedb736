//! What a caller presents.

use std::net::SocketAddr;

use base64::Engine as _;
use countersign_models::operation::{Credential, OperationSpec};
use http::HeaderMap;
use http::header::AUTHORIZATION;

/// The credentials of one request, unread until asked for.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    spec: &'static OperationSpec,
    headers: &'a HeaderMap,
    peer: Option<SocketAddr>,
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
    /// The credentials among these headers of a request for an operation.
    #[must_use]
    pub const fn new(spec: &'static OperationSpec, headers: &'a HeaderMap) -> Self {
        Self { spec, headers, peer: None }
    }

    /// The same, with the address that the request came from.
    #[must_use]
    pub const fn from_peer(self, peer: SocketAddr) -> Self {
        Self { peer: Some(peer), ..self }
    }

    /// The address at the other end of the connection: the caller's, or a proxy's.
    #[must_use]
    pub const fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// All headers of the request.
    #[must_use]
    pub const fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// The operation that is asked for; its `security` says which credentials it takes.
    #[must_use]
    pub const fn operation(&self) -> &'static OperationSpec {
        self.spec
    }

    /// Whether everything that one set of the operation's `security` names is presented, well-formed or not.
    #[must_use]
    pub fn are_complete(&self) -> bool {
        self.spec.security.iter().any(|schemes| {
            schemes.iter().all(|scheme| match scheme.credential {
                Credential::Basic => self.authorization("basic").is_some(),
                Credential::Bearer => self.authorization("bearer").is_some(),
                Credential::Header(name) => self.headers.contains_key(name),
            })
        })
    }

    /// Whether a header is there, once or more.
    #[must_use]
    pub fn has_header(&self, name: &str) -> bool {
        self.headers.contains_key(name)
    }

    /// The value of a header that holds a credential; `None` if it is missing, repeated or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        if values.next().is_some() { None } else { Some(value) }
    }

    /// The bearer token (RFC 6750): of the one `Authorization` header, scheme in any case.
    #[must_use]
    pub fn bearer(&self) -> Option<&'a str> {
        self.authorization("bearer").map(str::trim).filter(|token| !token.is_empty())
    }

    /// What follows the scheme in the one `Authorization` header, if it is of this scheme.
    fn authorization(&self, scheme: &str) -> Option<&'a str> {
        let (written, credential) = self.header(AUTHORIZATION.as_str())?.split_once(' ')?;
        written.eq_ignore_ascii_case(scheme).then_some(credential)
    }

    /// The Basic credentials: the one `Authorization` header, scheme in any case, padded or unpadded base64 of UTF-8
    /// `id:secret`. `None` for anything else, a repeated header included.
    #[must_use]
    pub fn basic(&self) -> Option<BasicCredentials> {
        let encoded = self.authorization("basic")?;
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
    use countersign_models::Operation as _;
    use countersign_models::operations::GetHealth;

    use super::*;

    fn basic(values: &[&str]) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        credentials(&headers).basic().map(|basic| (basic.id, basic.secret))
    }

    fn credentials(headers: &HeaderMap) -> Credentials<'_> {
        Credentials::new(GetHealth::spec(), headers)
    }

    #[test]
    fn a_bearer_token_is_what_follows_the_scheme() {
        for (value, token) in [
            ("Bearer a.b", Some("a.b")),
            ("bEARER  a ", Some("a")),
            ("Bearer ", None),
            ("Bearer", None),
            ("Basic a", None),
        ] {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())]);
            assert_eq!(credentials(&headers).bearer(), token, "{value:?}");
        }
    }

    #[test]
    fn a_credential_that_comes_twice_is_none() {
        let mut headers = HeaderMap::new();
        assert_eq!(credentials(&headers).header("x-api-key"), None);
        headers.append("x-api-key", "a".parse().unwrap());
        assert_eq!(credentials(&headers).header("X-API-Key"), Some("a"));
        headers.append("x-api-key", "a".parse().unwrap());
        assert_eq!(credentials(&headers).header("x-api-key"), None);
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
