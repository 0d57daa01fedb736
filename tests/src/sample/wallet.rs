//! Credentials, sessions and delegated keys of wallets.

use serde_json::json;

use super::{COMPRESSED_KEY, Ids, Sample};

pub(super) fn sample<'a>(operation: &str, ids: &'a Ids) -> Option<Sample<'a>> {
    Some(match operation {
        "listAuthCredentials" | "listAuthSessions" | "listDelegatedKeys" => Sample::of(""),
        "createAuthCredential" => Sample::of("").with(json!({"type": "SMS_OTP", "accountId": ids.account})),
        "revokeAuthCredential" => Sample::of(&ids.credential),
        "createDelegatedKey" => Sample::of("").with(json!({"cardId": ids.card, "nickname": "Sample"})),
        "getDelegatedKeyById" | "revokeDelegatedKey" => Sample::of(&ids.delegated_key),
        "stampWithDelegatedKey" => Sample::of(&ids.delegated_key).with(json!({"payloadToSign": "a sample"})),
        "challengeAuthCredential" => Sample::of(&ids.credential).with(json!({})),
        "verifyAuthCredential" => {
            Sample::of(&ids.credential).with(json!({"type": "EMAIL_OTP", "encryptedOtpBundle": "{}"}))
        }
        "revokeAuthSession" => Sample::of(&ids.session),
        "refreshAuthSession" => Sample::of(&ids.session).with(json!({"clientPublicKey": COMPRESSED_KEY})),
        _ => return None,
    })
}
