//! The client against a server that answers as it is told.

mod call;
mod scripted;
mod signed_retry;

use countersign_client::operations::RefreshAuthSessionInput;
use serde_json::{Value, json};

const SESSION: &str = "Session:01a1f853-c856-7730-903e-c25dfa916bee";
const KEY: &str = "02ca3b445824905cb4b49b0c74c239b099c6e9b56628fae8c2c8c179434f83ebc8";

fn refresh() -> RefreshAuthSessionInput {
    let body = json!({"clientPublicKey": KEY});
    RefreshAuthSessionInput::new(SESSION.parse().expect("an id"), serde_json::from_value(body).expect("a body"))
}

fn session() -> Value {
    json!({
        "id": SESSION,
        "accountId": "InternalAccount:01a1f7f8-3069-74b9-99cc-85f190ac46c8",
        "type": "EMAIL_OTP",
        "nickname": "ada@example.com",
        "createdAt": "2026-11-20T09:40:02.774Z",
        "updatedAt": "2026-11-20T09:40:02.774Z",
        "expiresAt": "2026-11-20T09:55:02.774Z",
    })
}

fn challenge(payload: &str) -> Value {
    json!({
        "payloadToSign": payload,
        "requestId": "Request:01a1f853-c68e-79bc-9408-cc6cde52478e",
        "expiresAt": "2026-11-20T09:45:02.318Z",
    })
}
