//! Input that no client should send: a clear 4xx in the document's shape, never a 500, never a panic.

use countersign_client::wallet::KeyPair;
use countersign_tests::conformance::{Contract, Door};
use countersign_tests::raw::basic;
use countersign_tests::sample::{self, COMPRESSED_KEY, Ids};
use countersign_tests::server::TestServer;
use http::Method;
use serde_json::{Value, json};

/// Ids of things that exist.
async fn existing(server: &TestServer) -> Ids {
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let _ = wallet.issue_code().await;
    Ids {
        account: wallet.account.to_string(),
        customer: Ids::unknown().customer,
        credential: wallet.credential.to_string(),
        session: session.id.to_string(),
        card: server.env("CARD_ID").to_owned(),
        ..Ids::unknown()
    }
}

/// The operations that take a body, as their ids.
fn operations_with_body() -> Vec<String> {
    let contract = Contract::of_this_tree();
    contract
        .operations()
        .iter()
        .filter(|operation| operation.door == Door::Wallet && operation.body.is_some())
        .map(|operation| operation.id.clone())
        .collect()
}

#[tokio::test]
async fn without_the_right_credentials_nothing_else_is_looked_at() {
    let server = TestServer::sandbox().start().await;
    let (id, secret) = (server.env("CLIENT_ID").to_owned(), server.env("CLIENT_SECRET").to_owned());
    let wrong = [
        basic(&id, "wrong"),
        basic(&id, ""),
        basic(&id, &secret[..secret.len() - 1]),
        basic(&id, &format!("{secret}x")),
        basic("unknown", &secret),
        basic("", ""),
        basic(&secret, &id),
        format!("Bearer {secret}"),
        format!("Basic {id}:{secret}"),
        basic(&id, &secret).replace("Basic ", "Basic"),
        "Basic".to_owned(),
        "Basic ?".to_owned(),
    ];
    for operation in sample::secured_operations(Door::Wallet) {
        let request = server.sample(&operation, &Ids::unknown());
        let refused = request.clone().anonymous().send().await;
        refused.refused(401, "UNAUTHORIZED");
        assert!(refused.headers["www-authenticate"].to_str().unwrap().starts_with("Basic "), "{operation}");
        for authorization in &wrong {
            let refused = request.clone().authorization(authorization).send().await;
            assert_eq!(
                (refused.status.as_u16(), refused.code().as_str()),
                (401, "UNAUTHORIZED"),
                "{operation}: {authorization}"
            );
        }
        // Not the body, not the id, not the headers of a retry: the caller comes first.
        let broken = request.anonymous().body("{").header("Request-Id", "?").header("Grid-Wallet-Signature", "?");
        broken.send().await.refused(401, "UNAUTHORIZED");
    }
    let malformed = server.request(Method::POST, "/auth/sessions/nonsense/refresh").anonymous().body("[").send().await;
    malformed.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let server = TestServer::sandbox().start().await;
    let ids = existing(&server).await;
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let deep_member = format!(r#"{{"a":{}1{}}}"#, r#"{"a":"#.repeat(5_000), "}".repeat(5_000));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("truncated", br#"{"clientPublicKey": "02"#.to_vec()),
        ("half an object", b"{".to_vec()),
        ("an array", b"[]".to_vec()),
        ("an array of objects", br#"[{"customerType":"INDIVIDUAL"}]"#.to_vec()),
        ("a text", br#""text""#.to_vec()),
        ("a number", b"7".to_vec()),
        ("null", b"null".to_vec()),
        ("two objects", b"{}{}".to_vec()),
        ("a trailing comma", br#"{"a":1,}"#.to_vec()),
        ("a repeated member", br#"{"customerType":"INDIVIDUAL","customerType":"INDIVIDUAL"}"#.to_vec()),
        ("bytes that are no UTF-8", vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}']),
        ("a lone surrogate", br#"{"customerType":"\ud800"}"#.to_vec()),
        ("white space alone", b"  ".to_vec()),
        ("deep arrays", deep.into_bytes()),
        ("deep objects", deep_member.into_bytes()),
        ("a form", b"a=1&b=2".to_vec()),
    ];
    for operation in operations_with_body() {
        for (name, body) in &bodies {
            let answer = server.sample(&operation, &ids).body(body.clone()).send().await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "INVALID_INPUT"), "{operation}: {name}");
            assert!(!answer.violation_paths().is_empty(), "{operation}: {name} names no place");
        }
    }
}

#[tokio::test]
async fn a_body_of_another_media_type_is_refused() {
    let server = TestServer::sandbox().start().await;
    let ids = existing(&server).await;
    for operation in operations_with_body() {
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "?"] {
            let answer = server.sample(&operation, &ids).content_type(media_type).send().await;
            assert_eq!(answer.status, 400, "{operation}: {media_type}");
        }
    }
    let body = json!({"customerType": "INDIVIDUAL"});
    let created =
        server.request(Method::POST, "/customers").json(&body).content_type("application/json; charset=utf-8");
    assert_eq!(created.send().await.status, 201);
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large() {
    let server = TestServer::sandbox().start().await;
    let ids = existing(&server).await;
    let padded = |size: usize| {
        let body = json!({"customerType": "INDIVIDUAL", "type": "EMAIL_OTP", "padding": "x".repeat(size)});
        body.to_string()
    };
    for operation in operations_with_body() {
        for size in [64 * 1024, 1024 * 1024] {
            server.sample(&operation, &ids).body(padded(size)).send().await.refused(413, "PAYLOAD_TOO_LARGE");
        }
    }
    let revoke = server.sample("revokeAuthSession", &ids).body(padded(1024 * 1024));
    revoke.send().await.refused(413, "PAYLOAD_TOO_LARGE");
    // What is just below the limit is read.
    let created = server.request(Method::POST, "/customers").body(padded(64 * 1024 - 200)).send().await;
    assert_eq!(created.status, 201, "{:?}", created.json());
}

#[tokio::test]
async fn every_bad_member_is_named() {
    let server = TestServer::sandbox().start().await;
    let body = json!({
        "customerType": "COMPANY", "platformCustomerId": "", "email": "nobody", "phoneNumber": "0123", "fullName": 7,
    });
    let refused = server.request(Method::POST, "/customers").json(&body).send().await;
    refused.refused(400, "INVALID_INPUT");
    let mut paths = refused.violation_paths();
    paths.sort();
    let expected = ["customerType", "email", "fullName", "phoneNumber", "platformCustomerId"];
    assert_eq!(paths, expected.map(|member| format!("body/{member}")));

    let missing = server.request(Method::POST, "/customers").json(&json!({})).send().await;
    missing.refused(400, "INVALID_INPUT");
    let none = server.request(Method::POST, "/customers").send().await;
    none.refused(400, "INVALID_INPUT");
    assert_eq!(none.violation_paths(), ["body"]);

    let query = server.request(Method::GET, "/customers/internal-accounts?limit=0&type=CARD&customerId=1").send().await;
    query.refused(400, "INVALID_INPUT");
    let mut paths = query.violation_paths();
    paths.sort();
    assert_eq!(paths, ["query/customerId", "query/limit", "query/type"]);
}

#[tokio::test]
pub(crate) async fn limits_of_the_document_hold_at_their_very_edge() {
    let server = TestServer::sandbox().start().await;
    let create = |member: &str, value: Value| {
        let mut body = json!({"customerType": "INDIVIDUAL"});
        body[member] = value;
        server.request(Method::POST, "/customers").json(&body).send()
    };
    // Lengths count characters, not bytes.
    for (member, value, status) in [
        ("fullName", json!("é".repeat(256)), 201),
        ("fullName", json!("é".repeat(257)), 400),
        ("fullName", json!(""), 400),
        ("fullName", Value::Null, 400),
        ("platformCustomerId", json!("x".repeat(255)), 201),
        ("platformCustomerId", json!("x".repeat(256)), 400),
        ("phoneNumber", json!("+123456789012345"), 201),
        ("phoneNumber", json!("+1234567890123456"), 400),
        ("phoneNumber", json!("+12345\n"), 400),
        ("email", json!("a@b.example"), 201),
        ("email", json!("a b@c.example"), 400),
        ("email", json!(["a@b.example"]), 400),
    ] {
        let answer = create(member, value.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{member} = {value}: {:?}", answer.json());
    }
    for (limit, status) in [
        ("1", 200),
        ("100", 200),
        ("101", 400),
        ("0", 400),
        ("-1", 400),
        ("1.5", 400),
        ("ten", 400),
        ("", 400),
        ("99999999999999999999", 400),
    ] {
        let answer = server.request(Method::GET, &format!("/customers/internal-accounts?limit={limit}")).send().await;
        assert_eq!(answer.status.as_u16(), status, "limit={limit}");
    }
}

#[tokio::test]
async fn a_cursor_that_did_not_come_from_the_list_is_refused() {
    let server = TestServer::sandbox().start().await;
    for cursor in ["", "x", "%00", "%FF", "AAAA", "InternalAccount:1", "e30", "1"] {
        let answer = server.request(Method::GET, &format!("/customers/internal-accounts?cursor={cursor}")).send().await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "INVALID_INPUT"), "{cursor}");
    }
    let long =
        server.request(Method::GET, &format!("/customers/internal-accounts?cursor={}", "x".repeat(513))).send().await;
    long.refused(400, "INVALID_INPUT");
}

#[tokio::test]
pub(crate) async fn pages_hold_every_account_once() {
    let server = TestServer::sandbox().start().await;
    for _ in 0..6 {
        let created =
            server.request(Method::POST, "/customers").json(&json!({"customerType": "INDIVIDUAL"})).send().await;
        assert_eq!(created.status, 201);
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page =
            server.request(Method::GET, &format!("/customers/internal-accounts?limit=3{cursor}")).send().await.json();
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= 3);
        seen.extend(data.iter().map(|account| account["id"].as_str().unwrap().to_owned()));
        if page["hasMore"] != json!(true) {
            assert_eq!(page.get("nextCursor"), None);
            break;
        }
        cursor = format!("&cursor={}", page["nextCursor"].as_str().unwrap());
    }
    assert_eq!(seen.len(), 7);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7);
}

#[tokio::test]
async fn unknown_ids_are_not_found_and_malformed_ones_are_invalid() {
    let server = TestServer::sandbox().start().await;
    let unknown = Ids::unknown();
    for operation in ["challengeAuthCredential", "verifyAuthCredential", "revokeAuthSession", "refreshAuthSession"] {
        server.sample(operation, &unknown).send().await.refused(404, "REFERENCE_NOT_FOUND");
        let upper = |id: &str| {
            let (kind, uuid) = id.split_once(':').unwrap();
            format!("{kind}:{}", uuid.to_uppercase())
        };
        let other_case =
            Ids { credential: upper(&unknown.credential), session: upper(&unknown.session), ..unknown.clone() };
        server.sample(operation, &other_case).send().await.refused(404, "REFERENCE_NOT_FOUND");
        let swapped =
            Ids { credential: unknown.session.clone(), session: unknown.credential.clone(), ..unknown.clone() };
        let short = &unknown.session[..unknown.session.len() - 1];
        let mut malformed = vec![swapped];
        for id in ["x", "Session:1", "Session%3A", "%00", "'%20OR%201=1%20--", "..%2f..%2fetc", short, "Session:{}"] {
            malformed.push(Ids { credential: id.to_owned(), session: id.to_owned(), ..unknown.clone() });
        }
        for ids in malformed {
            let answer = server.sample(operation, &ids).send().await;
            let found = (answer.status.as_u16(), answer.code());
            assert_eq!(found, (400, "INVALID_INPUT".to_owned()), "{operation}: {}", ids.session);
        }
    }
    for operation in ["listAuthCredentials", "listAuthSessions", "listInternalAccounts"] {
        let listed = server.sample(operation, &unknown).send().await;
        assert_eq!((listed.status.as_u16(), &listed.json()["data"]), (200, &json!([])), "{operation}");
    }
    for path in ["/auth/credentials", "/auth/sessions"] {
        for query in ["", "?accountId=", "?accountId=1", "?accountId=%FF", "?accountid=x", "?accountId=a&accountId=b"] {
            server.request(Method::GET, &format!("{path}{query}")).send().await.refused(400, "INVALID_INPUT");
        }
        let twice = format!("{path}?accountId={0}&accountId={0}", server.env("ACCOUNT_ID"));
        server.request(Method::GET, &twice).send().await.refused(400, "INVALID_INPUT");
        let more = format!("{path}?accountId={}&more=1&more=2", server.env("ACCOUNT_ID"));
        assert_eq!(server.request(Method::GET, &more).send().await.status, 200, "unknown query parameters are ignored");
    }
}

#[tokio::test]
async fn a_path_that_is_no_text_is_no_route() {
    // dropshot's router decodes paths before it looks for an operation, so this answer is its own.
    let server = TestServer::sandbox().start().await;
    for operation in ["challengeAuthCredential", "verifyAuthCredential", "revokeAuthSession", "refreshAuthSession"] {
        let ids = Ids { credential: "%FF".to_owned(), session: "%FF".to_owned(), ..Ids::unknown() };
        for request in [server.sample(operation, &ids), server.sample(operation, &ids).anonymous()] {
            assert_eq!(request.send().await.status, 400, "{operation}");
        }
    }
}

#[tokio::test]
async fn what_is_no_point_on_the_curve_is_no_key() {
    let server = TestServer::sandbox().start().await;
    let ids = existing(&server).await;
    let good = KeyPair::generate();
    let x = &good.compressed_hex()[2..];
    // The field's prime as x; x of a curve point plus nothing else; y changed; other SEC1 forms.
    let prime = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
    let uncompressed = good.uncompressed_hex();
    let other_y = KeyPair::generate().uncompressed_hex()[66..].to_owned();
    for key in [
        format!("02{prime}"),
        format!("02{}", "f".repeat(64)),
        format!("04{x}{other_y}"),
        format!("04{}", "0".repeat(128)),
        format!("06{}", &uncompressed[2..]),
        format!("07{}", &uncompressed[2..]),
        format!("05{x}"),
        "00".to_owned(),
        String::new(),
        x.to_owned(),
        format!("0x02{x}"),
        format!("02{x}\n"),
        format!(" 02{x}"),
        format!("02{x}00"),
        format!("02{}", &x[..62]),
        format!("02{}zz", &x[..62]),
        uncompressed[..128].to_owned(),
    ] {
        let answer = server.sample("refreshAuthSession", &ids).json(&json!({"clientPublicKey": key})).send().await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "INVALID_INPUT"), "{key:?}");
        assert_eq!(answer.violation_paths(), ["body/clientPublicKey"], "{key:?}");
    }
    // About half of all x have no point: one of a few in a row has none.
    let mut refused = 0;
    for tail in 0..16 {
        let key = format!("02{}{tail:02x}", &x[..62]);
        let answer = server.sample("refreshAuthSession", &ids).json(&json!({"clientPublicKey": key})).send().await;
        assert!([202, 400].contains(&answer.status.as_u16()), "{key}");
        refused += usize::from(answer.status == 400);
    }
    assert!((1..16).contains(&refused), "{refused} of 16");
    for spelling in [COMPRESSED_KEY.to_owned(), COMPRESSED_KEY.to_uppercase(), uncompressed] {
        let answer = server.sample("refreshAuthSession", &ids).json(&json!({"clientPublicKey": spelling})).send().await;
        assert_eq!(answer.status, 202, "{spelling}");
    }
}

#[tokio::test]
async fn unknown_members_are_ignored_and_descriptive_ones_kept() {
    let server = TestServer::sandbox().start().await;
    let body = json!({
        "customerType": "INDIVIDUAL", "email": "kept@example.com", "birthDate": "1815-12-10",
        "address": {"city": "London", "lines": ["12 St James's Square", "é\u{1f600}"]}, "score": 1.5, "vip": true, "note": null,
        "id": "Customer:0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90", "createdAt": "1970-01-01T00:00:00Z",
    });
    let created = server.request(Method::POST, "/customers").json(&body).send().await;
    assert_eq!(created.status, 201);
    let customer = created.json();
    for member in ["customerType", "email", "birthDate", "address", "score", "vip", "note"] {
        assert_eq!(customer[member], body[member], "{member}");
    }
    assert_ne!(customer["id"], body["id"]);
    assert_ne!(customer["createdAt"], body["createdAt"]);
}

#[tokio::test]
pub(crate) async fn a_platforms_own_name_for_a_customer_is_taken_once() {
    let server = TestServer::sandbox().start().await;
    let create = |name: &str| {
        let body = json!({"customerType": "INDIVIDUAL", "platformCustomerId": name});
        server.request(Method::POST, "/customers").json(&body).send()
    };
    assert_eq!(create("a").await.status, 201);
    create("a").await.refused(409, "CONFLICT");
    assert_eq!(create("A").await.status, 201);
    let racing = countersign_tests::race::race(8, |_| {
        let body = json!({"customerType": "INDIVIDUAL", "platformCustomerId": "race"});
        let request = server.request(Method::POST, "/customers").json(&body);
        async move { request.send().await.status.as_u16() }
    })
    .await;
    assert_eq!(racing.iter().filter(|status| **status == 201).count(), 1, "{racing:?}");
    assert_eq!(racing.iter().filter(|status| **status == 409).count(), 7, "{racing:?}");
}

#[tokio::test]
async fn only_emails_bring_an_email_credential() {
    let server = TestServer::sandbox().start().await;
    for (email, credentials) in [(None, 0), (Some("one@example.com"), 1)] {
        let body = match email {
            None => json!({"customerType": "INDIVIDUAL"}),
            Some(email) => json!({"customerType": "INDIVIDUAL", "email": email}),
        };
        let customer = server.request(Method::POST, "/customers").json(&body).send().await.json();
        let target = format!("/customers/internal-accounts?customerId={}", customer["id"].as_str().unwrap());
        let accounts = server.request(Method::GET, &target).send().await.json();
        assert_eq!(accounts["data"].as_array().unwrap().len(), 1);
        assert_eq!(accounts["data"][0]["type"], "EMBEDDED_WALLET");
        let target = format!("/auth/credentials?accountId={}", accounts["data"][0]["id"].as_str().unwrap());
        let listed = server.request(Method::GET, &target).send().await.json();
        let listed = listed["data"].as_array().unwrap();
        assert_eq!(listed.len(), credentials);
        if let Some(credential) = listed.first() {
            assert_eq!((&credential["type"], &credential["nickname"]), (&json!("EMAIL_OTP"), &json!(email)));
        }
    }
}

#[tokio::test]
async fn unknown_routes_and_wrong_methods_are_refused() {
    let server = TestServer::sandbox().start().await;
    for (method, target, status) in [
        (Method::GET, "/", 404),
        (Method::GET, "/auth", 404),
        (Method::GET, "/auth/sessions/x/refresh/y", 404),
        (Method::PATCH, "/auth/sessions", 405),
        (Method::DELETE, "/customers", 405),
        (Method::POST, "/health", 405),
        (Method::OPTIONS, "/customers", 405),
    ] {
        let answer = server.request(method.clone(), target).send().await;
        assert_eq!(answer.status.as_u16(), status, "{method} {target}");
    }
}

#[tokio::test]
async fn public_operations_answer_anyone() {
    let server = TestServer::sandbox().start().await;
    for path in ["/health", "/ready", "/openapi.json", "/openapi.yaml"] {
        let answer = server.request(Method::GET, path).anonymous().send().await;
        assert_eq!(answer.status, 200, "{path}");
        let wrong = server.request(Method::GET, path).basic("nobody", "nothing").send().await;
        assert_eq!(wrong.status, 200, "{path}");
    }
    let served = server.request(Method::GET, "/openapi.json").anonymous().send().await.json();
    assert_eq!(served, countersign_tests::conformance::bundle());
    let ids = countersign_tests::race::many(20, 4, |_| {
        let request = server.request(Method::GET, "/health").anonymous().header("X-Request-Id", "mine");
        async move { request.send().await.headers["x-request-id"].to_str().unwrap().to_owned() }
    })
    .await;
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), 20, "the server names each exchange itself");
}
