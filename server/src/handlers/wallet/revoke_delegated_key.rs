//! `DELETE /auth/delegated-keys/{id}`

use countersign_api::Request;
use countersign_api::operations::{RevokeDelegatedKey, RevokeDelegatedKeyOutcome as Outcome};
use countersign_flow::payload;
use countersign_flow::retry::{Leg, Operation, RetryHeaders, Signers};

use crate::clock::entropy;
use crate::engine::{Candidate, binding};
use crate::error::ApiError;
use crate::server::Server;
use crate::store::StoreError;
use crate::store::delegated_keys::Status;
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    request: Request<RevokeDelegatedKey>,
) -> Result<Outcome, ApiError> {
    let input = &request.input;
    let id = wire::parse(&input.id, "path/id")?;
    let key = server.store.delegated_key(caller.id, id).await?.ok_or_else(ApiError::not_found)?;
    let leg = RetryHeaders::choose(input.grid_wallet_signature.as_deref(), input.request_id.as_deref())?;
    let account = key.account;
    let binding = binding(caller.id, Operation::RevokeDelegatedKey, &id, &request);
    match leg {
        Leg::First => {
            if key.status == Status::Revoked {
                return Err(StoreError::KeyRevoked.into());
            }
            let missing = || ApiError::internal("a delegated key has no account");
            let subject = server.store.account(caller.id, account).await?.ok_or_else(missing)?.subject;
            let now = server.now();
            let payload = payload::delegated_key_revoke(subject, id, now, &mut entropy());
            let pending = server.ask(binding, payload, Signers::AnySessionOf(account), account, now).await?;
            Ok(Outcome::ChallengeIssued(wire::challenge(&pending)?))
        }
        Leg::Retry(headers) => {
            let proof = server.prove(&headers, &binding, account, Candidate::LiveSessionOf(account)).await?;
            server.store.revoke_delegated_key(proof, id).await?;
            Ok(Outcome::NoContent)
        }
    }
}
