//! Issuers and their keys: what is fetched, how often, what is believed, and what happens when an issuer misbehaves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign::oidc::{IssuerSettings, Oidc, OidcSettings, Refusal};
use countersign::store::Mode;
use countersign_flow::Timestamp;
use countersign_flow::jws::JwsFault;
use countersign_flow::key::ClientPublicKey;
use countersign_flow::oidc::{Audience, Expected, Identity, TokenFault, nonce_of};
use countersign_tests::issuer::{Behaviour, IssuerKey, KEYS, LocalIssuer, METADATA};
use countersign_tests::race::race;
use serde_json::{Value, json};

mod settings;

/// 2026-11-22T08:00:00Z
const NOW: Timestamp = Timestamp::from_millis(1_795_334_400_000);
const SECOND: Duration = Duration::from_secs(1);
const CLIENT_KEY: &str = "039d3b3bce765ec3b52bbce3a57cd6218f29ad64402179d41c7b10e0bf12e4279f";
const ONE_FETCH: [&str; 2] = [METADATA, KEYS];

/// Settings for this issuer alone: it is at a private address, under an authority of its own.
fn settings(issuer: &LocalIssuer) -> OidcSettings {
    let local = IssuerSettings {
        issuer: Some(issuer.url()),
        private_address: true,
        ca_file: Some(issuer.ca_file()),
        ..IssuerSettings::default()
    };
    OidcSettings { issuer: vec![local], ..OidcSettings::default() }
}

fn oidc(settings: &OidcSettings) -> Arc<Oidc> {
    Arc::new(Oidc::new(settings, Mode::Production).unwrap())
}

fn issuer_with(keys: &[&IssuerKey]) -> LocalIssuer {
    let issuer = LocalIssuer::start().unwrap();
    issuer.publish(keys);
    issuer
}

fn claims(issuer: &str) -> Value {
    let (iat, nonce) = (NOW.as_millis() / 1_000, nonce_of(&ClientPublicKey::parse(CLIENT_KEY).unwrap()));
    json!({"iss": issuer, "aud": "client-1", "sub": "subject-1", "iat": iat, "exp": iat + 60, "nonce": nonce})
}

fn identity(issuer: &str) -> Identity {
    let [issuer, audience, subject] = [issuer, "client-1", "subject-1"].map(str::to_owned);
    Identity { issuer, audience, subject, email: None }
}

async fn judge(oidc: &Oidc, token: &str, expected: Expected<'_>) -> Result<Identity, Refusal> {
    Ok(oidc.judge(token, expected, NOW).await?.identity)
}

async fn add(oidc: &Oidc, token: &str) -> Result<Identity, Refusal> {
    // A client id with every issuer that the token could name.
    let issuers = ["google", "apple"].iter().filter_map(|name| oidc.issuer(name)).map(str::to_owned);
    let local = claimed_issuer(token).into_iter();
    let audiences: Vec<_> =
        issuers.chain(local).map(|issuer| Audience { issuer, audience: "client-1".to_owned() }).collect();
    let judged = judge(oidc, token, Expected::Adding { audiences: &audiences }).await;
    if let Err(refusal) = &judged {
        let said = format!("{refusal:?} {refusal}");
        let told = ["subject-1", "client-1"].iter().any(|part| said.contains(part))
            || token.split('.').any(|part| !part.is_empty() && said.contains(part));
        assert!(!told, "a refusal repeats the token: {said}");
    }
    judged
}

fn claimed_issuer(token: &str) -> Option<String> {
    use base64::Engine as _;
    let claims = token.split('.').nth(1)?;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims["iss"].as_str().map(str::to_owned)
}

fn invalid(judged: Result<Identity, Refusal>) -> TokenFault {
    match judged {
        Err(Refusal::Invalid(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

fn unavailable(judged: Result<Identity, Refusal>) -> Duration {
    match judged {
        Err(Refusal::IssuerUnavailable { retry_after, .. }) => retry_after,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn tokens_signed_by_each_algorithm_are_believed_after_one_fetch() {
    let keys = [IssuerKey::rs256("rsa"), IssuerKey::es256("p256"), IssuerKey::eddsa("ed")];
    let issuer = issuer_with(&keys.each_ref());
    let oidc = oidc(&settings(&issuer));
    for key in &keys {
        assert_eq!(add(&oidc, &key.token(&claims(&issuer.url()))).await, Ok(identity(&issuer.url())));
    }
    assert_eq!(issuer.take_asked(), ONE_FETCH);
}

#[tokio::test]
async fn a_sign_in_is_judged_with_the_clients_key() {
    let key = IssuerKey::es256("k1");
    let issuer = issuer_with(&[&key]);
    let oidc = oidc(&settings(&issuer));
    let (registered, client_public_key) = (identity(&issuer.url()), ClientPublicKey::parse(CLIENT_KEY).unwrap());
    let audiences = [Audience { issuer: issuer.url(), audience: "client-1".to_owned() }];
    let expected =
        Expected::SigningIn { audiences: &audiences, registered: &registered, client_public_key: &client_public_key };
    let mut claims = claims(&issuer.url());
    assert_eq!(judge(&oidc, &key.token(&claims), expected).await, Ok(registered.clone()));
    claims["nonce"] = "other".into();
    assert_eq!(invalid(judge(&oidc, &key.token(&claims), expected).await), TokenFault::NonceMismatch);
}

#[tokio::test]
async fn a_token_that_the_key_of_its_kid_has_not_signed_is_forged() {
    let keys = [IssuerKey::rs256("rsa"), IssuerKey::es256("p256"), IssuerKey::eddsa("ed")];
    let impostors = [IssuerKey::rs256("rsa"), IssuerKey::es256("p256"), IssuerKey::eddsa("ed")];
    let issuer = issuer_with(&keys.each_ref());
    let oidc = oidc(&settings(&issuer));
    let claims = claims(&issuer.url());
    for (key, impostor) in keys.iter().zip(&impostors) {
        let good = key.token(&claims);
        assert_eq!(invalid(add(&oidc, &impostor.token(&claims)).await), TokenFault::Forged);
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let mut other = claims.clone();
        other["sub"] = "subject-2".into();
        let other = key.token(&other);
        let other = other.rsplit_once('.').unwrap().0;
        for forged in [
            format!("{other}.{signature}"),
            format!("{signed}."),
            format!("{signed}.{}", &signature[..signature.len() - 4]),
            format!("{signed}.{signature}AAAA"),
            format!("{signed}.{signature}="),
            format!("{signed}. {signature}"),
            format!("{signed}.sandbox-signature"),
        ] {
            assert_eq!(invalid(add(&oidc, &forged).await), TokenFault::Forged, "{forged}");
        }
    }
}

#[tokio::test]
async fn a_header_cant_choose_another_algorithm_for_a_key() {
    let keys = [IssuerKey::rs256("rsa"), IssuerKey::es256("p256"), IssuerKey::eddsa("ed")];
    let issuer = issuer_with(&keys.each_ref());
    let oidc = oidc(&settings(&issuer));
    for key in &keys {
        for algorithm in ["RS256", "ES256", "EdDSA", "none", "HS256", "RS512", "PS256"] {
            let mut header = key.header();
            if header["alg"] == algorithm {
                continue;
            }
            header["alg"] = algorithm.into();
            let fault = invalid(add(&oidc, &key.token_with(&header, &claims(&issuer.url()))).await);
            let expected = match algorithm {
                "RS256" | "ES256" | "EdDSA" => TokenFault::AlgorithmOfAnotherKey,
                _ => TokenFault::Jws(JwsFault::AlgorithmRefused),
            };
            assert_eq!(fault, expected, "{header}");
        }
    }
}

#[tokio::test]
async fn keys_for_other_uses_are_not_there() {
    let good = IssuerKey::es256("good");
    let published = |kid: &str, change: fn(&mut Value)| {
        let mut key = IssuerKey::es256(kid);
        change(&mut key.jwk);
        key
    };
    let others = [
        published("encrypts", |jwk| jwk["use"] = "enc".into()),
        published("derives", |jwk| jwk["key_ops"] = json!(["deriveBits"])),
        published("other algorithm", |jwk| jwk["alg"] = "ES384".into()),
        published("other curve", |jwk| jwk["crv"] = "P-384".into()),
        published("unknown curve", |jwk| jwk["crv"] = "secp256k1".into()),
        published("unknown type", |jwk| jwk["kty"] = "AKP".into()),
        published("not base64url", |jwk| jwk["x"] = "+/+/".into()),
        published("symmetric", |jwk| *jwk = json!({"kty": "oct", "k": "c2VjcmV0", "kid": "symmetric"})),
        published("no key", |jwk| *jwk = json!("no key")),
        published("a number", |jwk| jwk["kid"] = json!(7)),
    ];
    let issuer = issuer_with(&others.iter().chain([&good]).collect::<Vec<_>>());
    let oidc = oidc(&settings(&issuer));
    for key in &others {
        let fault = invalid(add(&oidc, &key.token(&claims(&issuer.url()))).await);
        assert_eq!(fault, TokenFault::KeyUnknown, "{}", key.jwk);
    }
    assert!(add(&oidc, &good.token(&claims(&issuer.url()))).await.is_ok());
}

#[tokio::test]
async fn a_token_that_could_not_pass_costs_no_request() {
    let key = IssuerKey::es256("k1");
    let issuer = issuer_with(&[&key]);
    let oidc = oidc(&settings(&issuer));
    let mut stranger = claims("https://login.example.com");
    assert_eq!(invalid(add(&oidc, &key.token(&stranger)).await), TokenFault::IssuerUnknown);
    stranger["iss"] = format!("{}/", issuer.url()).into();
    assert_eq!(invalid(add(&oidc, &key.token(&stranger)).await), TokenFault::IssuerUnknown);
    let mut late = claims(&issuer.url());
    late["iat"] = json!(NOW.as_millis() / 1_000 - 61);
    assert_eq!(invalid(add(&oidc, &key.token(&late)).await), TokenFault::TooOld);
    let mut elsewhere = claims(&issuer.url());
    elsewhere["aud"] = "client-2".into();
    assert_eq!(invalid(add(&oidc, &key.token(&elsewhere)).await), TokenFault::AudienceUnknown);
    assert_eq!(invalid(add(&oidc, "no token").await), TokenFault::Jws(JwsFault::NotAJws));
    assert!(issuer.take_asked().is_empty());
}

#[tokio::test]
async fn a_rotated_key_is_found_after_the_pause_and_the_old_one_is_gone() {
    let (old, new) = (IssuerKey::rs256("2026-11"), IssuerKey::rs256("2026-12"));
    let issuer = issuer_with(&[&old]);
    let oidc = oidc(&OidcSettings { refetch_pause_secs: 4, ..settings(&issuer) });
    let [old, new] = [&old, &new].map(|key| (key, key.token(&claims(&issuer.url()))));
    assert!(add(&oidc, &old.1).await.is_ok());
    let fetched = Instant::now();
    issuer.publish(&[new.0]);
    assert_eq!(invalid(add(&oidc, &new.1).await), TokenFault::KeyUnknown, "it wasn't there a moment ago");
    tokio::time::sleep_until((fetched + 2 * SECOND + SECOND / 4).into()).await;
    // By now it may be there, and nobody may ask yet: that isn't the token's fault.
    assert!((SECOND..2 * SECOND).contains(&unavailable(add(&oidc, &new.1).await)));
    assert!(add(&oidc, &old.1).await.is_ok(), "what is known is used");
    assert_eq!(issuer.take_asked(), ONE_FETCH);
    tokio::time::sleep_until((fetched + 4 * SECOND + SECOND / 4).into()).await;
    assert!(add(&oidc, &new.1).await.is_ok());
    assert_eq!(invalid(add(&oidc, &old.1).await), TokenFault::KeyUnknown);
    assert_eq!(issuer.take_asked(), ONE_FETCH);
}

#[tokio::test]
async fn made_up_key_names_cause_one_fetch_per_pause_however_many_they_are() {
    let key = IssuerKey::es256("k1");
    let issuer = issuer_with(&[&key]);
    let oidc = oidc(&OidcSettings { refetch_pause_secs: 1, ..settings(&issuer) });
    let claims = claims(&issuer.url());
    let (began, mut tokens) = (Instant::now(), 0_u32);
    assert!(add(&oidc, &key.token(&claims)).await.is_ok());
    let (fetched, mut over) = (Instant::now(), false);
    while !over {
        // Asked before the race: the last one is certain to come after a pause.
        over = fetched.elapsed() > 2 * SECOND + SECOND / 2;
        let faults = race(32, |index| {
            let mut header = key.header();
            header["kid"] = format!("made up {tokens} {index}").into();
            let (oidc, token) = (Arc::clone(&oidc), key.token_with(&header, &claims));
            async move { invalid(add(&oidc, &token).await) }
        });
        assert!(faults.await.iter().all(|fault| *fault == TokenFault::KeyUnknown));
        tokens += 32;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // One fetch at first, and at most one in each whole second since.
    let fetches = issuer.take_asked().len() / ONE_FETCH.len();
    let most = 1 + usize::try_from(began.elapsed().as_secs()).unwrap();
    assert!((2..=most).contains(&fetches), "{fetches} fetches for {tokens} tokens, {most} allowed");
}

#[tokio::test]
async fn a_pause_of_a_minute_is_the_default() {
    let key = IssuerKey::es256("k1");
    let issuer = issuer_with(&[&key]);
    let oidc = oidc(&settings(&issuer));
    let claims = claims(&issuer.url());
    assert!(add(&oidc, &key.token(&claims)).await.is_ok());
    let mut header = key.header();
    for attempt in 0..100 {
        header["kid"] = format!("made up {attempt}").into();
        assert_eq!(invalid(add(&oidc, &key.token_with(&header, &claims)).await), TokenFault::KeyUnknown);
    }
    assert_eq!(issuer.take_asked(), ONE_FETCH);
    assert_eq!(OidcSettings::default().refetch_pause_secs, 60);
}

#[tokio::test]
async fn those_who_come_at_once_share_one_fetch() {
    let key = IssuerKey::es256("k1");
    let issuer = issuer_with(&[&key]);
    issuer.behave(Behaviour::Slow(SECOND / 4));
    let oidc = oidc(&settings(&issuer));
    let token = key.token(&claims(&issuer.url()));
    let judged = race(32, |_| {
        let (oidc, token) = (Arc::clone(&oidc), token.clone());
        async move { add(&oidc, &token).await }
    });
    assert!(judged.await.iter().all(Result::is_ok));
    assert_eq!(issuer.take_asked(), ONE_FETCH);
}

#[tokio::test]
async fn a_slow_issuer_is_given_up_once_for_all_who_wait() {
    let key = IssuerKey::es256("k1");
    let issuer = issuer_with(&[&key]);
    issuer.behave(Behaviour::Slow(20 * SECOND));
    let oidc = oidc(&OidcSettings { fetch_timeout_secs: 1, ..settings(&issuer) });
    let token = key.token(&claims(&issuer.url()));
    let began = Instant::now();
    let judged = race(32, |_| {
        let (oidc, token) = (Arc::clone(&oidc), token.clone());
        async move { unavailable(add(&oidc, &token).await) }
    });
    assert!(judged.await.iter().all(|retry_after| *retry_after <= SECOND));
    assert!(began.elapsed() < 10 * SECOND, "{:?}", began.elapsed());
    assert_eq!(issuer.take_asked(), [METADATA]);
    issuer.behave(Behaviour::Well);
    tokio::time::sleep(SECOND).await;
    assert!(add(&oidc, &token).await.is_ok());
}

#[tokio::test]
async fn while_one_waits_for_a_slow_issuer_the_others_use_the_keys_that_are_there() {
    let key = IssuerKey::es256("k1");
    let issuer = issuer_with(&[&key]);
    let oidc = oidc(&OidcSettings { keys_fresh_secs: 1, refetch_pause_secs: 1, ..settings(&issuer) });
    let token = key.token(&claims(&issuer.url()));
    assert!(add(&oidc, &token).await.is_ok());
    tokio::time::sleep(SECOND + SECOND / 4).await;
    let _ = issuer.take_asked();
    issuer.behave(Behaviour::Slow(2 * SECOND));
    let times = race(8, |_| {
        let (oidc, token) = (Arc::clone(&oidc), token.clone());
        async move {
            let began = Instant::now();
            assert!(add(&oidc, &token).await.is_ok());
            began.elapsed()
        }
    });
    let waited = times.await.iter().filter(|time| **time > 2 * SECOND).count();
    assert_eq!((waited, issuer.take_asked()), (1, ONE_FETCH.map(str::to_owned).to_vec()));
}

#[tokio::test]
async fn an_issuer_that_is_down_is_done_without_for_a_while_and_not_for_ever() {
    let key = IssuerKey::es256("k1");
    let mut issuer = issuer_with(&[&key]);
    let oidc =
        oidc(&OidcSettings { keys_fresh_secs: 1, keys_stale_secs: 4, refetch_pause_secs: 1, ..settings(&issuer) });
    let token = key.token(&claims(&issuer.url()));
    let mut header = key.header();
    header["kid"] = "k2".into();
    let other = key.token_with(&header, &claims(&issuer.url()));
    assert!(add(&oidc, &token).await.is_ok());
    let fetched = Instant::now();
    issuer.stop();
    assert!(add(&oidc, &token).await.is_ok(), "fresh keys are used");
    tokio::time::sleep_until((fetched + 2 * SECOND).into()).await;
    assert!(add(&oidc, &token).await.is_ok(), "stale keys are used");
    // Whether the issuer has such a key by now, nobody knows.
    assert!(unavailable(add(&oidc, &other).await) <= SECOND);
    tokio::time::sleep_until((fetched + 5 * SECOND).into()).await;
    assert!(unavailable(add(&oidc, &token).await) <= SECOND);
    issuer.resume().unwrap();
    tokio::time::sleep(SECOND).await;
    assert!(add(&oidc, &token).await.is_ok());
    assert_eq!(invalid(add(&oidc, &other).await), TokenFault::KeyUnknown);
}

#[tokio::test]
async fn keys_that_are_no_longer_fresh_are_fetched_again_and_a_removed_one_ends() {
    let (kept, removed) = (IssuerKey::es256("kept"), IssuerKey::es256("removed"));
    let issuer = issuer_with(&[&kept, &removed]);
    let oidc = oidc(&OidcSettings { keys_fresh_secs: 1, refetch_pause_secs: 1, ..settings(&issuer) });
    let token = removed.token(&claims(&issuer.url()));
    assert!(add(&oidc, &token).await.is_ok());
    issuer.publish(&[&kept]);
    tokio::time::sleep(SECOND + SECOND / 4).await;
    assert_eq!(invalid(add(&oidc, &token).await), TokenFault::KeyUnknown);
}

#[tokio::test]
async fn an_issuer_that_was_never_reached_is_unavailable() {
    let key = IssuerKey::es256("k1");
    let mut issuer = issuer_with(&[&key]);
    let oidc = oidc(&settings(&issuer));
    let token = key.token(&claims(&issuer.url()));
    issuer.stop();
    assert!(unavailable(add(&oidc, &token).await) <= SECOND);
}

#[tokio::test]
async fn answers_of_up_to_a_mebibyte_are_read_and_larger_ones_are_not() {
    let key = IssuerKey::es256("k1");
    for (bytes, taken) in [(1 << 20, true), ((1 << 20) + 1, false), (10 << 20, false)] {
        let issuer = issuer_with(&[&key]);
        issuer.behave(Behaviour::Padded(bytes));
        let judged = add(&oidc(&settings(&issuer)), &key.token(&claims(&issuer.url()))).await;
        if taken {
            assert_eq!(judged, Ok(identity(&issuer.url())));
        } else {
            unavailable(judged);
        }
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let key = IssuerKey::es256("k1");
    for path in ONE_FETCH {
        let issuer = issuer_with(&[&key]);
        issuer.behave(Behaviour::Redirecting(path));
        unavailable(add(&oidc(&settings(&issuer)), &key.token(&claims(&issuer.url()))).await);
        assert_eq!(issuer.take_asked().last().map(String::as_str), Some(path));
    }
}

#[tokio::test]
async fn answers_that_are_not_an_issuers_are_no_keys() {
    let key = IssuerKey::es256("k1");
    let other = issuer_with(&[&key]);
    let issuer = issuer_with(&[&key]);
    let (url, keys) = (issuer.url(), format!("{}{KEYS}", issuer.url()));
    for behaviour in [
        Behaviour::Failing(500),
        Behaviour::Failing(404),
        Behaviour::Failing(203),
        Behaviour::Metadata(json!([])),
        Behaviour::Metadata(json!({"jwks_uri": keys})),
        Behaviour::Metadata(json!({"issuer": url})),
        Behaviour::Metadata(json!({"issuer": other.url(), "jwks_uri": keys})),
        Behaviour::Metadata(json!({"issuer": format!("{url}/"), "jwks_uri": keys})),
        Behaviour::Metadata(json!({"issuer": url, "jwks_uri": "keys"})),
        Behaviour::Metadata(json!({"issuer": url, "jwks_uri": keys.replace("https", "http")})),
        Behaviour::Metadata(json!({"issuer": url, "jwks_uri": "file:///etc/passwd"})),
        Behaviour::Keys(String::new()),
        Behaviour::Keys("<html>".to_owned()),
        Behaviour::Keys("[]".to_owned()),
        Behaviour::Keys(json!({"keys": []}).to_string()),
        Behaviour::Keys(json!({"keys": [{"kty": "oct", "k": "AAAA", "kid": "k1"}]}).to_string()),
    ] {
        let said = format!("{behaviour:?}");
        issuer.behave(behaviour);
        let judged = add(&oidc(&settings(&issuer)), &key.token(&claims(&issuer.url()))).await;
        assert!(matches!(judged, Err(Refusal::IssuerUnavailable { .. })), "{said}: {judged:?}");
    }
}

#[tokio::test]
async fn addresses_that_are_not_public_are_asked_only_if_the_operator_says_so() {
    let key = IssuerKey::es256("k1");
    let issuer = issuer_with(&[&key]);
    let mut private = settings(&issuer);
    private.issuer[0].private_address = false;
    for url in
        [issuer.url(), issuer.url().replace("localhost", "127.0.0.1"), issuer.url().replace("localhost", "[::1]")]
    {
        private.issuer[0].issuer = Some(url.clone());
        unavailable(add(&oidc(&private), &key.token(&claims(&url))).await);
    }
    assert!(issuer.take_asked().is_empty());
    assert!(add(&oidc(&settings(&issuer)), &key.token(&claims(&issuer.url()))).await.is_ok());
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_no_issuers() {
    let key = IssuerKey::es256("k1");
    let (issuer, other) = (issuer_with(&[&key]), issuer_with(&[&key]));
    for ca_file in [None, Some(other.ca_file())] {
        let mut settings = settings(&issuer);
        settings.issuer[0].ca_file = ca_file;
        unavailable(add(&oidc(&settings), &key.token(&claims(&issuer.url()))).await);
    }
    assert!(issuer.take_asked().is_empty());
}

#[tokio::test]
async fn a_sandbox_takes_any_signature_of_a_known_issuer_and_asks_nobody() {
    let key = IssuerKey::es256("k1");
    let issuer = issuer_with(&[&key]);
    let sandbox = Oidc::new(&settings(&issuer), Mode::Sandbox).unwrap();
    let token = key.token_with(&json!({"alg": "RS256"}), &claims(&issuer.url()));
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(add(&sandbox, &format!("{signed}.sandbox-signature")).await, Ok(identity(&issuer.url())));
    let stranger = key.token(&claims("https://login.example.com"));
    assert_eq!(invalid(add(&sandbox, &stranger).await), TokenFault::IssuerUnknown);
    assert!(issuer.take_asked().is_empty());
}
