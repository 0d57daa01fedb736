//! An issuer of the settings.

use std::net::IpAddr;

use anyhow::{Context as _, Result, bail};
use reqwest::{Certificate, Url};
use url::Host;

use super::cache::{Ages, KeyCache};
use super::fetch::{Limits, Source};
use super::settings::IssuerSettings;
use crate::store::Mode;

/// An issuer that is known by a name.
struct Provider {
    name: &'static str,
    url: &'static str,
    /// Another text that it writes into `iss`, and documents.
    alias: Option<&'static str>,
}

const PROVIDERS: [Provider; 2] = [
    Provider { name: "google", url: "https://accounts.google.com", alias: Some("accounts.google.com") },
    Provider { name: "apple", url: "https://appleid.apple.com", alias: None },
];

/// An issuer: how it is called, and its keys.
pub(super) struct Issuer {
    url: String,
    provider: Option<&'static Provider>,
    keys: KeyCache,
}

impl Issuer {
    /// The issuer of an entry in the settings.
    ///
    /// # Errors
    /// See [`super::Oidc::new`].
    pub(super) fn new(settings: &IssuerSettings, mode: Mode, limits: Limits, ages: Ages) -> Result<Self> {
        let (text, provider) = match (&settings.name, &settings.issuer) {
            (Some(name), None) => {
                let known = PROVIDERS.iter().find(|provider| provider.name == name);
                let provider = known.with_context(|| format!("oidc.issuer: no issuer is called `{name}`"))?;
                (provider.url, Some(provider))
            }
            (None, Some(url)) => (url.as_str(), PROVIDERS.iter().find(|provider| provider.url == url)),
            _ => bail!("oidc.issuer: each needs either `name` or `issuer`"),
        };
        let url = parse(text, mode).with_context(|| format!("oidc.issuer: `{text}` can't be an issuer"))?;
        let ca = match &settings.ca_file {
            None => None,
            Some(path) => {
                let pem = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
                let certificates = Certificate::from_pem_bundle(&pem);
                let certificates = certificates.with_context(|| format!("{} holds no PEM", path.display()))?;
                if certificates.is_empty() {
                    bail!("{} holds no certificate", path.display());
                }
                Some(certificates)
            }
        };
        let source = Source::new(text, url, settings.private_address, ca, limits);
        Ok(Self { url: text.to_owned(), provider, keys: KeyCache::new(source, ages) })
    }

    /// The URL as in the settings: tokens' `iss`, to the letter.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) const fn keys(&self) -> &KeyCache {
        &self.keys
    }

    /// Whether a token with this `iss` is this issuer's.
    pub(super) fn is_meant_by(&self, iss: &str) -> bool {
        self.url == iss || self.provider.is_some_and(|provider| provider.alias == Some(iss))
    }

    /// Whether the operator means this issuer.
    pub(super) fn is_called(&self, name_or_url: &str) -> bool {
        self.url == name_or_url || self.provider.is_some_and(|provider| provider.name == name_or_url)
    }
}

/// Source: OpenID Connect Discovery 1.0, section 3.
fn parse(text: &str, mode: Mode) -> Result<Url> {
    let url = Url::parse(text).context("not a URL")?;
    let loopback = match url.host() {
        None => bail!("it names no host"),
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
    };
    match url.scheme() {
        "https" => {}
        "http" if mode == Mode::Sandbox && loopback => {}
        "http" => bail!("it must be https; in a sandbox http is enough on a loopback host"),
        _ => bail!("it must be https"),
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        bail!("it may have neither query, fragment nor user");
    }
    Ok(url)
}
