//! Sign-in by an ID token that was made for the key of the session to open: one call.

use countersign_api::operations::VerifyAuthCredentialOutcome as Outcome;
use countersign_flow::credential::Kind;
use countersign_flow::key::ClientPublicKey;
use countersign_flow::oidc::Expected;

use super::{login, opened, refused_login};
use crate::error::ApiError;
use crate::oidc::Refusal;
use crate::server::Server;
use crate::session_key::SessionKey;
use crate::store::StoreError;
use crate::store::audit::Action;
use crate::store::credentials::Credential;

pub(super) async fn verify(
    server: &Server,
    credential: &Credential,
    token: &str,
    client_key: &ClientPublicKey,
) -> Result<Outcome, ApiError> {
    let Kind::Oauth(registered) = &credential.kind else {
        return Err(ApiError::internal("a credential of another kind was given a token"));
    };
    let key = SessionKey::of(client_key)?;
    let new = login(server, credential, key.public);
    let (audiences, now) = server.store.audiences(credential.platform).await?;
    let expected = Expected::SigningIn { audiences: &audiences, registered, client_public_key: client_key };
    let vouched = match server.oidc.judge(token, expected, now).await {
        Ok(vouched) => vouched,
        Err(refusal @ Refusal::Invalid(_)) => {
            server.store.refuse_proof(new.login, Action::RefuseToken, server.rules.verify).await?;
            return Err(ApiError::unauthorized("The ID token is not accepted.").because(refusal));
        }
        Err(Refusal::IssuerUnavailable { issuer, retry_after }) => {
            return Err(ApiError::unavailable(retry_after).because(format!("the keys of {issuer} can't be had")));
        }
    };
    match server.store.login_by_token(new, vouched.ends).await {
        Ok(session) => opened(credential, &session, key.sealed),
        Err(refused @ StoreError::TokenEnded) => {
            server.store.refuse_proof(new.login, Action::RefuseToken, server.rules.verify).await?;
            Err(refused.into())
        }
        Err(refused) => Err(refused_login(server, new.login, refused).await),
    }
}
