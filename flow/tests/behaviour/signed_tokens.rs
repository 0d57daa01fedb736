//! Tokens of ours are believed by the key of their purpose alone, under the algorithm of that key, and where they belong.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_flow::FlowError;
use countersign_flow::id::KeyId;
use countersign_flow::jws::{Algorithm, JwsFault};
use countersign_flow::keyring::{KeyMaterial, KeyPurpose, Keyring, SigningKeyEntry};
use countersign_flow::signed_token::{Expected, SignedTokenFault, sign, verify};
use countersign_flow::token_key::TokenKey;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{NOW, rng};

const SERVICE: Expected<'static> =
    Expected { issuer: "https://auth.example.com", audience: Some("relayauth"), token_type: "access" };

fn entry(purpose: KeyPurpose, algorithm: Algorithm, place: u128) -> SigningKeyEntry {
    // As many keys are drawn as there are places before, so that no two are the same.
    let mut rng = rng();
    let keys = (0..=place).map(|_| TokenKey::generate(algorithm, &mut rng).unwrap());
    SigningKeyEntry {
        id: KeyId::from_uuid(Uuid::from_u128(place)),
        purpose,
        secret: KeyMaterial::Token(keys.last().unwrap()),
        created: NOW,
        retires: None,
    }
}

fn now_secs() -> i64 {
    NOW.as_millis() / 1_000
}

fn claims() -> Map<String, Value> {
    let claims = json!({
        "iss": "https://auth.example.com", "aud": ["relayauth", "relayfile"], "token_type": "access",
        "sub": "agent_1", "iat": now_secs(), "exp": now_secs() + 60,
    });
    claims.as_object().unwrap().clone()
}

fn with(name: &str, value: Value) -> Map<String, Value> {
    let mut claims = claims();
    claims.insert(name.to_owned(), value);
    claims
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn header_of(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

fn judge(token: &str, keyring: &Keyring, expected: Expected<'_>) -> Result<Map<String, Value>, SignedTokenFault> {
    verify(token, keyring, KeyPurpose::ServiceToken)?.accept(expected, NOW)
}

#[test]
fn each_algorithm_signs_what_it_verifies_and_outlives_its_storage() {
    for (algorithm, signature) in [(Algorithm::EdDsa, 64), (Algorithm::Es256, 64), (Algorithm::Rs256, 384)] {
        let made = entry(KeyPurpose::ServiceToken, algorithm, 1);
        let token = sign(&claims(), &made).unwrap();
        let kid = made.token().unwrap().public().thumbprint().to_owned();
        assert_eq!(header_of(&token), json!({"alg": algorithm.as_str(), "kid": kid, "typ": "JWT"}));
        assert_eq!(URL_SAFE_NO_PAD.decode(token.rsplit('.').next().unwrap()).unwrap().len(), signature);

        let stored = TokenKey::from_pkcs8(&made.token().unwrap().to_pkcs8().unwrap()).unwrap();
        assert_eq!(stored.algorithm(), algorithm);
        assert_eq!(stored.public().to_bytes(), made.token().unwrap().public().to_bytes());
        let read =
            SigningKeyEntry { secret: KeyMaterial::Token(stored), ..entry(KeyPurpose::ServiceToken, algorithm, 0) };
        assert_eq!(judge(&token, &Keyring::new([read]), SERVICE), Ok(claims()));
    }
}

/// RFC 8037, appendix A: the key of A.1, and its thumbprint in A.3.
#[test]
fn the_published_example_of_ed25519_comes_out() {
    // PKCS#8 around the 32 bytes of the seed (RFC 8410, section 7).
    let pkcs8 = [
        hex::decode("302e020100300506032b657004220420").unwrap(),
        URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap(),
    ]
    .concat();
    let key = TokenKey::from_pkcs8(&pkcs8).unwrap();
    assert_eq!(key.public().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(
        key.public().jwk(),
        json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "use": "sig", "alg": "EdDSA",
        })
    );
}

#[test]
fn a_token_is_known_by_the_keys_of_its_purpose_only() {
    for algorithm in Algorithm::ALL {
        let service = entry(KeyPurpose::ServiceToken, algorithm, 1);
        let token = sign(&claims(), &service).unwrap();
        // The same key under another purpose is another key.
        let cli = entry(KeyPurpose::CliAccess, algorithm, 1);
        assert_eq!(judge(&token, &Keyring::new([cli]), SERVICE), Err(SignedTokenFault::KeyUnknown));
        let other = entry(KeyPurpose::ServiceToken, algorithm, 0);
        let refused = judge(&token, &Keyring::new([other]), SERVICE);
        // RSA keys are drawn by the library, so that no two are alike; the others are by place.
        assert_eq!(refused, Err(SignedTokenFault::KeyUnknown), "{algorithm:?}");
    }
    let cli = entry(KeyPurpose::CliAccess, Algorithm::EdDsa, 1);
    assert!(cli.kid().starts_with("cli-access:"));
    assert!(!entry(KeyPurpose::ServiceToken, Algorithm::EdDsa, 1).kid().contains(':'));
    let token = sign(&claims(), &cli).unwrap();
    let keyring = Keyring::new([entry(KeyPurpose::ServiceToken, Algorithm::EdDsa, 1), cli]);
    assert_eq!(judge(&token, &keyring, SERVICE), Err(SignedTokenFault::KeyUnknown));
}

#[test]
fn the_key_decides_the_algorithm_and_no_header_brings_a_key() {
    let made = entry(KeyPurpose::ServiceToken, Algorithm::EdDsa, 1);
    let kid = made.kid();
    let token = sign(&claims(), &made).unwrap();
    let jwk = made.token().unwrap().public().jwk();
    let keyring = Keyring::new([made]);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (_, payload) = signed.split_once('.').unwrap();
    for (header, fault) in [
        (json!({"alg": "none", "kid": kid}), JwsFault::AlgorithmRefused.into()),
        (json!({"alg": "HS256", "kid": kid}), JwsFault::AlgorithmRefused.into()),
        (json!({"kid": kid}), JwsFault::AlgorithmRefused.into()),
        (json!({"alg": "RS256", "kid": kid}), SignedTokenFault::AlgorithmOfAnotherKey),
        (json!({"alg": "ES256", "kid": kid}), SignedTokenFault::AlgorithmOfAnotherKey),
        (json!({"alg": "EdDSA"}), SignedTokenFault::KeyUnknown),
        (json!({"alg": "EdDSA", "kid": "another"}), SignedTokenFault::KeyUnknown),
        (json!({"alg": "EdDSA", "kid": kid, "jwk": jwk}), JwsFault::HeaderRefused("jwk").into()),
        (json!({"alg": "EdDSA", "kid": kid, "jku": "https://a"}), JwsFault::HeaderRefused("jku").into()),
        (json!({"alg": "EdDSA", "kid": kid, "x5u": "https://a"}), JwsFault::HeaderRefused("x5u").into()),
        (json!({"alg": "EdDSA", "kid": kid, "crit": ["b64"]}), JwsFault::HeaderRefused("crit").into()),
        (json!({"alg": "EdDSA", "kid": kid, "b64": false}), JwsFault::HeaderRefused("b64").into()),
        (json!({"alg": "EdDSA", "kid": kid, "typ": "at+jwt"}), JwsFault::TypeRefused.into()),
        // The header is part of what is signed.
        (json!({"alg": "EdDSA", "kid": kid, "typ": "jwt"}), SignedTokenFault::Forged),
    ] {
        let forged = format!("{}.{payload}.{signature}", encode(&header));
        assert_eq!(judge(&forged, &keyring, SERVICE), Err(fault), "{header}");
    }
    let other_claims = encode(&Value::Object(with("sub", json!("agent_2"))));
    let header = token.split('.').next().unwrap();
    for forged in [
        format!("{header}.{other_claims}.{signature}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}.{}", &signature[1..]),
        format!("{header}.{payload}.{signature}="),
    ] {
        assert_eq!(judge(&forged, &keyring, SERVICE), Err(SignedTokenFault::Forged), "{forged}");
    }
    for text in ["", ".", "..", "a.b.c", "relay_ws_abc", &token[1..], &format!("{token}.x")] {
        assert!(matches!(judge(text, &keyring, SERVICE), Err(SignedTokenFault::Jws(_))), "{text}");
    }
}

#[test]
fn claims_are_accepted_at_their_place_and_time_only() {
    let made = entry(KeyPurpose::ServiceToken, Algorithm::EdDsa, 1);
    let judged = |claims: &Map<String, Value>, expected| {
        let token = sign(claims, &made).unwrap();
        let keyring = Keyring::new([entry(KeyPurpose::ServiceToken, Algorithm::EdDsa, 1)]);
        judge(&token, &keyring, expected)
    };
    let fault = |claims, expected| judged(&claims, expected).unwrap_err();
    use SignedTokenFault::{Claim, Expired, NotYetValid};
    assert_eq!(judged(&with("aud", json!("relayauth")), SERVICE).unwrap()["aud"], "relayauth");
    assert!(judged(&claims(), Expected { audience: None, ..SERVICE }).is_ok());
    for (claims, expected) in [
        (with("iss", json!("https://auth.example.com/")), Claim("iss")),
        (with("iss", json!(["https://auth.example.com"])), Claim("iss")),
        (with("aud", json!("relayfile")), Claim("aud")),
        (with("aud", json!(["relayauthx"])), Claim("aud")),
        (with("aud", json!(null)), Claim("aud")),
        (with("token_type", json!("refresh")), Claim("token_type")),
        (with("token_type", json!(null)), Claim("token_type")),
        (with("exp", json!(null)), Claim("exp")),
        (with("exp", json!("9999999999")), Claim("exp")),
        (with("exp", json!(1e300)), Claim("exp")),
        (with("exp", json!(now_secs())), Expired),
        (with("exp", json!(i64::MIN)), Expired),
        (with("nbf", json!(now_secs() + 31)), NotYetValid),
        (with("nbf", json!("0")), Claim("nbf")),
    ] {
        assert_eq!(fault(claims.clone(), SERVICE), expected, "{claims:?}");
    }
    for good in [with("exp", json!(now_secs() + 1)), with("nbf", json!(now_secs() + 30)), with("exp", json!(i64::MAX))]
    {
        assert!(judged(&good, SERVICE).is_ok(), "{good:?}");
    }
    let stale = sign(&with("exp", json!(0)), &made).unwrap();
    let keyring = Keyring::new([entry(KeyPurpose::ServiceToken, Algorithm::EdDsa, 1)]);
    let verified = || verify(&stale, &keyring, KeyPurpose::ServiceToken).unwrap();
    assert!(verified().accept_of_any_age(SERVICE, NOW).is_ok());
    let elsewhere = Expected { token_type: "refresh", ..SERVICE };
    assert_eq!(verified().accept_of_any_age(elsewhere, NOW), Err(Claim("token_type")));
    // What has expired and is also wrong is told to be wrong.
    let mut stale = with("exp", json!(0));
    stale.insert("token_type".to_owned(), json!("refresh"));
    assert_eq!(fault(stale, SERVICE), Claim("token_type"));
}

#[test]
fn a_retired_key_verifies_until_its_last_token_is_over() {
    let token = sign(&claims(), &entry(KeyPurpose::ServiceToken, Algorithm::EdDsa, 1)).unwrap();
    let replaced = |retires| {
        let old = SigningKeyEntry { retires: Some(retires), ..entry(KeyPurpose::ServiceToken, Algorithm::EdDsa, 1) };
        Keyring::new([old, entry(KeyPurpose::ServiceToken, Algorithm::EdDsa, 2)])
    };
    assert!(judge(&token, &replaced(NOW.plus(Duration::from_millis(1))), SERVICE).is_ok());
    assert_eq!(judge(&token, &replaced(NOW), SERVICE), Err(SignedTokenFault::KeyRetired));
}

#[test]
fn nothing_but_a_private_key_of_ours_is_read_as_one() {
    for document in [&b""[..], b"-----BEGIN PRIVATE KEY-----", &[0x30; 48]] {
        assert_eq!(TokenKey::from_pkcs8(document).unwrap_err(), FlowError::TokenKeyMalformed);
    }
    let shown = format!("{:?}", TokenKey::generate(Algorithm::EdDsa, &mut rng()).unwrap());
    assert!(shown.starts_with("TokenKey(of ") && shown.len() == 12 + 43 + 1, "{shown}");
}
