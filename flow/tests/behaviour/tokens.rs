//! Verification tokens that we issue are accepted by the strictest reader and name the key that stamps them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_flow::FlowError;
use countersign_flow::verification_token::{Claims, VerificationType, issue, verify};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{NOW, key};

fn claims() -> Claims {
    let exp = NOW.plus(Duration::from_secs(300));
    let organization = Uuid::from_u128(2);
    Claims::new(Uuid::from_u128(1), VerificationType::Email, "jane@example.com", organization, key(3).public(), exp)
}

fn part(jwt: &str, position: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(position).unwrap()).unwrap()).unwrap()
}

#[test]
fn a_token_carries_the_six_claims_as_strings() {
    let jwt = issue(&claims(), &key(1), "verification:thumbprint");
    assert_eq!(part(&jwt, 0), json!({"alg": "ES256", "typ": "JWT", "kid": "verification:thumbprint"}));
    assert_eq!(
        part(&jwt, 1),
        json!({
            "id": "00000000-0000-0000-0000-000000000001",
            "verification_type": "OTP_TYPE_EMAIL",
            "contact": "jane@example.com",
            "organization_id": "00000000-0000-0000-0000-000000000002",
            "public_key": key(3).public().compressed_hex(),
            "exp": "1795334700000",
        })
    );
    assert_eq!(URL_SAFE_NO_PAD.decode(jwt.split('.').nth(2).unwrap()).unwrap().len(), 64);
}

#[test]
fn a_token_is_accepted_until_its_expiry_and_by_its_own_key_only() {
    let jwt = issue(&claims(), &key(1), "k");
    let pinned = *key(1).public();
    assert_eq!(verify(&jwt, &pinned, NOW), Ok(claims()));
    assert_eq!(verify(&jwt, &pinned, claims().exp), Ok(claims()));
    let late = claims().exp.plus(Duration::from_millis(1));
    assert_eq!(verify(&jwt, &pinned, late), Err(FlowError::VerificationTokenExpired));
    assert_eq!(verify(&jwt, key(2).public(), NOW), Err(FlowError::VerificationTokenForged));
}

/// Signs any header and payload with the pinned key.
fn signed(header: &Value, payload: &Value) -> String {
    let [header, payload] = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let text = format!("{header}.{payload}");
    let signature = URL_SAFE_NO_PAD.encode(key(1).sign_jws(text.as_bytes()));
    format!("{text}.{signature}")
}

#[test]
fn other_algorithms_types_and_missing_claims_are_refused_even_with_a_good_signature() {
    let payload = part(&issue(&claims(), &key(1), "k"), 1);
    let header = json!({"alg": "ES256", "typ": "JWT"});
    assert!(verify(&signed(&header, &payload), key(1).public(), NOW).is_ok());
    for header in [json!({"alg": "none", "typ": "JWT"}), json!({"alg": "HS256", "typ": "JWT"}), json!({"alg": "ES256"})]
    {
        assert!(verify(&signed(&header, &payload), key(1).public(), NOW).is_err(), "{header}");
    }
    for name in ["id", "verification_type", "contact", "organization_id", "public_key", "exp"] {
        for value in [Value::Null, json!(""), json!(1_795_334_700_000_i64)] {
            let mut changed = payload.clone();
            changed[name] = value;
            assert_eq!(
                verify(&signed(&header, &changed), key(1).public(), NOW),
                Err(FlowError::VerificationTokenMalformed(name)),
                "{changed}"
            );
        }
    }
    for exp in ["soon", "NaN", "inf", "12 34"] {
        let mut changed = payload.clone();
        changed["exp"] = json!(exp);
        assert!(verify(&signed(&header, &changed), key(1).public(), NOW).is_err(), "{exp}");
    }
}
