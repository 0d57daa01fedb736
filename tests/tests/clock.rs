//! A clock that was set back: nothing that has expired comes back to life (S5).

use countersign_client::wallet::KeyPair;
use countersign_tests::server::TestServer;
use countersign_tests::wallet::created;
use http::Method;
use serde_json::json;

/// Moves the database's last committed time ahead: as if the machine's clock had been set back by as much.
fn step_back(server: &TestServer, millis: i64) {
    let ahead = format!("UPDATE deployment SET last_committed_at = last_committed_at + {millis}");
    server.database().execute(&ahead);
}

#[tokio::test]
pub(crate) async fn a_step_back_of_minutes_fails_readiness_and_every_effect() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    assert_eq!(server.request(Method::GET, "/ready").send().await.status, 200);
    step_back(&server, 10 * 60_000);
    let tables = ["sessions", "pending_requests", "otp_issues", "customers", "audit_log"];
    let before = server.database().snapshot(&tables);

    let ready = server.request(Method::GET, "/ready").send().await;
    ready.refused(503, "UNAVAILABLE");
    let wait: u64 = ready.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(wait >= 1);
    assert_eq!(server.request(Method::GET, "/health").send().await.status, 200, "the process is up");

    wallet.challenge().await.refused(503, "UNAVAILABLE");
    session.ask_refresh(&KeyPair::generate().compressed_hex()).await.refused(503, "UNAVAILABLE");
    session.ask_revoke().await.refused(503, "UNAVAILABLE");
    let late = pending.retry(&session.key).await;
    assert!(late.is_refused(503, "UNAVAILABLE") || late.status() == 401, "{late:?}");
    let body = serde_json::json!({"customerType": "INDIVIDUAL"});
    server.request(Method::POST, "/customers").json(&body).send().await.refused(503, "UNAVAILABLE");
    assert_eq!(server.database().snapshot(&tables), before, "an effect went through");

    // The clock catches up (here: the database's time is taken back), and all is well.
    step_back(&server, -10 * 60_000);
    assert_eq!(server.request(Method::GET, "/ready").send().await.status, 200);
    let _ = created(pending.retry(&session.key).await);
}

#[tokio::test]
pub(crate) async fn a_small_step_back_after_expiry_does_not_revive_anything() {
    let server = TestServer::sandbox()
        .setting("sessions.ttl_secs", "30")
        .setting("requests.ttl_secs", "30")
        .setting("otp.ttl_secs", "30")
        .start()
        .await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let refresh = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    let login = wallet.begin_login().await;
    let code = wallet.issue_code().await;
    // 40 seconds have passed by the database's time, and the machine's clock says otherwise: within its tolerance.
    step_back(&server, 40_000);
    assert_eq!(server.request(Method::GET, "/ready").send().await.status, 200);

    assert_eq!(wallet.session_ids().await, []);
    session.assert_dead().await;
    assert_eq!(refresh.retry(&session.key).await.status(), 401);
    login.pending.retry(&login.key).await.refused(401, "REQUEST_ID_INVALID");
    let body = code.seal(countersign_tests::wallet::CODE, &KeyPair::generate());
    wallet.verify(&body).await.refused(401, "UNAUTHORIZED");
    // Life goes on at the database's time.
    let session = wallet.login().await;
    let credential = json!({"type": "SMS_OTP", "accountId": server.env("ACCOUNT_ID")});
    let asked = server.request(Method::POST, "/auth/credentials").json(&credential).ask().await;
    asked.retry(&session.key).await.accepted(201);
    let _ = session.refresh().await;
}
