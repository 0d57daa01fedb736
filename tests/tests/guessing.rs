//! How often a code may be guessed, and asked for (W2).

use std::time::Duration;

use countersign_client::wallet::KeyPair;
use countersign_tests::race::many;
use countersign_tests::server::TestServer;
use countersign_tests::wallet::{CODE, IssuedCode, WRONG_CODE, Wallet, target_bundle};

/// Asks for a code and tries a wrong one.
async fn guess_wrong(wallet: &Wallet) {
    let code = wallet.issue_code().await;
    wallet.verify(&code.seal(WRONG_CODE, &KeyPair::generate())).await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn five_wrong_codes_end_a_code() {
    let server = TestServer::sandbox().start().await;
    let wallet = server.wallet().await;
    let code = wallet.issue_code().await;
    for _ in 0..5 {
        wallet.verify(&code.seal(WRONG_CODE, &KeyPair::generate())).await.refused(401, "UNAUTHORIZED");
    }
    wallet.verify(&code.seal(CODE, &KeyPair::generate())).await.refused(401, "UNAUTHORIZED");
    let _ = wallet.login().await;
}

#[tokio::test]
pub(crate) async fn wrong_codes_of_a_window_count_across_codes_and_restarts() {
    let mut server =
        TestServer::sandbox().setting("otp.wrong_per_window", "3").setting("otp.window_secs", "6").start().await;
    let wallet = server.wallet().await;
    for _ in 0..3 {
        guess_wrong(&wallet).await;
    }
    server.kill();
    server.restart().await;
    let challenged = wallet.challenge().await;
    challenged.refused(429, "RATE_LIMITED");
    let wait: u64 = challenged.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=6).contains(&wait), "Retry-After: {wait}");
    tokio::time::sleep(Duration::from_secs(wait)).await;
    let _ = wallet.login().await;
}

#[tokio::test]
async fn no_guess_is_evaluated_while_the_window_is_full() {
    let server = TestServer::sandbox().setting("otp.wrong_per_window", "2").start().await;
    let wallet = server.wallet().await;
    let code = wallet.issue_code().await;
    for _ in 0..2 {
        wallet.verify(&code.seal(WRONG_CODE, &KeyPair::generate())).await.refused(401, "UNAUTHORIZED");
    }
    // The right code and a wrong one get the same answer, so neither is told apart.
    for guess in [CODE, WRONG_CODE] {
        wallet.verify(&code.seal(guess, &KeyPair::generate())).await.refused(429, "RATE_LIMITED");
    }
    wallet.challenge().await.refused(429, "RATE_LIMITED");
    assert_eq!(server.database().count("wrong_codes"), 2);
}

#[tokio::test]
async fn wrong_codes_since_the_last_success_lock_the_credential() {
    let mut server = TestServer::sandbox().setting("otp.wrong_until_locked", "3").start().await;
    let wallet = server.wallet().await;
    guess_wrong(&wallet).await;
    guess_wrong(&wallet).await;
    let _ = wallet.login().await; // a success begins the count anew
    guess_wrong(&wallet).await;
    guess_wrong(&wallet).await;
    let code = wallet.issue_code().await;
    wallet.verify(&code.seal(WRONG_CODE, &KeyPair::generate())).await.refused(401, "UNAUTHORIZED");

    wallet.verify(&code.seal(CODE, &KeyPair::generate())).await.refused(429, "CREDENTIAL_LOCKED");
    server.kill();
    server.restart().await;
    wallet.challenge().await.refused(429, "CREDENTIAL_LOCKED");
    wallet.verify(&code.seal(CODE, &KeyPair::generate())).await.refused(429, "CREDENTIAL_LOCKED");

    assert!(server.operate(&["credential", "unlock", wallet.credential.as_str()]).contains("unlocked"));
    let _ = wallet.login().await;
}

#[tokio::test]
async fn a_spent_budget_is_told_whatever_is_sent_and_whether_or_not_there_is_a_code() {
    let setup = || TestServer::sandbox().setting("otp.ttl_secs", "1");
    for (server, code) in [
        (setup().setting("otp.wrong_per_window", "2").start().await, "RATE_LIMITED"),
        (setup().setting("otp.wrong_until_locked", "2").start().await, "CREDENTIAL_LOCKED"),
    ] {
        let wallet = server.wallet().await;
        let issued = wallet.issue_code().await;
        for _ in 0..2 {
            wallet.verify(&issued.seal(WRONG_CODE, &KeyPair::generate())).await.refused(401, "UNAUTHORIZED");
        }
        wallet.verify(&issued.seal_text("not what a bundle holds")).await.refused(429, code);
        tokio::time::sleep(Duration::from_millis(1_100)).await; // the code has expired
        wallet.verify(&issued.seal(CODE, &KeyPair::generate())).await.refused(429, code);
    }
}

#[tokio::test]
async fn a_locked_credential_keeps_its_live_sessions() {
    let server = TestServer::sandbox().setting("otp.wrong_until_locked", "1").start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    guess_wrong(&wallet).await;
    wallet.challenge().await.refused(429, "CREDENTIAL_LOCKED");
    let _ = session.refresh().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guesser_with_all_the_time_gets_as_many_guesses_as_the_lock_allows() {
    // A week of guessing in seconds: the windows are one second long, so they never hold anyone up for long.
    let server = TestServer::sandbox()
        .setting("otp.wrong_until_locked", "20")
        .setting("otp.wrong_per_window", "8")
        .setting("otp.window_secs", "1")
        .start()
        .await;
    let wallet = server.wallet().await;
    let mut locked = false;
    for _ in 0..60 {
        let challenged = wallet.challenge().await;
        match challenged.status() {
            200 => {
                let code = IssuedCode::of(&target_bundle(challenged.outcome()));
                let tries = many(8, 8, |_| {
                    let (wallet, body) = (wallet.clone(), code.seal(WRONG_CODE, &KeyPair::generate()));
                    async move { wallet.verify(&body).await.status() }
                })
                .await;
                assert!(tries.iter().all(|status| [401, 429].contains(status)), "{tries:?}");
            }
            429 if challenged.code().as_deref() == Some("CREDENTIAL_LOCKED") => {
                locked = true;
                break;
            }
            429 => tokio::time::sleep(Duration::from_millis(300)).await,
            other => panic!("{other}"),
        }
    }
    assert!(locked, "the credential was never locked");
    let guesses = server.database().number("SELECT max(wrong_since_success) FROM credentials");
    assert_eq!(guesses, 20, "as many guesses as the lock allows were evaluated, and not one more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_are_asked_for_at_a_limited_rate() {
    // Sandbox limits are a hundred times wider: a burst of 1 is one of 100.
    let server = TestServer::sandbox()
        .setting("limits.challenge_burst", "1")
        .setting("limits.challenge_refill_secs", "3600")
        .start()
        .await;
    let wallet = server.wallet().await;
    let statuses = many(103, 8, |_| {
        let wallet = wallet.clone();
        async move { wallet.challenge().await.status() }
    })
    .await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 100);
    let limited = wallet.challenge().await;
    limited.refused(429, "RATE_LIMITED");
    let wait: u64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=36).contains(&wait), "Retry-After: {wait}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codes_are_tried_at_a_limited_rate() {
    let server = TestServer::sandbox()
        .setting("limits.verify_burst", "1")
        .setting("limits.verify_refill_secs", "3600")
        .setting("otp.wrong_per_issue", "1000")
        .setting("otp.wrong_per_window", "1000")
        .setting("otp.wrong_until_locked", "1000")
        .start()
        .await;
    let wallet = server.wallet().await;
    let code = wallet.issue_code().await;
    let body = code.seal(WRONG_CODE, &KeyPair::generate());
    let statuses = many(103, 8, |_| {
        let (wallet, body) = (wallet.clone(), body.clone());
        async move { wallet.verify(&body).await.status() }
    })
    .await;
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 100);
    wallet.verify(&body).await.refused(429, "RATE_LIMITED");
    assert_eq!(server.database().count("wrong_codes"), 100);
}
