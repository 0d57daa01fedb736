//! Sign-in by a passkey: the assertion answers the challenge that `Request-Id` names.

use countersign_api::operations::VerifyAuthCredentialOutcome as Outcome;
use countersign_api::types::PasskeyAssertion;
use countersign_flow::FlowError;
use countersign_flow::credential::Kind;
use countersign_flow::error::RequestFault;
use countersign_flow::id::RequestId;
use countersign_flow::key::ClientPublicKey;
use countersign_flow::retry::{Challenged, SignedRetry};
use countersign_flow::webauthn::AssertionResponse;

use super::{login, opened, refused_login};
use crate::error::ApiError;
use crate::handlers::wallet::challenge_auth_credential::Asked;
use crate::server::Server;
use crate::session_key::SessionKey;
use crate::store::StoreError;
use crate::store::audit::Action;
use crate::store::credentials::Credential;

/// `Request-Id`. The other header of a retry means nothing here.
pub(super) fn request_id(header: Option<&str>) -> Result<RequestId, FlowError> {
    let header = header.ok_or(FlowError::RequestIdMissing)?;
    header.parse().map_err(|_| FlowError::RequestIdInvalid(RequestFault::Malformed))
}

pub(super) async fn verify(
    server: &Server,
    credential: &Credential,
    request: RequestId,
    assertion: &PasskeyAssertion,
) -> Result<Outcome, ApiError> {
    let Kind::Passkey(passkey) = &credential.kind else {
        return Err(ApiError::internal("a credential of another kind was given an assertion"));
    };
    let party = server.relying_party(credential.platform).await?;
    let challenged = match find(server, credential, request).await {
        Err(refused) if refused.is_callers_fault() => {
            server.count_failed_retry(credential.platform, credential.account).await?;
            return Err(refused);
        }
        found => found?,
    };
    let noted: Asked =
        serde_json::from_str(&challenged.stored().data).map_err(|_| FlowError::StoredRequestMalformed("data"))?;
    let client_key =
        ClientPublicKey::parse(&noted.client_public_key).map_err(|_| FlowError::StoredRequestMalformed("data"))?;
    let key = SessionKey::of(&client_key)?;
    let new = login(server, credential, key.public);
    let response = AssertionResponse {
        credential_id: assertion.credential_id.as_str(),
        client_data_json: assertion.client_data_json.as_str(),
        authenticator_data: assertion.authenticator_data.as_str(),
        signature: assertion.signature.as_str(),
    };
    // A refused assertion leaves the request as it was: its holder may try again.
    let asserted = match challenged.assert(&party, passkey, &response) {
        Ok(asserted) => asserted,
        Err(refused) => {
            server.store.refuse_proof(new.login, Action::RefuseAssertion, server.rules.verify).await?;
            return Err(refused.into());
        }
    };
    match server.store.login_by_passkey(asserted, new).await {
        Ok(session) => opened(credential, &session, key.sealed),
        Err(refused @ StoreError::CounterStands) => {
            server.store.refuse_proof(new.login, Action::RefuseAssertion, server.rules.verify).await?;
            Err(refused.into())
        }
        Err(StoreError::KeyHeld) => {
            let limited = refused_login(server, new.login, StoreError::KeyHeld).await;
            Err(limited.at("header/Request-Id", "was asked for with the key of a live session of the account"))
        }
        Err(refused) => Err(refused_login(server, new.login, refused).await),
    }
}

async fn find(
    server: &Server,
    credential: &Credential,
    request: RequestId,
) -> Result<SignedRetry<Challenged>, ApiError> {
    let found = server.store.request(credential.platform, request).await?;
    let (request, now) = found.ok_or(FlowError::RequestIdInvalid(RequestFault::Unknown))?;
    Ok(request.bind_assertion(credential.platform, credential.id, now)?)
}
