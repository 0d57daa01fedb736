//! What the operations on users share: whom a path means, what a body changes, and how a user travels.

use countersign_api::Violation;
use countersign_api::types;
use countersign_flow::cli_login::user::{METADATA_LIMIT, User};
use countersign_flow::id::UserId;
use serde_json::Value;

use crate::callers::cli_login::ProjectCaller;
use crate::error::ApiError;
use crate::store::cli_login::users::Changes;

/// The user that a path means: `me`, or an id, which a client may only give if it is its own (C4).
pub(super) fn meant(text: &str, caller: &ProjectCaller) -> Result<UserId, ApiError> {
    let own = caller.session.as_ref().map(|session| session.user.id);
    if text == "me" {
        return own.ok_or_else(ApiError::not_found);
    }
    let id: UserId = text.parse().map_err(|cause| ApiError::not_found().because(cause))?;
    if caller.is_server || own == Some(id) { Ok(id) } else { Err(ApiError::not_found()) }
}

/// What a body that has passed its schema changes. `null` sets a member back.
pub(super) fn changes(body: Option<&Value>, caller: &ProjectCaller) -> Result<Changes, ApiError> {
    let Some(body) = body else { return Ok(Changes::default()) };
    if !caller.is_server && ["primary_email", "server_metadata"].iter().any(|&member| body.get(member).is_some()) {
        return Err(ApiError::forbidden("Only a server may change this member."));
    }
    let text = |member: &str| body.get(member).map(|value| value.as_str().map(str::to_owned));
    let mut too_large = Vec::new();
    let mut metadata = |member: &str| {
        let value = body.get(member)?;
        let text = (!value.is_null()).then(|| value.to_string());
        if text.as_ref().is_some_and(|text| text.len() > METADATA_LIMIT) {
            too_large.push(Violation::new(format!("body/{member}"), "must be at most 16 KiB of JSON"));
        }
        Some(text)
    };
    let (client_metadata, server_metadata) = (metadata("client_metadata"), metadata("server_metadata"));
    if !too_large.is_empty() {
        return Err(ApiError::violations(too_large));
    }
    Ok(Changes {
        display_name: text("display_name"),
        client_metadata,
        server_metadata,
        // What a server says of an address proves nothing: it counts for sign-in once a code has.
        primary_email: text("primary_email").map(|email| email.map(|email| (email, false))),
    })
}

/// A user as it travels; what the server keeps only to servers.
pub(super) fn wire_user(user: &User, caller: &ProjectCaller) -> Result<types::User, ApiError> {
    let metadata = |text: &Option<String>| {
        text.as_ref().map(|text| serde_json::from_str(text)).transpose().map_err(ApiError::internal)
    };
    Ok(types::User {
        id: user.id.to_string(),
        is_anonymous: user.is_anonymous(),
        primary_email: user.primary_email.clone(),
        display_name: user.display_name.clone(),
        client_metadata: metadata(&user.client_metadata)?,
        server_metadata: if caller.is_server { metadata(&user.server_metadata)? } else { None },
        signed_up_at_millis: user.signed_up.as_millis(),
    })
}
