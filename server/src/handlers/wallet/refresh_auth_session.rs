//! `POST /auth/sessions/{id}/refresh`

use countersign_api::Request;
use countersign_api::operations::{RefreshAuthSession, RefreshAuthSessionOutcome as Outcome};
use countersign_flow::id::SessionId;
use countersign_flow::key::{ClientKeyMode, ClientPublicKey};
use countersign_flow::retry::{Leg, Operation, RetryHeaders, Signers};
use countersign_flow::{FlowError, payload};

use crate::clock::entropy;
use crate::engine::{Candidate, binding};
use crate::error::ApiError;
use crate::server::Server;
use crate::session_key::SessionKey;
use crate::store::StoreError;
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    request: Request<RefreshAuthSession>,
) -> Result<Outcome, ApiError> {
    let client_key = ClientPublicKey::parse(request.input.body.client_public_key.as_str())?;
    let id: SessionId = wire::parse(&request.input.id, "path/id")?;
    let (found, now) = server.store.session(caller.id, id).await?.ok_or_else(ApiError::not_found)?;
    let session = &found.session;
    let input = &request.input;
    let leg = RetryHeaders::choose(input.grid_wallet_signature.as_deref(), input.request_id.as_deref())?;
    if !session.is_live(now) {
        return Err(FlowError::SessionNotLive.into());
    }
    let binding = binding(caller.id, Operation::RefreshSession, &id, &request);
    let policy = server.rules.sessions;
    match leg {
        Leg::First => {
            if client_key.mode() == ClientKeyMode::ClientHeld
                && server.store.live_session_of_key(caller.id, session.account, *client_key.key()).await?.is_some()
            {
                return Err(StoreError::KeyHeld.into());
            }
            let lifetime = policy.expires_at(session.login_at, now).since(now);
            let payload = payload::session_refresh(found.subject, id, &client_key, lifetime, now, &mut entropy());
            let pending = server.ask(binding, payload, Signers::Session(id), session.account, now).await?;
            Ok(Outcome::ChallengeIssued(wire::challenge(&pending)?))
        }
        Leg::Retry(headers) => {
            let proof = server.prove(&headers, &binding, session.account, Candidate::Session(session)).await?;
            let new_id = SessionId::mint(server.now(), &mut entropy());
            let key = SessionKey::of(&client_key)?;
            let refreshed = server.store.refresh_session(proof, id, new_id, key.public, policy).await?;
            let mut answer = wire::auth_session(&refreshed, &found.kind, &found.nickname)?;
            answer.encrypted_session_signing_key = key.sealed;
            Ok(Outcome::Created(answer))
        }
    }
}
