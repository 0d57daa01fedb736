//! `clientPublicKey`

use countersign_flow::key::{ClientKeyMode, ClientPublicKey};
use serde_json::json;

use crate::second_opinion::aws_lc_parses;
use crate::{Case, Judged, agree};

pub(crate) fn judge(case: &Case<'_>) -> Judged {
    let text = case.text("clientPublicKey");
    let parsed = ClientPublicKey::parse(text);
    // aws-lc also reads forms that aren't ours: it is asked only about those that are.
    if let (66, Ok(sec1 @ [2 | 3, ..])) | (130, Ok(sec1 @ [4, ..])) = (text.len(), hex::decode(text).as_deref()) {
        agree("is this a point?", &parsed.is_ok(), &aws_lc_parses(sec1));
    }
    let Ok(key) = parsed else { return Judged::Refused("malformed") };
    assert_eq!(key.as_sent(), text);
    let mode = match key.mode() {
        ClientKeyMode::ClientHeld => "client_held",
        ClientKeyMode::Sealed => "sealed",
    };
    Judged::Accepted(json!({ "mode": mode, "compressed": key.key().compressed_hex() }))
}
