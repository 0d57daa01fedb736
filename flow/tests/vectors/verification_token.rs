//! Verification tokens

use countersign_flow::key::PublicKey;
use countersign_flow::{FlowError, Timestamp, verification_token};
use serde_json::{Value, json};

use crate::{Case, Judged};

pub(crate) fn judge(case: &Case<'_>) -> Judged {
    // Without a pinned key nothing is verified.
    let Some(pinned) = case.input("signer_pub").as_str() else { return Judged::Refused("invalid") };
    let now = Timestamp::from_millis(case.input("now_ms").as_i64().unwrap());
    let claims = match verification_token::verify(case.text("jwt"), &PublicKey::from_hex(pinned).unwrap(), now) {
        Ok(claims) => claims,
        Err(FlowError::VerificationTokenForged | FlowError::VerificationTokenExpired) => {
            return Judged::Refused("invalid");
        }
        Err(_) => return Judged::Refused("malformed"),
    };
    let mut found = json!({
        "id": claims.id,
        "verification_type": claims.verification_type,
        "contact": claims.contact,
        "organization_id": claims.organization_id,
        "public_key": claims.public_key,
        "exp": claims.exp.as_millis().to_string(),
    });
    // The vector also records claims that we don't read.
    if let (Value::Object(found), Some(recorded)) = (&mut found, case.0["output"]["claims"].as_object()) {
        for (name, value) in recorded {
            found.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    Judged::Accepted(json!({ "claims": found }))
}
