//! Between the domain's values and the document's types.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use countersign_api::{Violation, types};
use countersign_flow::Timestamp;
use countersign_flow::retry::{Issued, SignedRetry};
use countersign_flow::session::Session;

use crate::error::ApiError;
use crate::store::credentials::Credential;
use crate::store::sessions::SessionOfCredential;

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

pub(crate) fn auth_method(credential: &Credential) -> Result<types::AuthMethod, ApiError> {
    Ok(types::AuthMethod {
        id: id(credential.id)?,
        account_id: id(credential.account)?,
        r#type: types::AuthMethodType::EmailOtp,
        nickname: credential.nickname.clone(),
        created_at: time(credential.created),
        updated_at: time(credential.updated),
    })
}

pub(crate) fn auth_session(session: &Session, nickname: &str) -> Result<types::AuthSession, ApiError> {
    Ok(types::AuthSession {
        id: id(session.id)?,
        account_id: id(session.account)?,
        r#type: types::AuthMethodType::EmailOtp,
        nickname: nickname.to_owned(),
        created_at: time(session.created),
        updated_at: time(session.created),
        expires_at: time(session.expires),
        encrypted_session_signing_key: None,
    })
}

pub(crate) fn listed_session(listed: &SessionOfCredential) -> Result<types::AuthSession, ApiError> {
    auth_session(&listed.session, &listed.nickname)
}

/// The payload of a pending request as text. Payloads are made as text.
fn payload_text(request: &SignedRetry<Issued>) -> Result<String, ApiError> {
    String::from_utf8(request.payload().to_vec()).map_err(ApiError::internal)
}

pub(crate) fn challenge(request: &SignedRetry<Issued>) -> Result<types::SignedRetryChallenge, ApiError> {
    Ok(types::SignedRetryChallenge {
        payload_to_sign: payload_text(request)?,
        request_id: id(request.id())?,
        expires_at: time(request.expires()),
    })
}

pub(crate) fn credential_challenge(request: &SignedRetry<Issued>) -> Result<types::AuthCredentialChallenge, ApiError> {
    Ok(types::AuthCredentialChallenge {
        payload_to_sign: payload_text(request)?,
        request_id: id(request.id())?,
        expires_at: time(request.expires()),
        r#type: types::AuthMethodType::EmailOtp,
    })
}
