//! Service tokens between the store and the wire: signed after the commit that decided on them, verified before the read
//! that decides what they are worth.
//!
//! Keys are parsed once. A running server learns of a replaced key when it is about to sign with the old one (the store
//! refuses that), when a token names a key that it hasn't got, and when its own key set is asked for.

use std::time::Duration;

use countersign_api::types::{TokenClaims, TokenScheme};
use countersign_flow::Timestamp;
use countersign_flow::keyring::{KeyPurpose, Keyring, SigningKeyEntry};
use countersign_flow::service_token::{Class, TokenId, TokenType, claims};
use countersign_flow::signed_token::{Expected, SignedTokenFault, VerifiedToken, sign, verify};
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::server::Server;
use crate::store::StoreError;
use crate::store::token_families::{Signer, TokenFamily};
use crate::{keys, wire};

/// The audience of tokens that are presented here.
const AUDIENCE: &str = "relayauth";

/// The two tokens of a family's present pair.
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) access_expires: chrono::DateTime<chrono::Utc>,
    pub(crate) refresh_expires: chrono::DateTime<chrono::Utc>,
    pub(crate) scheme: TokenScheme,
}

/// Where a token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// As a bearer's: an access token for this server.
    Bearer,
    /// To be refreshed: a refresh token.
    Refresh,
    /// To be looked into: either, for whomever it is.
    Introspection,
}

/// A token that is one of ours for its place. Whether it has expired, and whether its family lives, is still to be asked
/// of the database, by its time.
pub(crate) struct AcceptedToken {
    pub(crate) claims: Map<String, Value>,
    pub(crate) id: TokenId,
    pub(crate) expires: Timestamp,
    prefix: &'static str,
}

impl AcceptedToken {
    /// Whether the token is one of this family: its class, too, is the family's.
    pub(crate) fn is_of(&self, found: &TokenFamily) -> bool {
        let family = &found.family;
        let text = |name: &str| self.claims.get(name).and_then(Value::as_str);
        self.prefix == family.class.prefix()
            && self.id.generation <= family.generation
            && text("sub") == Some(found.subject.identity.as_str())
            && text("org") == Some(found.subject.organisation.to_string().as_str())
    }
}

impl Server {
    /// The claim `iss`.
    pub(crate) fn issuer(&self) -> Result<&str, ApiError> {
        // Unknown for the moment between the first connection and the port's number.
        self.issuer.get().map(String::as_str).ok_or_else(|| ApiError::unavailable(Duration::from_secs(1)))
    }

    /// What tokens are signed with now.
    fn token_signer(&self) -> Result<Signer, ApiError> {
        let algorithm = self.rules.token_algorithm;
        let keyring = self.keys.tokens();
        let current = signing(&keyring, |entry| {
            entry.token().map(countersign_flow::token_key::TokenKey::algorithm) == Some(algorithm)
        });
        let key = current.ok_or_else(|| ApiError::internal("there is no key for service tokens"))?.id;
        Ok(Signer { algorithm, key })
    }

    /// Runs a write that has tokens signed. If the key was replaced since it was loaded, loads the new one and runs the
    /// write again.
    pub(crate) async fn signing<T, W, F>(&self, write: W) -> Result<T, ApiError>
    where
        W: Fn(Signer) -> F,
        F: Future<Output = Result<T, StoreError>>,
    {
        match write(self.token_signer()?).await {
            Err(StoreError::SigningKeyReplaced) => {
                self.load_token_keys().await?;
                Ok(write(self.token_signer()?).await?)
            }
            done => Ok(done?),
        }
    }

    /// Loads the keys that sign tokens, if they aren't those that are stored. Says whether that changed anything.
    pub(crate) async fn load_token_keys(&self) -> Result<bool, ApiError> {
        let stored = self.store.signing_key_states().await?;
        let keyring = self.keys.tokens();
        let known = stored.iter().all(|(id, retires)| {
            keyring.entries().any(|entry| entry.id.to_string() == *id && entry.retires == *retires)
        });
        if known {
            return Ok(false);
        }
        let loaded = keys::load(&self.store, self.keys.masters(), self.rules.token_algorithm).await;
        let unavailable =
            |cause: anyhow::Error| ApiError::unavailable(Duration::from_secs(1)).because(format!("{cause:#}"));
        self.keys.replace_tokens(loaded.map_err(unavailable)?);
        Ok(true)
    }

    /// Signs the present pair of a family, with the key that the store has noted.
    pub(crate) fn pair(&self, issued: &TokenFamily) -> Result<Pair, ApiError> {
        let keyring = self.keys.tokens();
        let entry = signing(&keyring, |entry| entry.id == issued.signing_key);
        let entry = entry.ok_or_else(|| ApiError::internal("the key that was to sign is not loaded"))?;
        let (family, issuer) = (&issued.family, self.issuer()?);
        let token = |token_type| -> Result<String, ApiError> {
            let signed = sign(&claims(family, &issued.subject, issuer, token_type), entry)?;
            Ok(format!("{}{signed}", family.class.prefix()))
        };
        Ok(Pair {
            access: token(TokenType::Access)?,
            refresh: token(TokenType::Refresh)?,
            access_expires: wire::time(family.access_expires),
            refresh_expires: wire::time(family.refresh_expires),
            scheme: TokenScheme::Bearer,
        })
    }

    /// Verifies a service token and accepts it for a place, whatever its age.
    pub(crate) async fn accept(
        &self,
        text: &str,
        place: Place,
    ) -> Result<Result<AcceptedToken, SignedTokenFault>, ApiError> {
        let (prefix, jws) = Class::strip(text);
        let read = |keyring: &Keyring| verify(jws, keyring, KeyPurpose::ServiceToken);
        let verified = match read(&self.keys.tokens()) {
            // Perhaps of another replica, which knows of a newer key.
            Err(SignedTokenFault::KeyUnknown) if self.load_token_keys().await? => read(&self.keys.tokens()),
            verified => verified,
        };
        let issuer = self.issuer()?;
        Ok(verified.and_then(|verified| accepted(verified, place, issuer, prefix, self.now())))
    }
}

fn accepted(
    verified: VerifiedToken,
    place: Place,
    issuer: &str,
    prefix: &'static str,
    now: Timestamp,
) -> Result<AcceptedToken, SignedTokenFault> {
    use SignedTokenFault::Claim;
    let access = Expected { issuer, audience: Some(AUDIENCE), token_type: TokenType::Access.as_str() };
    let refresh = Expected { token_type: TokenType::Refresh.as_str(), ..access };
    let claims = match place {
        Place::Bearer => verified.accept_of_any_age(access, now)?,
        Place::Refresh => verified.accept_of_any_age(refresh, now)?,
        Place::Introspection => {
            let anyone = Expected { audience: None, ..access };
            match verified.clone().accept_of_any_age(anyone, now) {
                Err(Claim("token_type")) => verified.accept_of_any_age(refresh, now)?,
                accepted => accepted?,
            }
        }
    };
    let text = |name: &'static str| claims.get(name).and_then(Value::as_str).ok_or(Claim(name));
    let id: TokenId = text("jti")?.parse().map_err(|_| Claim("jti"))?;
    if text("token_type")? != id.token_type.as_str() {
        return Err(Claim("jti"));
    }
    if text("sid")? != id.family.to_string() {
        return Err(Claim("sid"));
    }
    let expires = claims.get("exp").and_then(Value::as_i64).ok_or(Claim("exp"))?;
    Ok(AcceptedToken { id, expires: Timestamp::from_millis(expires.saturating_mul(1_000)), prefix, claims })
}

/// The claims as the document types them.
pub(crate) fn typed(claims: Map<String, Value>) -> Result<TokenClaims, ApiError> {
    serde_json::from_value(Value::Object(claims)).map_err(ApiError::internal)
}

/// The newest key for service tokens that fits.
fn signing(keyring: &Keyring, fits: impl Fn(&SigningKeyEntry) -> bool) -> Option<&SigningKeyEntry> {
    keyring.all(KeyPurpose::ServiceToken).find(|entry| fits(entry))
}
