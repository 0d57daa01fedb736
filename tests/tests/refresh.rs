//! Refreshing a session, client-held and sealed, and every way in which a refresh is refused.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign_client::operations::{RefreshAuthSession, RefreshAuthSessionInput};
use countersign_client::wallet::KeyPair;
use countersign_tests::answer::Answer;
use countersign_tests::race::race;
use countersign_tests::sample::Ids;
use countersign_tests::server::TestServer;
use countersign_tests::wallet::{created, statuses};

/// What a refused retry must leave as it was.
const TABLES: [&str; 3] = ["sessions", "pending_requests", "audit_log"];

#[tokio::test]
async fn a_client_held_refresh_opens_a_session_of_the_clients_key() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let first = wallet.login().await;
    let second = first.refresh().await;

    assert_ne!(second.id, first.id);
    assert_eq!(second.opened.account_id, wallet.account);
    assert_eq!(second.opened.encrypted_session_signing_key, None);
    assert_eq!((second.opened.expires_at - second.opened.created_at).num_seconds(), 15 * 60);
    // The old session stays live to its own expiry, and the new one signs for itself.
    first.assert_live().await;
    let third = second.refresh().await;
    let expected = BTreeSet::from([first.id, second.id, third.id]);
    assert_eq!(wallet.session_ids().await.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn a_sealed_refresh_returns_a_key_that_signs_and_is_never_listed() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let sealed = wallet.login().await.refresh_sealed().await;
    assert!(wallet.sessions().await.iter().all(|listed| listed.encrypted_session_signing_key.is_none()));
    let next = sealed.refresh().await;
    sealed.revoke().await;
    next.assert_dead().await;
}

#[tokio::test]
async fn the_key_that_a_session_key_is_sealed_to_never_signs() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let first = wallet.login().await;
    let recipient = KeyPair::generate();
    let pending = first.begin_refresh(&recipient.uncompressed_hex()).await;
    pending.retry(&recipient).await.refused(401, "WALLET_SIGNATURE_INVALID");
    let second = created(pending.retry(&first.key).await);

    let revoke = first.begin_revoke().await;
    revoke.retry(&recipient).await.refused(401, "WALLET_SIGNATURE_INVALID");
    let ids = wallet.session_ids().await;
    assert!(ids.contains(&first.id) && ids.contains(&second.id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn of_thirty_two_identical_signed_retries_one_opens_a_session() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    for key in [KeyPair::generate().compressed_hex(), KeyPair::generate().uncompressed_hex()] {
        let before = wallet.session_ids().await.len();
        let pending = session.begin_refresh(&key).await;
        let input = pending.stamped_by(&session.key);
        let answers = race(32, |_| {
            let (client, input) = (wallet.client.clone(), input.clone());
            async move { Answer::<RefreshAuthSession>::to(&client, &input).await }
        })
        .await;
        assert_eq!(statuses(&answers), [(201, 1), (401, 31)].into());
        for refused in answers.iter().filter(|answer| answer.status() == 401) {
            refused.refused(401, "REQUEST_ID_INVALID");
        }
        assert_eq!(wallet.session_ids().await.len(), before + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn of_thirty_two_refreshes_to_one_key_one_opens_a_session() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let key = KeyPair::generate().compressed_hex();
    let mut inputs = Vec::new();
    for _ in 0..32 {
        inputs.push(session.begin_refresh(&key).await.stamped_by(&session.key));
    }
    let answers = race(32, |index| {
        let (client, input) = (wallet.client.clone(), inputs[index].clone());
        async move { Answer::<RefreshAuthSession>::to(&client, &input).await }
    })
    .await;
    assert_eq!(statuses(&answers), [(201, 1), (400, 31)].into());
    assert_eq!(wallet.session_ids().await.len(), 2);
}

#[tokio::test]
async fn a_retry_that_differs_from_its_first_leg_is_refused_and_changes_nothing() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let sibling = session.refresh().await;
    let revoke = session.begin_revoke().await;
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    let good = pending.stamped_by(&session.key);
    let payload = &pending.challenge.payload_to_sign;
    let before = server.database().snapshot(&TABLES);

    let refuse = async |name: &str, code: &str, change: &dyn Fn(&mut RefreshAuthSessionInput)| {
        let mut input = good.clone();
        change(&mut input);
        let answer = pending.send(&input).await;
        assert!(answer.is_refused(401, code), "{name}: {answer:?}");
        assert_eq!(server.database().snapshot(&TABLES), before, "{name} changed something");
    };
    refuse("no signature", "WALLET_SIGNATURE_MISSING", &|input| input.grid_wallet_signature = None).await;
    refuse("no request id", "REQUEST_ID_MISSING", &|input| input.request_id = None).await;
    refuse("an empty request id", "REQUEST_ID_INVALID", &|input| input.request_id = Some(String::new())).await;
    refuse("another key in the body", "WALLET_SIGNATURE_BODY_MISMATCH", &|input| {
        input.body.client_public_key = KeyPair::generate().compressed_hex().parse().unwrap();
    })
    .await;
    refuse("the same key, spelled otherwise", "WALLET_SIGNATURE_BODY_MISMATCH", &|input| {
        input.body.client_public_key = input.body.client_public_key.as_str().to_uppercase().parse().unwrap();
    })
    .await;
    refuse("another session in the path", "REQUEST_ID_INVALID", &|input| input.id = sibling.id.clone()).await;
    refuse("an unknown request", "REQUEST_ID_INVALID", &|input| {
        input.request_id = Some("Request:0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90".to_owned());
    })
    .await;
    for malformed in
        ["Request:1", "x", "Session:0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90", "0193d1c4-7a55-7a8e-9a43-3f0e4c1b2a90"]
    {
        refuse(malformed, "REQUEST_ID_INVALID", &|input| input.request_id = Some(malformed.to_owned())).await;
    }
    refuse("another operation's request", "REQUEST_ID_INVALID", &|input| {
        input.request_id = Some(revoke.challenge.request_id.clone());
    })
    .await;
    refuse("a stranger's stamp", "WALLET_SIGNATURE_INVALID", &|input| {
        input.grid_wallet_signature = Some(KeyPair::generate().stamp_payload(payload));
    })
    .await;
    refuse("another session's stamp", "WALLET_SIGNATURE_INVALID", &|input| {
        input.grid_wallet_signature = Some(sibling.key.stamp_payload(payload));
    })
    .await;
    refuse("a stamp over another payload", "WALLET_SIGNATURE_INVALID", &|input| {
        input.grid_wallet_signature = Some(session.key.stamp_payload(&format!("{payload} ")));
    })
    .await;
    let unknown = Ids::unknown().session.parse().unwrap();
    let input = RefreshAuthSessionInput { id: unknown, ..good.clone() };
    pending.send(&input).await.refused(404, "REFERENCE_NOT_FOUND");

    // Nobody burnt the request: the honest retry succeeds, once.
    let _ = created(pending.send(&good).await);
    let after = server.database().snapshot(&TABLES);
    pending.send(&good).await.refused(401, "REQUEST_ID_INVALID");
    assert_eq!(server.database().snapshot(&TABLES), after, "a used request changed something");
}

#[tokio::test]
async fn a_retry_needs_the_same_json_and_not_the_same_bytes() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let target = format!("/auth/sessions/{}/refresh", session.id);
    let key = KeyPair::generate().compressed_hex();
    let post = |body: String| server.request(http::Method::POST, &target).body(body);

    let first = post(format!(r#"{{"clientPublicKey":"{key}","device":{{"name":"é","n":[1,2]}}}}"#)).send().await;
    assert_eq!(first.status, 202, "unknown members are ignored");
    let challenge = first.json();
    let stamp = session.key.stamp_payload(challenge["payloadToSign"].as_str().unwrap());
    let retry = |body: String| {
        let request = post(body).header("Grid-Wallet-Signature", &stamp);
        request.header("Request-Id", challenge["requestId"].as_str().unwrap()).send()
    };
    for other in [
        format!(r#"{{"clientPublicKey":"{key}"}}"#),
        format!(r#"{{"clientPublicKey":"{key}","device":{{"name":"é","n":[2,1]}}}}"#),
        format!(r#"{{"clientPublicKey":"{key}","device":{{"name":"e","n":[1,2]}}}}"#),
    ] {
        retry(other).await.refused(401, "WALLET_SIGNATURE_BODY_MISMATCH");
    }
    let reordered =
        retry(format!(r#" {{ "device" : {{ "n": [1, 2], "name": "\u00e9" }}, "clientPublicKey": "{key}" }} "#)).await;
    assert_eq!(reordered.status, 201, "{:?}", reordered.json());
}

#[tokio::test]
pub(crate) async fn an_expired_request_is_refused() {
    let server = TestServer::sandbox().setting("requests.ttl_secs", "1").start().await;
    let session = server.wallet().await.login().await;
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    let before = server.database().snapshot(&["sessions"]);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    pending.retry(&session.key).await.refused(401, "REQUEST_ID_INVALID");
    assert_eq!(server.database().snapshot(&["sessions"]), before);
    let _ = session.refresh().await;
}

#[tokio::test]
async fn a_session_that_expires_between_the_legs_is_not_refreshed() {
    let server = TestServer::sandbox().setting("sessions.ttl_secs", "2").start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let late = pending.retry(&session.key).await;
    assert_eq!(late.status(), 401, "{late:?}");
    session.ask_refresh(&KeyPair::generate().compressed_hex()).await.refused(401, "UNAUTHORIZED");
    assert_eq!(wallet.session_ids().await, []);
}

#[tokio::test]
async fn a_session_that_is_revoked_between_the_legs_is_not_refreshed() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    session.revoke().await;
    let late = pending.retry(&session.key).await;
    assert_eq!(late.status(), 401, "{late:?}");
    assert_eq!(wallet.session_ids().await, []);
}

#[tokio::test]
async fn a_key_of_a_live_session_can_not_be_given_to_another() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let first = wallet.login().await;
    let second = first.refresh().await;
    for held in [&first.key, &second.key] {
        first.ask_refresh(&held.compressed_hex()).await.refused(400, "INVALID_INPUT");
    }
    // The key of a session that has ended is free again.
    second.revoke().await;
    let pending = first.begin_refresh(&second.key.compressed_hex()).await;
    let _ = created(pending.retry(&first.key).await);
}

#[tokio::test]
pub(crate) async fn a_refresh_survives_a_restart_between_its_legs() {
    let mut server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    server.kill();
    server.restart().await;
    let _ = created(pending.retry(&session.key).await);
    pending.retry(&session.key).await.refused(401, "REQUEST_ID_INVALID");
}
