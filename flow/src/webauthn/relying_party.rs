//! For whom passkeys are made: the relying party's id, and the origins that may ask for them.

use url::{Host, Url};

use crate::digest::sha256;
use crate::{FlowError, base64url};

/// The relying party that a platform is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    name: Option<String>,
    origins: Origins,
}

/// From where passkeys may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origins {
    /// These, exactly.
    Listed(Vec<String>),
    /// Every port of the host `localhost`.
    Localhost,
}

impl RelyingParty {
    /// A relying party with its id, a domain as browsers write it, and its origins.
    ///
    /// An origin is `https://domain[:port]` as browsers serialise it (lower case, punycode, no default port, nothing after it),
    /// the same with `http` for `localhost`, or an Android app's `android:apk-key-hash:` and the base64url of a SHA-256.
    /// Its host need not be under the id: browsers have a way to relate other origins to one.
    ///
    /// # Errors
    /// [`FlowError::RelyingPartyMalformed`] for an id that isn't such a domain, an origin of another form, and for none.
    pub fn new(id: &str, name: Option<String>, origins: Vec<String>) -> Result<Self, FlowError> {
        if !is_domain(id) {
            return Err(FlowError::RelyingPartyMalformed("id"));
        }
        if origins.is_empty() || !origins.iter().all(|origin| is_origin(origin)) {
            return Err(FlowError::RelyingPartyMalformed("origins"));
        }
        Ok(Self { id: id.to_owned(), name, origins: Origins::Listed(origins) })
    }

    /// The sandbox's: `localhost`, from a page on any of its ports.
    pub fn sandbox() -> Self {
        Self { id: "localhost".to_owned(), name: Some("Countersign sandbox".to_owned()), origins: Origins::Localhost }
    }

    /// The id, a domain.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name that browsers may show.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether passkeys may be used from `origin`, written as browsers do.
    pub(super) fn allows(&self, origin: &str) -> bool {
        match &self.origins {
            Origins::Listed(listed) => listed.iter().any(|allowed| allowed == origin),
            Origins::Localhost => web_origin(origin).is_some_and(|url| is_localhost(&url)),
        }
    }

    /// What authenticators write in place of the id.
    pub(super) fn id_hash(&self) -> [u8; 32] {
        sha256(self.id.as_bytes())
    }
}

fn is_domain(id: &str) -> bool {
    let is_host = |c: u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    id.bytes().all(is_host) && !id.ends_with('.') && matches!(Host::parse(id), Ok(Host::Domain(domain)) if domain == id)
}

fn is_origin(origin: &str) -> bool {
    match origin.strip_prefix("android:apk-key-hash:") {
        Some(hash) => {
            base64url::decode(hash).is_some_and(|bytes| bytes.len() == 32 && base64url::encode(bytes) == hash)
        }
        None => web_origin(origin).is_some_and(|url| url.scheme() == "https" || is_localhost(&url)),
    }
}

/// An http or https origin of a domain; `None` if it isn't one, or isn't written as browsers do.
fn web_origin(origin: &str) -> Option<Url> {
    let url = Url::parse(origin).ok()?;
    let is_one = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(is_domain)
        && url.origin().ascii_serialization() == origin;
    is_one.then_some(url)
}

fn is_localhost(url: &Url) -> bool {
    url.host_str() == Some("localhost")
}
