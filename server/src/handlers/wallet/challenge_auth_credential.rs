//! `POST /auth/credentials/{id}/challenge`

use countersign_api::Request;
use countersign_api::operations::ChallengeAuthCredential;
use countersign_api::types::{
    ChallengeAuthCredentialResponse, EmailOtpChallengeResponse, PasskeyChallengeResponse, SmsOtpChallengeResponse,
};
use countersign_flow::credential::Kind;
use countersign_flow::key::{ClientKeyMode, ClientPublicKey};
use countersign_flow::payload;
use countersign_flow::retry::{Operation, Signers};
use serde::{Deserialize, Serialize};

use crate::clock::entropy;
use crate::delivery::Channel;
use crate::engine::binding;
use crate::error::ApiError;
use crate::otp::Addressee;
use crate::server::Server;
use crate::store::StoreError;
use crate::store::credentials::Credential;
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    request: Request<ChallengeAuthCredential>,
) -> Result<ChallengeAuthCredentialResponse, ApiError> {
    let id = wire::parse(&request.input.id, "path/id")?;
    let credential = server.store.credential(caller.id, id).await?.ok_or_else(ApiError::not_found)?;
    match &credential.kind {
        Kind::EmailOtp => {
            let bundle = issue(server, caller, &credential, Channel::Email).await?;
            let method = wire::auth_method(&credential)?;
            Ok(EmailOtpChallengeResponse {
                id: method.id,
                account_id: method.account_id,
                nickname: method.nickname,
                created_at: method.created_at,
                updated_at: method.updated_at,
                otp_encryption_target_bundle: bundle,
            }
            .into())
        }
        Kind::SmsOtp => {
            let bundle = issue(server, caller, &credential, Channel::Sms).await?;
            let method = wire::auth_method(&credential)?;
            Ok(SmsOtpChallengeResponse {
                id: method.id,
                account_id: method.account_id,
                nickname: method.nickname,
                created_at: method.created_at,
                updated_at: method.updated_at,
                otp_encryption_target_bundle: bundle,
            }
            .into())
        }
        Kind::Oauth(_) => Err(ApiError::invalid("path/id", "is a credential that takes no challenge")),
        Kind::Passkey(_) => passkey(server, caller, &credential, &request).await,
    }
}

/// Stores a code and sends it. Returns its target bundle.
async fn issue(
    server: &Server,
    caller: &Platform,
    credential: &Credential,
    channel: Channel,
) -> Result<String, ApiError> {
    let to = Addressee {
        platform: caller,
        credential: credential.id,
        account: credential.account,
        channel,
        destination: &credential.nickname,
    };
    server.require_delivery(to.channel, to.destination)?;
    let (code, new) = server.make_code(to)?;
    server.store.issue_otp(new, server.rules.challenge, server.rules.otp).await?;
    server.send_code(&code, to, credential.subject).await?.ok_or_else(ApiError::undelivered)
}

/// What a sign-in by passkey needs to know of its challenge: the data of its pending request.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    /// `clientPublicKey` as it was sent: the key of the session to open.
    pub(crate) client_public_key: String,
}

/// Makes the payload of a session for the client's key, whose digest the passkey signs.
async fn passkey(
    server: &Server,
    caller: &Platform,
    credential: &Credential,
    request: &Request<ChallengeAuthCredential>,
) -> Result<ChallengeAuthCredentialResponse, ApiError> {
    let asked = request.input.body.as_ref().and_then(|body| body.client_public_key.as_ref());
    let asked = asked.ok_or_else(|| ApiError::invalid("body/clientPublicKey", "is required"))?;
    let client_key = ClientPublicKey::parse(asked.as_str())?;
    let (id, account) = (credential.id, credential.account);
    if client_key.mode() == ClientKeyMode::ClientHeld
        && server.store.live_session_of_key(caller.id, account, *client_key.key()).await?.is_some()
    {
        return Err(StoreError::KeyHeld.into());
    }
    server.relying_party(caller.id).await?;
    let now = server.now();
    let lifetime = server.rules.sessions.ttl;
    let payload = payload::session_open(credential.subject, &client_key, lifetime, now, &mut entropy());
    let noted = Asked { client_public_key: client_key.as_sent().to_owned() };
    let binding = binding(caller.id, Operation::VerifyPasskey, &id, request);
    let pending = server
        .pending(binding, payload, Signers::Passkey(id), account, now)
        .with_data(serde_json::to_string(&noted).map_err(ApiError::internal)?);
    let pending = server.store.begin_passkey(pending, id, server.rules.challenge, server.rules.requests).await?;
    let method = wire::auth_method(credential)?;
    Ok(PasskeyChallengeResponse {
        id: method.id,
        account_id: method.account_id,
        credential_id: method.credential_id.ok_or_else(|| ApiError::internal("a stored passkey has no id"))?,
        nickname: method.nickname,
        created_at: method.created_at,
        updated_at: method.updated_at,
        challenge: payload::digest_hex(pending.payload()),
        request_id: wire::id(pending.id())?,
        expires_at: wire::time(pending.expires()),
    }
    .into())
}
