//! ID tokens: adding an identity, signing in with it, and every way in which a token is refused. Most of it in a sandbox,
//! which asks no issuer; how issuers are asked for their keys is another topic's.

use std::time::Duration;

use countersign_client::wallet::KeyPair;
use countersign_tests::answer::RawAnswer;
use countersign_tests::authenticator::base64url;
use countersign_tests::issuer::{Behaviour, IssuerKey, KEYS, LocalIssuer, METADATA};
use countersign_tests::outside::Outside;
use countersign_tests::race::race;
use countersign_tests::raw::RawRequest;
use countersign_tests::server::TestServer;
use countersign_tests::shop::{Shop, mailed, mailing};
use countersign_tests::wallet::Session;
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

const ISSUER: &str = "https://accounts.google.com";

/// The server's time, in seconds.
async fn now(server: &TestServer) -> i64 {
    let body = json!({"customerType": "INDIVIDUAL"});
    let made = server.request(Method::POST, "/customers").json(&body).send().await.accepted(201);
    server_seconds(made["id"].as_str().unwrap())
}

/// When an id was made, in seconds: it begins with its milliseconds.
fn server_seconds(id: &str) -> i64 {
    let uuid = id.split(':').nth(1).unwrap().replace('-', "");
    i64::from_str_radix(&uuid[..12], 16).unwrap() / 1_000
}

async fn claims(server: &TestServer) -> Value {
    let now = now(server).await;
    json!({
        "iss": ISSUER, "aud": "a client", "sub": "110169484474386276334", "email": "ada@example.com",
        "iat": now, "exp": now + 3_600,
    })
}

fn token(header: &Value, claims: &Value) -> String {
    format!("{}.{}.sandbox", base64url(header.to_string()), base64url(claims.to_string()))
}

fn signed(claims: &Value) -> String {
    token(&json!({"alg": "RS256", "typ": "JWT"}), claims)
}

fn for_key(claims: &Value, key: &str) -> String {
    let mut claims = claims.clone();
    claims["nonce"] = countersign_flow::payload::digest_hex(key.as_bytes()).into();
    signed(&claims)
}

fn add(server: &TestServer, token: &str) -> RawRequest {
    let body = json!({"type": "OAUTH", "accountId": server.env("ACCOUNT_ID"), "oidcToken": token});
    server.request(Method::POST, "/auth/credentials").json(&body)
}

/// A settings file that names this issuer alone, in a folder of its own.
fn settings_for(issuer: &LocalIssuer) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("countersign.toml");
    let (url, ca_file) = (issuer.url(), issuer.ca_file());
    let ca_file = ca_file.display();
    let text = format!("[[oidc.issuer]]\nissuer = \"{url}\"\nprivate_address = true\nca_file = \"{ca_file}\"\n");
    std::fs::write(&file, text).unwrap();
    (folder, file.to_str().unwrap().to_owned())
}

async fn verify(server: &TestServer, id: &str, token: &str, key: &str) -> RawAnswer {
    let body = json!({"type": "OAUTH", "oidcToken": token, "clientPublicKey": key});
    server.request(Method::POST, &format!("/auth/credentials/{id}/verify")).json(&body).send().await
}

async fn added(server: &TestServer, session: &Session, claims: &Value) -> String {
    let added = add(server, &signed(claims)).ask().await.retry(&session.key).await.accepted(201);
    added["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_identity_is_added_by_a_countersignature_and_signs_in() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let claims = claims(&server).await;
    let sent = signed(&claims);
    let asked = add(&server, &sent).ask().await;
    assert_eq!(asked.challenge["type"], "OAUTH");
    let payload: Value = serde_json::from_str(asked.payload()).unwrap();
    assert_eq!(payload["type"], "ACTIVITY_TYPE_CREATE_OAUTH_PROVIDERS");
    let provider = json!({"oidcToken": sent, "providerName": ISSUER});
    assert_eq!(payload["parameters"]["oauthProviders"], json!([provider]));
    let added = asked.retry(&session.key).await.accepted(201);
    assert_eq!((&added["type"], &added["nickname"]), (&json!("OAUTH"), &json!("ada@example.com")));

    let id = added["id"].as_str().unwrap();
    let key = KeyPair::generate();
    let opened =
        verify(&server, id, &for_key(&claims, &key.compressed_hex()), &key.compressed_hex()).await.accepted(200);
    assert_eq!((&opened["type"], opened.get("encryptedSessionSigningKey")), (&json!("OAUTH"), None));
    let recipient = KeyPair::generate();
    let uncompressed = recipient.uncompressed_hex();
    let opened = verify(&server, id, &for_key(&claims, &uncompressed), &uncompressed).await.accepted(200);
    let made = recipient.open_session_key(opened["encryptedSessionSigningKey"].as_str().unwrap()).unwrap();
    let target = format!("/auth/sessions/{}", opened["id"].as_str().unwrap());
    let _ = server.request(Method::DELETE, &target).ask().await.retry(&made).await.accepted(204);
    let opened_by = "SELECT actor_key FROM audit_log WHERE action = 'open-session' AND actor = 'platform'";
    assert_eq!(server.database().texts(opened_by), [key.compressed_hex(), made.compressed_hex()]);
    // A token that was used already opens no second session for a key that is held.
    let again = verify(&server, id, &for_key(&claims, &key.compressed_hex()), &key.compressed_hex()).await;
    again.invalid(&["body/clientPublicKey"]);

    server.request(Method::POST, &format!("/auth/credentials/{id}/challenge")).send().await.invalid(&["path/id"]);
    let revoking = server.request(Method::DELETE, &format!("/auth/credentials/{id}")).ask().await;
    let payload: Value = serde_json::from_str(revoking.payload()).unwrap();
    assert_eq!(payload["type"], "ACTIVITY_TYPE_DELETE_OAUTH_PROVIDERS");
    let _ = revoking.retry(&session.key).await.accepted(204);
}

#[tokio::test]
async fn without_an_address_an_identity_goes_by_its_subject() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let mut claims = claims(&server).await;
    claims.as_object_mut().unwrap().remove("email");
    let added = add(&server, &signed(&claims)).ask().await.retry(&session.key).await.accepted(201);
    assert_eq!(added["nickname"], claims["sub"]);
}

#[tokio::test]
async fn an_account_has_an_identity_once_and_others_beside_it() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let claims = claims(&server).await;
    let (first, second) = (add(&server, &signed(&claims)).ask().await, add(&server, &signed(&claims)).ask().await);
    let _ = first.retry(&session.key).await.accepted(201);
    second.retry(&session.key).await.invalid(&["body/oidcToken"]);
    add(&server, &signed(&claims)).send().await.invalid(&["body/oidcToken"]);
    for (claim, value) in [("sub", "another"), ("aud", "another client"), ("iss", "https://appleid.apple.com")] {
        let mut other = claims.clone();
        other[claim] = value.into();
        let _ = added(&server, &session, &other).await;
    }
}

#[tokio::test]
async fn a_token_that_doesnt_hold_adds_nothing() {
    let server = TestServer::sandbox().start().await;
    let good = claims(&server).await;
    let now = good["iat"].as_i64().unwrap();
    let with = |claim: &str, value: Value| {
        let mut claims = good.clone();
        claims[claim] = value;
        signed(&claims)
    };
    let header = |header: Value| token(&header, &good);
    for token in [
        "not a token".to_owned(),
        "a.b".to_owned(),
        with("iss", json!("https://issuer.example.com")),
        with("aud", json!(["a", "b"])),
        with("sub", json!("")),
        with("iat", json!(now - 120)),
        with("iat", json!(now + 60)),
        with("exp", json!(now - 1)),
        with("nbf", json!(now + 60)),
        header(json!({"alg": "none"})),
        header(json!({"alg": "HS256"})),
        header(json!({"alg": "RS256", "jwk": {}})),
        header(json!({"alg": "RS256", "crit": ["b64"], "b64": false})),
    ] {
        add(&server, &token).send().await.invalid(&["body/oidcToken"]);
    }
}

#[tokio::test]
async fn a_token_for_someone_or_something_else_opens_nothing() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let claims = claims(&server).await;
    let id = added(&server, &session, &claims).await;
    let (key, other) = (KeyPair::generate().compressed_hex(), KeyPair::generate().compressed_hex());
    let with = |claim: &str, value: &str| {
        let mut claims = claims.clone();
        claims[claim] = value.into();
        for_key(&claims, &key)
    };
    let tokens = [
        signed(&claims),
        for_key(&claims, &other),
        // The nonce is over the text as it was sent.
        for_key(&claims, &key.to_uppercase()),
        with("sub", "another"),
        with("aud", "another client"),
        with("iss", "https://appleid.apple.com"),
        "not a token".to_owned(),
    ];
    for token in &tokens {
        verify(&server, &id, token, &key).await.refused(401, "UNAUTHORIZED");
    }
    let refused = "SELECT count(*) FROM audit_log WHERE action = 'refuse-token'";
    assert_eq!(usize::try_from(server.database().number(refused)), Ok(tokens.len()));
    verify(&server, &id, &for_key(&claims, &key), &format!("02{}", "f".repeat(64)))
        .await
        .invalid(&["body/clientPublicKey"]);
    let _ = verify(&server, &id, &for_key(&claims, &key), &key).await.accepted(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn of_racing_logins_with_one_key_one_opens_a_session() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let claims = claims(&server).await;
    let id = added(&server, &session, &claims).await;
    let key = KeyPair::generate().compressed_hex();
    let body = json!({"type": "OAUTH", "oidcToken": for_key(&claims, &key), "clientPublicKey": key});
    let request = server.request(Method::POST, &format!("/auth/credentials/{id}/verify")).json(&body);
    let answers = race(32, |_| request.clone().send()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.invalid(&["body/clientPublicKey"]);
    }
}

#[tokio::test]
async fn in_production_the_issuer_vouches_for_the_token_and_the_platform_for_its_audience() {
    let smtp = Outside::smtp_server(None, json!({}));
    let mut issuer = LocalIssuer::start().unwrap();
    let keys = IssuerKey::es256("key-1");
    issuer.publish(&[&keys]);
    let (_folder, config) = settings_for(&issuer);
    let server = mailing(&smtp).setting("config", &config).start().await;
    let shop = Shop::new(&server);
    let account = shop.customer(json!({"email": "ada@example.com"})).await;
    let sent = shop.challenge(&account.email).await.accepted(200);
    let session = shop.sign_in(&sent, &mailed(&smtp, "ada@example.com")).await;
    let now = server_seconds(account.id.as_str());
    let url = issuer.url();
    let claims = json!({"iss": url, "aud": "shop", "sub": "s-1", "iat": now, "exp": now + 600});
    let add = |token: &str| {
        let body = json!({"type": "OAUTH", "accountId": account.id, "oidcToken": token});
        shop.request(Method::POST, "/auth/credentials").json(&body)
    };
    let audience = |command: &str| server.operate(&["platform", command, &shop.platform, &url, "shop"]);

    add(&keys.token(&claims)).send().await.invalid(&["body/oidcToken"]);
    assert!(audience("add-audience").contains("added"));
    add(&signed(&claims)).send().await.invalid(&["body/oidcToken"]);
    add(&IssuerKey::es256("key-1").token(&claims)).send().await.invalid(&["body/oidcToken"]);
    let asked = add(&keys.token(&claims)).ask().await;
    // Between the legs the issuer goes down and the audience is taken back: what was judged once isn't judged again.
    issuer.stop();
    let _ = audience("remove-audience");
    let added = asked.retry(&session).await.accepted(201);
    let id = added["id"].as_str().unwrap();
    let key = KeyPair::generate().compressed_hex();
    let mut claims = claims.clone();
    claims["nonce"] = countersign_flow::payload::digest_hex(key.as_bytes()).into();
    let verify = |token: &str| {
        let body = json!({"type": "OAUTH", "oidcToken": token, "clientPublicKey": key});
        shop.request(Method::POST, &format!("/auth/credentials/{id}/verify")).json(&body).send()
    };
    verify(&keys.token(&claims)).await.refused(401, "UNAUTHORIZED");
    let _ = audience("add-audience");
    // The issuer's keys are kept, so its absence isn't noticed.
    let _ = verify(&keys.token(&claims)).await.accepted(200);
}

#[tokio::test]
async fn while_the_issuer_is_down_nothing_is_said_of_its_tokens() {
    let smtp = Outside::smtp_server(None, json!({}));
    let mut issuer = LocalIssuer::start().unwrap();
    let keys = IssuerKey::es256("key-1");
    issuer.publish(&[&keys]);
    let (url, (_folder, config)) = (issuer.url(), settings_for(&issuer));
    let server = mailing(&smtp).setting("config", &config).start().await;
    let shop = Shop::new(&server);
    let account = shop.customer(json!({"email": "ada@example.com"})).await;
    let _ = server.operate(&["platform", "add-audience", &shop.platform, &url, "shop"]);
    issuer.stop();
    let now = server_seconds(account.id.as_str());
    let claims = json!({"iss": url, "aud": "shop", "sub": "s-1", "iat": now, "exp": now + 600});
    let body = json!({"type": "OAUTH", "accountId": account.id, "oidcToken": keys.token(&claims)});
    let refused = shop.request(Method::POST, "/auth/credentials").json(&body).send().await;
    refused.refused(503, "UNAVAILABLE");
    assert!(refused.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_token_that_expires_while_its_issuer_is_asked_counts_no_longer() {
    let smtp = Outside::smtp_server(None, json!({}));
    let issuer = LocalIssuer::start().unwrap();
    let keys = ["key-1", "key-2", "key-3"].map(IssuerKey::es256);
    issuer.publish(&keys.each_ref());
    let (url, (_folder, config)) = (issuer.url(), settings_for(&issuer));
    let server = mailing(&smtp).setting("config", &config).setting("oidc.keys_fresh_secs", "1");
    let server = server.setting("oidc.keys_stale_secs", "1").setting("oidc.refetch_pause_secs", "1").start().await;
    let shop = Shop::new(&server);
    let account = shop.customer(json!({"email": "ada@example.com"})).await;
    let _ = server.operate(&["platform", "add-audience", &shop.platform, &url, "shop"]);
    let sent = shop.challenge(&account.email).await.accepted(200);
    let session = shop.sign_in(&sent, &mailed(&smtp, "ada@example.com")).await;
    let claims = async |lives: i64, subject: &str, nonce: &str| {
        let made = shop.request(Method::POST, "/customers").json(&json!({"customerType": "INDIVIDUAL"})).send().await;
        let now = server_seconds(made.accepted(201)["id"].as_str().unwrap());
        json!({"iss": url, "aud": "shop", "sub": subject, "iat": now, "exp": now + lives, "nonce": nonce})
    };
    let add = |token: String| {
        let body = json!({"type": "OAUTH", "accountId": account.id, "oidcToken": token});
        shop.request(Method::POST, "/auth/credentials").json(&body)
    };
    let token = keys[0].token(&claims(600, "s-1", "").await);
    let added = add(token).ask().await.retry(&session).await.accepted(201);
    let target = format!("/auth/credentials/{}/verify", added["id"].as_str().unwrap());
    let key = KeyPair::generate().compressed_hex();
    let nonce = countersign_flow::payload::digest_hex(key.as_bytes());
    let verify = |token: String| {
        let body = json!({"type": "OAUTH", "oidcToken": token, "clientPublicKey": key});
        shop.request(Method::POST, &target).json(&body).send()
    };
    let until_stale = || tokio::time::sleep(Duration::from_millis(1_250));

    // Metadata and keys take three seconds together, and the tokens have two at most.
    issuer.behave(Behaviour::Slow(Duration::from_millis(1_500)));
    until_stale().await;
    let _ = issuer.take_asked();
    verify(keys[1].token(&claims(2, "s-1", &nonce).await)).await.refused(401, "UNAUTHORIZED");
    assert_eq!(issuer.take_asked(), [METADATA, KEYS], "it was in time before");
    assert_eq!(server.database().number("SELECT count(*) FROM audit_log WHERE action = 'refuse-token'"), 1);
    until_stale().await;
    add(keys[2].token(&claims(2, "s-2", "").await)).send().await.invalid(&["body/oidcToken"]);
    assert_eq!(issuer.take_asked(), [METADATA, KEYS], "it was in time before");
    // Whoever has more time than that is served as ever.
    until_stale().await;
    let _ = verify(keys[0].token(&claims(600, "s-1", &nonce).await)).await.accepted(200);
}
