//! `DELETE /auth/sessions/{id}`

use countersign_api::Request;
use countersign_api::operations::{RevokeAuthSession, RevokeAuthSessionOutcome as Outcome};
use countersign_flow::id::SessionId;
use countersign_flow::payload;
use countersign_flow::retry::{Leg, Operation, RetryHeaders, Signers};

use crate::clock::entropy;
use crate::engine::{Candidate, binding};
use crate::error::ApiError;
use crate::server::Server;
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    request: Request<RevokeAuthSession>,
) -> Result<Outcome, ApiError> {
    let id: SessionId = wire::parse(&request.input.id, "path/id")?;
    let (found, now) = server.store.session(caller.id, id).await?.ok_or_else(ApiError::not_found)?;
    let session = &found.session;
    if !session.is_live(now) {
        return Err(ApiError::not_found().because("the session is not live"));
    }
    let input = &request.input;
    let leg = RetryHeaders::choose(input.grid_wallet_signature.as_deref(), input.request_id.as_deref())?;
    let binding = binding(caller.id, Operation::RevokeSession, &id, &request);
    match leg {
        Leg::First => {
            let payload = payload::session_revoke(found.subject, id, now, &mut entropy());
            let signers = Signers::AnySessionOf(session.account);
            let pending = server.ask(binding, payload, signers, session.account, now).await?;
            Ok(Outcome::ChallengeIssued(wire::credential_challenge(&pending, found.kind.name())?))
        }
        Leg::Retry(headers) => {
            let account = session.account;
            let proof = server.prove(&headers, &binding, account, Candidate::LiveSessionOf(account)).await?;
            server.store.revoke_session(proof, id).await?;
            Ok(Outcome::NoContent)
        }
    }
}
