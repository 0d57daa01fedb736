//! Keys that sign: published, rotated, and taken for nothing but what they are.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_tests::server::TestServer;
use http::Method;
use serde_json::{Value, json};

use super::{By, call, introspect, pair, part, post, refresh, text};

async fn published(server: &TestServer) -> Vec<Value> {
    let answer = call(server, Method::GET, "/.well-known/jwks.json", By::Nobody, Value::Null).await;
    assert_eq!(answer.headers["cache-control"], "public, max-age=3600");
    answer.accepted(200)["keys"].as_array().expect("keys").clone()
}

#[tokio::test]
async fn every_algorithm_signs_with_the_key_that_is_published() {
    for (algorithm, kty) in [("EdDSA", "OKP"), ("RS256", "RSA"), ("ES256", "EC")] {
        let server = TestServer::sandbox().setting("tokens.algorithm", algorithm).start().await;
        let keys = published(&server).await;
        assert_eq!(keys.len(), 1);
        assert_eq!((text(&keys[0], "alg"), text(&keys[0], "kty"), text(&keys[0], "use")), (algorithm, kty, "sig"));
        let issued = pair(&server, json!({})).await;
        for name in ["accessToken", "refreshToken"] {
            let header = part(text(&issued, name), 0);
            assert_eq!((&header["kid"], &header["alg"]), (&keys[0]["kid"], &keys[0]["alg"]));
            assert!(introspect(&server, text(&issued, name)).await.is_object());
        }
        refresh(&server, text(&issued, "refreshToken")).await.accepted(200);
    }
}

#[tokio::test]
async fn a_replaced_key_verifies_until_its_last_token_has_expired() {
    let server = TestServer::sandbox().start().await;
    let old = pair(&server, json!({"expiresIn": 3, "refreshTokenTtlSeconds": 3})).await;
    let old_kid = part(text(&old, "accessToken"), 0)["kid"].clone();
    assert!(server.operate(&["keys", "rotate"]).contains("a new key signs"));

    let new = pair(&server, json!({})).await;
    let new_kid = part(text(&new, "accessToken"), 0)["kid"].clone();
    assert_ne!(old_kid, new_kid);
    let kids: Vec<Value> = published(&server).await.iter().map(|key| key["kid"].clone()).collect();
    assert_eq!(kids, [new_kid.clone(), old_kid]);
    assert!(introspect(&server, text(&old, "accessToken")).await.is_object());
    let rotated = refresh(&server, text(&old, "refreshToken")).await.accepted(200);
    assert_eq!(part(text(&rotated, "refreshToken"), 0)["kid"], new_kid);
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    let kids: Vec<Value> = published(&server).await.iter().map(|key| key["kid"].clone()).collect();
    assert_eq!(kids, [new_kid]);
    assert!(introspect(&server, text(&old, "accessToken")).await.is_null());
    assert_eq!(server.operate(&["keys", "list"]).matches("service-token").count(), 2);
}

#[tokio::test]
async fn another_algorithm_and_a_restart_leave_earlier_tokens_good() {
    let mut server = TestServer::sandbox().setting("tokens.issuer", "https://auth.example.com").start().await;
    let old = pair(&server, json!({})).await;
    assert_eq!(text(&super::claims(text(&old, "accessToken")), "iss"), "https://auth.example.com");
    assert!(server.stop().await.success());
    server.set("tokens.algorithm", "ES256");
    server.restart().await;
    assert!(introspect(&server, text(&old, "accessToken")).await.is_object());
    let next = refresh(&server, text(&old, "refreshToken")).await.accepted(200);
    assert_eq!(part(text(&next, "accessToken"), 0)["alg"], "ES256");
    let keys = published(&server).await;
    assert_eq!(keys.iter().map(|key| text(key, "alg")).collect::<Vec<_>>(), ["ES256"]);
}

/// S2: neither the header nor a key of another purpose makes a token.
#[tokio::test]
async fn a_forged_token_is_refused_at_every_place() {
    let server = TestServer::sandbox().start().await;
    let issued = pair(&server, json!({})).await;
    for (name, place) in [("accessToken", "bearer"), ("refreshToken", "refresh")] {
        let good = text(&issued, name);
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let (_, payload) = signed.split_once('.').unwrap();
        let kid = part(good, 0)["kid"].clone();
        let encoded = |header: Value| URL_SAFE_NO_PAD.encode(header.to_string());
        for header in [
            json!({"alg": "none", "typ": "JWT", "kid": kid}),
            json!({"alg": "HS256", "typ": "JWT", "kid": kid}),
            json!({"alg": "RS256", "typ": "JWT", "kid": kid}),
            json!({"alg": "EdDSA", "typ": "JWT", "kid": "another"}),
            json!({"alg": "EdDSA", "typ": "JWT", "kid": format!("cli-access:{}", kid.as_str().unwrap())}),
            json!({"alg": "EdDSA", "typ": "JWT", "kid": kid, "jwk": {"kty": "OKP"}}),
            json!({"alg": "EdDSA", "typ": "JWT", "kid": kid, "jku": "https://example.com"}),
            json!({"alg": "EdDSA", "typ": "JWT", "kid": kid, "crit": ["exp"]}),
        ] {
            let forged = format!("{}.{payload}.{signature}", encoded(header.clone()));
            assert!(introspect(&server, &forged).await.is_null(), "{header}");
            let answer = if place == "bearer" {
                post(&server, "/v1/tokens/introspect", By::Bearer(&forged), json!({"token": "x"})).await
            } else {
                refresh(&server, &forged).await
            };
            answer.refused(401, "invalid_token");
        }
    }
}
