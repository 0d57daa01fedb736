//! Where the server is reached, and from where it is.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context as _, Result, bail};
use countersign_flow::cli_login::callback::Callback;
use http::HeaderMap;
use http::header::{HOST, HeaderName, ORIGIN};
use ipnet::IpNet;
use url::{Host, Url};

use crate::config::ServerSettings;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What the settings say of the outside.
#[derive(Clone, Debug)]
pub struct Site {
    public_url: Option<Url>,
    /// `iss` of access tokens.
    pub(crate) issuer: String,
    trusted_proxies: Vec<IpNet>,
}

impl Site {
    /// The site of these settings.
    ///
    /// # Errors
    /// A setting that makes no sense: which.
    pub fn new(settings: &ServerSettings) -> Result<Self> {
        let text = settings.public_url.trim_end_matches('/');
        let public_url = if text.is_empty() { None } else { Some(Url::parse(text).context("server.public_url")?) };
        if let Some(url) = &public_url {
            let plain =
                url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
            if !plain || !matches!(url.scheme(), "http" | "https") {
                bail!("server.public_url must be an origin, such as https://auth.example.com");
            }
        }
        let networks = settings.trusted_proxies.iter().map(|text| {
            let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            network.with_context(|| format!("server.trusted_proxies: `{text}` is no address and no network"))
        });
        let issuer = if text.is_empty() { format!("http://{}", settings.listen) } else { text.to_owned() };
        Ok(Self { public_url, issuer, trusted_proxies: networks.collect::<Result<_>>()? })
    }

    /// The address that a request comes from: the peer's, or what proxies in the settings say, read from the one nearest to
    /// us to the first that isn't theirs (C6).
    pub(crate) fn client_address(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let mut address = peer.ip().to_canonical();
        let lines: Vec<&str> = headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok()).collect();
        for stated in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            if !self.trusted_proxies.iter().any(|network| network.contains(&address)) {
                break;
            }
            let Ok(stated) = stated.trim().parse::<IpAddr>() else { break };
            address = stated.to_canonical();
        }
        address
    }

    /// Our own page, where links lead that no platform has registered (C1).
    pub(crate) fn own_page(&self) -> Option<Callback> {
        let url = self.public_url.as_ref()?.join(super::page::PATH).ok()?;
        Callback::parse_registered(url.as_str()).ok()
    }

    /// Whether cookies must be kept from plain connections: everywhere but on a loopback host without TLS, where browsers
    /// would drop them.
    pub(crate) fn secures_cookies(&self, headers: &HeaderMap) -> bool {
        match &self.public_url {
            Some(url) => url.scheme() == "https" || !is_loopback(url),
            None => own_origin(headers).is_none_or(|url| !is_loopback(&url)),
        }
    }

    /// Whether a request comes from a page of ours. A page without referrers sends `null` for its origin; then the browser's
    /// own word counts, which no page can forge.
    pub(crate) fn is_same_origin(&self, headers: &HeaderMap) -> bool {
        let one = |name: &HeaderName| {
            let mut values = headers.get_all(name).iter();
            let value = values.next()?.to_str().ok()?;
            if values.next().is_some() { None } else { Some(value) }
        };
        match one(&ORIGIN) {
            None => false,
            Some("null") => one(&FETCH_SITE) == Some("same-origin"),
            Some(origin) => {
                let Ok(origin) = Url::parse(origin) else { return false };
                match &self.public_url {
                    Some(url) => url.origin() == origin.origin(),
                    // TLS may end before us: the scheme isn't ours to know.
                    None => own_origin(headers).is_some_and(|own| {
                        own.host() == origin.host()
                            && port(&own) == port(&origin)
                            && origin.scheme().starts_with("http")
                    }),
                }
            }
        }
    }
}

/// The port as it is written.
fn port(url: &Url) -> Option<u16> {
    url.port()
}

/// The origin that a request was sent to, as it says.
fn own_origin(headers: &HeaderMap) -> Option<Url> {
    let host = headers.get(HOST)?.to_str().ok()?;
    Url::parse(&format!("http://{host}")).ok()
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

    fn site(public_url: &str, trusted: &[&str]) -> Site {
        Site::new(&ServerSettings {
            public_url: public_url.to_owned(),
            trusted_proxies: trusted.iter().map(|&text| text.to_owned()).collect(),
            ..ServerSettings::default()
        })
        .unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_forwarding_header_counts_only_from_a_trusted_proxy_and_only_as_far_as_proxies_are_trusted() {
        let peer: SocketAddr = "10.0.0.1:99".parse().unwrap();
        for (trusted, forwarded, address) in [
            (&[][..], "1.2.3.4", "10.0.0.1"),
            (&["10.0.0.0/8"], "1.2.3.4", "1.2.3.4"),
            (&["10.0.0.1"], "6.6.6.6, 1.2.3.4", "1.2.3.4"),
            (&["10.0.0.0/8"], "6.6.6.6, 1.2.3.4, 10.9.9.9", "1.2.3.4"),
            (&["10.0.0.0/8"], "1.2.3.4, rubbish", "10.0.0.1"),
            (&["10.0.0.0/8"], "::ffff:1.2.3.4", "1.2.3.4"),
            (&["11.0.0.0/8"], "1.2.3.4", "10.0.0.1"),
        ] {
            let found = site("", trusted).client_address(peer, &headers(&[("x-forwarded-for", forwarded)]));
            assert_eq!(found.to_string(), address, "{trusted:?} {forwarded}");
        }
    }

    #[test]
    fn only_pages_of_ours_are_of_the_same_origin() {
        let local = site("", &[]);
        let public = site("https://auth.example.com", &[]);
        for (site, origin, fetch_site, same) in [
            (&local, Some("http://localhost:8080"), None, true),
            (&local, Some("http://localhost:8081"), None, false),
            (&local, Some("http://localhost"), None, false),
            (&local, Some("https://evil.example"), Some("same-origin"), false),
            (&local, Some("null"), Some("same-origin"), true),
            (&local, Some("null"), Some("same-site"), false),
            (&local, Some("null"), Some("cross-site"), false),
            (&local, Some("null"), None, false),
            (&local, None, Some("same-origin"), false),
            (&public, Some("https://auth.example.com"), None, true),
            (&public, Some("http://auth.example.com"), None, false),
            (&public, Some("http://localhost:8080"), None, false),
        ] {
            let mut pairs = vec![("host", "localhost:8080")];
            pairs.extend(origin.map(|origin| ("origin", origin)));
            pairs.extend(fetch_site.map(|fetch_site| ("sec-fetch-site", fetch_site)));
            assert_eq!(site.is_same_origin(&headers(&pairs)), same, "{pairs:?}");
        }
    }

    #[test]
    fn cookies_are_secure_but_on_a_loopback_host_without_tls() {
        for (public_url, host, secure) in [
            ("", "localhost:8080", false),
            ("", "127.0.0.1:8080", false),
            ("", "auth.example.com", true),
            ("https://auth.example.com", "localhost:8080", true),
            ("https://localhost:8443", "localhost:8443", true),
            ("http://localhost:8080", "localhost:8080", false),
        ] {
            assert_eq!(
                site(public_url, &[]).secures_cookies(&headers(&[("host", host)])),
                secure,
                "{public_url} {host}"
            );
        }
    }
}
