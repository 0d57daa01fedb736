//! Secrets stay where they belong: not in logs, not in errors, not in clear in any file of the database (S4, S6).

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use countersign_client::operations::{RefreshAuthSession, RefreshAuthSessionOutcome};
use countersign_client::wallet::KeyPair;
use countersign_flow::key::SecretKey;
use countersign_flow::session_bundle::open_session_key;
use countersign_tests::answer::Answer;
use countersign_tests::authenticator::base64url;
use countersign_tests::conformance::{Contract, DocumentedOperation, Place};
use countersign_tests::raw::basic;
use countersign_tests::sample::{self, Ids};
use countersign_tests::server::TestServer;
use countersign_tests::wallet::{CODE, Wallet};
use http::Method;
use serde_json::{Value, json};

/// Planted where nothing may be kept or repeated.
const CANARY: &str = "canary7f3a";
/// Planted in descriptive members of customers and in nicknames, which are kept in the database and nowhere else.
const KEPT: &str = "kept9d1c";

/// Every file in the data folder, by name.
fn files(server: &TestServer) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(server.data_dir()).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

/// The names of the database's files that hold these bytes.
fn holding(server: &TestServer, bytes: &[u8]) -> Vec<String> {
    assert!(bytes.len() >= 8, "too short to be found by chance only");
    files(server)
        .into_iter()
        .filter(|(name, content)| name.starts_with("countersign.db") && contains(content, bytes))
        .map(|(name, _)| name)
        .collect()
}

fn contains(content: &[u8], bytes: &[u8]) -> bool {
    content.windows(bytes.len()).any(|window| window == bytes)
}

fn contains_text(text: &str, canary: &str) -> bool {
    text.to_ascii_lowercase().contains(&canary.to_ascii_lowercase())
}

/// Requests with a canary in one place each: every member, parameter and header of an operation, and what surrounds them.
async fn plant(server: &TestServer, operation: &DocumentedOperation, ids: &Ids) {
    let canary = |place: &str| format!("{CANARY}-{}-{place}", operation.id);
    let sample = || server.sample(&operation.id, ids);
    let (method, target, body) = sample::call(operation, ids);

    // Around the request: another header, another query parameter, other credentials.
    let separator = if target.contains('?') { '&' } else { '?' };
    let queried = format!("{target}{separator}{0}=1&more={0}", canary("query"));
    let request = server.request(method.clone(), &queried);
    let request = request.header("X-Other", &canary("header")).header("User-Agent", &canary("agent"));
    let request = request.header("Cookie", &canary("cookie")).header("X-Request-Id", &canary("request-id"));
    let request = request.header("traceparent", &canary("trace"));
    let _ = match &body {
        Some(body) => request.json(body).send().await,
        None => request.send().await,
    };
    let _ = sample().authorization(&basic(&canary("client"), &canary("secret"))).send().await;
    let _ = sample().authorization(&basic(server.env("CLIENT_ID"), &canary("secret"))).send().await;
    let _ = sample().authorization(&format!("Bearer {}", canary("bearer"))).send().await;

    for parameter in &operation.parameters {
        let value = canary(&parameter.name);
        let (target, header) = match parameter.place {
            Place::Path => (operation.path.replace(&format!("{{{}}}", parameter.name), &value), None),
            Place::Query => (format!("{}?{}={value}", operation.path, parameter.name), None),
            Place::Header => (target.clone(), Some((parameter.name.clone(), value))),
        };
        let mut request = server.request(method.clone(), &target);
        if let Some((name, value)) = header {
            request = request.header(&name, &value);
            // Beside its partner, so that it is read rather than missed.
            let partner = if name == "Request-Id" { "Grid-Wallet-Signature" } else { "Request-Id" };
            request = request.header(partner, "Request:0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90");
        }
        let _ = match &body {
            Some(body) => request.json(body).send().await,
            None => request.send().await,
        };
    }
    if let Some(body) = body {
        let mut bodies = vec![
            format!("\"{}\"", canary("text")).into_bytes(),
            format!("{{\"{0}\":\"{0}\"", canary("truncated")).into_bytes(),
            format!("{{\"a\":1,\"{0}\":1,\"{0}\":2}}", canary("repeated")).into_bytes(),
        ];
        let mut unknown = body.clone();
        if operation.id == "createCustomer" {
            unknown[format!("{KEPT}-name")] = json!({"x": format!("{KEPT}-value")});
            unknown["fullName"] = json!(format!("{KEPT}-full"));
            unknown["email"] = json!(format!("{KEPT}@example.com"));
        } else {
            unknown[canary("unknown")] = json!(canary("value"));
        }
        bodies.push(unknown.to_string().into_bytes());
        let schema = &operation.body.as_ref().unwrap().schema;
        for member in members_of(schema).into_iter().chain(body.as_object().unwrap().keys().cloned()) {
            let mut changed = body.clone();
            let kept = operation.id == "createCustomer" || member == "nickname";
            let value = if kept { format!("{KEPT}-{member}") } else { canary(&member) };
            changed[&member] = json!(format!("{value}\n\u{0}"));
            bodies.push(changed.to_string().into_bytes());
            changed[&member] = json!({ value.clone(): value });
            bodies.push(changed.to_string().into_bytes());
        }
        for body in bodies {
            let _ = sample().body(body).send().await;
        }
    }
    let _ = server.request(method, &format!("/{}", canary("route"))).send().await;
}

/// The members that a schema of the bundle names, through its reference.
fn members_of(schema: &Value) -> Vec<String> {
    let bundle = countersign_tests::conformance::bundle();
    let pointer = schema["$ref"].as_str().map(|reference| reference.trim_start_matches('#').to_owned());
    let schema = pointer.and_then(|pointer| bundle.pointer(&pointer).cloned()).unwrap_or_else(|| schema.clone());
    schema["properties"].as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn canaries_in_every_request_turn_up_in_no_log_no_error_and_no_database_file() {
    // The same with every detail logged: what isn't written at any level can't leak by a setting.
    for level in ["info", "trace"] {
        let server = TestServer::sandbox().log_level(level).start().await;
        let wallet = server.wallet().await;
        let session = wallet.login().await;
        let _ = wallet.issue_code().await;
        let customer = server.database().texts("SELECT id FROM customers").remove(0);
        let existing = Ids {
            account: wallet.account.to_string(),
            customer,
            credential: wallet.credential.to_string(),
            session: session.id.to_string(),
            card: server.env("CARD_ID").to_owned(),
            ..Ids::unknown()
        };
        let contract = Contract::of_this_tree();
        for operation in contract.operations() {
            for ids in [&existing, &Ids::unknown()] {
                plant(&server, operation, ids).await;
            }
        }
        let planted = server.exchanges();
        assert!(planted.len() > 200, "{} requests only", planted.len());
        for exchange in &planted {
            let body = String::from_utf8_lossy(&exchange.response_body);
            let headers = format!("{:?}", exchange.response_headers);
            assert!(!contains_text(&headers, CANARY), "{} {}: {headers}", exchange.method, exchange.target);
            if exchange.status.is_client_error() || exchange.status.is_server_error() {
                for canary in [CANARY, KEPT] {
                    assert!(!contains_text(&body, canary), "{} {}: {body}", exchange.method, exchange.target);
                }
            }
        }
        for canary in [CANARY, KEPT] {
            let line = server.output().lines().find(|line| contains_text(line, canary)).map(str::to_owned);
            assert_eq!(line, None, "logged at {level}");
        }
        let hex = hex::encode(CANARY);
        for bytes in [CANARY.as_bytes(), hex.as_bytes(), CANARY.to_uppercase().as_bytes()] {
            assert_eq!(holding(&server, bytes), [] as [String; 0]);
        }
        assert_ne!(holding(&server, KEPT.as_bytes()), [] as [String; 0], "descriptive members are kept");
    }
}

#[tokio::test]
async fn a_whole_story_leaves_no_value_of_it_in_the_log() {
    let server = TestServer::sandbox().log_level("trace").start().await;
    let wallet = server.wallet().await;
    let login = wallet.begin_login().await;
    let session = login.finish().await;
    let child = session.refresh().await;
    let sealed = session.refresh_sealed().await;
    child
        .begin_refresh(&KeyPair::generate().compressed_hex())
        .await
        .retry(&sealed.key)
        .await
        .refused(401, "WALLET_SIGNATURE_INVALID");
    session.revoke().await;
    session.assert_dead().await;
    let log = server.logs();

    let mut values = vec![session.opened.nickname.clone(), wallet.account.to_string(), wallet.credential.to_string()];
    for one in [&session, &child, &sealed] {
        values.extend([one.id.to_string(), one.key.compressed_hex()]);
    }
    for name in ["CLIENT_SECRET", "CARD_ID"] {
        values.push(server.env(name).to_owned());
    }
    for exchange in server.exchanges() {
        for body in [&exchange.request_body, &exchange.response_body] {
            texts_of(&serde_json::from_slice(body).unwrap_or_default(), &mut values);
        }
        for name in ["grid-wallet-signature", "request-id", "authorization"] {
            values.extend(exchange.request_headers.get(name).map(|value| value.to_str().unwrap().to_owned()));
        }
    }
    values.retain(|value| value.len() >= 12 && !value.contains(' '));
    values.sort();
    values.dedup();
    assert!(values.len() > 30, "{}", values.len());
    // Codes that errors and log lines share by design, and the version that a line may name.
    let codes = |value: &String| value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    for value in values.iter().filter(|value| !codes(value)) {
        assert!(!log.contains(value.as_str()), "{value} is in the log");
        let uuid = value.split_once(':').map(|(_, uuid)| uuid).filter(|uuid| uuid.len() == 36);
        assert!(uuid.is_none_or(|uuid| !log.contains(uuid)), "the id {value} is in the log");
    }
}

fn texts_of(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, into)),
        Value::Object(members) => members.values().for_each(|member| texts_of(member, into)),
        _ => {}
    }
}

#[tokio::test]
async fn every_request_is_one_line_that_names_the_routes_template() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let before = server.logs().lines().count();
    let exchanges = server.exchanges().len();
    let _ = session.refresh().await;
    assert_eq!(server.request(Method::GET, "/nowhere").send().await.status, 404);
    let log = server.logs();
    let lines: Vec<Value> = log.lines().skip(before).map(|line| serde_json::from_str(line).unwrap()).collect();
    let requests: Vec<&Value> = lines.iter().filter(|line| line["message"] == "request").collect();
    assert_eq!(requests.len(), server.exchanges().len() - exchanges, "{lines:?}");
    let ids: Vec<String> = server
        .exchanges()
        .iter()
        .skip(exchanges)
        .map(|exchange| exchange.response_headers["x-request-id"].to_str().unwrap().to_owned())
        .collect();
    for (line, id) in requests.iter().zip(&ids) {
        assert!(line.to_string().contains(id.as_str()), "{line} is not about {id}");
        assert!(line.to_string().contains("status"), "{line}");
    }
    assert!(requests[0].to_string().contains("/auth/sessions/{id}/refresh"), "{}", requests[0]);
}

#[tokio::test]
async fn secrets_of_platforms_are_in_no_database_file() {
    let mut server = TestServer::production().start().await;
    let (id, secret) = server.platform_create("Shop");
    let listed = server.request_as(Method::GET, "/customers/internal-accounts", &id, &secret).send().await;
    assert_eq!(listed.status, 200);
    let check = |server: &TestServer| {
        assert_eq!(holding(server, secret.as_bytes()), [] as [String; 0]);
        let tail = &secret[secret.len() - 16..];
        assert_eq!(holding(server, tail.as_bytes()), [] as [String; 0], "not even a part of it");
        assert_ne!(holding(server, id.as_bytes()), [] as [String; 0], "the client id is no secret");
        assert!(!server.output().contains(&secret));
    };
    check(&server);
    server.stop().await;
    check(&server);
    let files: Vec<String> = files(&server).into_iter().map(|(name, _)| name).collect();
    assert!(files.iter().all(|name| name.starts_with("countersign.db")), "production keeps no other file: {files:?}");
}

#[tokio::test]
async fn a_sandboxs_credentials_are_in_one_private_file() {
    let server = TestServer::sandbox().umask("000").start().await;
    let session = server.wallet().await.login().await;
    let _ = session.refresh_sealed().await;
    let secret = server.env("CLIENT_SECRET").as_bytes();
    let with_secret: Vec<String> =
        files(&server).into_iter().filter(|(_, content)| contains(content, secret)).map(|(name, _)| name).collect();
    assert_eq!(with_secret.len(), 1, "{with_secret:?}");
    assert!(!with_secret[0].starts_with("countersign.db"));
    let folder = server.data_dir();
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
        names.push(entry.file_name().into_string().unwrap());
    }
    for name in ["countersign.db", "countersign.db-wal", "countersign.db-shm"] {
        assert!(names.contains(&name.to_owned()), "{name} is not among {names:?}");
    }
}

#[tokio::test]
async fn a_sealed_sessions_private_key_is_stored_nowhere() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    // The recipient as a plain secret key, so that the opened scalar can be searched for.
    let mut entropy = countersign_flow::rand_core::UnwrapErr(getrandom::SysRng);
    let recipient = SecretKey::generate(&mut entropy);
    let pending = session.begin_refresh(&recipient.public().uncompressed_hex()).await;
    let input = pending.stamped_by(&session.key);
    let RefreshAuthSessionOutcome::Created(opened) =
        Answer::<RefreshAuthSession>::to(&wallet.client, &input).await.accepted(201)
    else {
        panic!("a second leg opens a session");
    };
    let sealed = opened.encrypted_session_signing_key.unwrap();
    let key = open_session_key(&sealed, &recipient).unwrap();
    let scalar = key.to_bytes();
    let hex = hex::encode(scalar.as_slice());
    for (what, bytes) in
        [("the scalar", scalar.as_slice()), ("its hex", hex.as_bytes()), ("the sealed text", sealed.as_bytes())]
    {
        assert_eq!(holding(&server, bytes), [] as [String; 0], "{what}");
        assert!(!contains(server.output().as_bytes(), bytes), "{what} is logged");
    }
    assert_ne!(holding(&server, &key.public().sec1_compressed()), [] as [String; 0], "the public key is stored");
}

#[tokio::test]
async fn stamps_bundles_and_codes_are_stored_nowhere() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let _ = session.refresh().await;
    for exchange in server.exchanges() {
        if let Some(stamp) = exchange.request_headers.get("grid-wallet-signature") {
            assert_eq!(holding(&server, stamp.as_bytes()), [] as [String; 0]);
        }
        let body: Value = serde_json::from_slice(&exchange.request_body).unwrap_or_default();
        if let Some(bundle) = body["encryptedOtpBundle"].as_str() {
            let bundle: Value = serde_json::from_str(bundle).unwrap();
            let ciphertext = bundle["ciphertext"].as_str().unwrap();
            for bytes in [ciphertext.as_bytes(), &hex::decode(ciphertext).unwrap()] {
                assert_eq!(holding(&server, bytes), [] as [String; 0]);
            }
        }
    }
    // Six zeros are everywhere; as a column of their own they are nowhere.
    let mut database = server.database();
    for column in database.texts("SELECT name FROM pragma_table_info('otp_issues')") {
        let in_clear = format!("SELECT count(*) FROM otp_issues WHERE CAST({column} AS TEXT) = '{CODE}'");
        assert_eq!(database.number(&in_clear), 0, "{column}");
    }
}

/// Waits until no database file holds these bytes: a checkpoint follows soon, not at once.
async fn gone(server: &TestServer, bytes: &[u8], after: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let holding = holding(server, bytes);
        if holding.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "after {after}, still in {holding:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn sealed_target(server: &TestServer, wallet: &Wallet) -> (Vec<u8>, countersign_tests::wallet::IssuedCode) {
    let code = wallet.issue_code().await;
    let sealed = server.database().texts("SELECT hex(target_sealed) FROM otp_issues WHERE ended_at IS NULL").remove(0);
    let sealed = hex::decode(sealed).unwrap();
    assert_ne!(holding(server, &sealed), [] as [String; 0], "the search finds what is there");
    (sealed, code)
}

#[tokio::test]
async fn a_destroyed_target_key_is_in_no_file() {
    let server = TestServer::sandbox().setting("purge.interval_secs", "1").start().await;
    let wallet = server.wallet().await;
    // Spent by a login.
    let (sealed, code) = sealed_target(&server, &wallet).await;
    let _ = wallet.verify(&code.seal(CODE, &KeyPair::generate())).await.accepted(202);
    gone(&server, &sealed, "a login").await;
    // Ended by a newer code.
    let (sealed, _) = sealed_target(&server, &wallet).await;
    let (newer, code) = sealed_target(&server, &wallet).await;
    gone(&server, &sealed, "a newer code").await;
    // Ended by wrong codes.
    for _ in 0..5 {
        wallet.verify(&code.seal("999999", &KeyPair::generate())).await.refused(401, "UNAUTHORIZED");
    }
    gone(&server, &newer, "wrong codes").await;
}

#[tokio::test]
async fn the_target_key_of_an_expired_code_is_purged_from_every_file() {
    let server = TestServer::sandbox().setting("purge.interval_secs", "1").setting("otp.ttl_secs", "1").start().await;
    let (sealed, _) = sealed_target(&server, &server.wallet().await).await;
    gone(&server, &sealed, "a purge").await;
}

#[tokio::test]
async fn a_sealed_key_that_was_moved_to_another_row_does_not_open() {
    let server = TestServer::sandbox().expecting_faults().start().await;
    let wallet = server.wallet().await;
    let body = json!({"customerType": "INDIVIDUAL", "email": "other@example.com"});
    assert_eq!(server.request(Method::POST, "/customers").json(&body).send().await.status, 201);
    let other =
        server.database().texts(&format!("SELECT account_id FROM credentials WHERE id <> '{}'", wallet.credential));
    let other = Wallet::of(server.client(), other[0].parse().unwrap()).await;
    let (ours, theirs) = (wallet.issue_code().await, other.issue_code().await);
    // Both columns of the key change places, so that only the sealing can notice.
    server.database().execute(
        "CREATE TEMP TABLE swapped AS SELECT id, target_public, target_sealed FROM otp_issues;
         UPDATE otp_issues SET (target_public, target_sealed) =
             (SELECT target_public, target_sealed FROM swapped WHERE swapped.id <> otp_issues.id);",
    );
    for (wallet, code) in [(&wallet, &theirs), (&other, &ours)] {
        let answer = wallet.verify(&code.seal(CODE, &KeyPair::generate())).await;
        assert!(answer.status() >= 400, "{answer:?}");
        assert_eq!(wallet.session_ids().await, []);
    }
    assert_eq!(server.database().count("pending_requests"), 0);
}

#[tokio::test]
async fn an_id_token_is_in_no_file_of_the_database_while_its_credential_is_added() {
    let mut server = TestServer::sandbox().expecting_faults().start().await;
    let session = server.wallet().await.login().await;
    let now = server.database().number("SELECT last_committed_at FROM deployment") / 1_000;
    let claims = json!({"iss": "https://accounts.google.com", "aud": "a", "sub": "s", "iat": now, "exp": now + 60});
    let token = [json!({"alg": "RS256"}), claims].map(|part| base64url(part.to_string())).join(".") + ".signature";
    let body = json!({"type": "OAUTH", "accountId": server.env("ACCOUNT_ID"), "oidcToken": token});
    let asked = server.request(Method::POST, "/auth/credentials").json(&body).ask().await;
    assert!(asked.payload().contains(&token), "the wallet signs it");
    assert_eq!(holding(&server, token.as_bytes()), [] as [String; 0]);
    // Under another id it doesn't open.
    let other = server.request(Method::POST, "/auth/credentials").json(&body).ask().await;
    let ids = [&other, &asked].map(|asked| asked.request_id().to_owned());
    let swap = format!(
        "UPDATE pending_requests SET payload = (SELECT payload FROM pending_requests WHERE id = '{}') WHERE id = '{}'",
        ids[1], ids[0]
    );
    server.database().execute(&swap);
    other.retry(&session.key).await.refused(500, "INTERNAL_ERROR");
    let _ = asked.retry(&session.key).await.accepted(201);
    server.stop().await;
    assert_eq!(holding(&server, token.as_bytes()), [] as [String; 0]);
}
