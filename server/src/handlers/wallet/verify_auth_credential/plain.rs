//! Sign-in by a code in plain text, the deprecated form: one call.

use std::sync::Arc;

use countersign_api::Request;
use countersign_api::operations::{VerifyAuthCredential, VerifyAuthCredentialOutcome as Outcome};
use countersign_flow::key::ClientPublicKey;
use countersign_flow::retry::{body_digest, empty_body_digest};
use countersign_flow::secret::code_matches;
use zeroize::Zeroizing;

use super::{login, opened, refused_code, refused_login};
use crate::error::ApiError;
use crate::server::Server;
use crate::session_key::SessionKey;
use crate::store::credentials::Credential;
use crate::store::logins::CodeLogin;
use crate::store::otp::OpenIssue;

pub(super) async fn verify(
    server: &Server,
    credential: &Credential,
    request: &Request<VerifyAuthCredential>,
    code: &str,
    client_key: &ClientPublicKey,
) -> Result<Outcome, ApiError> {
    let key = SessionKey::of(client_key)?;
    let new = login(server, credential, key.public);
    let digest = request.body.as_ref().map_or_else(empty_body_digest, body_digest);
    let (keys, code) = (Arc::clone(&server.keys), Zeroizing::new(code.to_owned()));
    let is_right = move |open: &OpenIssue| {
        keys.otp_mac()
            .is_some_and(|mac_key| code_matches(mac_key, open.issue.id, open.issue.credential, &code, &open.code_mac))
    };
    match server.store.login_by_code(new, digest, is_right).await {
        Ok(CodeLogin::Opened(session)) => opened(credential, &session, key.sealed),
        Ok(CodeLogin::Refused(cause)) => Err(refused_code().because(cause)),
        Err(refused) => Err(refused_login(server, new.login, refused).await),
    }
}
