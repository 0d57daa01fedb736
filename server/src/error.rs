//! The one table from what went wrong to what the caller is told. Statuses and codes are written here and in generated
//! code, nowhere else.

use std::borrow::Cow;
use std::time::Duration;

use countersign_api::adapter::log_refusal;
use countersign_api::{Answered, Operation, OperationSpec, RawReply, Refusal, Violation};
use countersign_flow::FlowError;
use countersign_flow::credential::KindName;
use countersign_flow::service_token::{FamilyFault, GrantFault};
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::store::StoreError;
use crate::store::cli_login::CliRefusal;
use crate::store::service_keys::Ended;
use crate::store::token_families::RefreshFault;

/// How the Basic scheme is asked for.
const BASIC: &str = "Basic realm=\"countersign\", charset=\"UTF-8\"";

/// How the Bearer scheme is asked for.
const BEARER: &str = "Bearer realm=\"countersign\"";

/// The header in which clients of the CLI door look for the code.
const KNOWN_ERROR: &str = "x-stack-known-error";

/// The resources whose absence has a code of its own.
const NOT_FOUND: [(&str, &str, &str); 4] = [
    ("identity", "IDENTITY_NOT_FOUND", "There is no such identity."),
    ("token", "TOKEN_NOT_FOUND", "There is no such token."),
    ("workspace", "WORKSPACE_NOT_FOUND", "There is no such workspace."),
    ("api_key", "API_KEY_NOT_FOUND", "There is no such API key or workspace token."),
];

/// When a caller may come back after a fault that usually passes.
const BRIEF: Duration = Duration::from_secs(1);

/// An error on its way to the caller.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    violations: Vec<Violation>,
    retry_after: Option<Duration>,
    /// For the log only.
    cause: Option<String>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self { status, code, message, violations: Vec::new(), retry_after: None, cause: None }
    }

    /// A 400 at another place of the request than where this mistake usually is; other errors stay as they are.
    #[must_use]
    pub fn at(self, path: &str, message: &str) -> Self {
        if self.status == StatusCode::BAD_REQUEST {
            Self { violations: vec![Violation::new(path, message)], ..self }
        } else {
            self
        }
    }

    /// Says in the log, and only there, what was behind it.
    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// 400: a member of the request can't be accepted, for a reason that the document can't express.
    #[must_use]
    pub fn invalid(path: &str, message: &str) -> Self {
        Self::violations(vec![Violation::new(path, message)])
    }

    /// 400: several members of the request can't be accepted.
    #[must_use]
    pub fn violations(violations: Vec<Violation>) -> Self {
        let message = "The request breaks the API's document; details.errors lists every place.";
        Self { violations, ..Self::new(StatusCode::BAD_REQUEST, "INVALID_INPUT", message) }
    }

    /// 400: the server sends no SMS to this number (W8).
    #[must_use]
    pub fn destination_not_allowed() -> Self {
        let message = "No SMS is sent to this destination.";
        Self::new(StatusCode::BAD_REQUEST, "DESTINATION_NOT_ALLOWED", message)
    }

    /// 401: the caller, a code or a session isn't accepted. Which, only the log says.
    #[must_use]
    pub fn unauthorized(message: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
    }

    /// 400: a scope can't be parsed.
    #[must_use]
    pub(crate) fn invalid_scope(path: &str) -> Self {
        let message = "A scope must be plane:resource:action or plane:resource:action:constraint.";
        let violations = vec![Violation::new(path, "must be a scope")];
        Self { violations, ..Self::new(StatusCode::BAD_REQUEST, "INVALID_SCOPE", message) }
    }

    /// 400: a path can't be one that a token is for.
    #[must_use]
    pub(crate) fn invalid_path(path: &str, fault: impl std::fmt::Display) -> Self {
        let violations = vec![Violation::new(path, fault.to_string())];
        Self { violations, ..Self::new(StatusCode::BAD_REQUEST, "INVALID_PATHS", "A path can't be used.") }
    }

    /// 401: a caller of the token door presents nothing that the operation takes.
    #[must_use]
    pub fn missing_authorization() -> Self {
        let message = "The credentials that this operation needs are missing.";
        Self::new(StatusCode::UNAUTHORIZED, "MISSING_AUTHORIZATION", message)
    }

    /// 403: the caller may not do this.
    #[must_use]
    pub fn forbidden(message: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
    }

    /// The status, for pages.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// The code, for pages.
    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }

    /// The message, for pages.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// `Retry-After`, for pages.
    pub(crate) fn retry_after_secs(&self) -> Option<u64> {
        self.retry_after.map(whole_seconds)
    }

    /// Notes on the log what a page was refused for. Pages have no log line of their own.
    pub(crate) fn log(&self) {
        let (status, code, cause) = (self.status.as_u16(), self.code, self.cause.as_deref().unwrap_or_default());
        if self.status.is_server_error() {
            tracing::error!(status, code, cause, "a page was refused");
        } else {
            tracing::info!(status, code, cause, "a page was refused");
        }
    }

    /// 403: the caller's client lacks a capability.
    #[must_use]
    pub fn capability_required() -> Self {
        let message = "The client lacks a capability that this operation needs.";
        Self::new(StatusCode::FORBIDDEN, "CAPABILITY_REQUIRED", message)
    }

    /// 404: no such resource, or another platform's.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "REFERENCE_NOT_FOUND", "There is no such resource.")
    }

    fn limited(code: &'static str, message: &'static str, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(StatusCode::TOO_MANY_REQUESTS, code, message) }
    }

    /// 503: nothing was done, and the same request may succeed soon.
    #[must_use]
    pub fn unavailable(retry_after: Duration) -> Self {
        let message = "The server can't do this right now; nothing was changed.";
        Self { retry_after: Some(retry_after), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message) }
    }

    /// 503: the database went away before it said whether the call had its effect.
    #[must_use]
    pub fn unanswered(retry_after: Duration) -> Self {
        let message = "The server lost its database; whether the call had its effect is not known.";
        Self { retry_after: Some(retry_after), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message) }
    }

    /// 503: a code was stored, and it couldn't be delivered.
    #[must_use]
    pub fn undelivered() -> Self {
        let message = "The code could not be delivered; earlier codes have ended.";
        let retry_after = Some(Duration::from_mins(1));
        Self { retry_after, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message) }
    }

    /// 500: a fault of ours.
    #[must_use]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let message = "The server made a mistake; its log has the cause under this request's id.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", message).because(cause)
    }

    /// The answer as it travels, in the shape that the operation's door gives its errors; notes code and cause on the
    /// request's log line.
    #[must_use]
    pub fn into_reply(self, operation: &OperationSpec) -> RawReply {
        let is_token_door = is_token_door(operation);
        // Its clients show the message alone.
        let message = match self.violations.first() {
            Some(Violation { path, message }) if is_token_door => {
                format!("{} {path} {message}.", self.message.trim_end_matches('.')).into()
            }
            _ => self.message,
        };
        let code = if is_token_door { self.code.to_ascii_lowercase() } else { self.code.to_owned() };
        log_refusal(&code, self.cause.as_ref().map(|cause| cause as &dyn std::fmt::Display));
        let mut body = json!({"status": self.status.as_u16(), "code": code, "message": message});
        if is_token_door {
            body["error"] = message.as_ref().into();
        }
        if !self.violations.is_empty() {
            let errors = self.violations.iter().map(|v| json!({"path": v.path, "message": v.message}));
            body["details"] = json!({"errors": errors.collect::<Vec<_>>()});
        }
        let mut reply = RawReply::json(self.status, &body).unwrap_or_else(|_| RawReply::empty(self.status));
        let has_header =
            |name: &str| operation.response(self.status.as_u16()).is_some_and(|response| response.has_header(name));
        if has_header(WWW_AUTHENTICATE.as_str()) {
            let challenge = if is_token_door { BEARER } else { BASIC };
            reply.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if has_header(KNOWN_ERROR) {
            reply.headers.insert(KNOWN_ERROR, HeaderValue::from_static(self.code));
        }
        if let Some(retry_after) = self.retry_after {
            reply.headers.insert(RETRY_AFTER, whole_seconds(retry_after).into());
        }
        reply
    }

    /// Whether a retry with this error counts against the limit of failed retries: all but those that the server caused.
    #[must_use]
    pub fn is_callers_fault(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }
}

/// Whether an operation belongs to the token door, whose clients expect codes in lower case and the message twice.
fn is_token_door(operation: &OperationSpec) -> bool {
    operation.path.starts_with("/v1/") || operation.path.starts_with("/.well-known/")
}

/// Whole seconds, rounded up, at least one.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0)).max(1)
}

/// The operation's own error type for what a handler refused with. A status that the document doesn't give the
/// operation can't be sent: it becomes a 500, which the document gives every operation (a test holds that).
///
/// # Errors
/// The operation's own error for a refusal.
///
/// # Panics
/// When an operation documents neither the error's status nor 500; `every_operation_documents_500` keeps that out.
pub fn documented<O: Operation>(answer: Result<O::Outcome, ApiError>) -> Answered<O> {
    let refused = match answer {
        Ok(outcome) => return Ok(outcome),
        Err(refused) => refused.into_reply(O::spec()),
    };
    if let Ok(Some(error)) = O::decode_error(&refused) {
        return Err(error);
    }
    let operation = O::spec().id;
    tracing::error!(operation, status = refused.status.as_u16(), "an error that the document doesn't know");
    let internal = ApiError::internal("an error that the document doesn't know").into_reply(O::spec());
    match O::decode_error(&internal) {
        Ok(Some(error)) => Err(error),
        _ => panic!("{operation} documents no 500"),
    }
}

impl From<FlowError> for ApiError {
    /// Callers learn that a proof failed, not which part of it. The cause goes to the log.
    fn from(cause: FlowError) -> Self {
        use FlowError as Flow;
        let unauthorized = |code, message| Self::new(StatusCode::UNAUTHORIZED, code, message);
        let error = match &cause {
            Flow::SignatureMissing => {
                unauthorized("WALLET_SIGNATURE_MISSING", "A retry needs the header Grid-Wallet-Signature.")
            }
            Flow::SignatureMalformed(_) => unauthorized(
                "WALLET_SIGNATURE_MALFORMED",
                "Grid-Wallet-Signature is not a stamp: base64url of JSON with publicKey, scheme and signature.",
            ),
            Flow::SignatureInvalid(_) => unauthorized(
                "WALLET_SIGNATURE_INVALID",
                "The stamp is not a valid signature of someone who may sign this.",
            ),
            Flow::SignatureBodyMismatch => {
                unauthorized("WALLET_SIGNATURE_BODY_MISMATCH", "The body of a retry must be that of the first call.")
            }
            Flow::RequestIdMissing => unauthorized("REQUEST_ID_MISSING", "A retry needs the header Request-Id."),
            Flow::RequestIdInvalid(_) => unauthorized(
                "REQUEST_ID_INVALID",
                "Request-Id names no pending request that this call could use: begin again without the two headers.",
            ),
            Flow::SessionNotLive => Self::unauthorized("The session is not live."),
            Flow::PublicKeyMalformed => Self::invalid("body/clientPublicKey", "must be a point on the curve P-256"),
            Flow::OtpBundleMalformed | Flow::Json(_) => Self::invalid(
                "body/encryptedOtpBundle",
                "must be JSON text with encappedPublic (130 hex digits) and ciphertext (hex)",
            ),
            Flow::OtpBundleNotOpened | Flow::HpkeNotOpened => {
                Self::invalid("body/encryptedOtpBundle", "does not open with the latest target key of this credential")
            }
            Flow::OtpPlaintextMalformed => Self::invalid(
                "body/encryptedOtpBundle",
                "must hold exactly otp_code and public_key, each once, as strings",
            ),
            Flow::OtpPublicKeyMalformed => {
                Self::invalid("body/encryptedOtpBundle", "must hold a public_key that is a point on the curve P-256")
            }
            Flow::RegistrationRefused(fault) => Self::invalid(fault.member(), &fault.to_string()),
            Flow::AssertionRefused(_) => Self::unauthorized("The assertion is not accepted."),
            Flow::GuessesExhausted { retry_after } => {
                Self::limited("RATE_LIMITED", "Too many wrong codes for this credential.", *retry_after)
            }
            Flow::CredentialLocked => Self::limited(
                "CREDENTIAL_LOCKED",
                "Too many wrong codes. A sign-in with another credential unlocks this one, or an operator.",
                Duration::from_hours(24),
            ),
            Flow::SessionLimit { .. } => {
                Self::limited("RATE_LIMITED", "The account has too many live sessions.", Duration::from_mins(1))
            }
            // Everything else is about what we stored or made ourselves.
            _ => Self::internal("a stored or generated value was not as it must be"),
        };
        error.because(cause)
    }
}

impl From<StoreError> for ApiError {
    fn from(cause: StoreError) -> Self {
        match cause {
            StoreError::Refused(cause) => cause.into(),
            StoreError::NotFound(what) => {
                let named = NOT_FOUND.iter().find(|(resource, ..)| *resource == what);
                let missing = named.map_or_else(Self::not_found, |(_, code, message)| {
                    Self::new(StatusCode::NOT_FOUND, code, *message)
                });
                missing.because(cause)
            }
            StoreError::GrantorEnded(Ended::ApiKey) => TokenRefusal::InvalidApiKey.into(),
            StoreError::GrantorEnded(ended) => TokenRefusal::from(ended).into(),
            StoreError::NotGranted(fault) => fault.into(),
            StoreError::FamilyOver(_) => Self::invalid("body/delegationNotAfter", "must lie in the future"),
            StoreError::SigningKeyReplaced => Self::unavailable(BRIEF).because(cause),
            StoreError::WorkspaceTaken => Self::internal(cause),
            StoreError::KeyHeld => {
                Self::invalid("body/clientPublicKey", "is the key of a live session of the account: use a new key")
            }
            StoreError::TokenEnded => Self::unauthorized("The ID token is not accepted.").because(cause),
            StoreError::CounterStands => Self::unauthorized("The assertion is not accepted.").because(cause),
            StoreError::CredentialExists(kind) => {
                let (code, message) = match kind {
                    KindName::EmailOtp => {
                        ("EMAIL_OTP_CREDENTIAL_ALREADY_EXISTS", "The account already has codes by email.")
                    }
                    KindName::SmsOtp => ("SMS_OTP_CREDENTIAL_ALREADY_EXISTS", "The account already has codes by SMS."),
                    KindName::Passkey => ("PASSKEY_CREDENTIAL_ALREADY_EXISTS", "The account already has this passkey."),
                    KindName::Oauth => {
                        return Self::invalid("body/oidcToken", "names who is on the account already");
                    }
                };
                Self::new(StatusCode::BAD_REQUEST, code, message)
            }
            StoreError::CredentialLimit => {
                Self::invalid("body/accountId", "has as many credentials as an account may have")
            }
            StoreError::LastCredential => Self::invalid("path/id", "is the only credential of its account"),
            StoreError::ForeignFundingSource(place) => {
                Self::invalid(&format!("body/fundingSources/{place}"), "belongs to another customer")
            }
            StoreError::CardHasKey => {
                Self::new(StatusCode::CONFLICT, "CONFLICT", "The card already has a delegated key.")
            }
            StoreError::CapabilityLacking => Self::capability_required(),
            StoreError::KeyNotActive => Self::new(StatusCode::CONFLICT, "CONFLICT", "The delegated key is not active."),
            StoreError::KeyRevoked => Self::invalid("path/id", "is already revoked"),
            StoreError::CustomerExists => Self::new(
                StatusCode::CONFLICT,
                "CONFLICT",
                "The platform already has a customer with this platformCustomerId.",
            ),
            StoreError::Cli(refusal) => refusal.into(),
            StoreError::Limited { retry_after, .. } => {
                Self::limited("RATE_LIMITED", "Too many requests.", retry_after).because(cause)
            }
            StoreError::ShareExceeded => {
                Self::limited("RATE_LIMITED", "Too many calls of the platform are waiting.", BRIEF).because(cause)
            }
            StoreError::QueueFull | StoreError::Unavailable(_) => Self::unavailable(BRIEF).because(cause),
            StoreError::Unanswered(_) => Self::unanswered(BRIEF).because(cause),
            StoreError::ClockStepped(behind) => Self::unavailable(behind).because(cause),
            StoreError::Corrupt(_) | StoreError::Database(_) | StoreError::Panicked => Self::internal(cause),
        }
    }
}

/// Why the token door refuses a caller or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenRefusal {
    /// A header with credentials is malformed or comes twice.
    InvalidAuthorization,
    /// The API key is unknown or revoked.
    InvalidApiKey,
    /// The token isn't one that serves at this place.
    InvalidToken,
    /// The text isn't a refresh token.
    InvalidRefreshToken,
    /// The token has expired.
    TokenExpired,
    /// The token was revoked.
    TokenRevoked,
    /// The refresh token was used before, which has revoked its family.
    TokenReused,
    /// The operation takes a workspace token.
    WorkspaceTokenRequired,
    /// The workspace token was revoked.
    WorkspaceTokenRevoked,
    /// The delegation is over.
    DelegationExpired,
    /// The caller lacks a scope.
    InsufficientScope,
}

impl From<Ended> for TokenRefusal {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::WorkspaceToken => Self::WorkspaceTokenRevoked,
            Ended::ApiKey | Ended::Tokens => Self::TokenRevoked,
        }
    }
}

impl From<TokenRefusal> for ApiError {
    fn from(refusal: TokenRefusal) -> Self {
        use TokenRefusal as Why;
        let (code, message) = match refusal {
            Why::InvalidAuthorization => {
                ("INVALID_AUTHORIZATION", "A header with credentials is malformed or comes twice.")
            }
            Why::InvalidApiKey => ("INVALID_API_KEY", "The API key is invalid."),
            Why::InvalidToken => ("INVALID_TOKEN", "The token is invalid here."),
            Why::InvalidRefreshToken => ("INVALID_TOKEN", "Invalid refresh token."),
            Why::TokenExpired => ("TOKEN_EXPIRED", "The token has expired."),
            Why::TokenRevoked => ("TOKEN_REVOKED", "The token has been revoked."),
            Why::TokenReused => {
                ("TOKEN_REVOKED", "The refresh token was used before: it and all its family are revoked.")
            }
            Why::WorkspaceTokenRequired => ("WORKSPACE_TOKEN_REQUIRED", "The operation takes a workspace token only."),
            Why::WorkspaceTokenRevoked => ("WORKSPACE_TOKEN_REVOKED", "The workspace token has been revoked."),
            Why::DelegationExpired => ("DELEGATION_EXPIRED", "The time that the tokens were delegated for is over."),
            Why::InsufficientScope => {
                let message = "The caller lacks a scope that this operation needs.";
                return Self::new(StatusCode::FORBIDDEN, "INSUFFICIENT_SCOPE", message);
            }
        };
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }
}

impl From<RefreshFault> for ApiError {
    fn from(fault: RefreshFault) -> Self {
        let refusal = match fault {
            RefreshFault::Unknown => TokenRefusal::InvalidRefreshToken,
            RefreshFault::Reused => TokenRefusal::TokenReused,
            RefreshFault::Ended(ended) => ended.into(),
            RefreshFault::Over(FamilyFault::Expired) => TokenRefusal::TokenExpired,
            RefreshFault::Over(FamilyFault::DelegationExpired) => TokenRefusal::DelegationExpired,
        };
        Self::from(refusal).because(fault)
    }
}

impl From<GrantFault> for ApiError {
    fn from(fault: GrantFault) -> Self {
        match fault {
            GrantFault::Escalation => {
                let message = "A scope goes beyond what may be granted.";
                Self::new(StatusCode::FORBIDDEN, "SCOPE_ESCALATION", message)
            }
            GrantFault::TooMany => {
                let message = "The scopes that may be granted are too many: name those that are needed.";
                Self::new(StatusCode::BAD_REQUEST, "INVALID_SCOPE", message)
            }
            GrantFault::OutsidePaths => {
                let message = "A scope is not read or write of a file on one of the paths.";
                Self::new(StatusCode::BAD_REQUEST, "INVALID_SCOPE", message)
            }
        }
    }
}

impl From<CliRefusal> for ApiError {
    fn from(cause: CliRefusal) -> Self {
        let (code, message) = match cause {
            CliRefusal::PollingCode => ("INVALID_POLLING_CODE", "Invalid polling code."),
            CliRefusal::LoginCode => ("INVALID_LOGIN_CODE", "Invalid login code or the code has expired."),
            CliRefusal::AnonymousTokenUnknown => ("INVALID_ANON_REFRESH_TOKEN", "Invalid anon refresh token."),
            CliRefusal::AnonymousTokenExpired => {
                ("INVALID_ANON_REFRESH_TOKEN", "The anon refresh token has expired or its session has ended.")
            }
            CliRefusal::AnonymousTokenNamed => {
                ("INVALID_ANON_REFRESH_TOKEN", "The anon refresh token does not belong to an anonymous user.")
            }
            CliRefusal::NoAnonymousSession => {
                ("NO_ANONYMOUS_SESSION", "No anonymous session is associated with this login code.")
            }
            CliRefusal::RefreshTokenMissing => {
                ("REFRESH_TOKEN_REQUIRED", "refresh_token is required to complete a login.")
            }
            CliRefusal::RefreshToken => ("INVALID_REFRESH_TOKEN", "Invalid refresh token."),
            CliRefusal::SignInCode => ("INVALID_SIGN_IN_CODE", "The code is wrong, or has expired or been used."),
            CliRefusal::Callback => {
                ("REDIRECT_URL_NOT_WHITELISTED", "The callback URL is not registered for the project.")
            }
            // Someone else has signed up with the address in the same moment: the next try finds that user.
            CliRefusal::EmailTaken => return Self::unavailable(BRIEF).because(cause),
            CliRefusal::SessionEnded => {
                return Self::unauthorized("The access token is not accepted.").because(cause);
            }
        };
        Self::new(StatusCode::BAD_REQUEST, code, message).because(cause)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(violations) => Self::violations(violations),
            Refusal::TooLarge => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "The body is larger than 64 KiB.")
            }
            Refusal::Internal(cause) => Self::internal(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_documents_500() {
        for spec in countersign_api::operations::ALL {
            let spec = spec();
            assert!(spec.responses.iter().any(|response| response.status == 500), "{} documents no 500", spec.id);
        }
    }

    #[test]
    fn an_error_has_the_shape_of_its_door() {
        fn reply<O: Operation>() -> RawReply {
            ApiError::unauthorized("Who is this?").into_reply(O::spec())
        }
        use countersign_api::operations::{GetUser, IssueToken, ListAuthSessions};
        let table = [
            (reply::<ListAuthSessions>(), "UNAUTHORIZED", Some(BASIC), None, None),
            (reply::<GetUser>(), "UNAUTHORIZED", None, Some("UNAUTHORIZED"), None),
            (reply::<IssueToken>(), "unauthorized", Some(BEARER), None, Some("Who is this?")),
        ];
        for (reply, code, challenge, known_error, error) in table {
            let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            let header = |name: &str| reply.headers.get(name).map(|value| value.to_str().unwrap());
            assert_eq!((body["code"].as_str(), body["error"].as_str()), (Some(code), error));
            assert_eq!((header("www-authenticate"), header(KNOWN_ERROR)), (challenge, known_error));
        }
    }

    #[test]
    fn retry_after_is_whole_seconds_rounded_up() {
        let table = [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (30_000, 30)];
        for (millis, secs) in table {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), secs);
        }
    }
}
