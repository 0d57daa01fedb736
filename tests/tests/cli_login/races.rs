//! 32 calls at the same moment, of which one wins.

use countersign_tests::race::race;
use countersign_tests::server::TestServer;
use serde_json::json;

const RACERS: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_polls_one_gets_the_session() {
    let server = TestServer::sandbox().setting("cli.poll_burst", "100").start().await;
    let user = server.signed_in("ada@example.com").await;
    let attempt = server.start_attempt(json!({})).await;
    server.approve(&attempt, &user).await;
    let before = server.database().count("cli_sessions");
    let polls = race(RACERS, |_| server.poll(&attempt).send()).await;
    let told: Vec<_> = polls.iter().map(|answer| answer.json()["status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told.iter().filter(|status| *status == "success").count(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|status| *status == "used").count(), RACERS - 1, "{told:?}");
    assert_eq!(server.database().count("cli_sessions"), before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_claims_one_gets_the_anonymous_user() {
    let server = TestServer::sandbox().start().await;
    let user = server.anonymous_user().await;
    let attempt = server.start_attempt(json!({ "anon_refresh_token": user.refresh })).await;
    let before = server.database().count("cli_sessions");
    let claim = json!({ "mode": "claim-anon-session" });
    let claims = race(RACERS, |_| server.complete(&attempt, claim.clone()).send()).await;
    assert_eq!(claims.iter().filter(|answer| answer.status == 200).count(), 1);
    let lost = claims.iter().filter(|answer| answer.status != 200);
    lost.for_each(|answer| answer.refused(400, "NO_ANONYMOUS_SESSION"));
    assert_eq!(server.database().count("cli_sessions"), before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_completions_one_approves_and_the_session_is_its_users() {
    let server = TestServer::sandbox().start().await;
    let anonymous = server.anonymous_user().await;
    let attempt = server.start_attempt(json!({ "anon_refresh_token": anonymous.refresh })).await;
    let [ada, bob] = [server.signed_in("ada@example.com").await, server.signed_in("bob@example.com").await];
    let completions = race(RACERS, |index| {
        let user = if index % 2 == 0 { &ada } else { &bob };
        let body = json!({ "refresh_token": user.refresh, "merge_anonymous_user": true });
        server.complete(&attempt, body).send()
    });
    let completions = completions.await;
    let winners: Vec<_> = (0..RACERS).filter(|&index| completions[index].status == 200).collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let lost = completions.iter().filter(|answer| answer.status != 200);
    lost.for_each(|answer| answer.refused(400, "INVALID_LOGIN_CODE"));
    let winner = if winners[0] % 2 == 0 { &ada } else { &bob };
    let merges = "SELECT count(*) FROM audit_log WHERE action = 'merged-into'";
    assert_eq!(server.database().number(merges), 1);
    assert_eq!(server.polled(&attempt).await, "success");
    let sessions = format!("SELECT count(*) FROM cli_sessions WHERE user_id = '{}'", winner.id);
    assert_eq!(server.database().number(&sessions), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_upgrades_one_names_the_user_and_the_address_stays_one_users() {
    let server = TestServer::sandbox().start().await;
    let nonce = server.nonce("ada@example.com").await;
    let mut users = Vec::new();
    for _ in 0..RACERS {
        users.push(server.anonymous_user().await);
    }
    let body = json!({ "code": format!("000000{nonce}") });
    let tries = race(RACERS, |index| {
        let sign_in = server.cli_post("/api/v1/auth/otp/sign-in", &body);
        sign_in.header("x-stack-access-token", &users[index].access).send()
    });
    let tries = tries.await;
    assert_eq!(tries.iter().filter(|answer| answer.status == 200).count(), 1);
    let lost = tries.iter().filter(|answer| answer.status != 200);
    lost.for_each(|answer| answer.refused(400, "INVALID_SIGN_IN_CODE"));
    assert_eq!(server.database().number("SELECT count(*) FROM users WHERE named_at IS NOT NULL"), 1);
}
