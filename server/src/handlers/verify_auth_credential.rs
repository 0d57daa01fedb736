//! `POST /auth/credentials/{id}/verify`

use std::sync::Arc;

use countersign_api::Request;
use countersign_api::operations::{VerifyAuthCredential, VerifyAuthCredentialOutcome as Outcome};
use countersign_api::types::VerifyAuthCredentialRequest;
use countersign_flow::id::{PlatformId, RequestId, SessionId};
use countersign_flow::key::SecretKey;
use countersign_flow::otp_bundle::{OpenedCode, SealedCode};
use countersign_flow::retry::{Binding, Issued, Leg, Operation, RetryHeaders, SignedRetry, Signers};
use countersign_flow::sealing;
use countersign_flow::secret::code_matches;
use countersign_flow::verification_token::{self, Claims, VerificationType};

use crate::clock::entropy;
use crate::engine::{Candidate, binding};
use crate::error::ApiError;
use crate::keys::otp_target_seat;
use crate::server::Server;
use crate::store::Bucket;
use crate::store::credentials::Credential;
use crate::store::otp::{Guess, Guessed, OpenIssue};
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    request: Request<VerifyAuthCredential>,
) -> Result<Outcome, ApiError> {
    let id = wire::parse(&request.input.id, "path/id")?;
    let credential = server.store.credential(caller.id, id).await?.ok_or_else(ApiError::not_found)?;
    let input = &request.input;
    let leg = RetryHeaders::choose(input.grid_wallet_signature.as_deref(), input.request_id.as_deref())?;
    let binding = binding(caller.id, Operation::VerifyOtp, &credential.id, &request);
    match leg {
        Leg::First => {
            let VerifyAuthCredentialRequest::EmailOtp(body) = &request.input.body;
            let pending = guess(server, &credential, binding, &body.encrypted_otp_bundle).await?;
            Ok(Outcome::ChallengeIssued(wire::credential_challenge(&pending)?))
        }
        Leg::Retry(headers) => {
            let proof = server.prove(&headers, &binding, credential.account, Candidate::KeyOfRequest).await?;
            let session = SessionId::mint(server.now(), &mut entropy());
            let opened = server.store.open_session(proof, session, credential.id, server.rules.sessions).await?;
            Ok(Outcome::Ok(wire::auth_session(&opened, &credential.nickname)?))
        }
    }
}

/// Opens the bundle with the target key of the open code and tries the code in it.
async fn guess(
    server: &Server,
    credential: &Credential,
    binding: Binding,
    bundle: &str,
) -> Result<SignedRetry<Issued>, ApiError> {
    let live = server.store.live_issue(credential.platform, credential.id, server.rules.otp).await?;
    let opened = match &live.issue {
        // A spent code's target key is gone: its body can't be opened again, only compared. That is no guess.
        Some(open) if open.issue.spent_by.is_some() => None,
        open => {
            live.admitted?;
            match open_bundle(server, credential.platform, open.as_ref(), bundle) {
                Ok(opened) => Some(opened),
                Err(refused) => {
                    let (platform, bucket) = (credential.platform, Bucket::Verify(credential.id));
                    server.store.take(platform, bucket, server.rules.verify).await?;
                    return Err(refused);
                }
            }
        }
    };
    let Some(open) = live.issue else { return Err(refused()) };
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
        let mut rng = entropy();
        let id = RequestId::mint(now, &mut rng);
        let organization = credential.subject.organization_id;
        let expires = now.plus(ttl);
        let claims = Claims::new(id.uuid(), VerificationType::Email, &credential.nickname, organization, &key, expires);
        let payload = verification_token::issue(&claims, signing, kid).into_bytes();
        let (signers, account) = (Signers::Key(key), credential.account);
        Some(SignedRetry::issue(id, binding, payload, signers, account, now, ttl))
    };
    let guessed = server.store.guess_otp(attempt, is_right, challenge).await?;
    match guessed {
        Guessed::Challenge(pending) => Ok(*pending),
        Guessed::Refused(cause) => Err(refused().because(cause)),
    }
}

/// Callers learn that there is no login with this code, and not why.
fn refused() -> ApiError {
    ApiError::unauthorized("The code is wrong, spent or no longer valid.")
}

/// Opens a bundle with the target key of the live code.
fn open_bundle(
    server: &Server,
    platform: PlatformId,
    open: Option<&OpenIssue>,
    bundle: &str,
) -> Result<OpenedCode, ApiError> {
    let Some((open, sealed)) = open.and_then(|open| Some((open, open.target_sealed.as_ref()?))) else {
        return Err(refused().because("there is no live code"));
    };
    let sealed_code = SealedCode::parse(bundle)?;
    let (row_id, public_key) = (open.issue.id.to_string(), open.target.sec1_compressed());
    let seat = otp_target_seat(platform, &row_id, &public_key);
    let scalar = sealing::open(server.keys.masters(), &seat, sealed)?;
    let scalar: &[u8; 32] = scalar.as_slice().try_into().map_err(ApiError::internal)?;
    Ok(sealed_code.open(&SecretKey::from_bytes(scalar)?)?)
}
