//! Payloads are canonical, name what they are about, and can't be foreseen.

use std::collections::HashSet;
use std::time::Duration;

use countersign_flow::credential::KindName;
use countersign_flow::id::{AuthMethodId, CardId, DelegatedKeyId, SessionId};
use countersign_flow::key::ClientPublicKey;
use countersign_flow::payload::{
    Addition, Subject, credential_add, credential_revoke, delegated_key_activate, delegated_key_make,
    delegated_key_revoke, session_open, session_refresh, session_revoke,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{NOW, key, rng};

const SUBJECT: Subject = Subject { organization_id: Uuid::from_u128(1), user_id: Uuid::from_u128(2) };

fn session() -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(3))
}

fn target() -> ClientPublicKey {
    ClientPublicKey::parse(&key(1).public().compressed_hex().to_uppercase()).unwrap()
}

#[test]
fn a_refresh_names_user_session_and_the_key_as_sent() {
    let bytes = session_refresh(SUBJECT, session(), &target(), Duration::from_secs(900), NOW, &mut rng());
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    let parameters = &value["parameters"];
    assert_eq!(value["type"], "ACTIVITY_TYPE_CREATE_READ_WRITE_SESSION_V2");
    assert_eq!(value["organizationId"], SUBJECT.organization_id.to_string());
    assert_eq!(value["timestampMs"], "1795334400000");
    assert_eq!(parameters["userId"], SUBJECT.user_id.to_string());
    assert_eq!(parameters["sessionId"], session().to_string());
    assert_eq!(parameters["targetPublicKey"], target().as_sent());
    assert_eq!(parameters["expirationSeconds"], "900");
    assert_eq!(String::from_utf8(bytes).unwrap(), countersign_flow::json::canonical(&value));
}

#[test]
fn a_revocation_names_user_and_session() {
    let bytes = session_revoke(SUBJECT, session(), NOW, &mut rng());
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(value["type"], "ACTIVITY_TYPE_DELETE_API_KEYS");
    assert_eq!(value["parameters"]["apiKeyIds"], serde_json::json!([session().to_string()]));
    assert_eq!(value["parameters"]["sessionId"], session().to_string());
    assert_eq!(value["parameters"]["userId"], SUBJECT.user_id.to_string());
    assert_eq!(String::from_utf8(bytes).unwrap(), countersign_flow::json::canonical(&value));
}

#[test]
fn with_the_clock_standing_still_a_thousand_legs_give_a_thousand_payloads() {
    let mut rng = rng();
    let nonce_of = |bytes: &[u8]| {
        let value: Value = serde_json::from_slice(bytes).unwrap();
        let nonce = value["parameters"]["requestNonce"].as_str().unwrap().to_owned();
        assert!(nonce.len() == 32 && nonce.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c)));
        nonce
    };
    let mut nonces = HashSet::new();
    for _ in 0..500 {
        nonces.insert(nonce_of(&session_revoke(SUBJECT, session(), NOW, &mut rng)));
        let refresh = session_refresh(SUBJECT, session(), &target(), Duration::from_secs(900), NOW, &mut rng);
        nonces.insert(nonce_of(&refresh));
    }
    assert_eq!(nonces.len(), 1_000);
}

/// The type and the parameters of a payload, which must be canonical, less what every one has.
fn parts(bytes: &[u8]) -> (String, Value) {
    let mut value: Value = serde_json::from_slice(bytes).unwrap();
    assert_eq!(std::str::from_utf8(bytes).unwrap(), countersign_flow::json::canonical(&value));
    assert_eq!(value["organizationId"], SUBJECT.organization_id.to_string());
    let parameters = value["parameters"].as_object_mut().unwrap();
    assert_eq!(parameters.remove("userId"), Some(SUBJECT.user_id.to_string().into()));
    assert!(parameters.remove("requestNonce").is_some());
    let kind = value["type"].as_str().unwrap().strip_prefix("ACTIVITY_TYPE_").unwrap().to_owned();
    (kind, value["parameters"].take())
}

#[test]
fn an_addition_names_what_is_added() {
    let attestation = json!({"credentialId": "AAEC", "transports": ["internal"]});
    for (addition, kind, parameters) in [
        (Addition::Email("a@b.c"), "UPDATE_USER_EMAIL", json!({"userEmail": "a@b.c"})),
        (Addition::PhoneNumber("+4420"), "UPDATE_USER_PHONE_NUMBER", json!({"userPhoneNumber": "+4420"})),
        (
            Addition::Identity { token: "a.b.c", issuer: "https://i" },
            "CREATE_OAUTH_PROVIDERS",
            json!({"oauthProviders": [{"oidcToken": "a.b.c", "providerName": "https://i"}]}),
        ),
        (
            Addition::Passkey { nickname: "Phone", challenge: "AA", attestation: &attestation },
            "CREATE_AUTHENTICATORS_V2",
            json!({"authenticators": [{"authenticatorName": "Phone", "challenge": "AA", "attestation": attestation}]}),
        ),
    ] {
        let found = parts(&credential_add(SUBJECT, addition, NOW, &mut rng()));
        assert_eq!(found, (kind.to_owned(), parameters));
    }
}

#[test]
fn a_revocation_of_a_credential_names_it_in_the_words_of_its_kind() {
    let id = AuthMethodId::from_uuid(Uuid::from_u128(4));
    for (kind, activity, member, value) in [
        (KindName::EmailOtp, "UPDATE_USER_EMAIL", "userEmail", json!("")),
        (KindName::SmsOtp, "UPDATE_USER_PHONE_NUMBER", "userPhoneNumber", json!("")),
        (KindName::Oauth, "DELETE_OAUTH_PROVIDERS", "providerIds", json!([id.to_string()])),
        (KindName::Passkey, "DELETE_AUTHENTICATORS", "authenticatorIds", json!([id.to_string()])),
    ] {
        let found = parts(&credential_revoke(SUBJECT, kind, id, NOW, &mut rng()));
        assert_eq!(found, (activity.to_owned(), json!({member: value, "credentialId": id.to_string()})));
    }
}

#[test]
fn a_sign_in_by_passkey_names_the_key_as_sent() {
    let (kind, parameters) = parts(&session_open(SUBJECT, &target(), Duration::from_secs(900), NOW, &mut rng()));
    assert_eq!(kind, "CREATE_READ_WRITE_SESSION_V2");
    let expected =
        json!({"apiKeyName": "Wallet session", "expirationSeconds": "900", "targetPublicKey": target().as_sent()});
    assert_eq!(parameters, expected);
}

#[test]
fn the_legs_of_a_delegated_key_name_it_and_its_card() {
    let id = DelegatedKeyId::from_uuid(Uuid::from_u128(5));
    let card = CardId::from_uuid(Uuid::from_u128(6));
    let public = *key(1).public();
    let made = parts(&delegated_key_make(SUBJECT, id, "Settlement", &public, NOW, &mut rng()));
    let user = json!({
        "userName": id.to_string(),
        "apiKeys": [
            {"apiKeyName": "Settlement", "publicKey": public.compressed_hex(), "curveType": "API_KEY_CURVE_P256"},
        ],
        "authenticators": [], "oauthProviders": [], "userTags": [],
    });
    assert_eq!(made, ("CREATE_USERS_V4".to_owned(), json!({"users": [user], "delegatedKeyId": id.to_string()})));
    let (kind, parameters) = parts(&delegated_key_activate(SUBJECT, id, "Settlement", card, NOW, &mut rng()));
    assert_eq!(kind, "CREATE_POLICIES");
    let policy = &parameters["policies"][0];
    assert_eq!((&policy["policyName"], &policy["effect"]), (&json!("Settlement"), &json!("EFFECT_ALLOW")));
    assert!(policy["consensus"].as_str().unwrap().contains(&id.to_string()));
    assert!(policy["condition"].as_str().unwrap().contains(&card.to_string()));
    assert_eq!(parameters["delegatedKeyId"], id.to_string());
    let revoked = parts(&delegated_key_revoke(SUBJECT, id, NOW, &mut rng()));
    let expected = json!({"userIds": [id.to_string()], "delegatedKeyId": id.to_string()});
    assert_eq!(revoked, ("DELETE_USERS".to_owned(), expected));
}
