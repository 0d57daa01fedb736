//! Floods: what one caller does in bulk stays bounded and leaves others alone (S7).

use countersign_client::operations::RefreshAuthSession;
use countersign_client::wallet::KeyPair;
use countersign_tests::answer::Answer;
use countersign_tests::race::many;
use countersign_tests::server::TestServer;
use countersign_tests::wallet::{Wallet, created};
use http::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_first_legs_is_bounded_and_leaves_another_tenant_alone() {
    let server = TestServer::sandbox().setting("requests.max_live", "20").start().await;
    let wallet = server.wallet().await;
    let session = wallet.login().await;
    let (id, secret) = server.platform_create("Neighbour");
    let neighbour = server.client_of(&id, &secret);
    let body = json!({"customerType": "INDIVIDUAL", "email": "neighbour@example.com"});
    let customer = server.request(Method::POST, "/customers").basic(&id, &secret).json(&body).send().await;
    assert_eq!(customer.status, 201);
    let target = format!("/customers/internal-accounts?customerId={}", customer.json()["id"].as_str().unwrap());
    let accounts = server.request(Method::GET, &target).basic(&id, &secret).send().await.json();
    let neighbour = Wallet::of(neighbour, accounts["data"][0]["id"].as_str().unwrap().parse().unwrap()).await;

    let flood = many(200, 32, |_| {
        let session = session.clone();
        async move {
            let answer = session.ask_refresh(&KeyPair::generate().compressed_hex()).await;
            (answer.status(), answer.header("retry-after").map(str::to_owned))
        }
    });
    let (flooded, their_session) = tokio::join!(flood, neighbour.login());
    assert_eq!(flooded.iter().filter(|(status, _)| *status == 202).count(), 20);
    for (status, retry_after) in flooded.iter().filter(|(status, _)| *status != 202) {
        assert_eq!(*status, 429);
        let wait: u64 = retry_after.as_deref().unwrap().parse().unwrap();
        assert!((1..=300).contains(&wait), "Retry-After: {wait}");
    }
    let account = wallet.account.as_str();
    let live = format!("SELECT count(*) FROM pending_requests WHERE account_id = '{account}' AND used_at IS NULL");
    assert_eq!(server.database().number(&live), 20);
    let _ = their_session.refresh().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_first_legs_leave_room_for_what_was_accepted() {
    let server = TestServer::sandbox().setting("requests.max_live", "3").start().await;
    let session = server.wallet().await.login().await;
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    for _ in 0..2 {
        let _ = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    }
    session.ask_refresh(&KeyPair::generate().compressed_hex()).await.refused(429, "RATE_LIMITED");
    session.ask_revoke().await.refused(429, "RATE_LIMITED");
    // What is used up makes room.
    let _ = created(pending.retry(&session.key).await);
    let _ = session.begin_revoke().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_bad_stamps_do_not_burn_a_request() {
    let server = TestServer::sandbox().start().await;
    let session = server.wallet().await.login().await;
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    let payload = pending.challenge.payload_to_sign.clone();
    let input = pending.stamped_by(&session.key);
    let codes = many(100, 16, |index| {
        let (client, mut input) = (session.wallet.client.clone(), input.clone());
        let key = if index % 2 == 0 { None } else { Some(KeyPair::generate()) };
        input.grid_wallet_signature = Some(match key {
            None => session.key.stamp_payload(&format!("{payload}{index}")),
            Some(stranger) => stranger.stamp_payload(&payload),
        });
        async move {
            let answer = Answer::<RefreshAuthSession>::to(&client, &input).await;
            (answer.status(), answer.code().unwrap_or_default())
        }
    })
    .await;
    for (status, code) in codes {
        assert_eq!((status, code.as_str()), (401, "WALLET_SIGNATURE_INVALID"));
    }
    let _ = created(pending.retry(&session.key).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failed_retries_are_limited_by_rate_and_still_burn_nothing() {
    // Sandbox limits are a hundred times wider: a burst of 1 is one of 100, one is back every 10 ms.
    let server = TestServer::sandbox()
        .setting("limits.failed_retry_burst", "1")
        .setting("limits.failed_retry_refill_secs", "1")
        .start()
        .await;
    let session = server.wallet().await.login().await;
    let pending = session.begin_refresh(&KeyPair::generate().compressed_hex()).await;
    let mut bad = pending.stamped_by(&session.key);
    bad.grid_wallet_signature = Some(KeyPair::generate().stamp_payload(&pending.challenge.payload_to_sign));
    let statuses = many(600, 32, |_| {
        let (client, bad) = (session.wallet.client.clone(), bad.clone());
        async move { Answer::<RefreshAuthSession>::to(&client, &bad).await.status() }
    })
    .await;
    assert!(statuses.contains(&429), "600 failed retries in a row were all heard");
    assert!(statuses.iter().all(|status| [401, 429].contains(status)));
    let mut good = pending.retry(&session.key).await;
    for _ in 0..50 {
        if good.status() != 429 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        good = pending.retry(&session.key).await;
    }
    let _ = created(good);
}
