//! ID tokens, bound by their nonce to the client's key; as a sandbox judges them, since the vectors' signatures are made up

use std::time::Duration;

use countersign_flow::Timestamp;
use countersign_flow::key::ClientPublicKey;
use countersign_flow::oidc::{Expected, IdToken, Identity, KeyVerdict, TokenPolicy, nonce_of};
use serde_json::json;

use crate::{Case, Judged};

const POLICY: TokenPolicy =
    TokenPolicy { max_age: Duration::from_secs(60), max_ahead: Duration::from_secs(5), sandbox: true };

pub(crate) fn judge(case: &Case<'_>) -> Judged {
    let key = ClientPublicKey::parse(case.text("clientPublicKey")).unwrap();
    let member = |name: &str| case.input("registered")[name].as_str().unwrap().to_owned();
    let registered = Identity { issuer: member("iss"), audience: member("aud"), subject: member("sub"), email: None };
    let now = Timestamp::from_millis(case.input("now_s").as_i64().unwrap() * 1_000);
    let Ok(token) = IdToken::parse(case.text("oidcToken")) else { return Judged::Refused("malformed") };
    let expected = Expected::SigningIn { audiences: &[], registered: &registered, client_public_key: &key };
    let claimed = POLICY.claim(&token, token.issuer(), expected, now);
    match claimed.and_then(|claimed| claimed.confirm(KeyVerdict::NotAsked)) {
        Ok(_) => Judged::Accepted(json!({"expected_nonce": nonce_of(&key)})),
        Err(_) => Judged::Refused("invalid"),
    }
}
