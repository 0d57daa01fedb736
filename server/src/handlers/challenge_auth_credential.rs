//! `POST /auth/credentials/{id}/challenge`

use countersign_api::operations::ChallengeAuthCredentialInput;
use countersign_api::types::AuthMethodResponse;
use countersign_flow::id::OtpIssueId;
use countersign_flow::key::SecretKey;
use countersign_flow::otp::OtpIssue;
use countersign_flow::sealing;
use countersign_flow::secret::{OtpCode, code_mac};
use countersign_flow::target_bundle::TargetBundle;

use crate::clock::entropy;
use crate::delivery::{Channel, Message};
use crate::error::ApiError;
use crate::keys::otp_target_seat;
use crate::server::Server;
use crate::store::Mode;
use crate::store::otp::NewIssue;
use crate::store::platforms::Platform;
use crate::wire;

pub(crate) async fn handle(
    server: &Server,
    caller: &Platform,
    input: ChallengeAuthCredentialInput,
) -> Result<AuthMethodResponse, ApiError> {
    let id = wire::parse(&input.id, "path/id")?;
    let credential = server.store.credential(caller.id, id).await?.ok_or_else(ApiError::not_found)?;
    let missing = || ApiError::internal("a key of the server is missing");
    let (quorum, mac_key) = (server.keys.quorum().ok_or_else(missing)?, server.keys.otp_mac().ok_or_else(missing)?);
    let undelivered = || ApiError::unavailable(std::time::Duration::from_mins(1));
    server.delivery.check(Channel::Email).map_err(|cause| undelivered().because(cause))?;

    let (now, mut rng) = (server.now(), entropy());
    let code = match server.mode {
        Mode::Sandbox => OtpCode::sandbox(),
        Mode::Production => OtpCode::generate(&mut rng),
    };
    let target = SecretKey::generate(&mut rng);
    let issue =
        OtpIssue::issue(OtpIssueId::mint(now, &mut rng), credential.id, credential.account, now, &server.rules.otp);
    let issue_id = issue.id;
    let (row_id, public_key) = (issue.id.to_string(), target.public().sec1_compressed());
    let seat = otp_target_seat(caller.id, &row_id, &public_key);
    let new = NewIssue {
        platform: caller.id,
        code_mac: code_mac(mac_key, issue.id, credential.id, code.as_str()),
        target: *target.public(),
        target_sealed: sealing::seal(server.keys.masters().current(), &seat, target.to_bytes().as_slice(), &mut rng)?,
        issue,
    };
    server.store.issue_otp(new, server.rules.challenge, server.rules.otp).await?;

    // Sent after it is stored: a code that someone holds is one that works.
    let message = Message {
        issue: issue_id,
        channel: Channel::Email,
        destination: &credential.nickname,
        platform: &caller.name,
        code: &code,
    };
    if let Some(cause) = server.delivery.deliver(message).await.cause() {
        return Err(undelivered().because(cause));
    }

    let subject = credential.subject;
    let bundle = TargetBundle::issue(quorum, target.public(), subject.organization_id, subject.user_id);
    let method = wire::auth_method(&credential)?;
    Ok(AuthMethodResponse {
        id: method.id,
        account_id: method.account_id,
        r#type: method.r#type,
        nickname: method.nickname,
        created_at: method.created_at,
        updated_at: method.updated_at,
        otp_encryption_target_bundle: Some(bundle),
    })
}
