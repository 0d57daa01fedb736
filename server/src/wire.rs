//! Between the domain's values and the document's types.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use countersign_api::Violation;
use countersign_api::types::{
    ApiKey, AuthCredentialChallenge, AuthMethod, AuthMethodResponse, AuthMethodType, AuthSession, Card, CardForm,
    CardFundingSource, DelegatedKey, DelegatedKeyStatus, SignedRetryChallenge, WebauthnId,
};
use countersign_flow::Timestamp;
use countersign_flow::credential::{Kind, KindName};
use countersign_flow::retry::{Issued, SignedRetry};
use countersign_flow::session::Session;

use crate::error::ApiError;
use crate::store::credentials::Credential;
use crate::store::delegated_keys::Status;
use crate::store::service_keys::StoredServiceKey;
use crate::store::sessions::SessionOfCredential;
use crate::store::{cards, delegated_keys};

/// An id as the document types it. What we minted always fits.
pub(crate) fn id<T: TryFrom<String, Error = Violation>>(id: impl Display) -> Result<T, ApiError> {
    T::try_from(id.to_string()).map_err(ApiError::internal)
}

/// A domain id from a value that has passed its schema.
pub(crate) fn parse<T: std::str::FromStr<Err = countersign_flow::FlowError>>(
    text: &impl AsRef<str>,
    path: &str,
) -> Result<T, ApiError> {
    text.as_ref().parse().map_err(|cause| ApiError::invalid(path, "is not an id of the documented form").because(cause))
}

pub(crate) fn time(timestamp: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(timestamp.as_millis()).unwrap_or_default()
}

/// An API key, or a workspace token as one.
pub(crate) fn api_key(key: StoredServiceKey) -> ApiKey {
    ApiKey {
        id: key.id.to_string(),
        org_id: key.platform.to_string(),
        prefix: key.beginning,
        name: key.name.unwrap_or_default(),
        scopes: key.scopes.texts(),
        created_at: time(key.created),
        revoked: key.revoked.is_some(),
    }
}

/// The document's name of a kind.
pub(crate) const fn kind(kind: KindName) -> AuthMethodType {
    match kind {
        KindName::EmailOtp => AuthMethodType::EmailOtp,
        KindName::SmsOtp => AuthMethodType::SmsOtp,
        KindName::Oauth => AuthMethodType::Oauth,
        KindName::Passkey => AuthMethodType::Passkey,
    }
}

/// The id that an authenticator gave, for kinds that have one.
fn webauthn_id(kind: &Kind) -> Result<Option<WebauthnId>, ApiError> {
    match kind {
        Kind::Passkey(passkey) => id(&passkey.credential_id).map(Some),
        Kind::EmailOtp | Kind::SmsOtp | Kind::Oauth(_) => Ok(None),
    }
}

pub(crate) fn auth_method(credential: &Credential) -> Result<AuthMethod, ApiError> {
    Ok(AuthMethod {
        id: id(credential.id)?,
        account_id: id(credential.account)?,
        r#type: kind(credential.kind.name()),
        credential_id: webauthn_id(&credential.kind)?,
        nickname: credential.nickname.clone(),
        created_at: time(credential.created),
        updated_at: time(credential.updated),
    })
}

/// A credential that was added, with the target bundle of its first code.
pub(crate) fn auth_method_response(
    credential: &Credential,
    bundle: Option<String>,
) -> Result<AuthMethodResponse, ApiError> {
    let method = auth_method(credential)?;
    Ok(AuthMethodResponse {
        id: method.id,
        account_id: method.account_id,
        r#type: method.r#type,
        credential_id: method.credential_id,
        nickname: method.nickname,
        created_at: method.created_at,
        updated_at: method.updated_at,
        otp_encryption_target_bundle: bundle,
    })
}

/// A session and the credential that it descends from.
pub(crate) fn auth_session(session: &Session, of: &Kind, nickname: &str) -> Result<AuthSession, ApiError> {
    Ok(AuthSession {
        id: id(session.id)?,
        account_id: id(session.account)?,
        r#type: kind(of.name()),
        credential_id: webauthn_id(of)?,
        nickname: nickname.to_owned(),
        created_at: time(session.created),
        updated_at: time(session.created),
        expires_at: time(session.expires),
        encrypted_session_signing_key: None,
    })
}

pub(crate) fn listed_session(listed: &SessionOfCredential) -> Result<AuthSession, ApiError> {
    auth_session(&listed.session, &listed.kind, &listed.nickname)
}

/// The payload of a pending request as text. Payloads are made as text.
fn payload_text(request: &SignedRetry<Issued>) -> Result<String, ApiError> {
    String::from_utf8(request.payload().to_vec()).map_err(ApiError::internal)
}

pub(crate) fn challenge(request: &SignedRetry<Issued>) -> Result<SignedRetryChallenge, ApiError> {
    Ok(SignedRetryChallenge {
        payload_to_sign: payload_text(request)?,
        request_id: id(request.id())?,
        expires_at: time(request.expires()),
    })
}

pub(crate) fn credential_challenge(
    request: &SignedRetry<Issued>,
    of: KindName,
) -> Result<AuthCredentialChallenge, ApiError> {
    Ok(AuthCredentialChallenge {
        payload_to_sign: payload_text(request)?,
        request_id: id(request.id())?,
        expires_at: time(request.expires()),
        r#type: kind(of),
    })
}

pub(crate) fn card(card: &cards::Card) -> Result<Card, ApiError> {
    let sources: Result<Vec<_>, ApiError> = card
        .sources
        .iter()
        .map(|source| Ok(CardFundingSource { id: id(source.id)?, internal_account_id: id(source.account)? }))
        .collect();
    Ok(Card {
        id: id(card.id)?,
        cardholder_id: id(card.customer)?,
        form: match card.form.as_str() {
            "VIRTUAL" => CardForm::Virtual,
            "PHYSICAL" => CardForm::Physical,
            _ => return Err(ApiError::internal("a stored card is of no known form")),
        },
        funding_sources: sources?,
        created_at: time(card.created),
        updated_at: time(card.updated),
    })
}

pub(crate) fn delegated_key(key: &delegated_keys::DelegatedKey) -> Result<DelegatedKey, ApiError> {
    Ok(DelegatedKey {
        id: id(key.id)?,
        card_id: id(key.card)?,
        funding_source_id: id(key.funding_source)?,
        account_id: id(key.account)?,
        public_key: id(key.public_key.compressed_hex())?,
        nickname: key.nickname.clone(),
        status: match key.status {
            Status::Pending => DelegatedKeyStatus::Pending,
            Status::Active => DelegatedKeyStatus::Active,
            Status::Revoked => DelegatedKeyStatus::Revoked,
        },
        created_at: time(key.created),
        updated_at: time(key.updated),
    })
}
