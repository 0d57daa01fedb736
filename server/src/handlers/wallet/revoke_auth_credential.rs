//! `DELETE /auth/credentials/{id}`

use countersign_api::Request;
use countersign_api::operations::{RevokeAuthCredential, RevokeAuthCredentialOutcome as Outcome};
use countersign_flow::payload;
use countersign_flow::retry::{Leg, Operation, RetryHeaders, Signers};

use crate::clock::entropy;
use crate::engine::{Candidate, binding};
use crate::error::ApiError;
use crate::server::Server;
use crate::store::StoreError;
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    request: Request<RevokeAuthCredential>,
) -> Result<Outcome, ApiError> {
    let input = &request.input;
    let id = wire::parse(&input.id, "path/id")?;
    let credential = server.store.credential(caller.id, id).await?.ok_or_else(ApiError::not_found)?;
    let leg = RetryHeaders::choose(input.grid_wallet_signature.as_deref(), input.request_id.as_deref())?;
    let account = credential.account;
    let binding = binding(caller.id, Operation::RevokeCredential, &id, &request);
    match leg {
        Leg::First => {
            if server.store.is_only_credential(&credential).await? {
                return Err(StoreError::LastCredential.into());
            }
            let (now, kind) = (server.now(), credential.kind.name());
            let payload = payload::credential_revoke(credential.subject, kind, id, now, &mut entropy());
            let signers = Signers::OtherCredential { account, credential: id };
            let pending = server.ask(binding, payload, signers, account, now).await?;
            Ok(Outcome::ChallengeIssued(wire::credential_challenge(&pending, kind)?))
        }
        Leg::Retry(headers) => {
            let proof = server.prove(&headers, &binding, account, Candidate::LiveSessionOf(account)).await?;
            server.store.revoke_credential(proof, id).await?;
            Ok(Outcome::NoContent)
        }
    }
}
