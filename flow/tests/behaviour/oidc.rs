//! ID tokens are believed only when they are of the moment, for us, about the right person and signed: one fault, one
//! refusal. Signatures themselves are judged where the keys are, in the server.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use countersign_flow::jws::JwsFault;
use countersign_flow::key::ClientPublicKey;
use countersign_flow::oidc::{Audience, Expected, IdToken, Identity, KeyVerdict, TokenFault, TokenPolicy, nonce_of};
use serde_json::{Value, json};

use crate::{NOW, key};

const ISSUER: &str = "https://accounts.google.com";

const PRODUCTION: TokenPolicy =
    TokenPolicy { max_age: Duration::from_secs(60), max_ahead: Duration::from_secs(5), sandbox: false };
const SANDBOX: TokenPolicy = TokenPolicy { sandbox: true, ..PRODUCTION };

fn client_key() -> ClientPublicKey {
    ClientPublicKey::parse(&key(3).public().compressed_hex()).unwrap()
}

fn now_secs() -> i64 {
    NOW.as_millis() / 1_000
}

fn header() -> Value {
    json!({"alg": "RS256", "kid": "k1", "typ": "JWT"})
}

fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "aud": "client-1",
        "sub": "subject-1",
        "iat": now_secs(),
        "exp": now_secs() + 300,
        "nonce": nonce_of(&client_key()),
        "email": "jane@example.com",
    })
}

fn with(mut object: Value, member: &str, value: Value) -> Value {
    object[member] = value;
    object
}

fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().unwrap().remove(member).unwrap();
    object
}

fn text(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}.c2lnbmF0dXJl")
}

fn identity() -> Identity {
    Identity {
        issuer: ISSUER.to_owned(),
        audience: "client-1".to_owned(),
        subject: "subject-1".to_owned(),
        email: Some("jane@example.com".to_owned()),
    }
}

fn audiences() -> Vec<Audience> {
    vec![Audience { issuer: ISSUER.to_owned(), audience: "client-1".to_owned() }]
}

fn judge(policy: TokenPolicy, text: &str, expected: Expected<'_>) -> Result<Identity, TokenFault> {
    let verdict = if policy.sandbox { KeyVerdict::NotAsked } else { KeyVerdict::Genuine };
    let vouched = policy.claim(&IdToken::parse(text)?, ISSUER, expected, NOW)?.confirm(verdict)?;
    Ok(vouched.identity)
}

fn sign_in_as(policy: TokenPolicy, text: &str, registered: &Identity) -> Result<Identity, TokenFault> {
    let (audiences, client_public_key) = (audiences(), client_key());
    let expected = Expected::SigningIn { audiences: &audiences, registered, client_public_key: &client_public_key };
    judge(policy, text, expected)
}

fn sign_in(header: &Value, claims: &Value) -> Result<Identity, TokenFault> {
    sign_in_as(PRODUCTION, &text(header, claims), &identity())
}

fn add(policy: TokenPolicy, header: &Value, claims: &Value) -> Result<Identity, TokenFault> {
    judge(policy, &text(header, claims), Expected::Adding { audiences: &audiences() })
}

#[test]
fn a_token_of_the_moment_is_believed() {
    assert_eq!(sign_in(&header(), &claims()), Ok(identity()));
    assert_eq!(add(PRODUCTION, &header(), &claims()), Ok(identity()));
    let one = with(claims(), "aud", json!(["client-1"]));
    assert_eq!(sign_in(&header(), &one), Ok(identity()));
    for algorithm in ["ES256", "EdDSA"] {
        assert_eq!(sign_in(&with(header(), "alg", algorithm.into()), &claims()), Ok(identity()));
    }
    for typ in ["JWT", "jwt"] {
        assert_eq!(sign_in(&with(header(), "typ", typ.into()), &claims()), Ok(identity()));
    }
    assert_eq!(sign_in(&without(header(), "typ"), &claims()), Ok(identity()));
}

#[test]
fn only_three_parts_of_strict_base64url_json_are_a_token() {
    let [head, body] = [header(), claims()].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let refused = |text: &str| sign_in_as(PRODUCTION, text, &identity()).unwrap_err();
    for parts in [String::new(), head.clone(), format!("{head}.{body}"), format!("{head}.{body}.a.b.c")] {
        assert_eq!(refused(&parts), TokenFault::Jws(JwsFault::NotAJws), "{parts}");
    }
    let twice = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","kid":"k1","alg":"none"}"#);
    let deep = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"RS256","a":{}1{}}}"#, "[".repeat(99), "]".repeat(99)));
    let padded = URL_SAFE.encode(json!({"alg": "RS256", "kid": "k1"}).to_string());
    assert!(padded.ends_with('='), "{padded}");
    let list = URL_SAFE_NO_PAD.encode("[]");
    for part in ["", "e30=", "e3 0", "e30\n", "//8", "AAAA", &twice, &deep, &padded, &list] {
        assert_eq!(refused(&format!("{part}.{body}.s")), TokenFault::Jws(JwsFault::Malformed("header")), "{part}");
    }
    let twice = URL_SAFE_NO_PAD.encode(r#"{"iss":"https://accounts.google.com","sub":"a","sub":"b"}"#);
    for part in ["", "AAAA", &twice, &list] {
        assert_eq!(refused(&format!("{head}.{part}.s")), TokenFault::Jws(JwsFault::Malformed("payload")), "{part}");
    }
}

#[test]
fn headers_that_bring_keys_or_change_the_format_are_refused() {
    for member in ["jwk", "jku", "x5u", "x5c", "crit", "b64", "enc", "zip"] {
        for value in [json!("x"), json!(null), json!(false), json!([])] {
            let refused = sign_in(&with(header(), member, value), &claims());
            assert_eq!(refused, Err(TokenFault::Jws(JwsFault::HeaderRefused(member))));
        }
    }
}

#[test]
fn only_our_three_algorithms_are_read_whatever_their_spelling() {
    for algorithm in ["none", "None", "", "HS256", "HS512", "RS512", "PS256", "ES384", "ES256K", "rs256", "RSA-OAEP"] {
        let refused = sign_in(&with(header(), "alg", algorithm.into()), &claims());
        assert_eq!(refused, Err(TokenFault::Jws(JwsFault::AlgorithmRefused)), "{algorithm}");
        let refused = add(SANDBOX, &with(header(), "alg", algorithm.into()), &claims());
        assert_eq!(refused, Err(TokenFault::Jws(JwsFault::AlgorithmRefused)), "{algorithm} in a sandbox");
    }
    assert_eq!(sign_in(&without(header(), "alg"), &claims()), Err(TokenFault::Jws(JwsFault::AlgorithmRefused)));
    assert_eq!(
        sign_in(&with(header(), "alg", json!(["RS256"])), &claims()),
        Err(TokenFault::Jws(JwsFault::AlgorithmRefused))
    );
}

#[test]
fn tokens_of_other_types_are_refused() {
    for typ in [json!("at+jwt"), json!("logout+jwt"), json!("JWE"), json!(1), json!(null)] {
        assert_eq!(sign_in(&with(header(), "typ", typ), &claims()), Err(TokenFault::Jws(JwsFault::TypeRefused)));
    }
}

#[test]
fn a_token_must_name_its_key() {
    assert_eq!(sign_in(&without(header(), "kid"), &claims()), Err(TokenFault::KeyNotNamed));
    assert_eq!(
        sign_in(&with(header(), "kid", json!(1)), &claims()),
        Err(TokenFault::Jws(JwsFault::Malformed("header")))
    );
}

#[test]
fn every_claim_that_is_needed_must_be_there_and_well_formed() {
    for claim in ["iss", "aud", "sub", "iat", "exp", "nonce"] {
        assert_eq!(sign_in(&header(), &without(claims(), claim)), Err(TokenFault::ClaimMalformed(claim)));
        for value in [json!(null), json!(""), json!({}), json!(true), json!([])] {
            let refused = sign_in(&header(), &with(claims(), claim, value.clone()));
            assert_eq!(refused, Err(TokenFault::ClaimMalformed(claim)), "{value}");
        }
    }
    for claim in ["iat", "exp", "nbf"] {
        for value in [json!("1795334400"), json!(null), json!(true), json!([1])] {
            let refused = sign_in(&header(), &with(claims(), claim, value.clone()));
            assert_eq!(refused, Err(TokenFault::ClaimMalformed(claim)), "{value}");
        }
    }
    let long = with(claims(), "sub", "s".repeat(256).into());
    assert_eq!(sign_in(&header(), &long), Err(TokenFault::ClaimMalformed("sub")));
}

#[test]
fn a_token_for_several_audiences_is_refused() {
    for audiences in [json!(["client-1", "client-2"]), json!(["client-1", "client-1"])] {
        let refused = sign_in(&header(), &with(claims(), "aud", audiences));
        assert_eq!(refused, Err(TokenFault::SeveralAudiences));
    }
    let refused = add(SANDBOX, &header(), &with(claims(), "aud", json!(["a", "b"])));
    assert_eq!(refused, Err(TokenFault::SeveralAudiences));
    assert_eq!(add(SANDBOX, &header(), &with(claims(), "aud", json!([7]))), Err(TokenFault::ClaimMalformed("aud")));
}

#[test]
fn only_the_platforms_own_client_ids_count() {
    let other = with(claims(), "aud", "client-2".into());
    assert_eq!(add(PRODUCTION, &header(), &other), Err(TokenFault::AudienceUnknown));
    // The same client id with another issuer is another platform's, or nobody's.
    let elsewhere = [Audience { issuer: "https://appleid.apple.com".to_owned(), audience: "client-1".to_owned() }];
    let refused = judge(PRODUCTION, &text(&header(), &claims()), Expected::Adding { audiences: &elsewhere });
    assert_eq!(refused, Err(TokenFault::AudienceUnknown));
    // One that was taken back no longer signs in.
    let (registered, key) = (identity(), client_key());
    let expected = Expected::SigningIn { audiences: &[], registered: &registered, client_public_key: &key };
    assert_eq!(judge(PRODUCTION, &text(&header(), &claims()), expected), Err(TokenFault::AudienceUnknown));
}

#[test]
fn a_sign_in_is_by_the_identity_that_was_added() {
    let other = |change: fn(&mut Identity)| {
        let mut registered = identity();
        change(&mut registered);
        sign_in_as(PRODUCTION, &text(&header(), &claims()), &registered)
    };
    assert_eq!(other(|added| added.subject += "x"), Err(TokenFault::NotRegistered("sub")));
    assert_eq!(other(|added| added.audience += "x"), Err(TokenFault::NotRegistered("aud")));
    assert_eq!(other(|added| added.issuer += "/"), Err(TokenFault::NotRegistered("iss")));
    assert_eq!(other(|added| added.email = None), Ok(identity()));
}

#[test]
fn a_sign_in_is_bound_to_the_text_of_the_clients_key() {
    let uncompressed = ClientPublicKey::parse(&key(3).public().uncompressed_hex()).unwrap();
    let upper = ClientPublicKey::parse(&key(3).public().compressed_hex().to_uppercase()).unwrap();
    let other = ClientPublicKey::parse(&key(4).public().compressed_hex()).unwrap();
    for wrong in [nonce_of(&uncompressed), nonce_of(&upper), nonce_of(&other), nonce_of(&client_key()).to_uppercase()] {
        let refused = sign_in(&header(), &with(claims(), "nonce", wrong.into()));
        assert_eq!(refused, Err(TokenFault::NonceMismatch));
    }
    // Adding is countersigned by a session, so that its token needs no nonce.
    assert_eq!(add(PRODUCTION, &header(), &without(claims(), "nonce")), Ok(identity()));
    assert_eq!(add(PRODUCTION, &header(), &with(claims(), "nonce", "other".into())), Ok(identity()));
}

#[test]
fn times_have_no_leeway_but_that_of_the_policy() {
    let at = |claim: &str, seconds: f64| sign_in(&header(), &with(claims(), claim, json!(seconds)));
    #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch fit")]
    let now = now_secs() as f64;
    for (claim, offset, verdict) in [
        ("iat", -60.0, Ok(identity())),
        ("iat", -60.001, Err(TokenFault::TooOld)),
        ("iat", 5.0, Ok(identity())),
        ("iat", 5.001, Err(TokenFault::IssuedAhead)),
        ("iat", -1e300, Err(TokenFault::TooOld)),
        ("iat", 1e300, Err(TokenFault::IssuedAhead)),
        ("exp", 0.001, Ok(identity())),
        ("exp", 0.0, Err(TokenFault::Expired)),
        ("exp", -1e300, Err(TokenFault::Expired)),
        ("exp", 1e300, Ok(identity())),
        ("nbf", 0.0, Ok(identity())),
        ("nbf", 0.001, Err(TokenFault::NotYetValid)),
        ("nbf", 1e300, Err(TokenFault::NotYetValid)),
    ] {
        assert_eq!(at(claim, now + offset), verdict, "{claim} {offset}");
    }
    for (claim, extreme, fault) in [
        ("iat", i64::MIN, TokenFault::TooOld),
        ("iat", i64::MAX, TokenFault::IssuedAhead),
        ("exp", i64::MIN, TokenFault::Expired),
        ("nbf", i64::MAX, TokenFault::NotYetValid),
    ] {
        assert_eq!(sign_in(&header(), &with(claims(), claim, extreme.into())), Err(fault), "{claim}");
    }
}

#[test]
fn the_end_of_a_tokens_time_goes_with_the_verdict() {
    let (issued, max_age) = (now_secs() - 20, 60);
    for (lives, ends_at) in [(30, issued * 1_000 + 30_000), (3_600, (issued + max_age) * 1_000 + 1)] {
        let claims = with(with(claims(), "iat", json!(issued)), "exp", json!(issued + lives));
        let text = text(&header(), &claims);
        let at = |now| {
            let token = IdToken::parse(&text).ok().unwrap();
            PRODUCTION.claim(&token, ISSUER, Expected::Adding { audiences: &audiences() }, now)
        };
        let ends = at(NOW).unwrap().confirm(KeyVerdict::Genuine).unwrap().ends;
        assert_eq!(ends.as_millis(), ends_at);
        // The very moment from which on it would not be taken at all.
        assert!(at(ends).is_err() && at(ends.minus(Duration::from_millis(1))).is_ok());
    }
}

#[test]
fn the_keys_have_the_last_word() {
    let text = text(&header(), &claims());
    let says = |policy: TokenPolicy, verdict| {
        let token = IdToken::parse(&text).ok().unwrap();
        let claimed = policy.claim(&token, ISSUER, Expected::Adding { audiences: &audiences() }, NOW).unwrap();
        claimed.confirm(verdict).map(|vouched| vouched.identity)
    };
    for (verdict, fault) in [
        (KeyVerdict::Forged, TokenFault::Forged),
        (KeyVerdict::KeyUnknown, TokenFault::KeyUnknown),
        (KeyVerdict::AlgorithmOfAnotherKey, TokenFault::AlgorithmOfAnotherKey),
        (KeyVerdict::NotAsked, TokenFault::NotChecked),
    ] {
        assert_eq!(says(PRODUCTION, verdict), Err(fault));
    }
    assert_eq!(says(PRODUCTION, KeyVerdict::Genuine), Ok(identity()));
    assert_eq!(says(SANDBOX, KeyVerdict::NotAsked), Ok(identity()));
}

#[test]
fn a_sandbox_asks_for_no_signature_no_key_and_no_known_audience_and_for_all_else() {
    let bare = without(header(), "kid");
    let [head, body] = [&bare, &claims()].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    for signature in ["sandbox-signature", "", "%&/ not base64", "ünïcode"] {
        let token = format!("{head}.{body}.{signature}");
        assert_eq!(sign_in_as(SANDBOX, &token, &identity()), Ok(identity()), "{signature}");
    }
    let other = with(claims(), "aud", "anything".into());
    assert_eq!(add(SANDBOX, &bare, &other).unwrap().audience, "anything");
    // What was registered is what signs in.
    let refused = |claims: Value| sign_in_as(SANDBOX, &text(&bare, &claims), &identity()).unwrap_err();
    assert_eq!(refused(other), TokenFault::NotRegistered("aud"));
    assert_eq!(refused(with(claims(), "sub", "x".into())), TokenFault::NotRegistered("sub"));
    assert_eq!(refused(with(claims(), "nonce", "x".into())), TokenFault::NonceMismatch);
    assert_eq!(refused(with(claims(), "iat", json!(now_secs() - 61))), TokenFault::TooOld);
    assert_eq!(refused(with(claims(), "exp", json!(now_secs()))), TokenFault::Expired);
    assert_eq!(refused(with(claims(), "nbf", json!(now_secs() + 1))), TokenFault::NotYetValid);
}

#[test]
fn an_email_is_only_for_display_and_kept_only_if_it_can_be_shown() {
    for email in [json!(null), json!(7), json!(""), json!("a\u{7}@b.c"), json!("x".repeat(321))] {
        let kept = add(PRODUCTION, &header(), &with(claims(), "email", email)).unwrap();
        assert_eq!(kept.email, None);
    }
}

#[test]
fn an_identity_doesnt_show_the_person_when_it_is_logged() {
    let shown = format!("{:?}", identity());
    assert!(shown.contains(ISSUER) && !shown.contains("jane") && !shown.contains("subject-1"), "{shown}");
}
