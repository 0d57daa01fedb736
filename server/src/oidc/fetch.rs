//! Fetching an issuer's keys: its metadata, which says where they are, then the keys.
//!
//! The issuer's URL is the operator's, but where the keys are is the issuer's word, and it must not lead us inside (W6).

use std::time::Duration;

use countersign_flow::json::parse_unique;
use reqwest::{Certificate, Client, StatusCode, Url, redirect};
use serde_json::Value;
use url::Host;

use super::address::{PublicOnly, is_public};
use super::keys::KeySet;

/// How deep an issuer's metadata may be nested. Real ones are lists in an object.
const MAX_DEPTH: usize = 16;

/// What a fetch may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// For metadata and keys together.
    pub(super) time: Duration,
    /// For each answer.
    pub(super) bytes: usize,
}

/// Why no keys came. For the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchFault {
    /// Name, connection, TLS, or the end of the connection.
    #[error("no answer: {0}")]
    Http(String),
    /// The time is over.
    #[error("no whole answer in time")]
    Slow,
    /// Anything but 200; redirects are not followed.
    #[error("an answer of status {}", .0.as_u16())]
    Status(StatusCode),
    /// More bytes than an honest answer has.
    #[error("an answer that is too large")]
    TooLarge,
    /// Not JSON with `issuer` and `jwks_uri`, or another issuer's.
    #[error("the metadata is not this issuer's")]
    Metadata,
    /// The keys are at no https URL, or at an address that isn't public.
    #[error("keys at an address that is not asked")]
    Address,
    /// Not a key set, or no key in it is of use.
    #[error("a key set without a usable key")]
    NoKeys,
}

/// Where an issuer's keys come from.
pub(super) struct Source {
    issuer: String,
    metadata: Url,
    private_address: bool,
    ca: Option<Vec<Certificate>>,
    limits: Limits,
}

impl Source {
    /// The keys of `issuer`, whose URL `url` is.
    pub(super) fn new(
        issuer: &str,
        mut url: Url,
        private_address: bool,
        ca: Option<Vec<Certificate>>,
        limits: Limits,
    ) -> Self {
        // Source: OpenID Connect Discovery 1.0, section 4.1.
        let path = format!("{}/.well-known/openid-configuration", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Self { issuer: issuer.to_owned(), metadata: url, private_address, ca, limits }
    }

    /// The issuer, as in the settings.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A client for [`Source::fetch`]. Made when it is first needed: a machine without certificates may serve everything
    /// else.
    pub(super) fn client(&self) -> Result<Client, FetchFault> {
        let mut client = Client::builder()
            .https_only(true)
            .redirect(redirect::Policy::none())
            // Through a proxy the addresses would be the proxy's to choose.
            .no_proxy()
            .referer(false);
        if !self.private_address {
            client = client.dns_resolver(PublicOnly);
        }
        if let Some(ca) = &self.ca {
            client = client.tls_certs_only(ca.iter().cloned());
        }
        client.build().map_err(FetchFault::from)
    }

    /// Asks the issuer, with a time limit over all of it.
    pub(super) async fn fetch(&self, client: &Client) -> Result<KeySet, FetchFault> {
        let keys = async {
            let metadata = self.get(client, self.metadata.clone()).await?;
            let keys = self.get(client, self.keys_of(&metadata)?).await?;
            KeySet::parse(&keys).ok_or(FetchFault::NoKeys)
        };
        tokio::time::timeout(self.limits.time, keys).await.unwrap_or(Err(FetchFault::Slow))
    }

    /// Where the metadata says that the keys are. Metadata that names another issuer is another issuer's.
    fn keys_of(&self, metadata: &[u8]) -> Result<Url, FetchFault> {
        let metadata = parse_unique(metadata, MAX_DEPTH).map_err(|_| FetchFault::Metadata)?;
        if metadata.get("issuer").and_then(Value::as_str) != Some(self.issuer.as_str()) {
            return Err(FetchFault::Metadata);
        }
        let url = metadata.get("jwks_uri").and_then(Value::as_str).and_then(|text| Url::parse(text).ok());
        url.ok_or(FetchFault::Metadata)
    }

    async fn get(&self, client: &Client, url: Url) -> Result<Vec<u8>, FetchFault> {
        // Names are judged when they are resolved; an address in the URL never is resolved.
        let reachable = match url.host() {
            None => false,
            Some(Host::Domain(_)) => true,
            Some(Host::Ipv4(address)) => self.private_address || is_public(address.into()),
            Some(Host::Ipv6(address)) => self.private_address || is_public(address.into()),
        };
        if url.scheme() != "https" || !reachable {
            return Err(FetchFault::Address);
        }
        let mut answer = client.get(url).send().await?;
        if answer.status() != StatusCode::OK {
            return Err(FetchFault::Status(answer.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > self.limits.bytes {
                return Err(FetchFault::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// With the causes behind it, which say more than the error; without the URL, which the log line's issuer stands for.
impl From<reqwest::Error> for FetchFault {
    fn from(cause: reqwest::Error) -> Self {
        let cause = cause.without_url();
        let mut text = cause.to_string();
        let mut source = std::error::Error::source(&cause);
        while let Some(deeper) = source {
            text += &format!(": {deeper}");
            source = deeper.source();
        }
        Self::Http(text)
    }
}
