//! Where a link by email may lead: only to what the platform has registered (C1).

use url::{Host, Url};

/// The query parameter that carries the code. A callback that already has one is refused: its page could take the wrong one.
const CODE: &str = "code";

/// Why a text is no callback. Safe to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a callback: {0}")]
pub struct CallbackFault(&'static str);

/// A URL that links may lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback(Url);

impl Callback {
    /// Reads an absolute URL: https, or http on a loopback host; no user, no fragment, no parameter `code`. What browsers
    /// would silently drop or turn round, such as line breaks and backslashes, is refused.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, CallbackFault> {
        if text.chars().any(|character| character.is_whitespace() || character.is_control() || character == '\\') {
            return Err(CallbackFault("it has white space, control characters or backslashes"));
        }
        let url = Url::parse(text).map_err(|_| CallbackFault("it is no absolute URL"))?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            _ => return Err(CallbackFault("its scheme must be https, or http on a loopback host")),
        }
        // The parser takes `https:host` and `https:///host` for `https://host`.
        let authority = text.split_once("://").map(|(_, rest)| rest).unwrap_or_default();
        if url.host().is_none() || authority.is_empty() || authority.starts_with('/') {
            return Err(CallbackFault("it has no host"));
        }
        let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(CallbackFault("it has user info"));
        }
        if url.fragment().is_some() {
            return Err(CallbackFault("it has a fragment"));
        }
        let path = url.path().to_ascii_lowercase();
        if path.contains("%2f") || path.contains("%5c") {
            return Err(CallbackFault("its path has encoded slashes"));
        }
        if url.query_pairs().any(|(name, _)| name == CODE) {
            return Err(CallbackFault("it has a parameter `code`"));
        }
        Ok(Self(url))
    }

    /// Reads one that is to be registered: also without a query.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_registered(text: &str) -> Result<Self, CallbackFault> {
        let callback = Self::parse(text)?;
        if callback.0.query().is_some() { Err(CallbackFault("it has a query")) } else { Ok(callback) }
    }

    /// The URL as it is kept.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether this one is within a registered one: the same scheme, host and port, and a path that goes on from the
    /// registered one by whole segments.
    pub fn is_within(&self, registered: &Self) -> bool {
        let (asked, allowed) = (&self.0, &registered.0);
        let prefix = allowed.path().trim_end_matches('/');
        asked.scheme() == allowed.scheme()
            && asked.host() == allowed.host()
            && asked.port_or_known_default() == allowed.port_or_known_default()
            && asked.path().strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The link with a code.
    pub fn with_code(&self, code: &str) -> String {
        let mut url = self.0.clone();
        url.query_pairs_mut().append_pair(CODE, code);
        url.into()
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(asked: &str, registered: &str) -> bool {
        let registered = Callback::parse_registered(registered).unwrap();
        Callback::parse(asked).is_ok_and(|asked| asked.is_within(&registered))
    }

    #[test]
    fn a_callback_goes_on_from_a_registered_one_by_whole_segments() {
        let registered = "https://app.example.com/auth";
        for allowed in [
            "https://app.example.com/auth",
            "https://app.example.com/auth/",
            "https://app.example.com/auth/done?next=%2Fhome",
            "https://APP.example.com:443/auth?x=1",
            "https://app.example.com/auth/../auth/x",
        ] {
            assert!(within(allowed, registered), "{allowed}");
        }
        assert!(within("http://localhost:3000/x", "http://localhost:3000"));
        assert!(within("http://127.0.0.1:3000/x", "http://127.0.0.1:3000/"));
        assert!(within("http://[::1]:3000/x", "http://[::1]:3000/"));
    }

    #[test]
    fn hostile_callbacks_are_within_nothing() {
        for hostile in [
            "",
            "auth",
            "//app.example.com/auth",
            "https:app.example.com/auth",
            "https:///app.example.com/auth",
            "javascript:alert(1)",
            "data:text/html,x",
            "http://app.example.com/auth",
            "https://app.example.com/authority",
            "https://app.example.com/aut",
            "https://app.example.com/AUTH",
            "https://app.example.com/auth/../other",
            "https://app.example.com/auth/%2e%2e/other",
            "https://app.example.com/auth%2f..%2fother",
            "https://app.example.com/auth/..%5cother",
            "https://app.example.com/auth\\..\\other",
            "https://app.example.com:8443/auth",
            "https://app.example.com.evil.example/auth",
            "https://evil.example/app.example.com/auth",
            "https://evil.example\\@app.example.com/auth",
            "https://evil.example@app.example.com/auth",
            "https://@app.example.com/auth",
            "https://app.example.com@evil.example/auth",
            "https://app.example.com/auth#fragment",
            "https://app.example.com/auth#",
            "https://app.example.com/auth?code=mine",
            "https://app.example.com/auth?%63ode=mine",
            "https://app.example.com/au\tth",
            "https://app.example.com/auth\n",
            " https://app.example.com/auth",
            "https://app\u{3002}example.com.evil.example/auth",
        ] {
            assert!(!within(hostile, "https://app.example.com/auth"), "{hostile:?}");
        }
        assert!(!within("http://localhost.evil.example:3000/", "http://localhost:3000/"));
        assert!(!within("http://localhost:3001/", "http://localhost:3000/"));
    }

    #[test]
    fn what_is_registered_has_no_query_and_is_kept_in_one_spelling() {
        assert!(Callback::parse_registered("https://app.example.com/?a=1").is_err());
        assert!(Callback::parse_registered("http://app.example.com/").is_err());
        let kept = Callback::parse_registered("https://APP.example.com:443").unwrap();
        assert_eq!(kept.as_str(), "https://app.example.com/");
    }

    #[test]
    fn a_link_carries_the_code_beside_what_was_there() {
        let callback = Callback::parse("https://app.example.com/auth?next=1").unwrap();
        assert_eq!(callback.with_code("abc"), "https://app.example.com/auth?next=1&code=abc");
    }
}
