//! `POST /auth/credentials/{id}/verify`
//!
//! The body's `type`, and for codes by email the members beside it, choose the form; the form chooses which headers matter.

mod assertion;
mod plain;
mod sealed;
mod token;

use countersign_api::Request;
use countersign_api::operations::{VerifyAuthCredential, VerifyAuthCredentialOutcome as Outcome};
use countersign_api::types::{EmailOtpVerifyRequest, PasskeyAssertion, VerifyAuthCredentialRequest};
use countersign_flow::FlowError;
use countersign_flow::credential::KindName;
use countersign_flow::id::SessionId;
use countersign_flow::key::{ClientPublicKey, PublicKey};
use countersign_flow::retry::RetryHeaders;
use countersign_flow::session::{Login, Session};

use crate::clock::entropy;
use crate::error::ApiError;
use crate::server::Server;
use crate::store::credentials::Credential;
use crate::store::logins::NewLogin;
use crate::store::platforms::Platform;
use crate::store::{Bucket, StoreError};
use crate::wire;

/// The forms of a proof.
enum Form<'a> {
    /// A code and a key, encrypted together.
    Sealed(&'a str),
    /// A code and a key in plain text.
    Plain { code: &'a str, key: ClientPublicKey },
    /// An ID token and a key.
    Token { token: &'a str, key: ClientPublicKey },
    /// What a passkey signed.
    Assertion(&'a PasskeyAssertion),
}

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    request: Request<VerifyAuthCredential>,
) -> Result<Outcome, ApiError> {
    let (kind, form) = read(&request.input.body)?;
    let id = wire::parse(&request.input.id, "path/id")?;
    let credential = server.store.credential(caller.id, id).await?.ok_or_else(ApiError::not_found)?;
    let require_kind = || {
        if credential.kind.name() == kind {
            Ok(())
        } else {
            Err(ApiError::invalid("body/type", "is not the kind of this credential"))
        }
    };
    let input = &request.input;
    match form {
        Form::Sealed(bundle) => {
            let leg = RetryHeaders::choose(input.grid_wallet_signature.as_deref(), input.request_id.as_deref())?;
            require_kind()?;
            sealed::verify(server, caller, &credential, &request, leg, bundle).await
        }
        Form::Plain { code, key } => {
            require_kind()?;
            plain::verify(server, &credential, &request, code, &key).await
        }
        Form::Token { token, key } => {
            require_kind()?;
            token::verify(server, &credential, token, &key).await
        }
        Form::Assertion(assertion) => {
            let request_id = assertion::request_id(input.request_id.as_deref())?;
            require_kind()?;
            assertion::verify(server, &credential, request_id, assertion).await
        }
    }
}

/// The kind that the body names, and its form.
fn read(body: &VerifyAuthCredentialRequest) -> Result<(KindName, Form<'_>), ApiError> {
    Ok(match body {
        VerifyAuthCredentialRequest::EmailOtp(body) => (KindName::EmailOtp, read_email(body)?),
        VerifyAuthCredentialRequest::SmsOtp(body) => (KindName::SmsOtp, Form::Sealed(&body.encrypted_otp_bundle)),
        VerifyAuthCredentialRequest::Oauth(body) => {
            let key = ClientPublicKey::parse(body.client_public_key.as_str())?;
            (KindName::Oauth, Form::Token { token: &body.oidc_token, key })
        }
        VerifyAuthCredentialRequest::Passkey(body) => (KindName::Passkey, Form::Assertion(&body.assertion)),
    })
}

/// Either form of a code by email. Beside a bundle the members of the older form mean nothing, as other members do.
fn read_email(body: &EmailOtpVerifyRequest) -> Result<Form<'_>, ApiError> {
    match (&body.encrypted_otp_bundle, &body.otp, &body.client_public_key) {
        (Some(bundle), _, _) => Ok(Form::Sealed(bundle)),
        (None, Some(code), Some(key)) => Ok(Form::Plain { code, key: ClientPublicKey::parse(key.as_str())? }),
        (None, Some(_), None) => Err(ApiError::invalid("body/clientPublicKey", "is required beside otp")),
        (None, None, Some(_)) => Err(ApiError::invalid("body/otp", "is required beside clientPublicKey")),
        (None, None, None) => Err(ApiError::invalid("body/encryptedOtpBundle", "is required")),
    }
}

/// A login in one call that is about to be tried.
fn login(server: &Server, credential: &Credential, key: PublicKey) -> NewLogin {
    NewLogin {
        login: Login { platform: credential.platform, account: credential.account, credential: credential.id },
        session: SessionId::mint(server.now(), &mut entropy()),
        key,
        policy: server.rules.login(),
    }
}

/// What a login in one call is refused with. Where the proof was right and something else stood in the way, the
/// transaction took its token of the limit back: it is taken again.
async fn refused_login(server: &Server, login: Login, refused: StoreError) -> ApiError {
    if matches!(refused, StoreError::KeyHeld | StoreError::Refused(FlowError::SessionLimit { .. }))
        && let Err(limited) =
            server.store.take(login.platform, Bucket::Verify(login.credential), server.rules.verify).await
    {
        return limited.into();
    }
    refused.into()
}

/// The answer to a login in one call.
fn opened(credential: &Credential, session: &Session, sealed: Option<String>) -> Result<Outcome, ApiError> {
    let mut answer = wire::auth_session(session, &credential.kind, &credential.nickname)?;
    answer.encrypted_session_signing_key = sealed;
    Ok(Outcome::Ok(answer))
}

/// Callers learn that there is no login with this code, and not why.
fn refused_code() -> ApiError {
    ApiError::unauthorized("The code is wrong, spent or no longer valid.")
}
