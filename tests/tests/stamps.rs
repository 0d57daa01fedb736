//! What `Grid-Wallet-Signature` may look like.

use countersign_client::operations::RefreshAuthSession;
use countersign_client::wallet::KeyPair;
use countersign_tests::answer::Pending;
use countersign_tests::server::TestServer;
use countersign_tests::signature::{Signature, encode, encode_standard};
use countersign_tests::wallet::{Session, created};
use serde_json::{Value, json};

/// A way to write a stamp: its name, and the header value that it makes of a signature.
type Form<'a> = (&'a str, &'a dyn Fn(&Signature) -> String);

async fn begin(session: &Session) -> (Pending<RefreshAuthSession>, Signature) {
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    let signature = Signature::over(&pending.challenge.payload_to_sign, &session.key);
    (pending, signature)
}

#[tokio::test]
async fn every_honest_form_of_a_stamp_is_accepted() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let uncompressed = session.key.uncompressed_hex();
    let members = |signature: &Signature| signature.members(&signature.der());
    let forms: [Form<'_>; 9] = [
        ("low s", &|s| s.stamp(&s.clone().with_high_s(false).der())),
        ("high s", &|s| s.stamp(&s.clone().with_high_s(true).der())),
        ("padding", &|s| {
            let text = encode(&members(s).to_string());
            format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4))
        }),
        ("the standard alphabet", &|s| encode_standard(&members(s).to_string())),
        ("an unknown member", &|s| {
            let mut members = members(s);
            members["more"] = json!({"x": [1]});
            encode(&members.to_string())
        }),
        ("another order", &|s| {
            let members = members(s);
            encode(&format!(
                r#"{{"signature":{},"scheme":{},"publicKey":{}}}"#,
                members["signature"], members["scheme"], members["publicKey"]
            ))
        }),
        ("white space in the JSON", &|s| encode(&serde_json::to_string_pretty(&members(s)).unwrap())),
        ("upper-case hex", &|s| {
            let mut members = members(s);
            for name in ["publicKey", "signature"] {
                members[name] = Value::from(members[name].as_str().unwrap().to_uppercase());
            }
            encode(&members.to_string())
        }),
        ("an uncompressed key", &|s| {
            let mut members = members(s);
            members["publicKey"] = Value::from(uncompressed.clone());
            encode(&members.to_string())
        }),
    ];
    for (name, form) in forms {
        let (pending, signature) = begin(&session).await;
        let input = pending.with_headers(form(&signature), pending.challenge.request_id.clone());
        let answer = pending.send(&input).await;
        assert_eq!(answer.status(), 201, "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn what_is_not_a_stamp_is_malformed_and_changes_nothing() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let (pending, signature) = begin(&session).await;
    let good = signature.members(&signature.der());
    let with = |name: &str, value: Value| {
        let mut members = good.clone();
        members[name] = value;
        encode(&members.to_string())
    };
    let text = good.to_string();
    let twice = |name: &str| encode(&format!(r#"{{"{name}":{},{}"#, good[name], &text[1..]));
    let mut forms = vec![
        ("nothing", String::new()),
        ("not base64", "!".to_owned()),
        ("plain JSON", text.clone()),
        ("not JSON", encode("stamp")),
        ("an array", encode(&format!("[{text}]"))),
        ("a text", encode(&format!("{text:?}"))),
        ("JSON after the JSON", encode(&format!("{text}{{}}"))),
        ("an array after the JSON", encode(&format!("{text}[]"))),
        ("the signature twice", twice("signature")),
        ("the key twice", twice("publicKey")),
        ("the scheme twice", twice("scheme")),
        ("another scheme", with("scheme", json!("SIGNATURE_SCHEME_TK_API_SECP256K1"))),
        ("no scheme", with("scheme", Value::Null)),
        ("no key", with("publicKey", Value::Null)),
        ("a key off the curve", with("publicKey", json!(format!("04{}", "11".repeat(64))))),
        ("a hybrid key", with("publicKey", json!(format!("06{}", &session.key.uncompressed_hex()[2..])))),
        ("half a key", with("publicKey", json!(&session.key.compressed_hex()[..64]))),
        ("no signature", with("signature", Value::Null)),
        ("an empty signature", with("signature", json!(""))),
        ("a signature that isn't hex", with("signature", json!("3006zz"))),
        ("a long stamp", with("padding", json!("x".repeat(2_048)))),
    ];
    forms.extend(signature.non_canonical().into_iter().map(|(name, der)| (name, signature.stamp(&der))));
    let before = server.database().snapshot(&["sessions", "pending_requests"]);
    for (name, form) in forms {
        let input = pending.with_headers(form, pending.challenge.request_id.clone());
        let answer = pending.send(&input).await;
        assert!(answer.is_refused(401, "WALLET_SIGNATURE_MALFORMED"), "{name}: {answer:?}");
    }
    assert_eq!(server.database().snapshot(&["sessions", "pending_requests"]), before);
    let _ = created(pending.retry(&session.key).await);
}

#[tokio::test]
async fn bytes_that_no_text_has_are_malformed() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let target = format!("/auth/sessions/{}", session.id);
    let request = server.request(http::Method::DELETE, &target).header("Request-Id", "Request:1");
    request.header("Grid-Wallet-Signature", "é\u{fffd}").send().await.refused(401, "WALLET_SIGNATURE_MALFORMED");
    // Sent twice, a header is both values: no stamp, and no request id.
    let (pending, signature) = begin(&session).await;
    let stamp = signature.stamp(&signature.der());
    let refresh = format!("/auth/sessions/{}/refresh", session.id);
    let body = json!({"clientPublicKey": KeyPair::generate().compressed_hex()});
    let twice = server.request(http::Method::POST, &refresh).json(&body);
    let twice = twice.header("Grid-Wallet-Signature", &stamp).header("Grid-Wallet-Signature", &stamp);
    twice.header("Request-Id", &pending.challenge.request_id).send().await.refused(401, "WALLET_SIGNATURE_MALFORMED");
}

#[tokio::test]
async fn the_other_half_of_a_used_signature_is_no_second_signature() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let (pending, signature) = begin(&session).await;
    for (high, status) in [(false, 201), (true, 401)] {
        let der = signature.clone().with_high_s(high).der();
        let input = pending.with_headers(signature.stamp(&der), pending.challenge.request_id.clone());
        assert_eq!(pending.send(&input).await.status(), status);
    }
    assert_eq!(wallet.session_ids().await.len(), 2);
}
