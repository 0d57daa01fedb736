//! The signed retry: one mechanism for every operation that needs a countersignature.
//!
//! The first leg [issues](SignedRetry::issue) a pending request and answers with its payload. The second leg repeats the
//! call with a stamp over that payload and the request's id; the request is [restored](SignedRetry::restore), then
//!
//! ```text
//! SignedRetry<Issued> --bind(what is asked for now)--> SignedRetry<Bound> --prove(stamp, key)--> SignedRetry<Proven>
//! ```
//!
//! and only a `&SignedRetry<Proven>` lets a store function have the effect. Each step consumes the one before, and no step
//! changes what is stored: a failed retry leaves the request as it was, the store uses it up together with the effect.
//! What was proven here was read outside that transaction, so the store asks for it again inside.
//!
//! A sign-in by passkey waits in a pending request too, and goes another way, so that no stamp stands for an assertion and
//! no assertion for a stamp: `Issued --bind_assertion--> Challenged --assert--> Asserted`.
//!
//! ```
//! use std::time::Duration;
//!
//! use countersign_flow::key::SecretKey;
//! use countersign_flow::retry::{Binding, Operation, Proven, SignedBy, SignedRetry, Signers};
//! use countersign_flow::stamp::Stamp;
//! use countersign_flow::{FlowError, Timestamp};
//!
//! /// The effect, as the store has it.
//! fn revoke_session(proof: &SignedRetry<Proven>) {}
//!
//! # fn id<T: std::str::FromStr>(kind: &str) -> T where T::Err: std::fmt::Debug {
//! #     format!("{kind}00000000-0000-7000-8000-000000000001").parse().unwrap()
//! # }
//! # let (platform, account, session) = (id(""), id("InternalAccount:"), id("Session:"));
//! # let credential = id("AuthMethod:");
//! # let key = SecretKey::from_bytes(&[7; 32])?;
//! # let now = Timestamp::from_millis(1_800_000_000_000);
//! let asked = Binding {
//!     platform,
//!     operation: Operation::RevokeSession,
//!     resource: format!("{session}"),
//!     body_digest: countersign_flow::retry::empty_body_digest(),
//! };
//!
//! // Leg 1: the server stores `issued`, the client signs its payload.
//! let (payload, signers, ttl) = (b"{}".to_vec(), Signers::Session(session), Duration::from_secs(300));
//! let issued = SignedRetry::issue(id("Request:"), asked.clone(), payload, signers, account, now, ttl);
//! let header = Stamp::make(issued.payload(), &key);
//!
//! // Leg 2: each check hands on to the next.
//! let bound = issued.bind(&asked, now)?;
//! let by = SignedBy::Session { id: session, account, credential };
//! let proven = bound.prove(&Stamp::parse(&header)?, key.public(), by)?;
//! revoke_session(&proven);
//! # Ok::<(), FlowError>(())
//! ```
//!
//! A step that was skipped does not compile:
//!
//! ```compile_fail,E0308
//! # use countersign_flow::retry::{Issued, Proven, SignedRetry};
//! # fn revoke_session(proof: &SignedRetry<Proven>) {}
//! fn handle(unproven: SignedRetry<Issued>) {
//!     revoke_session(&unproven);
//! }
//! ```
//!
//! nor can a step be taken out of order, or its result be made by hand:
//!
//! ```compile_fail,E0599
//! # use countersign_flow::{key::PublicKey, retry::{Issued, SignedBy, SignedRetry}, stamp::Stamp};
//! fn handle(unbound: SignedRetry<Issued>, stamp: &Stamp, key: &PublicKey) {
//!     let _ = unbound.prove(stamp, key, SignedBy::Key);
//! }
//! ```
//!
//! ```compile_fail,E0451
//! # use countersign_flow::{key::PublicKey, retry::{Proven, SignedBy}};
//! fn forge(key: PublicKey) -> Proven {
//!     Proven { by: SignedBy::Key, key }
//! }
//! ```

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;

use crate::digest::sha256;
use crate::error::{RequestFault, SignatureFault};
use crate::id::{AuthMethodId, InternalAccountId, PlatformId, RequestId};
use crate::json::canonical;
use crate::key::PublicKey;
use crate::stamp::Stamp;
use crate::webauthn::{Assertion, AssertionResponse, Passkey, RelyingParty};
use crate::{FlowError, Timestamp};

pub use crate::signers::{SignedBy, Signers};

/// Which leg a call is, told by its two headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leg {
    /// Neither header: the call asks for a challenge.
    First,
    /// Both headers, well-formed.
    Retry(RetryHeaders),
}

/// The two headers of a retry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryHeaders {
    /// `Grid-Wallet-Signature`.
    pub stamp: Stamp,
    /// `Request-Id`.
    pub id: RequestId,
}

impl RetryHeaders {
    /// Reads the values of `Grid-Wallet-Signature` and `Request-Id`. An empty value is a value.
    ///
    /// # Errors
    /// One header without the other: [`FlowError::SignatureMissing`] or [`FlowError::RequestIdMissing`]. Then
    /// [`FlowError::SignatureMalformed`], then [`FlowError::RequestIdInvalid`].
    pub fn choose(signature: Option<&str>, request_id: Option<&str>) -> Result<Leg, FlowError> {
        match (signature, request_id) {
            (None, None) => Ok(Leg::First),
            (None, Some(_)) => Err(FlowError::SignatureMissing),
            (Some(_), None) => Err(FlowError::RequestIdMissing),
            (Some(signature), Some(id)) => {
                let stamp = Stamp::parse(signature)?;
                let id = id.parse().map_err(|_| FlowError::RequestIdInvalid(RequestFault::Malformed))?;
                Ok(Leg::Retry(Self { stamp, id }))
            }
        }
    }
}

/// The operations that are countersigned, or proven by an assertion. A pending request of one serves no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `createAuthCredential`
    AddCredential,
    /// `revokeAuthCredential`
    RevokeCredential,
    /// `refreshAuthSession`
    RefreshSession,
    /// `revokeAuthSession`
    RevokeSession,
    /// `verifyAuthCredential` with an encrypted one-time code
    VerifyOtp,
    /// `verifyAuthCredential` with a passkey: proven by an assertion, never by a stamp
    VerifyPasskey,
    /// `createDelegatedKey`, from its first leg to its second
    CreateDelegatedKey,
    /// `createDelegatedKey`, from its second leg to its third
    ActivateDelegatedKey,
    /// `revokeDelegatedKey`
    RevokeDelegatedKey,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 9] = [
        Self::AddCredential,
        Self::RevokeCredential,
        Self::RefreshSession,
        Self::RevokeSession,
        Self::VerifyOtp,
        Self::VerifyPasskey,
        Self::CreateDelegatedKey,
        Self::ActivateDelegatedKey,
        Self::RevokeDelegatedKey,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AddCredential => "add-credential",
            Self::RevokeCredential => "revoke-credential",
            Self::RefreshSession => "refresh-session",
            Self::RevokeSession => "revoke-session",
            Self::VerifyOtp => "verify-otp",
            Self::VerifyPasskey => "verify-passkey",
            Self::CreateDelegatedKey => "create-delegated-key",
            Self::ActivateDelegatedKey => "activate-delegated-key",
            Self::RevokeDelegatedKey => "revoke-delegated-key",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Operation {
    type Err = FlowError;

    fn from_str(text: &str) -> Result<Self, FlowError> {
        Self::ALL
            .into_iter()
            .find(|operation| operation.as_str() == text)
            .ok_or(FlowError::StoredRequestMalformed("operation"))
    }
}

/// What a pending request is bound to, and what a retry must repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The tenant.
    pub platform: PlatformId,
    /// The operation.
    pub operation: Operation,
    /// The id in the path, in canonical text.
    pub resource: String,
    /// [`body_digest`] of the request, or [`empty_body_digest`].
    pub body_digest: [u8; 32],
}

/// SHA-256 of the canonical JSON of a body: unknown members count, order and white space don't.
pub fn body_digest(body: &Value) -> [u8; 32] {
    sha256(canonical(body).as_bytes())
}

/// The digest of a request without a body: SHA-256 of nothing.
pub fn empty_body_digest() -> [u8; 32] {
    sha256(b"")
}

/// The columns of a pending request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRequest {
    /// Primary key, the `Request-Id`.
    pub id: RequestId,
    /// What a retry must repeat.
    pub binding: Binding,
    /// The bytes to countersign, exactly as issued.
    pub payload: Vec<u8>,
    /// Who may countersign.
    pub signers: Signers,
    /// What a later leg needs to know of this one, as JSON: what was verified, or what was made.
    pub data: String,
    /// The account whose lock the effect takes, and whose pending requests are counted.
    pub account: InternalAccountId,
    /// When it was issued.
    pub issued: Timestamp,
    /// From this moment on it is of no use.
    pub expires: Timestamp,
    /// When it had its effect.
    pub used: Option<Timestamp>,
}

/// A pending request on its way from issue to effect; see the [module](self).
#[derive(Debug)]
pub struct SignedRetry<Step> {
    request: StoredRequest,
    step: Step,
}

/// Stored and not compared with any retry yet.
#[derive(Debug)]
pub struct Issued(());

/// The retry asks for what was issued, in time, with the same body.
#[derive(Debug)]
pub struct Bound(());

/// Asked for by an assertion, in time, which isn't verified yet.
#[derive(Debug)]
pub struct Challenged(());

/// Answered by a true assertion. Nothing outside this module can make one, and no stamp leads here.
#[derive(Debug)]
pub struct Asserted(Assertion);

/// Countersigned by someone who may. Nothing outside this module can make one.
#[derive(Debug)]
pub struct Proven {
    by: SignedBy,
    key: PublicKey,
}

impl SignedRetry<Issued> {
    /// Makes a pending request that lives for `ttl` from `now`, without [data](StoredRequest::data).
    pub fn issue(
        id: RequestId,
        binding: Binding,
        payload: Vec<u8>,
        signers: Signers,
        account: InternalAccountId,
        now: Timestamp,
        ttl: Duration,
    ) -> Self {
        let expires = now.plus(ttl);
        let data = String::from("{}");
        Self::restore(StoredRequest { id, binding, payload, signers, data, account, issued: now, expires, used: None })
    }

    /// The request with its life beginning at `now`, the moment of the transaction that stores it: what is decided by
    /// time is decided by the clock of the store.
    #[must_use]
    pub fn issued_at(mut self, now: Timestamp) -> Self {
        self.request.expires = now.plus(self.request.expires.since(self.request.issued));
        self.request.issued = now;
        self
    }

    /// The request with this [data](StoredRequest::data).
    #[must_use]
    pub fn with_data(mut self, data: String) -> Self {
        self.request.data = data;
        self
    }

    /// A pending request as it was stored.
    pub const fn restore(request: StoredRequest) -> Self {
        Self { request, step: Issued(()) }
    }

    /// The columns to store.
    pub fn into_stored(self) -> StoredRequest {
        self.request
    }

    /// Compares the request with what the retry asks for. Whether its body is the same is judged last, so that nobody
    /// learns about requests that aren't theirs to use.
    ///
    /// # Errors
    /// [`FlowError::RequestIdInvalid`] for another tenant, operation or resource, a used or an expired request;
    /// [`FlowError::SignatureBodyMismatch`] for another body.
    pub fn bind(self, asked: &Binding, now: Timestamp) -> Result<SignedRetry<Bound>, FlowError> {
        self.bind_either(asked, asked.operation, now)
    }

    /// As [`bind`](Self::bind), for a call whose legs are several: the request may also be of the operation `or`. Which
    /// it is, the [binding](SignedRetry::binding) tells.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub fn bind_either(self, asked: &Binding, or: Operation, now: Timestamp) -> Result<SignedRetry<Bound>, FlowError> {
        self.require(asked.platform, &[asked.operation, or], &asked.resource, now)?;
        if self.request.binding.body_digest != asked.body_digest {
            return Err(FlowError::SignatureBodyMismatch);
        }
        Ok(SignedRetry { request: self.request, step: Bound(()) })
    }

    /// Compares the request with what an assertion is sent for: a passkey signs the challenge, and the body that carries
    /// the signature is another one than that which asked for it.
    ///
    /// # Errors
    /// [`FlowError::RequestIdInvalid`], as [`bind`](Self::bind).
    pub fn bind_assertion(
        self,
        platform: PlatformId,
        credential: AuthMethodId,
        now: Timestamp,
    ) -> Result<SignedRetry<Challenged>, FlowError> {
        self.require(platform, &[Operation::VerifyPasskey], &credential.to_string(), now)?;
        Ok(SignedRetry { request: self.request, step: Challenged(()) })
    }

    fn require(
        &self,
        platform: PlatformId,
        operations: &[Operation],
        resource: &str,
        now: Timestamp,
    ) -> Result<(), FlowError> {
        let issued = &self.request.binding;
        let fault = if issued.platform != platform {
            RequestFault::OtherPlatform
        } else if !operations.contains(&issued.operation) {
            RequestFault::OtherOperation
        } else if issued.resource != resource {
            RequestFault::OtherResource
        } else if self.request.used.is_some() {
            RequestFault::Used
        } else if now >= self.request.expires {
            RequestFault::Expired
        } else {
            return Ok(());
        };
        Err(FlowError::RequestIdInvalid(fault))
    }
}

impl SignedRetry<Challenged> {
    /// Checks the assertion by `passkey`, that of the credential as it is stored, over this request's payload.
    ///
    /// # Errors
    /// [`FlowError::AssertionRefused`].
    pub fn assert(
        self,
        party: &RelyingParty,
        passkey: &Passkey,
        response: &AssertionResponse<'_>,
    ) -> Result<SignedRetry<Asserted>, FlowError> {
        let assertion = party.authenticate(passkey, &self.request.payload, response)?;
        Ok(SignedRetry { request: self.request, step: Asserted(assertion) })
    }
}

impl SignedRetry<Asserted> {
    /// The assertion. Whether its counter has grown is judged in the transaction of its effect.
    pub const fn assertion(&self) -> Assertion {
        self.step.0
    }
}

impl SignedRetry<Bound> {
    /// Checks the countersignature with `candidate`, the key that the database has for `signed_by` (for
    /// [`SignedBy::Key`], the one named in [`Signers::Key`]). The key in the stamp must be that key; it is never trusted.
    ///
    /// # Errors
    /// [`FlowError::SignatureInvalid`] when the signer isn't among those who may, or the stamp isn't theirs over this
    /// payload.
    pub fn prove(
        self,
        stamp: &Stamp,
        candidate: &PublicKey,
        signed_by: SignedBy,
    ) -> Result<SignedRetry<Proven>, FlowError> {
        let fault = if !self.request.signers.include(signed_by, candidate) {
            Some(SignatureFault::NotAllowed)
        } else if stamp.public_key() != candidate {
            Some(SignatureFault::OtherKey)
        } else if !stamp.verifies(&self.request.payload, candidate) {
            Some(SignatureFault::Mismatch)
        } else {
            None
        };
        match fault {
            Some(fault) => Err(FlowError::SignatureInvalid(fault)),
            None => Ok(SignedRetry { request: self.request, step: Proven { by: signed_by, key: *candidate } }),
        }
    }
}

impl SignedRetry<Proven> {
    /// Who countersigned. The effect's transaction asks again whether they still may.
    pub const fn signed_by(&self) -> SignedBy {
        self.step.by
    }

    /// The key that countersigned.
    pub const fn key(&self) -> &PublicKey {
        &self.step.key
    }
}

impl<Step> SignedRetry<Step> {
    /// The request's id.
    pub const fn id(&self) -> RequestId {
        self.request.id
    }

    /// What the request is bound to.
    pub const fn binding(&self) -> &Binding {
        &self.request.binding
    }

    /// The bytes to countersign.
    pub fn payload(&self) -> &[u8] {
        &self.request.payload
    }

    /// Who may countersign.
    pub const fn signers(&self) -> &Signers {
        &self.request.signers
    }

    /// The account that the effect is on.
    pub const fn account(&self) -> InternalAccountId {
        self.request.account
    }

    /// When the request was issued.
    pub const fn issued(&self) -> Timestamp {
        self.request.issued
    }

    /// When the request expires.
    pub const fn expires(&self) -> Timestamp {
        self.request.expires
    }

    /// All of it, for storing.
    pub const fn stored(&self) -> &StoredRequest {
        &self.request
    }
}
