//! `encryptedSessionSigningKey`

use countersign_flow::FlowError;
use countersign_flow::session_bundle::open_session_key;
use serde_json::json;

use crate::{Case, Judged};

pub(crate) fn judge(case: &Case<'_>) -> Judged {
    match open_session_key(case.text("encryptedSessionSigningKey"), &case.secret("client_priv")) {
        Ok(session) => Judged::Accepted(json!({
            "session_priv": hex::encode(session.to_bytes()),
            "session_pub": session.public().compressed_hex(),
        })),
        Err(FlowError::SessionBundleNotOpened) => Judged::Refused("open_failed"),
        Err(_) => Judged::Refused("malformed"),
    }
}
