//! Canonical payloads

use countersign_flow::{json, payload};

use crate::{Case, Judged};

pub(crate) fn judge(case: &Case<'_>) -> Judged {
    let canonical = json::canonical(case.input("json"));
    Judged::Accepted(serde_json::json!({
        "sha256_hex": payload::digest_hex(canonical.as_bytes()),
        "fingerprint": payload::fingerprint(canonical.as_bytes()),
        "canonical": canonical,
    }))
}
