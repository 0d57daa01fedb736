//! Verdicts inside the transaction: what another process changes between check and effect counts (S3).

use std::time::Duration;

use countersign_client::wallet::KeyPair;
use countersign_tests::authenticator::Passkey;
use countersign_tests::database::Database;
use countersign_tests::effects::{TABLES as ALL_TABLES, every_effect};
use countersign_tests::party::Party;
use countersign_tests::server::TestServer;

/// Long enough for a call to pass every check outside the transaction and wait for the lock.
const HEAD_START: Duration = Duration::from_millis(300);

const TABLES: [&str; 5] = ["sessions", "pending_requests", "otp_issues", "credentials", "audit_log"];

/// Holds the write lock, lets `call` run into it, makes `change` and lets go. Returns the call's status, after checking
/// that nothing but the change has changed.
async fn while_locked<F>(server: &TestServer, change: &str, call: F) -> u16
where
    F: Future<Output = u16> + Send + 'static,
{
    let mut database: Database = server.database();
    database.hold_write_lock();
    let call = tokio::spawn(call);
    tokio::time::sleep(HEAD_START).await;
    assert!(!call.is_finished(), "the call did not wait for the lock");
    database.execute(change);
    database.release();
    let changed = database.snapshot(&TABLES);
    let status = call.await.unwrap();
    assert_eq!(database.snapshot(&TABLES), changed, "the call had an effect");
    status
}

#[tokio::test]
pub(crate) async fn a_session_that_is_revoked_elsewhere_at_the_last_moment_refreshes_nothing() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    let change = format!("UPDATE sessions SET ended_at = created_at + 1 WHERE id = '{}'", session.id);
    let key = std::sync::Arc::clone(&session.key);
    let status = while_locked(&server, &change, async move { pending.retry(&key).await.status() }).await;
    assert_eq!(status, 401);
}

#[tokio::test]
pub(crate) async fn a_session_that_is_revoked_elsewhere_at_the_last_moment_revokes_nothing() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let (signer, target) = (wallet.login().await, wallet.login().await);
    let pending = target.begin_revoke().await;
    let change = format!("UPDATE sessions SET ended_at = created_at + 1 WHERE id = '{}'", signer.id);
    let key = std::sync::Arc::clone(&signer.key);
    let status = while_locked(&server, &change, async move { pending.retry(&key).await.status() }).await;
    assert_eq!(status, 401);
    target.assert_live().await;
}

#[tokio::test]
pub(crate) async fn a_session_of_a_credential_that_is_revoked_elsewhere_signs_nothing() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    let change = format!("UPDATE credentials SET revoked_at = created_at + 1 WHERE id = '{}'", wallet.credential);
    let key = std::sync::Arc::clone(&session.key);
    let status = while_locked(&server, &change, async move { pending.retry(&key).await.status() }).await;
    assert_eq!(status, 401);
}

#[tokio::test]
pub(crate) async fn a_request_that_is_used_elsewhere_at_the_last_moment_has_no_second_effect() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    let id = &pending.challenge.request_id;
    let change = format!("UPDATE pending_requests SET used_at = issued_at + 1 WHERE id = '{id}'");
    let key = std::sync::Arc::clone(&session.key);
    let status = while_locked(&server, &change, async move { pending.retry(&key).await.status() }).await;
    assert_eq!(status, 401);
}

#[tokio::test]
pub(crate) async fn a_code_that_is_spent_elsewhere_at_the_last_moment_opens_nothing() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let body = wallet.issue_code().await.seal(countersign_tests::wallet::CODE, &KeyPair::generate());
    let change = "UPDATE otp_issues SET ended_at = issued_at + 1, target_sealed = NULL WHERE ended_at IS NULL";
    let status = while_locked(&server, change, {
        let wallet = wallet.clone();
        async move { wallet.verify(&body).await.status() }
    })
    .await;
    assert_eq!(status, 401);
    assert_eq!(wallet.session_ids().await, []);
}

#[tokio::test]
pub(crate) async fn a_login_whose_request_is_ended_elsewhere_opens_no_session() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let login = wallet.begin_login().await;
    let change = "UPDATE pending_requests SET expires_at = issued_at + 1";
    let status = while_locked(&server, change, async move { login.pending.retry(&login.key).await.status() }).await;
    assert_eq!(status, 401);
    assert_eq!(wallet.session_ids().await, []);
}

#[tokio::test]
pub(crate) async fn a_database_that_stays_locked_is_unavailable_and_reads_go_on() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let mut database = server.database();
    database.hold_write_lock();
    let waiting = tokio::spawn({
        let session = session.clone();
        async move {
            let answer = session.ask_refresh(&KeyPair::generate().compressed_hex()).await;
            (answer.status(), answer.header("retry-after").map(str::to_owned))
        }
    });
    assert_eq!(wallet.session_ids().await, std::slice::from_ref(&session.id), "a reader waits for no writer");
    let (status, retry_after) = waiting.await.unwrap();
    assert_eq!(status, 503);
    assert!(retry_after.unwrap().parse::<u64>().unwrap() >= 1);
    database.release();
    session.assert_live().await;
}

/// Every call that a session has countersigned, on whatever credential, key or session. What the test does under its lock
/// is what another process would do: no server process can be made to come between a check and its transaction.
#[tokio::test]
async fn no_countersigned_call_outlives_its_signer_at_the_last_moment() {
    let server = TestServer::sandbox().setting("oidc.max_age_secs", "600").start().await;
    let effects = every_effect(&server).await;
    let signed: Vec<_> = effects.iter().filter(|effect| effect.signer.is_some()).collect();
    // Three kinds added, a credential revoked, a session refreshed and one revoked, three steps of a delegated key.
    assert_eq!(signed.len(), 9);
    let mut database = server.database();
    database.hold_write_lock();
    let calls: Vec<_> = signed.iter().map(|effect| tokio::spawn(effect.request.clone().send())).collect();
    tokio::time::sleep(10 * HEAD_START).await;
    assert!(calls.iter().all(|call| !call.is_finished()), "a call did not wait for the lock");
    for signer in signed.iter().filter_map(|effect| effect.signer.as_ref()) {
        database.execute(&format!("UPDATE sessions SET ended_at = created_at + 1 WHERE id = '{signer}'"));
    }
    let tables: Vec<&str> = ALL_TABLES.into_iter().filter(|table| *table != "limits").collect();
    let changed = database.snapshot(&tables);
    database.release();
    for (effect, call) in signed.iter().zip(calls) {
        let answer = call.await.unwrap();
        let found = (answer.status.as_u16(), answer.code());
        // A refresh that had not got past its own check in time finds the session over; the others find the signer.
        let late = effect.operation == "refreshAuthSession" && found.1 == "UNAUTHORIZED";
        let code = if late { "UNAUTHORIZED" } else { "WALLET_SIGNATURE_INVALID" };
        assert_eq!(found, (401, code.to_owned()), "{}, {}", effect.operation, effect.name);
    }
    // A refused retry is counted (in `limits`), and that is all.
    assert_eq!(database.snapshot(&tables), changed, "a call had an effect");
}

#[tokio::test]
async fn a_passkey_that_is_revoked_elsewhere_at_the_last_moment_opens_nothing() {
    let server = TestServer::sandbox().start().await;
    let party = Party::new(&server, "ada").await;
    let passkey = Passkey::default();
    let id = party.added(party.add_passkey(&passkey)).await;
    let (login, _) = party.passkey_login(&id, &passkey, 1).await;
    let change = format!("UPDATE credentials SET revoked_at = created_at + 1 WHERE id = '{id}'");
    // The credential is gone, as it is for a call that comes later.
    assert_eq!(while_locked(&server, &change, async move { login.send().await.status.as_u16() }).await, 404);
}

#[tokio::test]
async fn a_passkeys_request_that_is_used_elsewhere_at_the_last_moment_opens_nothing() {
    let server = TestServer::sandbox().start().await;
    let party = Party::new(&server, "ada").await;
    let passkey = Passkey::default();
    let id = party.added(party.add_passkey(&passkey)).await;
    let (login, _) = party.passkey_login(&id, &passkey, 1).await;
    let change = "UPDATE pending_requests SET used_at = issued_at + 1 WHERE used_at IS NULL";
    assert_eq!(while_locked(&server, change, async move { login.send().await.status.as_u16() }).await, 401);
}

#[tokio::test]
async fn a_capability_that_is_withdrawn_while_a_stamp_is_on_its_way_stops_it() {
    let server = TestServer::sandbox().start().await;
    let party = Party::new(&server, "ada").await;
    let key = party.delegated_key().await;
    let stamp = party.stamp(&key);
    let _ = stamp.clone().send().await.accepted(200);
    let change = "DELETE FROM platform_capabilities WHERE capability = 'delegated-stamp'";
    assert_eq!(while_locked(&server, change, async move { stamp.send().await.status.as_u16() }).await, 403);
}
