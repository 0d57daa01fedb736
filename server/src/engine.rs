//! The legs of a signed retry, for every operation that needs one.
//!
//! ```text
//! leg 1   handler: load, judge state, make the payload    -> Server::ask      -> 202
//! leg 2   handler: load, judge state                      -> Server::prove    -> SignedRetry<Proven>
//!                  store.<effect>(proof, …)               one transaction: spend the request, have the effect
//! ```
//!
//! The steps themselves are `countersign_flow::retry`; this adds the loading and the limit of failed tries.

use countersign_api::Request;
use countersign_flow::error::{RequestFault, SignatureFault};
use countersign_flow::id::{InternalAccountId, PlatformId, RequestId};
use countersign_flow::key::PublicKey;
use countersign_flow::retry::{
    Binding, Bound, Issued, Operation, Proven, RetryHeaders, SignedBy, SignedRetry, Signers, body_digest,
    empty_body_digest,
};
use countersign_flow::session::Session;
use countersign_flow::stamp::Stamp;
use countersign_flow::{FlowError, Timestamp, sealing};

use crate::clock::entropy;
use crate::error::ApiError;
use crate::keys::payload_seat;
use crate::server::Server;
use crate::store::{Bucket, StoreError};

/// What a request is bound to: who asks for what, of which resource, with which body.
pub(crate) fn binding<O: countersign_api::Operation>(
    platform: PlatformId,
    operation: Operation,
    resource: &impl ToString,
    request: &Request<O>,
) -> Binding {
    let body_digest = request.body.as_ref().map_or_else(empty_body_digest, body_digest);
    Binding { platform, operation, resource: resource.to_string(), body_digest }
}

/// Whose key the stamp is checked with. It always comes from the database; the stamp's own key only selects among the
/// account's sessions (S9).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Candidate<'a> {
    /// This session's.
    Session(&'a Session),
    /// That of the account's live session which has the stamp's key.
    LiveSessionOf(InternalAccountId),
    /// The one that the pending request names.
    KeyOfRequest,
}

impl Server {
    /// The first leg: stores a pending request with its payload.
    pub(crate) async fn ask(
        &self,
        binding: Binding,
        payload: Vec<u8>,
        signers: Signers,
        account: InternalAccountId,
        now: Timestamp,
    ) -> Result<SignedRetry<Issued>, ApiError> {
        let request = self.pending(binding, payload, signers, account, now);
        Ok(self.store.add_request(request, self.rules.requests).await?)
    }

    /// A pending request that isn't stored yet, for first legs that store more than it.
    pub(crate) fn pending(
        &self,
        binding: Binding,
        payload: Vec<u8>,
        signers: Signers,
        account: InternalAccountId,
        now: Timestamp,
    ) -> SignedRetry<Issued> {
        let id = RequestId::mint(now, &mut entropy());
        SignedRetry::issue(id, binding, payload, signers, account, now, self.rules.requests.ttl)
    }

    /// The second leg, up to the effect. A failed try leaves the pending request as it was, so that no stranger can burn
    /// it; failed tries are limited by rate, and the limit doesn't stand in the way of a good one (S7).
    pub(crate) async fn prove(
        &self,
        headers: &RetryHeaders,
        binding: &Binding,
        account: InternalAccountId,
        candidate: Candidate<'_>,
    ) -> Result<SignedRetry<Proven>, ApiError> {
        self.prove_either(headers, binding, binding.operation, account, candidate).await
    }

    /// As [`Server::prove`], for a call of several legs: the request may also be of the operation `or`.
    pub(crate) async fn prove_either(
        &self,
        headers: &RetryHeaders,
        binding: &Binding,
        or: Operation,
        account: InternalAccountId,
        candidate: Candidate<'_>,
    ) -> Result<SignedRetry<Proven>, ApiError> {
        match self.try_to_prove(headers, binding, or, candidate).await {
            Err(refused) if refused.is_callers_fault() => {
                self.count_failed_retry(binding.platform, account).await?;
                Err(refused)
            }
            done => done,
        }
    }

    /// Counts a failed try.
    ///
    /// # Errors
    /// The limit is reached: the caller is told that instead.
    pub(crate) async fn count_failed_retry(
        &self,
        platform: PlatformId,
        account: InternalAccountId,
    ) -> Result<(), StoreError> {
        self.store.take(platform, Bucket::FailedRetry(account), self.rules.failed_retry).await
    }

    async fn try_to_prove(
        &self,
        headers: &RetryHeaders,
        binding: &Binding,
        or: Operation,
        candidate: Candidate<'_>,
    ) -> Result<SignedRetry<Proven>, ApiError> {
        let found = self.store.request(binding.platform, headers.id).await?;
        let (request, now) = found.ok_or(FlowError::RequestIdInvalid(RequestFault::Unknown))?;
        let bound = self.with_open_payload(request)?.bind_either(binding, or, now)?;
        let (key, by) = self.signer(&bound, &headers.stamp, candidate).await?;
        Ok(bound.prove(&headers.stamp, &key, by)?)
    }

    /// The payload of a request to add a credential, sealed: it may hold an ID token, which counts elsewhere for longer.
    pub(crate) fn sealed_payload(&self, request: &SignedRetry<Issued>) -> Result<Vec<u8>, FlowError> {
        let id = request.id().to_string();
        let seat = payload_seat(request.binding().platform, &id);
        sealing::seal(self.keys.masters().current(), &seat, request.payload(), &mut entropy())
    }

    /// A request as it was issued: what was stored sealed is opened.
    fn with_open_payload(&self, request: SignedRetry<Issued>) -> Result<SignedRetry<Issued>, FlowError> {
        if request.binding().operation != Operation::AddCredential {
            return Ok(request);
        }
        let mut stored = request.into_stored();
        let id = stored.id.to_string();
        let seat = payload_seat(stored.binding.platform, &id);
        stored.payload = sealing::open(self.keys.masters(), &seat, &stored.payload)?.to_vec();
        Ok(SignedRetry::restore(stored))
    }

    async fn signer(
        &self,
        request: &SignedRetry<Bound>,
        stamp: &Stamp,
        candidate: Candidate<'_>,
    ) -> Result<(PublicKey, SignedBy), ApiError> {
        let not_allowed = FlowError::SignatureInvalid(SignatureFault::NotAllowed);
        let by = |session: &Session| SignedBy::Session {
            id: session.id,
            account: session.account,
            credential: session.credential,
        };
        match candidate {
            Candidate::Session(session) => Ok((session.public_key, by(session))),
            Candidate::LiveSessionOf(account) => {
                let session =
                    self.store.live_session_of_key(request.binding().platform, account, *stamp.public_key()).await?;
                let session = session.ok_or(not_allowed)?;
                Ok((session.public_key, by(&session)))
            }
            Candidate::KeyOfRequest => match request.signers() {
                Signers::Key(key) => Ok((*key, SignedBy::Key)),
                Signers::Session(_)
                | Signers::AnySessionOf(_)
                | Signers::OtherCredential { .. }
                | Signers::Passkey(_) => Err(not_allowed.into()),
            },
        }
    }
}
