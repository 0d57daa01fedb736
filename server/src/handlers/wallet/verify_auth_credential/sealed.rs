//! Sign-in by a code that is encrypted together with the key of the session to open: two legs.

use std::sync::Arc;

use countersign_api::Request;
use countersign_api::operations::{VerifyAuthCredential, VerifyAuthCredentialOutcome as Outcome};
use countersign_flow::id::{RequestId, SessionId};
use countersign_flow::retry::{Binding, Issued, Leg, Operation, SignedRetry, Signers};
use countersign_flow::secret::code_matches;
use countersign_flow::verification_token::{self, Claims};

use super::refused_code;
use crate::clock::entropy;
use crate::engine::{Candidate, binding};
use crate::error::ApiError;
use crate::server::Server;
use crate::store::Bucket;
use crate::store::credentials::Credential;
use crate::store::otp::{Guess, Guessed, OpenIssue};
use crate::store::platforms::Platform;
use crate::wire;

pub(super) async fn verify(
    server: &Server,
    caller: &Platform,
    credential: &Credential,
    request: &Request<VerifyAuthCredential>,
    leg: Leg,
    bundle: &str,
) -> Result<Outcome, ApiError> {
    let binding = binding(caller.id, Operation::VerifyOtp, &credential.id, request);
    match leg {
        Leg::First => {
            let pending = guess(server, caller, credential, binding, bundle).await?;
            Ok(Outcome::ChallengeIssued(wire::credential_challenge(&pending, credential.kind.name())?))
        }
        Leg::Retry(headers) => {
            let proof = server.prove(&headers, &binding, credential.account, Candidate::KeyOfRequest).await?;
            let session = SessionId::mint(server.now(), &mut entropy());
            let opened = server.store.open_session(proof, session, credential.id, server.rules.login()).await?;
            super::opened(credential, &opened, None)
        }
    }
}

/// Opens the bundle with the target key of the open code and tries the code in it.
async fn guess(
    server: &Server,
    caller: &Platform,
    credential: &Credential,
    binding: Binding,
    bundle: &str,
) -> Result<SignedRetry<Issued>, ApiError> {
    let missing = || ApiError::internal("a credential without codes was given one");
    let verification = credential.kind.name().verification().ok_or_else(missing)?;
    let live = server.store.live_issue(credential.platform, credential.id, server.rules.otp).await?;
    let opened = match &live.issue {
        // A spent code's target key is gone: its body can't be opened again, only compared. That is no guess.
        Some(open) if open.issue.spent_by.is_some() => None,
        open => {
            live.admitted?;
            let opened = server.open_bundle(caller, open.as_ref(), bundle);
            match opened.and_then(|opened| opened.ok_or_else(|| refused_code().because("there is no live code"))) {
                Ok(opened) => Some(opened),
                Err(refused) => {
                    let (platform, bucket) = (credential.platform, Bucket::Verify(credential.id));
                    server.store.take(platform, bucket, server.rules.verify).await?;
                    return Err(refused);
                }
            }
        }
    };
    let Some(open) = live.issue else { return Err(refused_code()) };
    let attempt = Guess {
        platform: credential.platform,
        credential: credential.id,
        account: credential.account,
        issue: open.issue.id,
        body_digest: binding.body_digest,
        otp: server.rules.otp,
        limit: server.rules.verify,
        requests: server.rules.requests,
    };
    let key = opened.as_ref().map(|opened| opened.public_key);
    let (judging, making) = (Arc::clone(&server.keys), Arc::clone(&server.keys));
    let (credential, ttl) = (credential.clone(), server.rules.requests.ttl);
    let is_right = move |open: &OpenIssue| match (&opened, judging.otp_mac()) {
        (Some(opened), Some(mac_key)) => {
            code_matches(mac_key, open.issue.id, open.issue.credential, &opened.code, &open.code_mac)
        }
        _ => false,
    };
    let challenge = move |now| {
        let key = key?;
        let (signing, kid) = making.verification()?;
        let id = RequestId::mint(now, &mut entropy());
        let organization = credential.subject.organization_id;
        let expires = now.plus(ttl);
        let claims = Claims::new(id.uuid(), verification, &credential.nickname, organization, &key, expires);
        let payload = verification_token::issue(&claims, signing, kid).into_bytes();
        let (signers, account) = (Signers::Key(key), credential.account);
        Some(SignedRetry::issue(id, binding, payload, signers, account, now, ttl))
    };
    match server.store.guess_otp(attempt, is_right, challenge).await? {
        Guessed::Challenge(pending) => Ok(*pending),
        Guessed::Refused(cause) => Err(refused_code().because(cause)),
    }
}
