//! `POST /auth/credentials`

use countersign_api::Request;
use countersign_api::operations::{CreateAuthCredential, CreateAuthCredentialOutcome as Outcome};
use countersign_api::types::{CreateAuthCredentialRequest, PasskeyCreateRequest};
use countersign_flow::Timestamp;
use countersign_flow::credential::{Kind, NewCredential};
use countersign_flow::id::{AuthMethodId, InternalAccountId};
use countersign_flow::oidc::{Expected, Vouched};
use countersign_flow::payload::{self, Addition};
use countersign_flow::retry::{Leg, Operation, Proven, RetryHeaders, SignedRetry, Signers};
use countersign_flow::webauthn::RegistrationResponse;

use crate::clock::entropy;
use crate::engine::{Candidate, binding};
use crate::error::ApiError;
use crate::oidc::Refusal;
use crate::otp::{Addressee, channel};
use crate::server::Server;
use crate::store::StoreError;
use crate::store::accounts::OwnedAccount;
use crate::store::credentials::Added;
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    request: Request<CreateAuthCredential>,
) -> Result<Outcome, ApiError> {
    let input = &request.input;
    let id: InternalAccountId = wire::parse(
        match &input.body {
            CreateAuthCredentialRequest::EmailOtp(body) => &body.account_id,
            CreateAuthCredentialRequest::SmsOtp(body) => &body.account_id,
            CreateAuthCredentialRequest::Oauth(body) => &body.account_id,
            CreateAuthCredentialRequest::Passkey(body) => &body.account_id,
        },
        "body/accountId",
    )?;
    let account = server.store.account(caller.id, id).await?.ok_or_else(ApiError::not_found)?;
    let leg = RetryHeaders::choose(input.grid_wallet_signature.as_deref(), input.request_id.as_deref())?;
    let binding = binding(caller.id, Operation::AddCredential, &id, &request);
    match leg {
        Leg::First => {
            let now = server.now();
            let (new, payload, token_ends) = judge(server, caller, &account, &input.body, now).await?;
            let kind = new.kind.name();
            server.store.admits_credential(caller.id, id, new.kind.clone(), server.rules.most_credentials).await?;
            if let Some(channel) = channel(kind) {
                server.require_delivery(channel, &new.nickname)?;
            }
            let pending = server.pending(binding, payload, Signers::AnySessionOf(id), id, now);
            let pending = pending.with_data(new.to_data()?);
            let sealed = server.sealed_payload(&pending)?;
            let added = server.store.add_sealed_request(pending, sealed, token_ends, server.rules.requests).await;
            let pending = added.map_err(|refused| match refused {
                StoreError::TokenEnded => token_refused(refused),
                other => other.into(),
            })?;
            Ok(Outcome::ChallengeIssued(wire::credential_challenge(&pending, kind)?))
        }
        Leg::Retry(headers) => {
            let proof = server.prove(&headers, &binding, id, Candidate::LiveSessionOf(id)).await?;
            add(server, caller, &account, proof).await
        }
    }
}

/// An ID token that can't be accepted is a fault of the body here; on sign-in it is one of the proof.
fn token_refused(cause: impl std::fmt::Display) -> ApiError {
    ApiError::invalid("body/oidcToken", "is not an ID token that can be accepted").because(cause)
}

/// What is to be added, the payload that says so, and the end of a token's time. A later leg goes by what is noted here, and verifies nothing again:
/// a token isn't aged twice, and neither an issuer's new keys nor a platform's new settings come between the legs (W6).
async fn judge(
    server: &Server,
    caller: &Platform,
    account: &OwnedAccount,
    body: &CreateAuthCredentialRequest,
    now: Timestamp,
) -> Result<(NewCredential, Vec<u8>, Option<Timestamp>), ApiError> {
    let subject = account.subject;
    let payload = |addition: Addition<'_>| payload::credential_add(subject, addition, now, &mut entropy());
    let contact = |contact: Option<&str>, lacks: &str| {
        let contact = contact.ok_or_else(|| ApiError::invalid("body/accountId", lacks))?;
        Ok::<_, ApiError>(contact.to_owned())
    };
    match body {
        CreateAuthCredentialRequest::EmailOtp(_) => {
            let nickname = contact(account.email(), "belongs to a customer without an email address")?;
            let payload = payload(Addition::Email(&nickname));
            Ok((NewCredential { nickname, kind: Kind::EmailOtp, sign_count: None }, payload, None))
        }
        CreateAuthCredentialRequest::SmsOtp(_) => {
            let nickname = contact(account.phone_number(), "belongs to a customer without a telephone number")?;
            let payload = payload(Addition::PhoneNumber(&nickname));
            Ok((NewCredential { nickname, kind: Kind::SmsOtp, sign_count: None }, payload, None))
        }
        CreateAuthCredentialRequest::Oauth(body) => {
            let (audiences, now) = server.store.audiences(caller.id).await?;
            let expected = Expected::Adding { audiences: &audiences };
            let judged = server.oidc.judge(&body.oidc_token, expected, now).await;
            let Vouched { identity, ends } = judged.map_err(|refusal| match refusal {
                Refusal::Invalid(_) => token_refused(refusal),
                Refusal::IssuerUnavailable { retry_after, .. } => ApiError::unavailable(retry_after).because(refusal),
            })?;
            let payload = payload(Addition::Identity { token: &body.oidc_token, issuer: &identity.issuer });
            let nickname = identity.email.as_ref().unwrap_or(&identity.subject).clone();
            Ok((NewCredential { nickname, kind: Kind::Oauth(identity), sign_count: None }, payload, Some(ends)))
        }
        CreateAuthCredentialRequest::Passkey(body) => {
            let party = server.relying_party(caller.id).await?;
            let PasskeyCreateRequest { nickname, challenge, attestation, .. } = body;
            let response = RegistrationResponse {
                credential_id: attestation.credential_id.as_str(),
                client_data_json: attestation.client_data_json.as_str(),
                attestation_object: attestation.attestation_object.as_str(),
                transports: attestation.transports.as_deref().unwrap_or_default(),
            };
            let registration = party.register(challenge.as_str(), &response)?;
            let attestation = serde_json::to_value(attestation).map_err(ApiError::internal)?;
            let challenge = challenge.as_str();
            let payload = payload(Addition::Passkey { nickname, challenge, attestation: &attestation });
            let (kind, sign_count) = (Kind::Passkey(registration.passkey), Some(registration.sign_count));
            Ok((NewCredential { nickname: nickname.clone(), kind, sign_count }, payload, None))
        }
    }
}

/// Adds what the first leg noted, and sends the first code of a kind that has codes.
async fn add(
    server: &Server,
    caller: &Platform,
    account: &OwnedAccount,
    proof: SignedRetry<Proven>,
) -> Result<Outcome, ApiError> {
    let new = NewCredential::from_data(&proof.stored().data)?;
    let id = AuthMethodId::mint(server.now(), &mut entropy());
    let destination = new.nickname.clone();
    let to = channel(new.kind.name()).map(|channel| Addressee {
        platform: caller,
        credential: id,
        account: account.id,
        channel,
        destination: &destination,
    });
    let (code, issue) = match to {
        None => (None, None),
        Some(to) => {
            server.require_delivery(to.channel, to.destination)?;
            let (code, issue) = server.make_code(to)?;
            (Some((code, to)), Some(issue))
        }
    };
    let rules = &server.rules;
    let added = Added { id, new, issue, most: rules.most_credentials, limit: rules.challenge, otp: rules.otp };
    let credential = server.store.add_credential(proof, added).await?;
    // A code that couldn't be delivered leaves the credential where it is: another can be asked for.
    let bundle = match code {
        None => None,
        Some((code, to)) => server.send_code(&code, to, account.subject).await?,
    };
    Ok(Outcome::Created(wire::auth_method_response(&credential, bundle)?))
}
